/* leaf: see leaf.h. Its octets are decoded in every way in which a reader may decode them, looked
 * at as a file and as a text, and given back unless a text of the content stands in them. */
#include "filters/content/leaf.h"

#include "filters/content/encoded.h"
#include "filters/content/leaf_file.h"
#include "filters/content/leaf_text.h"
#include "filters/decode/decode.h"

struct leaf {
    struct builder *b;
    uint32_t number;
    const struct outline_part *from;
    bool text;  /* somebody takes it for one */
    bool other; /* ... but not most: it is a container */
};

static void add(const struct leaf *leaf, enum content_fact fact, struct slice text, bool other)
{
    builder_value(leaf->b, fact,
                  (struct content_value){.text = text,
                                         .part = leaf->number,
                                         .view = other ? CONTENT_OTHER : CONTENT_PLAIN});
}

static struct content_part *part_of(const struct leaf *leaf)
{
    return builder_part_at(leaf->b, leaf->number);
}

/* --- what its header says --------------------------------------------------------------------- */

static bool is_text(const struct declared *declared)
{
    for (const struct declared_text *type = declared->types; type != NULL; type = type->next)
        if (declared_is(type->text, SLICE("text")) || declared_is(type->text, SLICE("message")) ||
            slice_find(type->text, '/') == SLICE_NOT_FOUND ||
            slice_equal(type->text, SLICE("application/xhtml+xml")))
            return true;
    return false;
}

/* RFC 2045, 5.2: what has no proper type is text. */
static bool is_nothing(const struct outline_part *from)
{
    return (from->doubts & doubt_bit(DOUBT_TYPE)) != 0;
}

static bool is_html(const struct declared *declared)
{
    for (const struct declared_text *type = declared->types; type != NULL; type = type->next)
        if (slice_equal(type->text, SLICE("text/html")) ||
            slice_equal(type->text, SLICE("application/xhtml+xml")))
            return true;
    return false;
}

static bool is_pkcs7(struct slice type)
{
    return slice_equal(type, SLICE("application/pkcs7-mime")) ||
           slice_equal(type, SLICE("application/x-pkcs7-mime"));
}

static bool holds(struct slice text, struct slice mark)
{
    return text.len > 0 && memmem(text.ptr, text.len, mark.ptr, mark.len) != NULL;
}

/* OpenPGP in a text (RFC 9580, 6.2). */
static void note_armor(const struct leaf *leaf, struct slice text)
{
    struct content_part *part = part_of(leaf);

    if (holds(text, SLICE("-----BEGIN PGP SIGNED MESSAGE-----")))
        part->sealed = true;
    if (holds(text, SLICE("-----BEGIN PGP MESSAGE-----")))
        part->sealed = part->encrypted = true;
}

/* What a signature covers, and what nobody but the recipient reads (RFC 1847, 8551). */
static void note_seals(const struct leaf *leaf)
{
    struct content_part *part = part_of(leaf);

    if (part->parent != CONTENT_NO_PART) {
        part->sealed = builder_part_at(leaf->b, part->parent)->sealed;
        part->encrypted = builder_part_at(leaf->b, part->parent)->encrypted;
    }
    if (slice_equal(part->type, SLICE("multipart/encrypted")) || is_pkcs7(part->type))
        part->sealed = part->encrypted = true;
    if (slice_equal(part->type, SLICE("multipart/signed")))
        part->sealed = true;
}

static void take_declared(const struct leaf *leaf)
{
    const struct declared *declared = &leaf->from->declared;
    struct content_part *part = part_of(leaf);

    if (declared->charsets != NULL)
        part->charset = builder_clean(leaf->b, declared->charsets->text);
    if (declared->names != NULL)
        part->name = builder_clean(leaf->b, declared->names->text);
    part->eight_bit = declared->eight_bit;
    part->size = part->body.len;
    part->html = leaf->from->kind == OUTLINE_LEAF && is_html(declared);
    note_seals(leaf);
    for (const struct declared_text *name = declared->names; name != NULL; name = name->next)
        add(leaf, CONTENT_ATTACHMENT, name->text, name->other);
}

/* Its type and size, as of a file. */
static void take_type(const struct leaf *leaf)
{
    const struct declared_text *type = leaf->from->declared.types;
    uint64_t size = part_of(leaf)->size;
    struct slice digits = arena_format(&leaf->b->arena, "%llu", (unsigned long long)size);

    for (; type != NULL; type = type->next)
        add(leaf, CONTENT_ATTACHMENT_TYPE, type->text, type->other);
    if (builder_fail(leaf->b, CONTENT_READ))
        builder_value(leaf->b, CONTENT_ATTACHMENT_SIZE,
                      (struct content_value){.text = digits, .number = size, .part = leaf->number});
}

/* --- what its octets say ---------------------------------------------------------------------- */

/* A text that is shown has no zero in it; what has one is looked at as a file, whatever it is
 * called. */
static bool is_file(const struct leaf *leaf, struct slice octets)
{
    return part_of(leaf)->attachment || slice_find(octets, '\0') != SLICE_NOT_FOUND;
}

/* A browser that opens the file shows it. */
static bool shows_html(const struct leaf *leaf)
{
    struct content_part *part = part_of(leaf);

    part->html = part->html || slice_equal(part->shown_type, SLICE("text/html"));
    return part->html;
}

