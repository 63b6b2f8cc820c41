/* charset: see charset.h. */
#include "filters/base/charset.h"

#include <errno.h>
#include <iconv.h>

#include "filters/base/charset_names.h"
#include "filters/base/utf8.h"

static const struct slice REPLACEMENT = SLICE_INIT("\xEF\xBF\xBD"); /* U+FFFD */

enum method { OF_UTF8, OF_ASCII, OF_LATIN1, OF_ICONV, OF_MARKED /* see by_mark */ };

struct charset_row {
    const char *iconv_name; /* what iconv_open is asked for */
    enum method method;
    size_t unit; /* bytes of a code unit: what is passed over when it is broken */
};

#define ROW(charset, iconv_name, method, unit) [CHARSET_##charset] = {iconv_name, method, unit}
#define BYTES(charset, iconv_name)             ROW(charset, iconv_name, OF_ICONV, 1)

/* clang-format off */
static const struct charset_row CHARSETS[] = {
    ROW(UTF_8, "UTF-8", OF_UTF8, 1),
    ROW(ASCII, "ASCII", OF_ASCII, 1),
    ROW(LATIN1, "LATIN1", OF_LATIN1, 1),
    ROW(UTF_16, "UTF-16", OF_MARKED, 2),
    ROW(UTF_16BE, "UTF-16BE", OF_ICONV, 2),
    ROW(UTF_16LE, "UTF-16LE", OF_ICONV, 2),
    ROW(UTF_32, "UTF-32", OF_MARKED, 4),
    ROW(UTF_32BE, "UTF-32BE", OF_ICONV, 4),
    ROW(UTF_32LE, "UTF-32LE", OF_ICONV, 4),
    BYTES(CP1252, "CP1252"), BYTES(ISO_8859_2, "ISO-8859-2"), BYTES(ISO_8859_3, "ISO-8859-3"),
    BYTES(ISO_8859_4, "ISO-8859-4"), BYTES(ISO_8859_5, "ISO-8859-5"),
    BYTES(ISO_8859_6, "ISO-8859-6"), BYTES(ISO_8859_7, "ISO-8859-7"),
    BYTES(ISO_8859_8, "ISO-8859-8"), BYTES(ISO_8859_9, "ISO-8859-9"),
    BYTES(ISO_8859_10, "ISO-8859-10"), BYTES(ISO_8859_11, "ISO-8859-11"),
    BYTES(ISO_8859_13, "ISO-8859-13"), BYTES(ISO_8859_14, "ISO-8859-14"),
    BYTES(ISO_8859_15, "ISO-8859-15"), BYTES(ISO_8859_16, "ISO-8859-16"), BYTES(CP1250, "CP1250"),
    BYTES(CP1251, "CP1251"), BYTES(CP1253, "CP1253"), BYTES(CP1254, "CP1254"),
    BYTES(CP1255, "CP1255"), BYTES(CP1256, "CP1256"), BYTES(CP1257, "CP1257"),
    BYTES(CP1258, "CP1258"), BYTES(CP874, "CP874"), BYTES(TIS_620, "TIS-620"),
    BYTES(IBM437, "IBM437"), BYTES(CP737, "CP737"), BYTES(CP775, "CP775"), BYTES(IBM850, "IBM850"),
    BYTES(IBM852, "IBM852"), BYTES(IBM855, "IBM855"), BYTES(IBM857, "IBM857"),
    BYTES(IBM860, "IBM860"), BYTES(IBM861, "IBM861"), BYTES(IBM862, "IBM862"),
    BYTES(IBM863, "IBM863"), BYTES(IBM864, "IBM864"), BYTES(IBM865, "IBM865"),
    BYTES(IBM866, "IBM866"), BYTES(IBM869, "IBM869"), BYTES(IBM037, "IBM037"),
    BYTES(IBM500, "IBM500"), BYTES(MACINTOSH, "MACINTOSH"), BYTES(MAC_CYRILLIC, "MAC-CYRILLIC"),
    BYTES(MAC_CENTRALEUROPE, "MAC-CENTRALEUROPE"), BYTES(HP_ROMAN8, "HP-ROMAN8"),
    BYTES(KOI8_R, "KOI8-R"), BYTES(KOI8_U, "KOI8-U"), BYTES(KOI8_T, "KOI8-T"),
    BYTES(PT154, "PT154"), BYTES(ARMSCII_8, "ARMSCII-8"), BYTES(GEORGIAN_PS, "GEORGIAN-PS"),
    BYTES(VISCII, "VISCII"), BYTES(TCVN, "TCVN"), BYTES(GB18030, "GB18030"),
    BYTES(BIG5_HKSCS, "BIG5-HKSCS"), BYTES(CP950, "CP950"), BYTES(EUC_TW, "EUC-TW"),
    BYTES(ISO_2022_CN, "ISO-2022-CN"), BYTES(ISO_2022_CN_EXT, "ISO-2022-CN-EXT"),
    BYTES(EUC_JP_MS, "EUC-JP-MS"), BYTES(CP932, "CP932"), BYTES(ISO_2022_JP_3, "ISO-2022-JP-3"),
    BYTES(ISO_2022_JP_2, "ISO-2022-JP-2"), BYTES(ISO_2022_KR, "ISO-2022-KR"),
    BYTES(CP949, "CP949"), BYTES(JOHAB, "JOHAB"), BYTES(UTF_7, "UTF-7"), BYTES(IBM1026, "IBM1026"),
    BYTES(IBM1047, "IBM1047"), BYTES(IBM038, "IBM038"), BYTES(IBM256, "IBM256"),
    BYTES(IBM1025, "IBM1025"), BYTES(IBM284, "IBM284"), BYTES(IBM297, "IBM297"),
    BYTES(IBM1097, "IBM1097"), BYTES(IBM1112, "IBM1112"), BYTES(IBM1122, "IBM1122"),
    BYTES(IBM1123, "IBM1123"), BYTES(IBM1130, "IBM1130"), BYTES(IBM1132, "IBM1132"),
    BYTES(IBM1137, "IBM1137"), BYTES(IBM1140, "IBM1140"), BYTES(IBM1141, "IBM1141"),
    BYTES(IBM1142, "IBM1142"), BYTES(IBM1143, "IBM1143"), BYTES(IBM1144, "IBM1144"),
    BYTES(IBM1145, "IBM1145"), BYTES(IBM1146, "IBM1146"), BYTES(IBM1147, "IBM1147"),
    BYTES(IBM1148, "IBM1148"), BYTES(IBM1149, "IBM1149"), BYTES(IBM1153, "IBM1153"),
    BYTES(IBM1154, "IBM1154"), BYTES(IBM1155, "IBM1155"), BYTES(IBM1156, "IBM1156"),
    BYTES(IBM1157, "IBM1157"), BYTES(IBM1158, "IBM1158"), BYTES(IBM1160, "IBM1160"),
    BYTES(IBM1164, "IBM1164"), BYTES(IBM1166, "IBM1166"), BYTES(IBM12712, "IBM12712"),
    BYTES(IBM1364, "IBM1364"), BYTES(IBM1371, "IBM1371"), BYTES(IBM1388, "IBM1388"),
    BYTES(IBM1390, "IBM1390"), BYTES(IBM1399, "IBM1399"), BYTES(IBM16804, "IBM16804"),
    BYTES(IBM273, "IBM273"), BYTES(IBM274, "IBM274"), BYTES(IBM275, "IBM275"),
    BYTES(IBM277, "IBM277"), BYTES(IBM278, "IBM278"), BYTES(IBM280, "IBM280"),
    BYTES(IBM281, "IBM281"), BYTES(IBM285, "IBM285"), BYTES(IBM290, "IBM290"),
    BYTES(IBM420, "IBM420"), BYTES(IBM423, "IBM423"), BYTES(IBM424, "IBM424"),
    BYTES(IBM4517, "IBM4517"), BYTES(IBM4899, "IBM4899"), BYTES(IBM4971, "IBM4971"),
    BYTES(IBM803, "IBM803"), BYTES(IBM870, "IBM870"), BYTES(IBM871, "IBM871"),
    BYTES(IBM875, "IBM875"), BYTES(IBM880, "IBM880"), BYTES(IBM905, "IBM905"),
    BYTES(IBM918, "IBM918"), BYTES(IBM930, "IBM930"), BYTES(IBM933, "IBM933"),
    BYTES(IBM935, "IBM935"), BYTES(IBM937, "IBM937"), BYTES(IBM939, "IBM939"),
    BYTES(EBCDIC_AT_DE, "EBCDIC-AT-DE"), BYTES(EBCDIC_AT_DE_A, "EBCDIC-AT-DE-A"),
    BYTES(EBCDIC_CA_FR, "EBCDIC-CA-FR"), BYTES(EBCDIC_DK_NO, "EBCDIC-DK-NO"),
    BYTES(EBCDIC_DK_NO_A, "EBCDIC-DK-NO-A"), BYTES(EBCDIC_ES, "EBCDIC-ES"),
    BYTES(EBCDIC_ES_A, "EBCDIC-ES-A"), BYTES(EBCDIC_ES_S, "EBCDIC-ES-S"),
    BYTES(EBCDIC_FI_SE, "EBCDIC-FI-SE"), BYTES(EBCDIC_FI_SE_A, "EBCDIC-FI-SE-A"),
    BYTES(EBCDIC_FR, "EBCDIC-FR"), BYTES(EBCDIC_IT, "EBCDIC-IT"), BYTES(EBCDIC_PT, "EBCDIC-PT"),
    BYTES(EBCDIC_UK, "EBCDIC-UK"), BYTES(EBCDIC_US, "EBCDIC-US"),
    BYTES(EBCDIC_IS_FRISS, "EBCDIC-IS-FRISS"), BYTES(IBM858, "IBM858"), BYTES(CP1125, "CP1125"),
    BYTES(ECMA_CYRILLIC, "ECMA-CYRILLIC"), BYTES(MS_MAC_CYRILLIC, "MS-MAC-CYRILLIC"),
    BYTES(RK1048, "RK1048"), BYTES(SHIFT_JISX0213, "SHIFT_JISX0213"),
    BYTES(EUC_JISX0213, "EUC-JISX0213"), BYTES(GEORGIAN_ACADEMY, "GEORGIAN-ACADEMY"),
    BYTES(ISO_8859_9E, "ISO-8859-9E"), BYTES(ISO_6937, "ISO_6937"), BYTES(T_61, "T.61"),
    BYTES(MAC_IS, "MAC-IS"), BYTES(MIK, "MIK"), BYTES(TSCII, "TSCII"), BYTES(CP1133, "CP1133"),
    BYTES(CP1129, "CP1129"), BYTES(CP1161, "CP1161"), BYTES(CP1162, "CP1162"),
    BYTES(CP1163, "CP1163"), BYTES(IBM1046, "IBM1046"), BYTES(IBM851, "IBM851"),
    BYTES(IBM856, "IBM856"), BYTES(IBM868, "IBM868"), BYTES(CP5347, "CP5347"),
    BYTES(HP_ROMAN9, "HP-ROMAN9"), BYTES(HP_GREEK8, "HP-GREEK8"),
    BYTES(HP_TURKISH8, "HP-TURKISH8"), BYTES(ISIRI_3342, "ISIRI-3342"), BYTES(DEC_MCS, "DEC-MCS"),
    BYTES(WIN_SAMI_2, "WIN-SAMI-2"), BYTES(ISO646_DE, "ISO646-DE"), BYTES(ISO646_FR, "ISO646-FR"),
    BYTES(ISO646_SE, "ISO646-SE"), BYTES(ISO646_GB, "ISO646-GB"), BYTES(ISO646_IT, "ISO646-IT"),
    BYTES(ISO646_ES, "ISO646-ES"), BYTES(ISO646_JP, "ISO646-JP"), BYTES(ISO646_NO, "ISO646-NO"),
    BYTES(ISO646_DK, "ISO646-DK"), BYTES(UTF_7_IMAP, "UTF-7-IMAP"),
};
/* clang-format on */

