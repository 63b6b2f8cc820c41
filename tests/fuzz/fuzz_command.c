/* fuzz_command: what a client sends before DATA. The first byte chooses line ends and limit, the
 * second the size of the pieces. Pieces must not matter, and what is written for the upstream must
 * be one line that is parsed as the same command again. */
#include <assert.h>

#include "filters/base/mailbox.h"
#include "filters/base/utf8.h"
#include "proxy/smtp/command.h"
#include "proxy/smtp/extension.h"

#define HEAD_BYTES 2

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct stream {
    size_t limit_bytes;
    bool lf_ends;
    bool bare; /* reading has ended */
    struct line_scan scan;
    struct slice rest;  /* of what has arrived */
    struct bytes lines; /* each with LF; an overlong one is "\0" */
};

/* Whether ${s} is one line, ended by CRLF, that holds nothing bare. */
static bool is_one_line(struct slice s)
{
    struct slice text = slice_first(s, s.len - 2);

    return s.len > 2 && slice_equal(slice_from(s, s.len - 2), SLICE("\r\n")) &&
           slice_find(text, '\r') == SLICE_NOT_FOUND && slice_find(text, '\n') == SLICE_NOT_FOUND &&
           slice_find(text, '\0') == SLICE_NOT_FOUND;
}

static void same_path(const struct command_path *a, const struct command_path *b)
{
    assert(slice_equal(a->address, b->address) && a->param_count == b->param_count);
    for (size_t i = 0; i < a->param_count; i++) {
        assert(slice_equal(a->params[i].keyword, b->params[i].keyword));
        assert(slice_equal(a->params[i].value, b->params[i].value));
        assert(a->params[i].has_value == b->params[i].has_value);
    }
}

static void check_params(enum verb verb, const struct command_path *path)
{
    struct capabilities none = {.extensions = 0};
    struct capabilities all = {.extensions = ~0u, .size_limit = 1000};
    struct command_path less = *path;
    int64_t size;
    enum param_result result = extension_check_params(verb, path, &all, &size);

    if (result == PARAM_OK)
        assert(size >= EXTENSION_SIZE_UNKNOWN && size <= 1000);
    result = extension_check_params(verb, path, &none, NULL);
    assert(result == (path->param_count > 0 ? PARAM_UNKNOWN : PARAM_OK));
    extension_drop_auth(&less, &all);
    same_path(&less, path);
    extension_drop_auth(&less, &none);
    assert(path->param_count - less.param_count <= 1);
}

static void check_path(const struct command *command, bool utf8)
{
    struct slice prefix = command->verb == VERB_MAIL ? SLICE("FROM:") : SLICE("TO:");
    struct command_path path, again;
    struct command parsed;
    struct bytes wire;

    if (command_parse_path(command->argument, prefix, utf8, &path) != PATH_OK)
        return;
    assert(path.address.len == 0
               ? command->verb == VERB_MAIL
               : mailbox_valid(path.address, utf8) || mailbox_local(path.address, utf8));
    bytes_init(&wire, SIZE_MAX);
    assert(command_write_path(&wire, command->verb, &path) == 0);
    assert(is_one_line(bytes_slice(&wire)));
    command_parse(slice_first(bytes_slice(&wire), wire.len - 2), &parsed);
    assert(parsed.verb == command->verb);
    assert(command_parse_path(parsed.argument, prefix, utf8, &again) == PATH_OK);
    same_path(&path, &again);
    check_params(command->verb, &path);
    bytes_fini(&wire);
}

static void check_line(struct slice line)
{
    struct command command, again;
    struct bytes wire;

    assert(slice_find(line, '\r') == SLICE_NOT_FOUND && slice_find(line, '\n') == SLICE_NOT_FOUND);
    command_parse(line, &command);
    if (command.verb == VERB_MAIL || command.verb == VERB_RCPT) {
        check_path(&command, false);
        check_path(&command, true);
    }
    if (command.verb == VERB_UNKNOWN)
        return;
    bytes_init(&wire, SIZE_MAX);
    assert(command_write(&wire, command.verb, command.argument) == 0);
    assert(is_one_line(bytes_slice(&wire)));
    command_parse(slice_first(bytes_slice(&wire), wire.len - 2), &again);
    assert(again.verb == command.verb && slice_equal(again.argument, command.argument));
    assert(!command_helo_valid(command.argument) || utf8_valid(command.argument));
    bytes_fini(&wire);
}

static void read_lines(struct stream *s)
{
    enum line_result result;
    struct slice line;
    size_t consumed;

    do {
        result = command_line(&s->scan, s->rest, s->limit_bytes, s->lf_ends, &line, &consumed);
        assert(consumed <= s->rest.len);
        assert((result == LINE_MORE || result == LINE_BARE) == (consumed == 0));
        if (result == LINE_READY) {
            assert(line.len < s->limit_bytes && line.len < consumed);
            check_line(line);
            bytes_append(&s->lines, line);
            bytes_append_char(&s->lines, '\n');
        } else if (result == LINE_TOO_LONG_END) {
            bytes_append(&s->lines, SLICE("\0\n"));
        }
        s->bare = result == LINE_BARE;
        s->rest = slice_make(s->rest.ptr + consumed, s->rest.len - consumed);
    } while (result != LINE_MORE && result != LINE_BARE);
}

static void run_stream(struct stream *s, struct slice input, size_t piece_bytes)
{
    bytes_init(&s->lines, SIZE_MAX);
    s->rest = slice_make(input.ptr, 0);
    for (size_t at = 0; at < input.len && !s->bare; at += piece_bytes) {
        s->rest.len += slice_first(slice_from(input, at), piece_bytes).len;
        read_lines(s);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t limits[] = {32, 512, 2048, 12288};
    struct stream whole = {.bare = false};
    struct stream pieces;
    struct slice input;

    if (size < HEAD_BYTES)
        return 0;
    whole.lf_ends = (data[0] & 1) != 0;
    whole.limit_bytes = limits[data[0] / 2 % 4];
    pieces = whole;
    input = slice_make((const char *)data + HEAD_BYTES, size - HEAD_BYTES);
    run_stream(&whole, input, size);
    run_stream(&pieces, input, 1 + data[1] % 64u);
    assert(whole.bare == pieces.bare && whole.scan.overlong == pieces.scan.overlong);
    assert(slice_equal(bytes_slice(&whole.lines), bytes_slice(&pieces.lines)));
    bytes_fini(&whole.lines);
    bytes_fini(&pieces.lines);
    return 0;
}
