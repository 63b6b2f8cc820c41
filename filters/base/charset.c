/* charset: see charset.h. */
#include "filters/base/charset.h"

#include <errno.h>
#include <iconv.h>

#include "filters/base/utf8.h"

static const struct slice REPLACEMENT = SLICE_INIT("\xEF\xBF\xBD"); /* U+FFFD */

enum method { OF_UTF8, OF_ASCII, OF_LATIN1, OF_ICONV, OF_MARKED /* see by_mark */ };

struct charset_row {
    const char *iconv_name; /* what iconv_open is asked for */
    enum method method;
    size_t unit;        /* bytes of a code unit: what is passed over when it is broken */
    struct slice names; /* what mail calls it, as plain_name leaves it, with blanks between */
};

#define ROW(iconv_name, method, unit, names)                                                       \
    {                                                                                              \
        iconv_name, method, unit, SLICE_INIT(names)                                                \
    }
#define BYTES(iconv_name, names) ROW(iconv_name, OF_ICONV, 1, names)
#define IBM(number, names)       BYTES("IBM" number, "ibm" number " cp" number " " number " " names)

/* clang-format off: one row, one set */
static const struct charset_row CHARSETS[] = {
    ROW("UTF-8", OF_UTF8, 1, "utf8 unicode11utf8 unicode20utf8 utf utf8n utf8mb4 utf8mac cesu8"),
    ROW("ASCII", OF_ASCII, 1,
        "usascii ascii us ansix341968 ansix341986 iso646us isoir6 cp367 ibm367 646 ansix34 "
        "iso646irv"),
    ROW("LATIN1", OF_LATIN1, 1, "iso88591 latin1 l1 isolatin1 isoir100 cp819 ibm819 iso8859 88591"),
    BYTES("CP1252", "windows1252 cp1252 win1252 ansi msansi"),
    BYTES("ISO-8859-2", "iso88592 latin2 l2 isolatin2 isoir101 88592 cp912 ibm912"),
    BYTES("ISO-8859-3", "iso88593 latin3 l3 isolatin3 isoir109 88593"),
    BYTES("ISO-8859-4", "iso88594 latin4 l4 isolatin4 isoir110 88594"),
    BYTES("ISO-8859-5", "iso88595 cyrillic isolatincyrillic isoir144 88595 cp915 ibm915"),
    BYTES("ISO-8859-6", "iso88596 arabic isolatinarabic isoir127 ecma114 asmo708 iso88596e "
                        "iso88596i 88596 cp1089 ibm1089"),
    BYTES("ISO-8859-7", "iso88597 greek greek8 isolatingreek isoir126 elot928 ecma118 suneugreek "
                        "88597 cp813 ibm813"),
    /* the order of display is another matter than the letters (RFC 1555) */
    BYTES("ISO-8859-8", "iso88598 hebrew isolatinhebrew isoir138 iso88598e iso88598i logical "
                        "visual 88598 cp916 ibm916"),
    BYTES("ISO-8859-9", "iso88599 latin5 l5 isolatin5 isoir148 88599 cp920 ibm920 ecma128"),
    BYTES("ISO-8859-10", "iso885910 latin6 l6 isolatin6 isoir157"),
    BYTES("ISO-8859-11", "iso885911 thai8"),
    BYTES("ISO-8859-13", "iso885913 latin7 l7 isoir179 baltic cp921 ibm921"),
    BYTES("ISO-8859-14", "iso885914 latin8 l8 isoceltic isoir199"),
    BYTES("ISO-8859-15", "iso885915 latin9 latin0 isoir203"),
    BYTES("ISO-8859-16", "iso885916 latin10 l10 isoir226"),
    BYTES("CP1250", "windows1250 cp1250 win1250 msee"),
    BYTES("CP1251", "windows1251 cp1251 win1251 mscyrl"),
    BYTES("CP1253", "windows1253 cp1253 win1253 msgreek"),
    BYTES("CP1254", "windows1254 cp1254 win1254 msturk"),
    BYTES("CP1255", "windows1255 cp1255 win1255 mshebr"),
    BYTES("CP1256", "windows1256 cp1256 win1256 msarab"),
    BYTES("CP1257", "windows1257 cp1257 win1257 winbaltrim"),
    BYTES("CP1258", "windows1258 cp1258 win1258"),
    BYTES("CP874", "windows874 cp874 ibm874 dos874 874"),
    BYTES("TIS-620", "tis620 tis6202533 tis62025330 tis62025331 isoir166"),
    BYTES("IBM437", "ibm437 cp437 dos437 437 pc8codepage437"),
    BYTES("CP737", "cp737 ibm737 dos737"),
    BYTES("CP775", "cp775 ibm775 dos775 pc775baltic"),
    BYTES("IBM850", "ibm850 cp850 dos850 850 pc850multilingual"),
    BYTES("IBM852", "ibm852 cp852 dos852 852 pcp852"),
    BYTES("IBM855", "ibm855 cp855 dos855 855"),
    BYTES("IBM857", "ibm857 cp857 dos857 857"),
    BYTES("IBM860", "ibm860 cp860 dos860 860"),
    BYTES("IBM861", "ibm861 cp861 dos861 861 cpis"),
    BYTES("IBM862", "ibm862 cp862 dos862 862 pc862latinhebrew"),
    BYTES("IBM863", "ibm863 cp863 dos863 863"),
    BYTES("IBM864", "ibm864 cp864 dos864 864"),
    BYTES("IBM865", "ibm865 cp865 dos865 865"),
    BYTES("IBM866", "ibm866 cp866 dos866 866"),
    BYTES("IBM869", "ibm869 cp869 dos869 869 cpgr"),
    BYTES("IBM037", "ibm037 cp037 ebcdiccpus ebcdiccpca ebcdiccpwt ebcdiccpnl"),
    BYTES("IBM500", "ibm500 cp500 ebcdiccpbe ebcdiccpch 500 500v1"),
    BYTES("MACINTOSH", "macintosh macroman mac"),
    BYTES("MAC-CYRILLIC", "maccyrillic macuk macukrainian"),
    BYTES("MAC-CENTRALEUROPE", "maccentraleurope macce maccentraleurroman cp1282"),
    BYTES("HP-ROMAN8", "hproman8 roman8 r8"),
    BYTES("KOI8-R", "koi8r koi8 koi"),
    BYTES("KOI8-U", "koi8u koi8ru"),
    BYTES("KOI8-T", "koi8t"),
    BYTES("PT154", "pt154 ptcp154 cp154 cyrillicasian"),
    BYTES("ARMSCII-8", "armscii8"),
    BYTES("GEORGIAN-PS", "georgianps"),
    BYTES("VISCII", "viscii viscii111"),
    BYTES("TCVN", "tcvn tcvn5712 tcvn57121"),
    /* real mail says the least of the three and means any */
    BYTES("GB18030", "gb18030 gbk gb2312 gb231280 cp936 ms936 windows936 gbk2k gb180302000 euccn "
                     "chinese isoir58 "
                     "iso58gb231280 cngb"),
    BYTES("BIG5-HKSCS", "big5hkscs"),
    BYTES("CP950", "big5 cp950 windows950 ms950 cnbig5 xxbig5 bigfive big5eten"),
    BYTES("EUC-TW", "euctw"),
    BYTES("ISO-2022-CN", "iso2022cn"),
    BYTES("ISO-2022-CN-EXT", "iso2022cnext"),
    BYTES("EUC-JP-MS", "eucjp ujis eucjpms cp51932 eucpkdfmtjapanese eucjpwin eucjpopen"),
    /* with Windows' additions, which senders use */
    BYTES("CP932", "shiftjis sjis cp932 windows31j mskanji ms932 windows932 cp943 pck sjiswin "
                   "sjisopen ibm932 ibm943"),
    BYTES("ISO-2022-JP-3",
          "iso2022jp iso2022jp1 iso2022jp3 iso2022jpms iso2022jp2004 cp50220 cp50221 cp50222 jis"),
    BYTES("ISO-2022-JP-2", "iso2022jp2"),
    BYTES("ISO-2022-KR", "iso2022kr"),
    BYTES("CP949", "euckr ksc56011987 ksc5601 ksc56011989 korean isoir149 cp949 windows949 ms949 "
                   "uhc cp51949 mscp949"),
    BYTES("JOHAB", "johab cp1361 ms1361 mscp1361"),
    BYTES("UTF-7", "utf7 unicode11utf7 unicode20utf7"),
    ROW("UTF-16", OF_MARKED, 2, "utf16 ucs2 iso10646ucs2 unicode"),
    ROW("UTF-16BE", OF_ICONV, 2, "utf16be ucs2be unicodefffe unicodebig"),
    ROW("UTF-16LE", OF_ICONV, 2, "utf16le ucs2le unicodefeff unicodelittle"),
    ROW("UTF-32", OF_MARKED, 4, "utf32 ucs4 iso10646ucs4"),
    ROW("UTF-32BE", OF_ICONV, 4, "utf32be ucs4be"),
    ROW("UTF-32LE", OF_ICONV, 4, "utf32le ucs4le"),
    /* where letters are other bytes than in ASCII, so that a text could hide in one */
    IBM("1026", ""),
    IBM("1047", ""),
    IBM("038", "ebcdicint"),
    IBM("256", "ebcdicint1"),
    IBM("1025", ""),
    IBM("284", "1079 ebcdiccpes"),
    IBM("297", "1081 ebcdiccpfr"),
    IBM("1097", ""),
    IBM("1112", ""),
    IBM("1122", ""),
    IBM("1123", ""),
    IBM("1130", ""),
    IBM("1132", ""),
    IBM("1137", ""),
    IBM("1140", ""),
    IBM("1141", ""),
    IBM("1142", ""),
    IBM("1143", ""),
    IBM("1144", ""),
    IBM("1145", ""),
    IBM("1146", ""),
    IBM("1147", ""),
    IBM("1148", ""),
    IBM("1149", ""),
    IBM("1153", ""),
    IBM("1154", ""),
    IBM("1155", ""),
    IBM("1156", ""),
    IBM("1157", ""),
    IBM("1158", ""),
    IBM("1160", ""),
    IBM("1164", ""),
    IBM("1166", ""),
    IBM("12712", ""),
    IBM("1364", ""),
    IBM("1371", ""),
    IBM("1388", ""),
    IBM("1390", ""),
    IBM("1399", ""),
    IBM("16804", ""),
    IBM("273", "ebcdicde"),
    IBM("274", "ebcdicbe"),
    IBM("275", "ebcdicbr"),
    IBM("277", "ebcdiccpdk ebcdiccpno"),
    IBM("278", "ebcdiccpfi ebcdiccpse"),
    IBM("280", "ebcdiccpit"),
    IBM("281", "ebcdicjpe"),
    IBM("285", "ebcdiccpgb"),
    IBM("290", "ebcdicjpkana"),
    IBM("420", "ebcdiccpar1"),
    IBM("423", "ebcdiccpgr"),
    IBM("424", "ebcdiccphe"),
    IBM("4517", ""),
    IBM("4899", ""),
    IBM("4971", ""),
    IBM("803", ""),
    IBM("870", "ebcdiccproece ebcdiccpyu"),
    IBM("871", "ebcdiccpis"),
    IBM("875", "ebcdicgreek"),
    IBM("880", "ebcdiccyrillic"),
    IBM("905", "ebcdiccptr"),
    IBM("918", "ebcdiccpar2"),
    IBM("930", ""),
    IBM("933", ""),
    IBM("935", ""),
    IBM("937", ""),
    IBM("939", ""),
    BYTES("EBCDIC-AT-DE", "ebcdicatde"),
    BYTES("EBCDIC-AT-DE-A", "ebcdicatdea"),
    BYTES("EBCDIC-CA-FR", "ebcdiccafr"),
    BYTES("EBCDIC-DK-NO", "ebcdicdkno"),
    BYTES("EBCDIC-DK-NO-A", "ebcdicdknoa"),
    BYTES("EBCDIC-ES", "ebcdices"),
    BYTES("EBCDIC-ES-A", "ebcdicesa"),
    BYTES("EBCDIC-ES-S", "ebcdicess"),
    BYTES("EBCDIC-FI-SE", "ebcdicfise"),
    BYTES("EBCDIC-FI-SE-A", "ebcdicfisea"),
    BYTES("EBCDIC-FR", "ebcdicfr"),
    BYTES("EBCDIC-IT", "ebcdicit"),
    BYTES("EBCDIC-PT", "ebcdicpt"),
    BYTES("EBCDIC-UK", "ebcdicuk"),
    BYTES("EBCDIC-US", "ebcdicus"),
    BYTES("EBCDIC-IS-FRISS", "ebcdicisfriss"),
    BYTES("IBM858", "ibm858 cp858 858 pc858multilingual"),
    BYTES("CP1125", "cp1125 ibm1125 ruscii ibm848"),
    BYTES("ECMA-CYRILLIC", "ecmacyrillic isoir111"),
    BYTES("MS-MAC-CYRILLIC", "msmaccyrillic cp10007"),
    BYTES("RK1048", "rk1048 strk10482002"),
    BYTES("SHIFT_JISX0213", "shiftjisx0213 shiftjis2004"),
    BYTES("EUC-JISX0213", "eucjisx0213 eucjis2004"),
    BYTES("GEORGIAN-ACADEMY", "georgianacademy"),
    BYTES("ISO-8859-9E", "iso88599e"),
    BYTES("ISO_6937", "iso6937 isoir156"),
    BYTES("T.61", "t61 t618bit isoir103"),
    BYTES("MAC-IS", "macis"),
    BYTES("MIK", "mik"),
    BYTES("TSCII", "tscii"),
    BYTES("CP1133", "cp1133 ibm1133"),
    BYTES("CP1129", "cp1129 ibm1129"),
    BYTES("CP1161", "cp1161 ibm1161"),
    BYTES("CP1162", "cp1162 ibm1162"),
    BYTES("CP1163", "cp1163 ibm1163"),
    BYTES("IBM1046", "ibm1046 cp1046"),
    BYTES("IBM851", "ibm851 cp851 851"),
    BYTES("IBM856", "ibm856 cp856 856"),
    BYTES("IBM868", "ibm868 cp868 cpar"),
    BYTES("CP5347", "cp5347 ibm5347"),
    BYTES("HP-ROMAN9", "hproman9 roman9 r9"),
    BYTES("HP-GREEK8", "hpgreek8"),
    BYTES("HP-TURKISH8", "hpturkish8 turkish8"),
    BYTES("ISIRI-3342", "isiri3342"),
    BYTES("DEC-MCS", "decmcs dec"),
    BYTES("WIN-SAMI-2", "winsami2 ws2"),
    BYTES("ISO646-DE", "iso646de din66003 isoir21"),
    BYTES("ISO646-FR", "iso646fr isoir69"),
    BYTES("ISO646-SE", "iso646se iso646fi isoir10"),
    BYTES("ISO646-GB", "iso646gb bs4730 isoir4"),
    BYTES("ISO646-IT", "iso646it isoir15"),
    BYTES("ISO646-ES", "iso646es isoir17"),
    BYTES("ISO646-JP", "iso646jp isoir14 jisc62201969ro"),
    BYTES("ISO646-NO", "iso646no isoir60"),
    BYTES("ISO646-DK", "iso646dk"),
    BYTES("UTF-7-IMAP", "utf7imap"),
};
/* clang-format on */

