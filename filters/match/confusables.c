/* confusables: see confusables.h. */
#include "filters/match/confusables.h"

#include <stdlib.h>
#include <string.h>

#include "filters/base/ascii.h"
#include "filters/base/utf8.h"
#include "filters/match/confusables_table.h"

#define ROWS(table)  (sizeof(table) / sizeof((table)[0]))
#define WIDTH(table) (sizeof((table)[0]) / sizeof((table)[0][0]))

/* Rows of one size, in order of their first member. */
static const struct {
    const uint16_t *rows;
    size_t count, width;
} TABLES[] = {
    {&ONE[0][0], ROWS(ONE), WIDTH(ONE)},
    {&TWO[0][0], ROWS(TWO), WIDTH(TWO)},
    {&MORE[0][0], ROWS(MORE), WIDTH(MORE)},
};

static int compare(const void *key, const void *row)
{
    uint16_t code = *(const uint16_t *)key, first = *(const uint16_t *)row;

    return (code > first) - (code < first);
}

/* Whether ${code} may be in the table. Most names have nothing of it. */
static bool is_candidate(uint32_t code)
{
    return code < 0x80 ? memchr(CONFUSABLES_ASCII, (int)code, sizeof(CONFUSABLES_ASCII) - 1) != NULL
                       : code <= UINT16_MAX;
}

/* Of what ${code} looks like, its row; *${width} is the row's. NULL: of nothing else. */
static const uint16_t *find_row(uint32_t code, size_t *width)
{
    uint16_t key = (uint16_t)code;

    if (!is_candidate(code))
        return NULL;
    for (size_t i = 0; i < sizeof(TABLES) / sizeof(*TABLES); i++) {
        const uint16_t *row =
            bsearch(&key, TABLES[i].rows, TABLES[i].count, TABLES[i].width * sizeof(key), compare);

        *width = TABLES[i].width;
        if (row != NULL)
            return row;
    }
    return NULL;
}

static void append_code(uint32_t code, struct bytes *out)
{
    char character[UTF8_CHARACTER_MAX];

    bytes_append(out, slice_make(character, utf8_write(code, character)));
}

static void fold_character(struct slice character, struct bytes *out)
{
    size_t width = 0;
    const uint16_t *row = find_row(utf8_code(character), &width);

    if (row == NULL && character.len == 1)
        bytes_append_char(out, ascii_lower(*character.ptr));
    else if (row == NULL)
        bytes_append(out, character);
    for (size_t i = 1; row != NULL && i < width && row[i] != 0; i++)
        append_code(row[i], out);
}

int confusables_fold(struct slice text, struct bytes *out)
{
    while (text.len > 0) {
        size_t length = utf8_length(text);

        if (length > 0)
            fold_character(slice_first(text, length), out);
        else
            bytes_append_char(out, *text.ptr);
        text = slice_from(text, length > 0 ? length : 1);
    }
    return bytes_end(out);
}
