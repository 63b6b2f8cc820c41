/* declared: see declared.h. */
#include "filters/mime/declared.h"

#include "filters/message/header.h"

struct declaring {
    struct declared *out;
    const struct parameter_means *means;
    bool trouble; /* memory was out */
    size_t types, encodings, dispositions;
};

static void add(struct declaring *d, struct declared_text **list, struct slice text, bool other)
{
    struct declared_text *added;

    for (; *list != NULL; list = &(*list)->next)
        if (slice_equal((*list)->text, text)) {
            (*list)->other = (*list)->other && other;
            return;
        }
    added = arena_alloc(d->means->arena, sizeof(*added));
    if (added == NULL) {
        d->trouble = true;
        return;
    }
    *added = (struct declared_text){.text = text, .other = other};
    *list = added;
}

static void add_doubt(struct declaring *d, enum doubt doubt)
{
    d->out->doubts |= doubt_bit(doubt);
}

bool declared_is(struct slice type, struct slice major)
{
    return slice_starts_case(type, major) && (type.len == major.len || type.ptr[major.len] == '/');
}

/* --- the type --------------------------------------------------------------------------------- */

static bool stands_in_token(char c)
{
    return c > ' ' && c < 127 && strchr("()<>@,;:\\\"[]?=/", c) == NULL;
}

/* "text/html" of ${head}: two words, a slash, and blanks around it, in small letters. */
static struct slice type_of(struct declaring *d, struct slice head)
{
    char *out = arena_alloc(d->means->arena, head.len + 1);
    size_t used = 0, slashes = 0, at = 0;

    if (out == NULL) {
        d->trouble = true;
        return SLICE("");
    }
    for (; at < head.len; at++) {
        char c = head.ptr[at];
        bool slash = c == '/' && slashes == 0;

        if (stands_in_token(c) || slash)
            out[used++] = ascii_lower(c);
        else if (!ascii_is_blank(c) ||
                 (used > 0 && out[used - 1] != '/' &&
                  !slice_starts(slice_trim_start(slice_from(head, at)), SLICE("/"))))
            break;
        slashes += slash;
    }
    if (at < head.len || used != head.len || slashes == 0 || out[used - 1] == '/' || out[0] == '/')
        add_doubt(d, DOUBT_TYPE);
    return slice_make(out, used);
}

/* "text" alone is RFC 1049's. */
static void read_type(struct declaring *d, struct slice head)
{
    doubt_set before = d->out->doubts;
    struct slice type = type_of(d, head);

    if (slice_equal(type, SLICE("text"))) {
        type = SLICE("text/plain");
        d->out->doubts = before;
    }
    if (type.len > 0)
        add(d, &d->out->types, type, false);
}

/* --- parameters ------------------------------------------------------------------------------- */

static struct slice decode(struct declaring *d, struct slice text)
{
    struct slice decoded = header_decode(text, d->means->arena);

    d->trouble = d->trouble || decoded.ptr == NULL;
    return decoded;
}

/* ${name} without what no name ends or begins with, and some take off: blanks, quotes, brackets. */
static struct slice bare(struct slice name)
{
    static const char around[] = " \t\r\n\"'<>`";

    while (name.len > 0 && strchr(around, name.ptr[0]) != NULL)
        name = slice_from(name, 1);
    while (name.len > 0 && strchr(around, name.ptr[name.len - 1]) != NULL)
        name.len--;
    return name;
}

/* The name as it is written is one, too: some show it so. */
static void add_name(struct declaring *d, const struct parameter *p)
{
    struct slice decoded = decode(d, p->value);
    struct slice more = header_decode_generously(p->value, d->means->arena);

    d->trouble = d->trouble || more.ptr == NULL;
    add(d, &d->out->names, decoded, p->other);
    add(d, &d->out->names, p->value, true);
    if (more.len > 0)
        add(d, &d->out->names, more, true);
    if (bare(decoded).len > 0)
        add(d, &d->out->names, bare(decoded), true);
}