_Static_assert(sizeof(CHARSETS) / sizeof(*CHARSETS) == CHARSETS_MAX, "CHARSETS_MAX is not so many");

/* --- names --------------------------------------------------------------------------------------
 */

#define NAME_MAX_BYTES 40 /* of one without its marks */

/* ${name} in small letters, without "-" "_" "." and without what follows a ":" (a year). Senders
 * agree on letters and digits only: iso_8859-1, ISO8859-1, iso-8859_1. Empty when it is none. */
static struct slice plain_name(struct slice name, char out[NAME_MAX_BYTES])
{
    size_t len = 0;

    name = slice_first(name, slice_find(name, ':'));
    for (size_t i = 0; i < name.len; i++) {
        char c = slice_lower(name.ptr[i]);

        if (c == '-' || c == '_' || c == '.')
            continue;
        if (((c < 'a' || c > 'z') && (c < '0' || c > '9')) || len == NAME_MAX_BYTES)
            return SLICE_NONE;
        out[len++] = c;
    }
    return slice_make(out, len);
}

static bool has_name(struct slice names, struct slice name)
{
    while (names.len > 0) {
        struct slice one = slice_first(names, slice_find(names, ' '));

        if (slice_equal(one, name))
            return true;
        names = slice_from(names, one.len + 1);
    }
    return false;
}