_Static_assert(CHARSETS_MAX == CHARSET_COUNT, "CHARSETS_MAX is not so many");

int charset_find(struct slice name)
{
    int found;

    name = slice_first(name, slice_find(name, '*'));
    found = charset_names_find(name);
    if (found == CHARSET_NONE &&
        (slice_starts_case(name, SLICE("x-")) || slice_starts_case(name, SLICE("cs"))))
        found = charset_names_find(slice_from(name, 2));
    return found;
}

/* --- without iconv --- */

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

/* --- with iconv --- */

#define OUT_BYTES ((size_t)512) /* of one call */

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

static int append_converted(iconv_t cd, size_t unit, struct slice text, struct allowance *allowance,
                            struct bytes *out)
{
    bool stuck, ended = false;

    if (cd == (iconv_t)-1)
        return -1;
    while (text.len > 0 && bytes_end(out) == 0 && !ended) {
        size_t before = text.len;

        text = convert_some(cd, text, out, &stuck);
        if (stuck) {
            bytes_append(out, REPLACEMENT);
            text = slice_from(text, unit);
        }
        ended = !allowance_spend(allowance, before - text.len);
    }
    flush(cd, out);
    return ended ? -1 : 0;
}

/* Which way round a text is whose set does not say: as its mark has it, which is taken off, or with
 * the low byte first, as readers guess. The two stand behind it. */
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

