/* dkim: see dkim.h. */
#include "filters/message/dkim.h"

#include "filters/message/rewrite.h"

#define FIELD_NAME SLICE("DKIM-Signature")
#define VALUE_END  (-1)

/* --- reading ---------------------------------------------------------------------------------- */

/* ${s} without blanks and line ends, which mean nothing in a tag list (RFC 6376, 3.2). */
static struct slice without_blanks(struct slice s, struct arena *arena)
{
    char *out = arena_alloc(arena, s.len + 1);
    size_t used = 0;

    for (size_t i = 0; out != NULL && i < s.len; i++)
        if (!ascii_is_space(s.ptr[i]))
            out[used++] = s.ptr[i];
    return slice_make(out, used);
}

/* Takes one tag off the front of ${list}. */
static bool next_tag(struct slice *list, struct slice *name, struct slice *value)
{
    struct slice tag = slice_first(*list, slice_find(*list, ';'));
    size_t equal = slice_find(tag, '=');

    if (list->len == 0)
        return false;
    *list = slice_from(*list, tag.len + 1);
    *name = slice_first(tag, equal);
    *value = equal != SLICE_NOT_FOUND ? slice_from(tag, equal + 1) : SLICE_NONE;
    return true;
}

static void take_canonicalisation(struct dkim_signature *signature, struct slice value)
{
    size_t slash = slice_find(value, '/');

    signature->relaxed_header = slice_equal_case(slice_first(value, slash), SLICE("relaxed"));
    if (slash != SLICE_NOT_FOUND)
        signature->relaxed_body = slice_equal_case(slice_from(value, slash + 1), SLICE("relaxed"));
}

static void take_length(struct dkim_signature *signature, struct slice value)
{
    uint64_t length = 0;

    for (size_t i = 0; i < value.len; i++) {
        if (!ascii_is_digit(value.ptr[i]))
            return;
        length = length * 10 + (uint64_t)(value.ptr[i] - '0');
        if (length > DKIM_LENGTH_MAX)
            return;
    }
    signature->limited = value.len > 0;
    signature->length = length;
}

static void take_tag(struct dkim_signature *signature, struct slice name, struct slice value)
{
    if (slice_equal(name, SLICE("d")) && value.len > 0)
        signature->domain = value;
    else if (slice_equal(name, SLICE("h")))
        signature->names = value;
    else if (slice_equal(name, SLICE("c")))
        take_canonicalisation(signature, value);
    else if (slice_equal(name, SLICE("l")))
        take_length(signature, value);
}

static int read_one(struct dkim *dkim, const struct field *field, struct arena *arena)
{
    struct dkim_signature *signature = &dkim->items[dkim->count];
    struct slice list = without_blanks(field->value, arena), name, value;

    if (list.ptr == NULL)
        return -1;
    *signature = (struct dkim_signature){.field = field->raw, .domain = SLICE("?")};
    while (next_tag(&list, &name, &value))
        take_tag(signature, name, value);
    dkim->count++;
    return 0;
}

int dkim_read(struct dkim *dkim, const struct header *header, struct arena *arena)
{
    size_t at = header_find(header, FIELD_NAME, 0), found = 0;

    *dkim = (struct dkim){.count = 0};
    for (size_t i = at; i != SLICE_NOT_FOUND; i = header_find(header, FIELD_NAME, i + 1))
        found++;
    if (found == 0)
        return 0;
    if (found > DKIM_SIGNATURES_MAX)
        found = DKIM_SIGNATURES_MAX;
    dkim->items = arena_alloc(arena, found * sizeof(*dkim->items));
    if (dkim->items == NULL)
        return -1;
    for (; dkim->count < found; at = header_find(header, FIELD_NAME, at + 1))
        if (read_one(dkim, &header->fields[at], arena) != 0)
            return -1;
    return 0;
}

/* --- fields ----------------------------------------------------------------------------------- */

/* How many fields of that name the signature picks. */
static size_t picks(const struct dkim_signature *signature, struct slice name)
{
    struct slice rest = signature->names;
    size_t count = 0;

    while (rest.len > 0) {
        struct slice one = slice_first(rest, slice_find(rest, ':'));

        rest = slice_from(rest, one.len + 1);
        count += slice_equal_case(one, name);
    }
    return count;
}

/* The next octet of a value in the relaxed form (RFC 6376, 3.4.2), in which line ends are none and
 * a row of blanks is one; VALUE_END at its end. */
static int next_relaxed(struct slice *value)
{
    bool blank = false;
    char c;

    while (value->len > 0 && ascii_is_space(*value->ptr)) {
        blank = blank || ascii_is_blank(*value->ptr);
        *value = slice_from(*value, 1);
        if (blank && (value->len == 0 || !ascii_is_space(*value->ptr)))
            return ' ';
    }
    if (value->len == 0)
        return VALUE_END;
    c = *value->ptr;
    *value = slice_from(*value, 1);
    return (unsigned char)c;
}

static bool same_relaxed(const struct field *a, const struct field *b)
{
    struct slice x = header_trim(a->value), y = header_trim(b->value);
    int c = 0;

    while (c != VALUE_END) {
        c = next_relaxed(&x);
        if (next_relaxed(&y) != c)
            return false;
    }
    return slice_equal_case(a->name, b->name);
}

static bool same_field(const struct dkim_signature *signature, const struct field *a,
                       const struct field *b)
{
    if (slice_equal(a->raw, b->raw))
        return true;
    return signature->relaxed_header && same_relaxed(a, b);
}

/* The next field of that name above ${at}, from below; SLICE_NOT_FOUND: none. */
static size_t above(const struct header *header, struct slice name, size_t at)
{
    while (at > 0)
        if (slice_equal_case(header->fields[--at].name, name))
            return at;
    return SLICE_NOT_FOUND;
}