static int find_plain(struct slice name)
{
    for (int row = 0; name.len > 0 && row < CHARSETS_MAX; row++)
        if (has_name(CHARSETS[row].names, name))
            return row;
    return CHARSET_NONE;
}

int charset_find(struct slice name)
{
    char plain[NAME_MAX_BYTES];
    int found;

    name = slice_first(name, slice_find(name, '*'));
    found = find_plain(plain_name(name, plain));
    if (found != CHARSET_NONE)
        return found;
    if (slice_starts_case(name, SLICE("x-")) || slice_starts_case(name, SLICE("cs")))
        found = find_plain(plain_name(slice_from(name, 2), plain));
    return found;
}

/* --- without iconv -------------------------------------------------------------------------------
 */

static void append_single(struct slice text, bool latin1, struct bytes *out)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        char two[2] = {(char)(0xC0 | (c >> 6)), (char)(0x80 | (c & 0x3F))};

        if (c < 0x80)
            bytes_append_char(out, (char)c);
        else
            bytes_append(out, latin1 ? slice_make(two, sizeof(two)) : REPLACEMENT);
    }
}

/* --- with iconv ----------------------------------------------------------------------------------
 */

#define OUT_BYTES 512 /* of one call */

/* The converter, or -1: this machine has none, or, and then ${out} has failed, memory is out: what
 * is not decoded is hidden from rules. */
