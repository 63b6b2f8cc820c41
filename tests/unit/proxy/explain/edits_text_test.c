#include "proxy/explain/edits_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/proxy/explain/example.h"

#define SIGNED                                                                                     \
    "DKIM-Signature: v=1; a=rsa-sha256; d=far.test; s=s; h=From; bh=AAAA; "                        \
    "b=AAAA\r\n" EXAMPLE_MESSAGE

static const struct row {
    const char *conf, *message;
    const char *edits, *would;
} ROWS[] = {
    {"", EXAMPLE_MESSAGE, "\n", ""},
    {"rules = ( { name = \"r\"; then = { set_sender = \"b@far.test\"; append_text = \"Bye.\"; }; } "
     ");",
     EXAMPLE_MESSAGE,
     "\n--- envelope as received\n+++ envelope as passed on\n@@ -1,3 +1,3 @@\n"
     "-MAIL FROM:<a@far.test>\n+MAIL FROM:<b@far.test>\n RCPT TO:<u@example.org>\n"
     " RCPT TO:<v@other.test>\n"
     "--- part 1 as received: text/plain, 8 bytes: shown\n"
     "+++ part 1 as passed on: text/plain, 14 bytes: shown\n"
     "@@ -1,1 +1,2 @@\n Hello.\n+Bye.\n\n",
     ""},
    {"rules = ( { name = \"r\"; then = { append_text = \"Bye.\"; append_html = \"x\"; }; } );",
     SIGNED,
     "breaks     append_text by rule r: the DKIM signature of far.test covers it\n"
     "skipped    append_html by rule r: there is no HTML text\n"
     "\n--- part 1 as received: text/plain, 8 bytes: shown\n"
     "+++ part 1 as passed on: text/plain, 14 bytes: shown\n"
     "@@ -1,1 +1,2 @@\n Hello.\n+Bye.\n\n",
     ""},
    {"rules = ( { name = \"r\"; mode = \"shadow\"; then = { append_text = \"Bye.\"; archive = "
     "true;\n"
     "  add_header = { X-A = \"b\"; }; }; } );",
     EXAMPLE_MESSAGE, "\n",
     "would      continue by rule r\nwould      append_text\nwould      archive\n"
     "would      add_header X-A \"b\"\n"},
};

static void assert_text(struct bytes *out, const char *wanted)
{
    bytes_append_char(out, '\0');
    assert_int_equal(bytes_end(out), 0);
    assert_string_equal(out->data, wanted);
    bytes_fini(out);
}

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
        struct example e;
        struct bytes out;

        example_begin(&e, ROWS[i].conf, ROWS[i].message);
        bytes_init(&out, 65536);
        edits_text_write(&e.explanation, &out);
        assert_text(&out, ROWS[i].edits);
        edits_text_would(&e.explanation.report.would, &out);
        assert_text(&out, ROWS[i].would);
        example_end(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
