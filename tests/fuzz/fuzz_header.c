/* fuzz_header: a message's header, from finding its end to writing it again.
 *
 * Beyond not crashing: the end found in pieces is the end found at once, fields lose no byte, an
 * unedited header comes out as it went in, and whatever a value decodes to encodes to lines of
 * printable ASCII. A value taken apart and put together is the same, a text put into one is there
 * and changes nothing else, and no name becomes an address.
 */
#include <stdlib.h>

#include "filters/base/utf8.h"
#include "filters/message/header_text.h"
#include "filters/message/rewrite.h"
#include "tests/unit/filters/message/encode.h"

#define ARENA_BYTES ((size_t)64 << 20)
#define LINE_MOST   998
#define NAME_MOST   100 /* octets that a field's name, its colon and what is put in may take */
#define MAILBOXES   4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static struct header_end find_end(struct slice content, size_t step)
{
    struct header_scan scan = {0};
    struct header_end end = {0, 0};

    for (size_t at = 0; at < content.len; at += step)
        if (header_scan(&scan, slice_first(content, at), false, &end) == 1)
            return end;
    require(header_scan(&scan, content, true, &end) == 1);
    return end;
}

/* Addresses stay as they are, whatever bytes they have. */
static void check_line_ends(struct slice value)
{
    size_t column = 0;

    require(value.len > 0 && value.ptr[0] == ' ');
    for (size_t i = 0; i < value.len; i++) {
        require(value.ptr[i] != '\n' || (i > 0 && value.ptr[i - 1] == '\r'));
        require(value.ptr[i] != '\r' || i + 2 < value.len);
        column = value.ptr[i] == '\n' ? 0 : column + 1;
        require(column <= LINE_MOST + 1);
    }
}

static void check_lines(struct slice value)
{
    size_t column = 0;

    require(value.len > 0 && value.ptr[0] == ' ');
    for (size_t i = 0; i < value.len; i++, column++) {
        char c = value.ptr[i];

        if (c != '\r') {
            require((c >= ' ' && c <= '~') || c == '\t');
            continue;
        }
        require(i + 2 < value.len && value.ptr[i + 1] == '\n');
        require(value.ptr[i + 2] == ' ' || value.ptr[i + 2] == '\t');
        require(column <= LINE_MOST);
        column = 0;
        i++;
    }
    require(column <= LINE_MOST);
}

static bool has_long_line(struct slice value)
{
    size_t column = 0;

    for (size_t i = 0; i < value.len; i++) {
        bool ends = value.ptr[i] == '\n' && i > 0 && value.ptr[i - 1] == '\r';

        column = ends ? 0 : column + 1; /* a bare LF, which content never has, is a byte */
        if (column > LINE_MOST - NAME_MOST)
            return true;
    }
    return false;
}

/* Whether encoding keeps every byte of ${text}. */
static bool survives(struct slice text)
{
    return utf8_valid(text) && slice_find(text, '\r') == SLICE_NOT_FOUND &&
           slice_find(text, '\n') == SLICE_NOT_FOUND && slice_find(text, '\0') == SLICE_NOT_FOUND;
}

static void check_value(const struct field *field, struct arena *arena)
{
    struct slice decoded = header_decode(field->value, arena);
    struct slice of_field = header_decode_field(field, arena);
    struct slice encoded = header_encode(SLICE("Subject"), decoded, arena);
    struct slice addresses = header_encode(SLICE("From"), of_field, arena);
    struct slice found[MAILBOXES];
    size_t count = header_mailboxes(field->value, arena, found, MAILBOXES);

    require(header_unfold(field->value, arena).ptr != NULL);
    require(decoded.ptr != NULL && of_field.ptr != NULL);
    require(header_decode_generously(field->value, arena).ptr != NULL);
    require(encoded.ptr != NULL && addresses.ptr != NULL);
    check_lines(encoded);
    check_line_ends(addresses);
    if (survives(decoded))
        require(slice_equal(header_decode(encoded, arena), slice_trim(decoded)));
    require(count != HEADER_MAILBOXES_FAILED);
    for (size_t i = 0; i < count && i < MAILBOXES; i++)
        require(slice_find(found[i], '@') != SLICE_NOT_FOUND && found[i].len >= 2);
}

/* An edited header is read again as it is meant: no end of it has moved. */
static void check_again(const struct header *header, struct slice content, struct arena *arena)
{
    struct header_end end = find_end(content, content.len + 1);
    struct header again;

    require(end.body_start == content.len);
    require(header_parse(&again, slice_first(content, end.fields_end), true, arena) == 0);
    require(again.count == header->count && again.above == header->above);
}