/* Whether the fields of that name that are picked are the same in both. */
static bool same_picked(const struct dkim_signature *signature, struct slice name,
                        const struct header *before, const struct header *after)
{
    size_t a = before->count, b = after->count;

    for (size_t left = picks(signature, name); left > 0; left--) {
        a = above(before, name, a);
        b = above(after, name, b);
        if (a == SLICE_NOT_FOUND || b == SLICE_NOT_FOUND)
            return a == b;
        if (!same_field(signature, &before->fields[a], &after->fields[b]))
            return false;
    }
    return true;
}

/* Whether the signature itself is another, rather than the same or gone. */
static bool is_changed(const struct dkim_signature *signature, const struct header *before,
                       const struct header *after)
{
    size_t signatures[2] = {0, 0};

    for (size_t i = 0; i < after->count; i++) {
        signatures[1] += slice_equal_case(after->fields[i].name, FIELD_NAME);
        if (slice_equal(after->fields[i].raw, signature->field))
            return false;
    }
    for (size_t i = 0; i < before->count; i++)
        signatures[0] += slice_equal_case(before->fields[i].name, FIELD_NAME);
    return signatures[0] == signatures[1];
}

/* Whether any signature has to do with fields of that name. */
static bool are_picked(const struct dkim *dkim, struct slice name)
{
    if (slice_equal_case(name, FIELD_NAME))
        return true;
    for (size_t i = 0; i < dkim->count; i++)
        if (picks(&dkim->items[i], name) > 0)
            return true;
    return false;
}

static bool header_breaks(const struct dkim_signature *signature, struct slice name,
                          const struct header *before, const struct header *after)
{
    if (slice_equal_case(name, FIELD_NAME) && is_changed(signature, before, after))
        return true;
    return !same_picked(signature, name, before, after);
}

static int broken_header(const struct dkim *dkim, const struct header *header,
                         const struct edit *edit, struct arena *scratch, struct slice *domain)
{
    struct header after;

    if (!are_picked(dkim, edit->name))
        return 0;
    if (header_clone(&after, header, scratch) != 0 || rewrite_apply(&after, edit, scratch) != 0)
        return -1;
    for (size_t i = 0; i < dkim->count; i++)
        if (header_breaks(&dkim->items[i], edit->name, header, &after)) {
            *domain = dkim->items[i].domain;
            return 1;
        }
    return 0;
}

/* --- the body --------------------------------------------------------------------------------- */

/* What is looked at of a body: an l= is never more, and blanks take no more room than text. */
#define BODY_MOST (2 * (size_t)DKIM_LENGTH_MAX)

/* How many octets the two begin with in common. */
static size_t common(struct slice a, struct slice b)
{
    size_t most = a.len < b.len ? a.len : b.len, at = 0;

    while (at < most && a.ptr[at] == b.ptr[at])
        at++;
    return at;
}

/* How many octets of the relaxed form (RFC 6376, 3.4.4) stand for sure for the beginning ${s} of a
 * body: blanks before a line's end, or where ${s} ends, may be none. */
static uint64_t relaxed_length(struct slice s)
{
    uint64_t length = 0;
    bool blank = false;

    for (size_t i = 0; i < s.len; i++) {
        if (ascii_is_blank(s.ptr[i])) {
            blank = true;
            continue;
        }
        length += 1U + (blank && s.ptr[i] != '\r');
        blank = false;
    }
    return length;
}

bool dkim_broken_from(const struct dkim *dkim, struct slice same, struct slice *domain)
{
    uint64_t relaxed;

    if (dkim->count == 0)
        return false;
    same = slice_first(same, BODY_MOST);
    relaxed = relaxed_length(same);
    for (size_t i = 0; i < dkim->count; i++) {
        const struct dkim_signature *signature = &dkim->items[i];

        if (signature->limited &&
            (signature->relaxed_body ? relaxed : same.len) >= signature->length)
            continue;
        *domain = signature->domain;
        return true;
    }
    return false;
}

static int broken_body(const struct dkim *dkim, struct slice before, struct slice after,
                       struct slice *domain)
{
    struct slice same;

    if (slice_equal(before, after))
        return 0;
    same =
        slice_first(before, common(slice_first(before, BODY_MOST), slice_first(after, BODY_MOST)));
    return dkim_broken_from(dkim, same, domain);
}

int dkim_broken(const struct dkim *dkim, const struct header *header, struct slice body,
                const struct edit *edit, struct arena *scratch, struct slice *domain)
{
    if (dkim->count == 0)
        return 0;
    if (edit_is_header(edit->kind))
        return broken_header(dkim, header, edit, scratch, domain);
    return edit->kind == EDIT_REPLACE_BODY ? broken_body(dkim, body, edit->value, domain) : 0;
}

/* --- foresight -------------------------------------------------------------------------------- */

bool dkim_usual(struct slice name)
{
    static const struct slice NAMES[] = {
        SLICE_INIT("From"),         SLICE_INIT("Reply-To"),
        SLICE_INIT("Subject"),      SLICE_INIT("Date"),
        SLICE_INIT("To"),           SLICE_INIT("Cc"),
        SLICE_INIT("In-Reply-To"),  SLICE_INIT("References"),
        SLICE_INIT("Message-ID"),   SLICE_INIT("MIME-Version"),
        SLICE_INIT("Content-Type"), SLICE_INIT("Content-Transfer-Encoding"),
    };

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(*NAMES); i++)
        if (slice_equal_case(NAMES[i], name))
            return true;
    return slice_starts_case(name, SLICE("List-")) || slice_starts_case(name, SLICE("Resent-"));
}