static void add_boundary(struct declaring *d, const struct parameter *p)
{
    struct slice decoded = decode(d, p->value), trimmed = slice_trim(p->value);

    if (p->extended || decoded.len != p->value.len || trimmed.len != p->value.len)
        add_doubt(d, DOUBT_BOUNDARY);
    if (p->value.len == 0)
        add_doubt(d, DOUBT_NO_BOUNDARY);
    add(d, &d->out->boundaries, p->value, p->other);
    add(d, &d->out->boundaries, trimmed, true);
    add(d, &d->out->boundaries, decoded, true);
}

/* What of a field's doubts is about what matters here: a comment beside a format is not. */
static void read_parameters(struct declaring *d, const struct parameters *parameters)
{
    for (const struct parameter *p = parameters->first; p != NULL; p = p->next) {
        if (slice_equal(p->name, SLICE("name")) || slice_equal(p->name, SLICE("filename")))
            add_name(d, p);
        else if (slice_equal(p->name, SLICE("boundary")))
            add_boundary(d, p);
        else if (slice_equal(p->name, SLICE("charset")))
            add(d, &d->out->charsets, p->value, p->other);
        d->out->parameters++;
    }
    d->out->doubts |= parameters->doubts;
}

/* --- fields ----------------------------------------------------------------------------------- */

static enum content_result read_content_type(struct declaring *d, struct slice value)
{
    struct parameters parameters;
    enum content_result result = parameter_read(value, d->means, &parameters);

    if (result != CONTENT_READ)
        return result;
    d->types++;
    read_type(d, parameters.head);
    read_parameters(d, &parameters);
    return CONTENT_READ;
}

static enum content_result read_disposition(struct declaring *d, struct slice value)
{
    struct parameters parameters;
    enum content_result result = parameter_read(value, d->means, &parameters);

    if (result != CONTENT_READ)
        return result;
    if (d->dispositions++ > 0)
        add_doubt(d, DOUBT_DISPOSITIONS);
    d->out->attachment =
        d->out->attachment || slice_starts_case(parameters.head, SLICE("attachment"));
    read_parameters(d, &parameters);
    return CONTENT_READ;
}

static bool announces_octets(struct slice word)
{
    return slice_equal_case(word, SLICE("8bit")) || slice_equal_case(word, SLICE("binary"));
}

static enum content_encoding encoding_of(struct slice word)
{
    if (slice_equal_case(word, SLICE("base64")))
        return CONTENT_BASE64;
    if (slice_equal_case(word, SLICE("quoted-printable")))
        return CONTENT_QUOTED;
    if (word.len == 0 || slice_equal_case(word, SLICE("7bit")) || announces_octets(word))
        return CONTENT_7BIT;
    return CONTENT_UNKNOWN;
}

/* The first run of letters, digits and hyphens in ${s}. */
static struct slice first_word(struct slice s)
{
    size_t start = 0, end;

    while (start < s.len && !ascii_is_alnum(s.ptr[start]))
        start++;
    for (end = start; end < s.len && (ascii_is_alnum(s.ptr[end]) || s.ptr[end] == '-');)
        end++;
    return slice_from(slice_first(s, end), start);
}

static bool has_word(struct slice s, struct slice word)
{
    for (; s.len >= word.len; s = slice_from(s, 1))
        if (slice_starts_case(s, word))
            return true;
    return false;
}

/* Encodings that some find in ${value}, as a bit each: by how it begins or ends, or anywhere. */
static unsigned encodings_in(struct slice value)
{
    unsigned found = 0;

    if (has_word(value, SLICE("base64")))
        found |= 1U << CONTENT_BASE64;
    if (has_word(value, SLICE("quoted-printable")))
        found |= 1U << CONTENT_QUOTED;
    return found;
}

/* Most take a word that stands alone, some look for one among other things. */
static enum content_result read_encoding(struct declaring *d, struct slice value)
{
    struct parameters parameters;
    enum content_result result = parameter_read(value, d->means, &parameters);
    struct slice whole = header_trim(value);
    enum content_encoding encoding, found;

