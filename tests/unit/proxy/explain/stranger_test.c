#include "proxy/explain/stranger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "conf/config.h"
#include "conf/policy.h"
#include "filters/rules/field.h"
#include "tests/unit/conf/read/load.h"

#define LISTS                                                                                      \
    "lists = { ours = [ \"example.org\", \"boss@example.net\" ]; nets = [ \"192.0.2.0/24\" ]; "    \
    "};\n"
#define RULE(when) "rules = ( { when = { " when " }; then = { accept = true; }; } );"
#define NOBODYS    "elsewhere.example.com elsewhere.alt elsewhere.test"

static const struct row {
    const char *rules;
    const char *senders; /* but the two that are always there */
    const char *helos;   /* but the first */
    const char *own, *loose, *near, *elsewhere;
    const char *v4, *v6;
} ROWS[] = {
    {"", "", "", "", "", "", NOBODYS, "192.0.2.1", "2001:db8::1"},
    {RULE("sender_domain = \"@ours\";"), "someone@example.org boss@example.net someone@example.net",
     "", "example.org example.net", "", "", NOBODYS, "192.0.2.1", "2001:db8::1"},
    {RULE("helo = \"mx.far.test\";"), "", "mx.far.test", "", "", "", NOBODYS, "192.0.2.1",
     "2001:db8::1"},
    {RULE("recipient = \"/@example[.]org/\";"), "someone@example.org", "", "example.org",
     "example.org", "example.org.elsewhere.example.com elsewhere-example.org", NOBODYS, "192.0.2.1",
     "2001:db8::1"},
    {RULE("recipient = \"/@example[.]org/\"; sender_domain = \"elsewhere-example.org\";"),
     "someone@example.org someone@elsewhere-example.org", "", "example.org elsewhere-example.org",
     "example.org", "example.org.elsewhere.example.com", NOBODYS, "192.0.2.1", "2001:db8::1"},
    {RULE("recipient_domain = \"*.test\";"), "someone@a.test", "", "a.test", "", "",
     "elsewhere.example.com elsewhere.alt elsewhere.example", "192.0.2.1", "2001:db8::1"},
    {RULE("client = [ \"@nets\", \"2001:db8::/48\" ];"), "", "", "", "", "", NOBODYS,
     "198.51.100.1", "2001:db8:ffff::1"},
    {"rules = ( { mode = \"off\"; when = { sender = \"boss@example.org\"; }; then = { accept = "
     "true; }; } );",
     "", "", "", "", "", NOBODYS, "192.0.2.1", "2001:db8::1"},
};

static void assert_names(const struct stranger_names *names, size_t from, const char *wanted)
{
    struct bytes text;

    bytes_init(&text, 4096);
    for (size_t i = from; i < names->count; i++) {
        if (i > from)
            bytes_append_char(&text, ' ');
        bytes_append(&text, names->items[i]);
    }
    bytes_append_char(&text, '\0');
    assert_int_equal(bytes_end(&text), 0);
    assert_string_equal(text.data, wanted);
    bytes_fini(&text);
}

static void assert_client(const struct address *address, const char *wanted)
{
    struct address one;

    assert_int_equal(address_parse(slice_str(wanted), &one), 0);
    assert_true(address_equal(address, &one));
}

static void judge(const struct stranger *stranger, const struct row *row)
{
    assert_false(stranger->failed);
    assert_names(&stranger->senders, 2, row->senders);
    assert_names(&stranger->helos, 1, row->helos);
    assert_names(&stranger->own, 0, row->own);
    assert_names(&stranger->loose, 0, row->loose);
    assert_names(&stranger->near, 0, row->near);
    assert_names(&stranger->elsewhere, 0, row->elsewhere);
    assert_client(&stranger->v4, row->v4);
    assert_client(&stranger->v6, row->v6);
}

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
        struct stranger stranger;
        struct arena arena;
        struct load load;
        char text[1024];

        load_begin(&load);
        arena_init(&arena, 1024, 65536);
        (void)snprintf(text, sizeof(text), "%s%s", LISTS, ROWS[i].rules);
        load_text(&load, text);
        assert_non_null(load.config);
        stranger_make(&stranger, load.config, &load.config->policies[0], &arena);
        judge(&stranger, &ROWS[i]);
        arena_fini(&arena);
        load_end(&load);
    }
}

/* What is missing for want of memory is said. */
static void memory(void **state)
{
    struct stranger stranger;
    struct arena arena;
    struct load load;

    (void)state;
    load_begin(&load);
    arena_init(&arena, 1, 1);
    load_text(&load, RULE("sender_domain = \"example.org\";"));
    stranger_make(&stranger, load.config, &load.config->policies[0], &arena);
    assert_true(stranger.failed);
    assert_true((stranger.facts & UINT64_C(1) << FIELD_SENDER_DOMAIN) != 0);
    arena_fini(&arena);
    load_end(&load);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(memory)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