/* Of the charsets that are done here. */
static void append_own(enum method method, struct slice text, struct bytes *out)
{
    if (method == OF_UTF8)
        utf8_append_clean(text, out);
    else
        append_single(text, method == OF_LATIN1, out);
}

static int append_pieces(enum method method, struct slice text, struct allowance *allowance,
                         struct bytes *out)
{
    while (text.len > 0) {
        struct slice piece = utf8_cut(text, ALLOWANCE_BYTES);

        append_own(method, piece, out);
        text = slice_from(text, piece.len);
        if (!allowance_spend(allowance, piece.len))
            return -1;
    }
    return 0;
}

int charset_convert(struct charset_set *set, int charset, struct slice text,
                    struct allowance *allowance, struct bytes *out)
{
    int result;

    if (CHARSETS[charset].method == OF_MARKED)
        charset = by_mark(charset, &text);
    if (CHARSETS[charset].method == OF_ICONV)
        result = append_converted(converter(set, charset, out), CHARSETS[charset].unit, text,
                                  allowance, out);
    else
        result = append_pieces(CHARSETS[charset].method, text, allowance, out);
    return result == 0 ? bytes_end(out) : -1;
}

int charset_to_utf8(struct charset_set *set, int charset, struct slice text, struct bytes *out)
{
    struct allowance endless = {0};

    return charset_convert(set, charset, text, &endless, out);
}