static iconv_t converter(struct charset_set *set, int charset, struct bytes *out)
{
    const iconv_t none = (iconv_t)-1;
    iconv_t opened = set->opened[charset];

    if (opened != NULL)
        return opened;
    if (set->absent[charset])
        return none;
    opened = iconv_open("UTF-8", CHARSETS[charset].iconv_name);
    if (opened == none && errno != ENOMEM) /* glibc says so, too, when it had no memory to look */
        opened = iconv_open("UTF-8", CHARSETS[charset].iconv_name);
    if (opened == none && errno == ENOMEM)
        bytes_fail(out);
    else if (opened == none)
        set->absent[charset] = true;
    else
        set->opened[charset] = opened;
    return opened;
}

/* One call of iconv, as far as it comes. Returns what is left of ${text}; *${stuck} when its first
 * byte begins nothing that can be converted. */
static struct slice convert_some(iconv_t cd, struct slice text, struct bytes *out, bool *stuck)
{
    char *in = (char *)(uintptr_t)text.ptr; /* iconv's prototype lacks a const */
    size_t in_left = text.len, out_left = OUT_BYTES;
    char *room = bytes_reserve(out, OUT_BYTES);

    *stuck = false;
    if (room == NULL)
        return SLICE_NONE;
    if (iconv(cd, &in, &in_left, &room, &out_left) == (size_t)-1)
        *stuck = errno != E2BIG && in_left > 0;
    bytes_commit(out, OUT_BYTES - out_left);
    return slice_from(text, text.len - in_left);
}

