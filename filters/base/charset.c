/* charset: see charset.h. */
#include "filters/base/charset.h"

#include <errno.h>
#include <iconv.h>

#include "filters/base/utf8.h"

static const struct slice REPLACEMENT = SLICE_INIT("\xEF\xBF\xBD"); /* U+FFFD */

enum method { OF_UTF8, OF_ASCII, OF_LATIN1, OF_ICONV };

struct charset_row {
    struct slice name;
    const char *iconv_name; /* what iconv_open is asked for; one name, one number */
    enum method method;
};

#define ICONV(name, iconv_name)                                                                    \
    {                                                                                              \
        SLICE_INIT(name), iconv_name, OF_ICONV                                                     \
    }

/* The first row of an iconv_name is the number of all with it; those come one after the other. */
static const struct charset_row CHARSETS[] = {
    {SLICE_INIT("utf-8"), "UTF-8", OF_UTF8},
    {SLICE_INIT("utf8"), "UTF-8", OF_UTF8},
    {SLICE_INIT("us-ascii"), "ASCII", OF_ASCII},
    {SLICE_INIT("ascii"), "ASCII", OF_ASCII},
    {SLICE_INIT("iso-8859-1"), "LATIN1", OF_LATIN1},
    {SLICE_INIT("iso8859-1"), "LATIN1", OF_LATIN1},
    {SLICE_INIT("latin1"), "LATIN1", OF_LATIN1},
    ICONV("iso-8859-2", "ISO-8859-2"),
    ICONV("iso-8859-3", "ISO-8859-3"),
    ICONV("iso-8859-4", "ISO-8859-4"),
    ICONV("iso-8859-5", "ISO-8859-5"),
    ICONV("iso-8859-6", "ISO-8859-6"),
    ICONV("iso-8859-7", "ISO-8859-7"),
    ICONV("iso-8859-8", "ISO-8859-8"),
    ICONV("iso-8859-8-i", "ISO-8859-8"), /* the order of display, not the letters (RFC 1555) */
    ICONV("iso-8859-9", "ISO-8859-9"),
    ICONV("iso-8859-10", "ISO-8859-10"),
    ICONV("iso-8859-11", "ISO-8859-11"),
    ICONV("iso-8859-13", "ISO-8859-13"),
    ICONV("iso-8859-14", "ISO-8859-14"),
    ICONV("iso-8859-15", "ISO-8859-15"),
    ICONV("iso-8859-16", "ISO-8859-16"),
    ICONV("windows-1250", "CP1250"),
    ICONV("cp1250", "CP1250"),
    ICONV("windows-1251", "CP1251"),
    ICONV("cp1251", "CP1251"),
    ICONV("windows-1252", "CP1252"),
    ICONV("cp1252", "CP1252"),
    ICONV("windows-1253", "CP1253"),
    ICONV("windows-1254", "CP1254"),
    ICONV("windows-1255", "CP1255"),
    ICONV("windows-1256", "CP1256"),
    ICONV("windows-1257", "CP1257"),
    ICONV("windows-1258", "CP1258"),
    ICONV("windows-874", "CP874"),
    ICONV("tis-620", "TIS-620"),
    ICONV("ibm850", "CP850"),
    ICONV("cp850", "CP850"),
    ICONV("cp866", "CP866"),
    ICONV("ibm866", "CP866"),
    ICONV("macintosh", "MACINTOSH"),
    ICONV("koi8-r", "KOI8-R"),
    ICONV("koi8-u", "KOI8-U"),
    ICONV("gb2312", "GB18030"), /* real mail says the least of the three and means any */
    ICONV("gbk", "GB18030"),
    ICONV("gb18030", "GB18030"),
    ICONV("cp936", "GB18030"),
    ICONV("big5", "BIG5"),
    ICONV("euc-jp", "EUC-JP"),
    ICONV("shift_jis", "CP932"), /* with Windows' additions, which senders use */
    ICONV("shift-jis", "CP932"),
    ICONV("sjis", "CP932"),
    ICONV("cp932", "CP932"),
    ICONV("windows-31j", "CP932"),
    ICONV("iso-2022-jp", "ISO-2022-JP"),
    ICONV("euc-kr", "CP949"), /* as gb2312 */
    ICONV("ks_c_5601-1987", "CP949"),
    ICONV("cp949", "CP949"),
};

#define CHARSET_COUNT ((int)(sizeof(CHARSETS) / sizeof(*CHARSETS)))
_Static_assert(sizeof(CHARSETS) / sizeof(*CHARSETS) <= CHARSETS_MAX, "CHARSETS_MAX is too small");

int charset_find(struct slice name)
{
    size_t star = slice_find(name, '*');
    int row = 0;

    if (star != SLICE_NOT_FOUND)
        name = slice_first(name, star);
    while (row < CHARSET_COUNT && !slice_equal_case(CHARSETS[row].name, name))
        row++;
    if (row == CHARSET_COUNT)
        return CHARSET_NONE;
    while (row > 0 && strcmp(CHARSETS[row - 1].iconv_name, CHARSETS[row].iconv_name) == 0)
        row--;
    return row;
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

static int append_converted(iconv_t cd, struct slice text, struct bytes *out)
{
    bool stuck;

    if (cd == (iconv_t)-1)
        return -1;
    while (text.len > 0 && bytes_end(out) == 0) {
        text = convert_some(cd, text, out, &stuck);
        if (stuck) {
            bytes_append(out, REPLACEMENT);
            text = slice_from(text, 1);
        }
    }
    flush(cd, out);
    return 0;
}

int charset_to_utf8(struct charset_set *set, int charset, struct slice text, struct bytes *out)
{
    switch (CHARSETS[charset].method) {
    case OF_UTF8: utf8_append_clean(text, out); break;
    case OF_ASCII: append_single(text, false, out); break;
    case OF_LATIN1: append_single(text, true, out); break;
    case OF_ICONV:
        if (append_converted(converter(set, charset, out), text, out) != 0)
            return -1;
    }
    return bytes_end(out);
}

void charset_set_fini(struct charset_set *set)
{
    for (int i = 0; i < CHARSET_COUNT; i++)
        if (set->opened[i] != NULL)
            (void)iconv_close(set->opened[i]); /* nothing is written through it */
    *set = (struct charset_set){0};
}
