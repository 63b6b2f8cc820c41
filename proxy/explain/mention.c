/* mention: see mention.h. */
#include "proxy/explain/mention.h"

#include "conf/shape.h"

/* Takes one character of a domain off ${text}, or what stands for one in a pattern; '\0': what was
 * taken off is none. */
static char take_character(struct slice *text)
{
    static const struct slice DOT_CLASS = SLICE_INIT("[.]");
    char c = *text->ptr;
    size_t length = 1;

    if (slice_starts(*text, DOT_CLASS)) {
        c = '.';
        length = DOT_CLASS.len;
    } else if (c == '\\' && text->len > 1) {
        c = text->ptr[1];
        length = 2;
        if (ascii_is_alnum(c)) /* a class, as \w or \d */
            c = '\0';
    }
    *text = slice_from(*text, length);
    return ascii_is_alnum(c) || c == '.' || c == '-' ? c : '\0';
}

static struct slice trim(struct slice word)
{
    while (word.len > 0 && !ascii_is_alnum(*word.ptr))
        word = slice_from(word, 1);
    while (word.len > 0 && !ascii_is_alnum(word.ptr[word.len - 1]))
        word.len--;
    return word;
}

struct slice mention_next(struct slice *text, struct arena *arena)
{
    char *room = arena_alloc(arena, text->len + 1);

    if (room == NULL)
        return SLICE_NONE;
    while (text->len > 0) {
        struct slice word = slice_make(room, 0);
        char c;

        while (text->len > 0 && (c = take_character(text)) != '\0')
            room[word.len++] = c;
        word = trim(word);
        if (slice_find(word, '.') != SLICE_NOT_FOUND && shape_domain(word))
            return word;
    }
    return SLICE("");
}