/* Brings ${cd} back to its first state, and out what it holds back (a character that a combining
 * one could have followed). */
static void flush(iconv_t cd, struct bytes *out)
{
    size_t out_left = OUT_BYTES;
    char *room = bytes_reserve(out, OUT_BYTES);

    if (room == NULL)
        return;
    (void)iconv(cd, NULL, NULL, &room, &out_left); /* there is room for more than it can hold */
    bytes_commit(out, OUT_BYTES - out_left);
}

static int append_converted(iconv_t cd, size_t unit, struct slice text, struct bytes *out)
{
    bool stuck;

    if (cd == (iconv_t)-1)
        return -1;
    while (text.len > 0 && bytes_end(out) == 0) {
        text = convert_some(cd, text, out, &stuck);
        if (stuck) {
            bytes_append(out, REPLACEMENT);
            text = slice_from(text, unit);
        }
    }
    flush(cd, out);
    return 0;
}

/* Which way round a text is whose set does not say: as its mark has it, which is taken off, or with
 * the low byte first, as readers guess. The two stand below in the table. */
static int by_mark(int charset, struct slice *text)
{
    bool wide = CHARSETS[charset].unit == 4;
    struct slice high = wide ? SLICE("\0\0\xFE\xFF") : SLICE("\xFE\xFF");
    struct slice low = wide ? SLICE("\xFF\xFE\0\0") : SLICE("\xFF\xFE");
    bool high_first = slice_starts(*text, high);

    if (high_first || slice_starts(*text, low))
        *text = slice_from(*text, high.len);
    return charset + (high_first ? 1 : 2);
}

int charset_to_utf8(struct charset_set *set, int charset, struct slice text, struct bytes *out)
{
    if (CHARSETS[charset].method == OF_MARKED)
        charset = by_mark(charset, &text);
    switch (CHARSETS[charset].method) {
    case OF_UTF8: utf8_append_clean(text, out); break;
    case OF_ASCII: append_single(text, false, out); break;
    case OF_LATIN1: append_single(text, true, out); break;
    case OF_MARKED:
    case OF_ICONV:
        if (append_converted(converter(set, charset, out), CHARSETS[charset].unit, text, out) != 0)
            return -1;
    }
    return bytes_end(out);
}

void charset_set_fini(struct charset_set *set)
{
    for (int i = 0; i < CHARSETS_MAX; i++)
        if (set->opened[i] != NULL)
            (void)iconv_close(set->opened[i]); /* nothing is written through it */
    *set = (struct charset_set){0};
}