/* --- and back --- */

static int write_latin1(struct slice text, struct bytes *out)
{
    while (text.len > 0) {
        size_t length = utf8_length(text);
        uint32_t code = length > 0 ? utf8_code(slice_first(text, length)) : UINT32_MAX;

        if (code > 0xFF)
            return 1;
        bytes_append_char(out, (char)code);
        text = slice_from(text, length);
    }
    return bytes_end(out);
}

/* All of it, or what iconv is stuck at is no character of that set. */
static int write_converted(iconv_t cd, struct slice text, struct bytes *out)
{
    bool stuck = false;

    while (text.len > 0 && !stuck && bytes_end(out) == 0)
        text = convert_some(cd, text, out, &stuck);
    flush(cd, out);
    return stuck ? 1 : bytes_end(out);
}

/* Whether letters and line ends are those of ASCII: 1, 0, or -1 when memory is out. */
static int keeps_ascii(iconv_t cd)
{
    const struct slice probe = SLICE("a\r\n");
    struct bytes text;
    struct slice written;
    int result;

    bytes_init(&text, 2 * OUT_BYTES);
    result = write_converted(cd, probe, &text);
    if (result == 0)
        result = bytes_take(&text, &written) != 0 ? -1 : slice_equal(written, probe);
    bytes_fini(&text);
    return result;
}

/* Names that senders use of a small set and of a larger one are read as the larger; what is written
 * is what readers of both have. */
static const char *written_name(int charset)
{
    if (charset == CHARSET_ISO_2022_JP_3)
        return "ISO-2022-JP";
    return charset == CHARSET_GB18030 ? "GBK" : CHARSETS[charset].iconv_name;
}

static int write_by_iconv(int charset, struct slice text, struct bytes *out)
{
    iconv_t cd = iconv_open(written_name(charset), "UTF-8");
    int result;

    if (cd == (iconv_t)-1)
        return -1; /* without memory too it says that there is none */
    result = keeps_ascii(cd);
    if (result == 1)
        result = write_converted(cd, text, out);
    else if (result == 0)
        result = 1;
    (void)iconv_close(cd); /* nothing is written through it */
    return result;
}

int charset_from_utf8(int charset, struct slice text, struct bytes *out)
{
    if (CHARSETS[charset].unit > 1)
        return 1;
    switch (CHARSETS[charset].method) {
    case OF_UTF8: bytes_append(out, text); return utf8_valid(text) ? bytes_end(out) : 1;
    case OF_ASCII: bytes_append(out, text); return utf8_beyond_ascii(text) ? 1 : bytes_end(out);
    case OF_LATIN1: return write_latin1(text, out);
    case OF_MARKED:
    case OF_ICONV: break;
    }
    return write_by_iconv(charset, text, out);
}

void charset_set_fini(struct charset_set *set)
{
    for (int i = 0; i < CHARSETS_MAX; i++)
        if (set->opened[i] != NULL)
            (void)iconv_close(set->opened[i]); /* nothing is written through it */
    *set = (struct charset_set){0};
}