static void take_octets(const struct leaf *leaf, struct leaf_octets *octets)
{
    if (is_file(leaf, octets->text))
        leaf_file_take(leaf->b, leaf->number, octets->text, octets->other);
    if (leaf->b->result != CONTENT_READ)
        return;
    if (leaf->text)
        note_armor(leaf, octets->text);
    if (leaf->text || shows_html(leaf))
        leaf_text_take(leaf->b, leaf->number, octets, leaf->from->declared.charsets);
    else if (part_of(leaf)->encoding == CONTENT_UNKNOWN)
        leaf_text_files(leaf->b, leaf->number, octets->text);
}

static void take_decoded(const struct leaf *leaf, enum content_encoding encoding,
                         enum decode_reading reading, bool other)
{
    struct builder *b = leaf->b;
    struct bytes buffer;
    struct leaf_octets octets = {.buffer = &buffer, .other = other};

    builder_begin(b, &buffer);
    if (builder_fail(b,
                     decode_whole(encoding, reading, part_of(leaf)->body, b->allowance, &buffer)) &&
        bytes_take(&buffer, &octets.text) == 0) {
        octets.text = octets.text.len > 0 ? octets.text : SLICE(""); /* never without a place */
        b->lent = buffer.cap;
        take_octets(leaf, &octets);
        b->lent = 0;
    }
    if (!octets.kept)
        bytes_fini(&buffer);
}

/* As somebody who undoes ${encoding} reads it. */
static void take_encoding(const struct leaf *leaf, enum content_encoding encoding)
{
    struct builder *b = leaf->b;
    bool other = leaf->other || encoding != leaf->from->declared.encoding;
    struct leaf_octets raw = {.text = part_of(leaf)->body, .other = other};
    struct decode_look look;

    if (encoding == CONTENT_7BIT || encoding == CONTENT_UNKNOWN) {
        take_octets(leaf, &raw);
        return;
    }
    if (!builder_fail(b, decode_look(encoding, raw.text, b->allowance, &look)))
        return;
    if (!other)
        part_of(leaf)->size = look.size;
    if (decode_why(&look) != NULL)
        builder_doubt(b, decode_why(&look), leaf->number);
    for (enum decode_reading r = DECODE_MOST; r < DECODE_READINGS; r++)
        if (b->result == CONTENT_READ && (r == DECODE_MOST || decode_differs(encoding, &look, r)))
            take_decoded(leaf, encoding, r, other || r != DECODE_MOST);
}

/* In every encoding that somebody undoes, that of most first. */
static void take_encodings(const struct leaf *leaf)
{
    const struct declared *declared = &leaf->from->declared;

    take_encoding(leaf, declared->encoding);
    for (enum content_encoding e = CONTENT_7BIT; e <= CONTENT_UNKNOWN; e++)
        if (e != declared->encoding && (declared->encodings & 1U << e) != 0)
            take_encoding(leaf, e);
}

static void take_body(const struct leaf *leaf)
{
    const struct declared *declared = &leaf->from->declared;
    struct content_part *part = part_of(leaf);

    part->attachment = declared->attachment || declared->names != NULL || !is_text(declared);
    part->shown = !part->attachment;
    take_encodings(leaf);
    part = part_of(leaf);
    if (part->attachment || part->shown_type.ptr != NULL)
        take_type(leaf);
}

/* --- containers ------------------------------------------------------------------------------- */

static bool is_blank(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!ascii_is_space(text.ptr[i]))
            return false;
    return true;
}

static void take_text(const struct leaf *leaf, size_t start, size_t end)
{
    const char *body = part_of(leaf)->body.ptr;
    size_t base = leaf->from->body_start;
    struct leaf_octets octets = {.text = slice_make(body + (start - base), end - start),
                                 .other = true};

    if (!is_blank(octets.text))
        leaf_text_take(leaf->b, leaf->number, &octets, leaf->from->declared.charsets);
}

/* Why some see no multipart at all. */
static const doubt_set WHOLE = (doubt_set)1 << DOUBT_TYPE | (doubt_set)1 << DOUBT_TYPES |
                               (doubt_set)1 << DOUBT_STRAY | (doubt_set)1 << DOUBT_BOUNDARY |
                               (doubt_set)1 << DOUBT_NO_BOUNDARY | (doubt_set)1 << DOUBT_CONTAINER |
                               (doubt_set)1 << DOUBT_NO_DELIMITER;

/* What stands around its parts is text to those who do not know multiparts, and so is all of it to
 * those who do not find them. */
static void take_multipart(const struct leaf *leaf)
{
    const struct outline_part *from = leaf->from;

    if (from->first_line < from->body_end) {
        take_text(leaf, from->body_start, from->first_line);
        take_text(leaf, from->epilogue, from->body_end);
    }
    if ((from->doubts & WHOLE) != 0)
        take_encodings(leaf);
    else if (from->doubts != 0)
        add(leaf, CONTENT_BODY, part_of(leaf)->body, true);
}

void leaf_take(struct builder *b, uint32_t number, const struct outline_part *from)
{
    struct leaf leaf = {b, number, from, is_text(&from->declared) || is_nothing(from), false};

    take_declared(&leaf);
    switch (from->kind) {
    case OUTLINE_LEAF: take_body(&leaf); break;
    case OUTLINE_MULTIPART:
        leaf.text = leaf.other = true;
        take_multipart(&leaf);
        break;
    case OUTLINE_MESSAGE:
    case OUTLINE_ENCODED: take_type(&leaf); break;
    }
    if (from->kind != OUTLINE_LEAF) /* what is seen of it as it stands is one reading */
        encoded_take(b, number, from);
}
