/* example: see example.h. */
#include "tests/unit/proxy/explain/example.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "conf/config.h"
#include "conf/policy.h"

void example_begin(struct example *e, const char *conf, const char *message)
{
    struct trial_input *input = &e->request.input;

    *e = (struct example){.recipients = {SLICE("u@example.org"), SLICE("v@other.test")}};
    load_begin(&e->load);
    load_good(&e->load, conf);
    e->request.config = e->load.config;
    e->request.policy = &e->load.config->policies[0];
    origin_init(&input->origin);
    input->origin.helo = SLICE("mail.far.test");
    input->sender = SLICE("a@far.test");
    input->recipients = e->recipients;
    input->recipient_count = 2;
    if (message != NULL)
        input->message = slice_str(message);
    assert_int_equal(explanation_make(&e->explanation, &e->request), 0);
}

void example_end(struct example *e)
{
    explanation_end(&e->explanation);
    load_end(&e->load);
}

static void take_out(struct bytes *text, const char *folder)
{
    size_t length = strlen(folder) + 1;

    for (char *at; (at = strstr(text->data, folder)) != NULL;)
        memmove(at, at + length, strlen(at + length) + 1);
}

void example_report(void (*write)(const struct explanation *x, struct bytes *out),
                    const char *message, const char *wanted)
{
    struct example e;
    struct bytes out;

    example_begin(&e, EXAMPLE_RULES, message);
    bytes_init(&out, 65536);
    write(&e.explanation, &out);
    bytes_append_char(&out, '\0');
    assert_int_equal(bytes_end(&out), 0);
    take_out(&out, e.load.folder);
    assert_string_equal(out.data, wanted);
    bytes_fini(&out);
    example_end(&e);
}
