/* fuzz_syntax: a configuration's text, as a person is told of an error in it.
 *
 * Beyond not crashing: every text gets one error, with a line that is there, and the words it is
 * cut into leave nothing out.
 */
#include <stdlib.h>

#include "conf/read/syntax.h"
#include "conf/read/token.h"

#define ARENA_BYTES ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static unsigned count_lines(struct slice text)
{
    unsigned lines = 1;

    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n';
    return lines;
}

static void check_tokens(struct slice text)
{
    struct token_scan scan = {text, 1};

    for (size_t at = 0;; at = text.len - scan.rest.len) {
        struct token token = token_next(&scan);

        if (token.kind == TOKEN_END)
            break;
        require(token.text.len > 0 && token.text.ptr >= text.ptr + at);
        require(token.text.ptr + token.text.len == text.ptr + text.len - scan.rest.len);
    }
    require(scan.rest.len == 0 && scan.line == count_lines(text));
}

/* Whatever libconfig has found there, and whether or not the text is well. */
static void check_hint(const struct source *source, const char *said, unsigned lines)
{
    const struct syntax_error error = {said, lines};
    struct diag diag;

    diag_init(&diag);
    syntax_explain(source, &error, &diag);
    require(diag.errors == 1 && diag.first != NULL);
    require(diag.first->place.line >= 1 && diag.first->place.line <= lines);
    diag_fini(&diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_make((const char *)data, size);
    struct source_span span = {1, {"fuzz", 1}};
    struct source source = {.spans = &span, .span_count = 1};

    if (slice_find(text, '\0') != SLICE_NOT_FOUND)
        return 0; /* source.c lets none through */
    check_tokens(text);
    bytes_init(&source.text, ARENA_BYTES);
    bytes_append(&source.text, text);
    bytes_append(&source.text, SLICE("\n\0"));
    if (bytes_end(&source.text) == 0) {
        check_hint(&source, "syntax error", count_lines(bytes_slice(&source.text)));
        check_hint(&source, "duplicate setting name", count_lines(bytes_slice(&source.text)));
    }
    bytes_fini(&source.text);
    return 0;
}
