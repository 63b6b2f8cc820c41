/* PROTOCOL X05, X06: what XCLIENT and XFORWARD may say, and what they may not. */
#include "proxy/smtp/attributes.h"

#include "tests/unit/support.h"

#define OK      ATTRIBUTES_OK
#define SYNTAX  ATTRIBUTES_SYNTAX
#define UNKNOWN ATTRIBUTES_UNKNOWN
#define VALUE   ATTRIBUTES_VALUE

static const struct row {
    struct slice argument;
    enum attributes_result result;
    const char *address; /* with port */
    const char *name, *helo;
    bool esmtp;
} rows[] = {
    {SLICE_INIT("ADDR=192.0.2.7"), OK, "192.0.2.7:0", "", "", false},
    {SLICE_INIT("ADDR=192.0.2.7 PORT=4711"), OK, "192.0.2.7:4711", "", "", false},
    {SLICE_INIT("ADDR=192.0.2.7 PORT=65535"), OK, "192.0.2.7:65535", "", "", false},
    {SLICE_INIT("ADDR=192.0.2.7 PORT=09"), OK, "192.0.2.7:9", "", "", false},
    {SLICE_INIT("ADDR=192.0.2.7 HELO=!~"), OK, "192.0.2.7:0", "", "!~", false},
    {SLICE_INIT("PORT=4711  ADDR=192.0.2.7 "), OK, "192.0.2.7:4711", "", "", false},
    {SLICE_INIT("addr=ipv6:2001:db8::7 port=1"), OK, "[2001:db8::7]:1", "", "", false},
    {SLICE_INIT("ADDR=IPV6:::ffff:192.0.2.7"), OK, "192.0.2.7:0", "", "", false},
    {SLICE_INIT("NAME=mail.client.example ADDR=192.0.2.7 PROTO=ESMTP HELO=[192.0.2.7]"), OK,
     "192.0.2.7:0", "mail.client.example", "[192.0.2.7]", true},
    {SLICE_INIT("HELO=a+2Bb+3dc PROTO=SMTP ADDR=192.0.2.7"), OK, "192.0.2.7:0", "", "a+b=c", false},
    {SLICE_INIT("HELO=+39+61+6Az+2f ADDR=192.0.2.7"), OK, "192.0.2.7:0", "", "9ajz/", false},
    {SLICE_INIT("PROTO=aAzZ0-_.9 ADDR=192.0.2.7"), OK, "192.0.2.7:0", "", "", false},
    {SLICE_INIT("HELO=My+20Scanner+203000 ADDR=192.0.2.7"), OK, "192.0.2.7:0", "",
     "My Scanner 3000", false},
    {SLICE_INIT("NAME=[UNAVAILABLE] HELO=[unavailable] PORT=[TEMPUNAVAIL] ADDR=192.0.2.7"), OK,
     "192.0.2.7:0", "", "", false},
    {SLICE_INIT("ADDR=192.0.2.8 ADDR=192.0.2.7"), OK, "192.0.2.7:0", "", "", false},
    {SLICE_INIT("SOURCE=LOCAL ADDR=192.0.2.7 SOURCE=REMOTE SOURCE=[UNAVAILABLE]"), OK,
     "192.0.2.7:0", "", "", false},

    {SLICE_INIT(""), SYNTAX, NULL, NULL, NULL, false},
    {SLICE_INIT("  "), SYNTAX, NULL, NULL, NULL, false},
    {SLICE_INIT("ADDR"), SYNTAX, NULL, NULL, NULL, false},
    {SLICE_INIT("ADDR 192.0.2.7"), SYNTAX, NULL, NULL, NULL, false},
    {SLICE_INIT("=192.0.2.7"), UNKNOWN, NULL, NULL, NULL, false},
    {SLICE_INIT("LOGIN=bob"), UNKNOWN, NULL, NULL, NULL, false},
    {SLICE_INIT("ADDRESS=192.0.2.7"), UNKNOWN, NULL, NULL, NULL, false},
    {SLICE_INIT("ADDR="), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("ADDR=192.0.2.300"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("ADDR=2001:db8::7"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("ADDR=IPV6:192.0.2.7"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("ADDR=IPV6:[2001:db8::7]"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("ADDR=IPV6:"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("ADDR=host.example"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("PORT=65536"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("PORT=000025"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("PORT=-1"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("PORT=1/"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("PORT=1:"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("HELO=a+0D+0ARCPT"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("HELO=a+00b"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("HELO=a+20"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("HELO=a+7Fb"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("HELO=a+E4b"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("HELO=a\0b"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("HELO=a\xe4"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("HELO=a=b"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("HELO=a+"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("HELO=a+2"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("HELO=a+G0"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("HELO=a+3Gb"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("NAME=a+2Cb"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("NAME=a+3Db"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("PROTO=E+2FSMTP"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("SOURCE=HERE"), VALUE, NULL, NULL, NULL, false},
    {SLICE_INIT("ADDR=192.0.2.9 HELO="), VALUE, NULL, NULL, NULL, false},
};

static void every_row(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 256);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct row *row = &rows[i];
        struct slice argument = guard_copy(&guard, row->argument);
        struct attributes got = {.given = 0};
        char text[ADDRESS_TEXT_MAX];

        assert_input(attributes_parse(argument, ATTRIBUTES_XFORWARD, &got) == row->result, argument,
                     i);
        assert_input((got.given != 0) == (row->result == OK), argument, i);
        if (row->result != OK)
            continue;
        assert_slice(address_port_text(&got.address, text), slice_str(row->address));
        assert_slice(attributes_slice(&got.name), slice_str(row->name));
        assert_slice(attributes_slice(&got.helo), slice_str(row->helo));
        assert_int_equal(got.esmtp, row->esmtp);
    }
    guard_fini(&guard);
}

static void only_what_is_allowed(void **state)
{
    struct attributes got = {.given = 0};

    (void)state;
    assert_int_equal(attributes_parse(SLICE("SOURCE=LOCAL"), ATTRIBUTES_XCLIENT, &got), UNKNOWN);
    assert_int_equal(attributes_parse(SLICE("HELO=a"), IDENTITY_ADDR, &got), UNKNOWN);
    assert_int_equal(attributes_parse(SLICE("ADDR=[UNAVAILABLE]"), IDENTITY_ADDR, &got), OK);
    assert_int_equal(got.given, IDENTITY_ADDR);
    assert_int_equal(got.address.family, ADDRESS_NONE);
}

/* What SOURCE says stays until it says something else; in doubt the mail is not local. */
static void source(void **state)
{
    static const struct {
        struct slice argument;
        bool local;
    } steps[] = {
        {SLICE_INIT("ADDR=192.0.2.7"), false},       {SLICE_INIT("SOURCE=LOCAL"), true},
        {SLICE_INIT("NAME=[UNAVAILABLE]"), true},    {SLICE_INIT("SOURCE=HERE"), true},
        {SLICE_INIT("SOURCE=remote"), false},        {SLICE_INIT("source=local"), true},
        {SLICE_INIT("SOURCE=[UNAVAILABLE]"), false},
    };
    struct attributes got = {.given = 0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        (void)attributes_parse(steps[i].argument, ATTRIBUTES_XFORWARD, &got);
        assert_input(got.local == steps[i].local, steps[i].argument, i);
    }
}

/* Later commands add to earlier ones; one that fails changes nothing. */
static void several_commands(void **state)
{
    struct attributes got = {.given = 0};

    (void)state;
    assert_int_equal(attributes_parse(SLICE("HELO=one PORT=5"), ATTRIBUTES_XFORWARD, &got), OK);
    assert_int_equal(attributes_parse(SLICE("ADDR=192.0.2.7"), ATTRIBUTES_XFORWARD, &got), OK);
    assert_int_equal(attributes_parse(SLICE("HELO=two ADDR=x"), ATTRIBUTES_XFORWARD, &got), VALUE);
    assert_int_equal(got.given, IDENTITY_HELO | IDENTITY_PORT | IDENTITY_ADDR);
    assert_slice(attributes_slice(&got.helo), SLICE("one"));
    assert_int_equal(got.address.port, 5);
}

/* Without a name there is one thing to tell apart. */
static void names(void **state)
{
    struct attributes got = {.given = 0};

    (void)state;
    assert_int_equal(attributes_parse(SLICE("NAME=[TEMPUNAVAIL]"), ATTRIBUTES_XCLIENT, &got), OK);
    assert_true(got.name_later && got.name.len == 0);
    assert_int_equal(attributes_parse(SLICE("NAME=[UNAVAILABLE]"), ATTRIBUTES_XCLIENT, &got), OK);
    assert_true(!got.name_later && got.name.len == 0);
    assert_int_equal(attributes_parse(SLICE("NAME=mx.test"), ATTRIBUTES_XCLIENT, &got), OK);
    assert_int_equal(attributes_parse(SLICE("NAME=192.0.2.1"), ATTRIBUTES_XCLIENT, &got), VALUE);
    assert_int_equal(attributes_parse(SLICE("NAME=a..b"), ATTRIBUTES_XCLIENT, &got), VALUE);
    assert_slice(attributes_slice(&got.name), SLICE("mx.test"));
}

static void long_values(void **state)
{
    char text[5 + ATTRIBUTES_VALUE_MAX + 1] = "NAME=";
    struct attributes got = {.given = 0};

    (void)state;
    memset(text + 5, 'a', ATTRIBUTES_VALUE_MAX + 1);
    for (size_t dot = 5 + 63; dot < sizeof(text); dot += 64)
        text[dot] = '.';
    assert_int_equal(attributes_parse(slice_make(text, sizeof(text)), ATTRIBUTES_XCLIENT, &got),
                     VALUE);
    assert_int_equal(attributes_parse(slice_make(text, sizeof(text) - 1), ATTRIBUTES_XCLIENT, &got),
                     OK);
    assert_int_equal(got.name.len, ATTRIBUTES_VALUE_MAX);
}

/* The line that a HELO comes in may hold far more than the value it is kept in. */
static void long_helos(void **state)
{
    static const struct {
        size_t len;
        enum attributes_result result;
    } lengths[] = {
        {ATTRIBUTES_VALUE_MAX, OK},
        {ATTRIBUTES_VALUE_MAX + 1, VALUE},
        {1400, VALUE},
    };
    char text[5 + 1400] = "HELO=";

    (void)state;
    memset(text + 5, 'a', sizeof(text) - 5);
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        struct slice argument = slice_make(text, 5 + lengths[i].len);
        struct attributes got = {.given = 0};

        assert_input(attributes_parse(argument, ATTRIBUTES_XCLIENT, &got) == lengths[i].result,
                     argument, i);
        assert_int_equal(got.helo.len, lengths[i].result == OK ? lengths[i].len : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row),  cmocka_unit_test(only_what_is_allowed),
        cmocka_unit_test(source),     cmocka_unit_test(several_commands),
        cmocka_unit_test(names),      cmocka_unit_test(long_values),
        cmocka_unit_test(long_helos),
    };

    return cmocka_run_group_tests_name("attributes", tests, NULL, NULL);
}
