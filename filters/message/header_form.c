/* header_form: see header_form.h. */
#include "filters/message/header_form.h"

#include "filters/base/charset.h"
#include "filters/base/mailbox.h"

struct word {
    const struct header_text *text;
    struct slice shape;
    const struct token *token;
    bool addresses;
};

static struct slice word_text(const struct word *w)
{
    return slice_make(w->text->text + w->token->start, w->token->end - w->token->start);
}

static bool is_opaque(const struct word *w, size_t at)
{
    return w->shape.ptr[at] == '\0';
}

/* "=?charset?q?text?=" of a charset that we do not know: nothing decodes it here. */
static bool is_foreign_word(struct slice s)
{
    size_t marks = 0, charset_end = s.len > 2 ? slice_find(slice_from(s, 2), '?') : SLICE_NOT_FOUND;

    for (size_t i = 0; i < s.len; i++)
        marks += s.ptr[i] == '?';
    return marks == 4 && slice_starts(s, SLICE("=?")) && s.ptr[s.len - 2] == '?' &&
           s.ptr[s.len - 1] == '=' && charset_end != SLICE_NOT_FOUND &&
           s.ptr[charset_end + 1] != '=' &&
           charset_find(slice_first(slice_from(s, 2), charset_end)) == CHARSET_NONE;
}

/* "=?" would make a reader see an encoded-word that the text does not have. */
static bool has_mark(struct slice s)
{
    return s.len > 1 && memmem(s.ptr, s.len, "=?", 2) != NULL && !is_foreign_word(s);
}

/* Whether all bytes are ASCII that is seen, or kept ones that are no encoded-words. */
static bool is_readable(const struct word *w)
{
    size_t at = header_text_piece(w->text, w->token->start);

    for (size_t i = w->token->start; i < w->token->end; i++) {
        char c = w->text->text[i];

        while (w->text->pieces[at].end <= i)
            at++;
        if (c != '\t' && (c < ' ' || c > '~') &&
            (!w->text->pieces[at].kept || w->text->pieces[at].opaque))
            return false;
    }
    return true;
}

/* Whether some opaque byte is one of ${specials}. */
static bool hides(const struct word *w, const char *specials)
{
    for (size_t i = w->token->start; i < w->token->end; i++)
        if (is_opaque(w, i) && w->text->text[i] != '\0' &&
            strchr(specials, w->text->text[i]) != NULL)
            return true;
    return false;
}

static bool all_opaque(const struct word *w)
{
    for (size_t i = w->token->start; i < w->token->end; i++)
        if (!is_opaque(w, i))
            return false;
    return true;
}

/* Whether ${token}, of an address or its bytes of structure, may be written as it stands: no name
 * in it becomes structure, except one that is just an address. */
static bool is_safe(const struct word *w)
{
    struct slice s = word_text(w);

    if (!hides(w, "()<>[]:;,\\\" \t"))
        return true;
    if (*s.ptr == '<' && s.len > 2)
        s = slice_make(s.ptr + 1, s.len - 2);
    return mailbox_valid(s, true);
}

/* A name that is the whole of an element is an address if it says one. */
static bool is_address(const struct word *w)
{
    return w->addresses && w->token->kind == TOKEN_TEXT && w->token->alone && all_opaque(w) &&
           mailbox_valid(word_text(w), true);
}

/* Whether some byte of it, opaque or not, would need a backslash in a quoted string. */
static bool has_quote(const struct word *w)
{
    struct slice s = word_text(w);

    return slice_find(s, '"') != SLICE_NOT_FOUND || slice_find(s, '\\') != SLICE_NOT_FOUND;
}

/* Whether a name before "<" or ":" has an "@", which is none of the field's own bytes: some would
 * take it for an address there. */
static bool shows_address(const struct word *w)
{
    size_t at = header_text_piece(w->text, w->token->start);

    if (!w->addresses || w->token->alone || slice_find(word_text(w), '@') == SLICE_NOT_FOUND)
        return false;
    for (; at < w->text->piece_count && w->text->pieces[at].start < w->token->end; at++)
        if (w->text->pieces[at].kept && !w->text->pieces[at].opaque)
            return false;
    return true;
}

static enum form form_in_name(const struct word *w)
{
    if (w->token->kind == TOKEN_QUOTED)
        return FORM_ESCAPED;
    if (w->token->kind == TOKEN_COMMENT)
        return hides(w, "()\\") ? FORM_ENCODED : FORM_PLAIN;
    if (shows_address(w))
        return all_opaque(w) || !has_quote(w) ? FORM_QUOTED : FORM_ENCODED;
    if (!w->addresses || !hides(w, "()<>[]:;@\\,.\""))
        return FORM_PLAIN;
    return all_opaque(w) ? FORM_QUOTED : FORM_ENCODED;
}

enum form header_form(const struct header_text *text, struct slice shape, const struct token *token,
                      bool addresses)
{
    struct word word = {text, shape, token, addresses}, *w = &word;
    struct slice s = word_text(w);

    if (s.len > HEADER_PLAIN_MAX || w->token->start - w->token->gap > HEADER_GAP_MAX)
        return FORM_ENCODED;
    if (is_address(w))
        return FORM_PLAIN;
    if (w->token->kind == TOKEN_FIXED)
        return is_safe(w) ? FORM_PLAIN : FORM_ENCODED;
    if (!is_readable(w) || has_mark(s))
        return FORM_ENCODED;
    return form_in_name(w);
}
