/* audit_queue_id: what a server calls the message it has just accepted, read off its reply.
 *
 * No standard says where it stands; the table knows the habits of the servers one meets. A wrong
 * guess costs a query of the audit, nothing else.
 */
#include "proxy/record/audit.h"

enum where { BEFORE, AFTER, ALONG /* from the word before the mark to the one after it */ };

static const struct {
    struct slice mark;
    enum where where;
} marks[] = {
    {SLICE_INIT("queued as "), AFTER},  /* Postfix, and whoever relays its reply */
    {SLICE_INIT("InternalId="), AFTER}, /* Exchange */
    {SLICE_INIT("OK id="), AFTER},      /* Exim */
    {SLICE_INIT(" Message accepted for delivery"), BEFORE}, /* sendmail, OpenSMTPD */
    {SLICE_INIT("Message Queued ("), AFTER},                /* Haraka */
    {SLICE_INIT(" - gsmtp"), BEFORE},                       /* Google */
    {SLICE_INIT(" qp "), ALONG},                            /* qmail: time and process */
};

static bool is_id_char(char c)
{
    return ascii_is_alnum(c) || c == '-' || c == '_' || c == '.' || c == '/' || c == '+' ||
           c == '=' || c == '@';
}

static struct slice id_at_start(struct slice text)
{
    size_t len = 0;
    while (len < text.len && is_id_char(text.ptr[len]))
        len++;
    while (len > 0 && text.ptr[len - 1] == '.') /* the end of a sentence */
        len--;
    return slice_first(text, len);
}

static struct slice id_at_end(struct slice text)
{
    size_t start = text.len;
    while (start > 0 && is_id_char(text.ptr[start - 1]))
        start--;
    return slice_from(text, start);
}

static size_t find_case(struct slice text, struct slice word)
{
    for (size_t i = 0; i + word.len <= text.len; i++)
        if (slice_starts_case(slice_from(text, i), word))
            return i;
    return SLICE_NOT_FOUND;
}

static struct slice take_id(struct slice text, size_t at, size_t mark_len, enum where where)
{
    struct slice before = id_at_end(slice_first(text, at));
    struct slice after = id_at_start(slice_from(text, at + mark_len));
    switch (where) {
    case BEFORE: return before;
    case AFTER: return after;
    case ALONG:
        if (before.len > 0 && after.len > 0)
            return slice_make(before.ptr, before.len + mark_len + after.len);
        break;
    }
    return SLICE_NONE;
}

struct slice audit_queue_id(struct slice reply)
{
    /* So that neither code is ever taken for an id. */
    struct slice text = reply_split(reply).text;
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        size_t at = find_case(text, marks[i].mark);
        if (at == SLICE_NOT_FOUND)
            continue;
        struct slice id = take_id(text, at, marks[i].mark.len, marks[i].where);
        if (id.len > 0)
            return id;
    }
    return SLICE_NONE;
}