    if (result != CONTENT_READ)
        return result;
    encoding = encoding_of(whole);
    found = encoding_of(first_word(parameters.head));
    if (encoding == CONTENT_UNKNOWN)
        add_doubt(d, DOUBT_ENCODING);
    if (d->encodings++ == 0) {
        d->out->encoding = encoding;
        d->out->eight_bit = announces_octets(whole);
    }
    d->out->encodings |= 1U << encoding | 1U << found | encodings_in(whole);
    return CONTENT_READ;
}

static const struct {
    struct slice name;
    enum content_result (*read)(struct declaring *d, struct slice value);
} FIELDS[] = {
    {SLICE_INIT("Content-Type"), read_content_type},
    {SLICE_INIT("Content-Disposition"), read_disposition},
    {SLICE_INIT("Content-Transfer-Encoding"), read_encoding},
};

/* A line without a name: to some, what is folded of the field above it. */
static enum content_result read_stray(struct declaring *d, const struct field *field)
{
    struct parameters parameters;
    enum content_result result = CONTENT_READ;

    if (slice_find(field->value, '=') == SLICE_NOT_FOUND)
        return CONTENT_READ;
    result = parameter_read(field->value, d->means, &parameters);
    if (result != CONTENT_READ)
        return result;
    for (struct parameter *p = parameters.first; p != NULL; p = p->next)
        p->other = true;
    parameters.doubts = 0; /* the line is one already */
    read_parameters(d, &parameters);
    return CONTENT_READ;
}

static enum content_result read_field(struct declaring *d, const struct field *field)
{
    if (field->name.len == 0)
        return read_stray(d, field);
    for (size_t i = 0; i < sizeof(FIELDS) / sizeof(*FIELDS); i++)
        if (slice_equal_case(FIELDS[i].name, field->name)) {
            if (!slice_starts(slice_from(field->raw, field->name.len), SLICE(":")))
                add_doubt(d, DOUBT_COLON);
            return FIELDS[i].read(d, field->value);
        }
    return CONTENT_READ;
}

/* --- all of it -------------------------------------------------------------------------------- */

static struct slice extension(struct slice name)
{
    return slice_from(name, slice_find_last(name, '.'));
}

static bool several(const struct declared_text *list)
{
    const struct declared_text *first = NULL;

    for (; list != NULL; list = list->next) {
        if (first != NULL && !list->other)
            return true;
        if (!list->other)
            first = list;
    }
    return false;
}

/* A name in two forms, for readers old and new, is usual; but not one that says another thing. */
static bool names_differ(const struct declared_text *names)
{
    const struct declared_text *first = NULL;

    for (; names != NULL; names = names->next) {
        if (names->other)
            continue;
        if (first != NULL && !slice_equal_case(extension(names->text), extension(first->text)))
            return true;
        first = first != NULL ? first : names;
    }
    return false;
}

static void compare(struct declaring *d, struct slice type)
{
    struct declared *out = d->out;

    if (out->types == NULL)
        add(d, &out->types, type, false);
    if (several(out->types))
        add_doubt(d, DOUBT_TYPES);
    if (several(out->boundaries))
        add_doubt(d, DOUBT_REPEATED);
    if (several(out->charsets))
        add_doubt(d, DOUBT_CHARSETS);
    if (names_differ(out->names))
        add_doubt(d, DOUBT_NAMES);
    if (d->encodings > 1 && (out->encodings & (out->encodings - 1)) != 0)
        add_doubt(d, DOUBT_ENCODINGS);
}

enum content_result declared_read(const struct header *header, struct slice type,
                                  const struct parameter_means *means, struct declared *out)
{
    struct declaring d = {.out = out, .means = means};

    *out = (struct declared){0};
    for (size_t i = 0; i < header->count; i++) {
        enum content_result result = read_field(&d, &header->fields[i]);

        if (result != CONTENT_READ)
            return result;
    }
    if (d.encodings == 0)
        out->encodings = 1U << CONTENT_7BIT;
    if (header_is_ambiguous(header))
        add_doubt(&d, DOUBT_STRAY);
    compare(&d, type);
    return d.trouble ? CONTENT_MEMORY : CONTENT_READ;
}