/* ${field} with ${text} put in at ${at} of its decoded value. */
static struct field put_in(const struct field *field, struct slice text, size_t at,
                           struct arena *arena, struct slice *wanted)
{
    struct header_text before, after;
    struct slice whole;

    require(header_text_decode(&before, field, true, arena) == 0);
    whole = header_text_slice(&before);
    header_text_init(&after, arena);
    header_text_add_part(&after, &before, slice_first(whole, at), true);
    header_text_add(&after, text);
    header_text_add_part(&after, &before, slice_from(whole, at), true);
    *wanted = slice_trim(header_text_slice(&after));
    return (struct field){.name = field->name,
                          .value = header_text_encode(&after, field->name, arena)};
}

static void check_edit(const struct field *field, size_t seed, struct arena *arena)
{
    struct header_text text;
    struct slice same, wanted;
    struct field subject = {.name = SLICE("Subject"), .value = field->value}, edited;

    require(header_text_decode(&text, field, true, arena) == 0);
    same = header_text_encode(&text, field->name, arena);
    require(same.ptr != NULL);
    if (!has_long_line(field->value) && text.lead.len > 0)
        require(slice_equal(same, field->value));
    if (slice_find(field->value, '\n') != SLICE_NOT_FOUND &&
        header_unfold(field->value, arena).len == 0)
        return;
    require(header_text_decode(&text, &subject, true, arena) == 0);
    edited =
        put_in(&subject, SLICE("[\xC3\x84] x"), text.len > 0 ? seed % text.len : 0, arena, &wanted);
    require(edited.value.ptr != NULL);
    if (survives(wanted))
        require(slice_equal(slice_trim(header_decode(edited.value, arena)), wanted));
}

static void check_name(struct slice name, struct arena *arena)
{
    struct header_text text;
    struct slice value, found[MAILBOXES];

    header_text_init(&text, arena);
    header_text_add_name(&text, name);
    header_text_add(&text, SLICE(" <joe@x.test>"));
    value = header_text_encode(&text, SLICE("From"), arena);
    require(value.ptr != NULL);
    if (slice_find(name, '@') != SLICE_NOT_FOUND)
        return;
    require(header_mailboxes(header_unfold(value, arena), arena, found, MAILBOXES) == 1);
    require(slice_equal(found[0], SLICE("joe@x.test")));
}

static void check_rewrite(struct header *header, struct slice original, struct arena *arena)
{
    struct edit edit = {.kind = EDIT_CHANGE_HEADER, .name = SLICE("X-New"), .value = SLICE(" x")};
    struct bytes out;

    bytes_init(&out, ARENA_BYTES);
    require(rewrite_emit(header, &out) == 0);
    require(slice_equal(bytes_slice(&out), original));
    bytes_clear(&out);
    require(rewrite_apply(header, &edit, arena) == 0 && rewrite_emit(header, &out) == 0);
    require(header_find(header, edit.name, 0) < header->above);
    if (header->separated || !header_is_ambiguous(header))
        require(out.len >= 4 && memcmp(out.data + out.len - 4, "\r\n\r\n", 4) == 0);
    check_again(header, bytes_slice(&out), arena);
    bytes_fini(&out);
}

static void check_header(struct slice content, struct header_end end, struct arena *arena)
{
    struct slice block = slice_first(content, end.fields_end);
    struct header header, copy;
    size_t at;

    require(header_parse(&header, block, end.body_start > end.fields_end, arena) == 0);
    at = header.prefix.len;
    for (size_t i = 0; i < header.count; i++) {
        require(header.fields[i].raw.ptr == block.ptr + at);
        at += header.fields[i].raw.len;
        check_value(&header.fields[i], arena);
        check_edit(&header.fields[i], content.len, arena);
        check_name(header_decode(header.fields[i].value, arena), arena);
    }
    require(at == block.len);
    require(header_clone(&copy, &header, arena) == 0);
    check_rewrite(&copy, slice_first(content, end.body_start), arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t step = size > 0 ? data[0] % 32 + 1 : 1;
    struct slice content = size > 0 ? slice_make((const char *)data + 1, size - 1) : SLICE("");
    struct header_end whole = find_end(content, content.len + 1);
    struct header_end pieces = find_end(content, step);
    struct arena arena;

    require(whole.fields_end == pieces.fields_end && whole.body_start == pieces.body_start);
    require(whole.fields_end <= whole.body_start && whole.body_start <= content.len);
    arena_init(&arena, 65536, ARENA_BYTES);
    check_header(content, whole, &arena);
    arena_fini(&arena);
    return 0;
}
