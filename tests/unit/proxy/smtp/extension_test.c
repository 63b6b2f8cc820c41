/* PROTOCOL D6, K01 to K05, R11, R54, R57, R67, R85, R87, R94, R100 to R102: what is read from an
 * EHLO reply and offered on.
 */
#include "proxy/smtp/extension.h"

#include "tests/unit/support.h"

#define ALL_OFFERED                                                                                \
    (EXTENSION_PIPELINING | EXTENSION_SIZE | EXTENSION_8BITMIME | EXTENSION_SMTPUTF8 |             \
     EXTENSION_DSN | EXTENSION_ENHANCEDSTATUSCODES)
#define OURS (EXTENSION_PIPELINING | EXTENSION_CHUNKING)
#define MAIL_PARAMS                                                                                \
    (EXTENSION_DELIVERBY | EXTENSION_FUTURERELEASE | EXTENSION_MT_PRIORITY | EXTENSION_REQUIRETLS)
#define VERBS (EXTENSION_ETRN | EXTENSION_VRFY | EXTENSION_EXPN | EXTENSION_HELP)
#define EVERY                                                                                      \
    (ALL_OFFERED | EXTENSION_CHUNKING | EXTENSION_BINARYMIME | MAIL_PARAMS | EXTENSION_LIMITS |    \
     VERBS)

static const struct {
    struct slice wire;
    unsigned extensions;
    uint64_t size_limit;
} replies[] = {
    {SLICE_INIT("250 host\r\n"), 0, 0},
    {SLICE_INIT("250\r\n"), 0, 0},
    {SLICE_INIT(""), 0, 0},
    {SLICE_INIT("250-SIZE 5\r\n250 DSN\r\n"), EXTENSION_DSN, 0}, /* the first line is a greeting */
    {SLICE_INIT("250-host hello\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-VRFY\r\n250-ETRN\r\n"
                "250-STARTTLS\r\n250-AUTH PLAIN\r\n250-AUTH=PLAIN\r\n250-ENHANCEDSTATUSCODES\r\n"
                "250-8BITMIME\r\n250-DSN\r\n250-SMTPUTF8\r\n250 CHUNKING\r\n"),
     ALL_OFFERED | EXTENSION_VRFY | EXTENSION_ETRN | EXTENSION_CHUNKING | EXTENSION_STARTTLS |
         EXTENSION_AUTH,
     10240000},
    {SLICE_INIT("250-h\r\n250-pipelining\r\n250 Size 7\r\n"), EXTENSION_PIPELINING | EXTENSION_SIZE,
     7},
    {SLICE_INIT("250-h\r\n250 SIZE\r\n"), EXTENSION_SIZE, 0},
    {SLICE_INIT("250-h\r\n250 SIZE 0\r\n"), EXTENSION_SIZE, 0},
    {SLICE_INIT("250-h\r\n250 SIZE  \t 9 \r\n"), EXTENSION_SIZE, 9},
    {SLICE_INIT("250-h\r\n250-SIZE 9\r\n250-SIZE 0\r\n250 SIZE 8\r\n"), EXTENSION_SIZE, 8},
    {SLICE_INIT("250-h\r\n250 SIZE 99999999999999999999\r\n"), EXTENSION_SIZE, UINT64_MAX},
    {SLICE_INIT("250-h\r\n250 SIZE 18446744073709551615\r\n"), EXTENSION_SIZE, UINT64_MAX},
    {SLICE_INIT("250-h\r\n250 SIZE 18446744073709551610\r\n"), EXTENSION_SIZE, UINT64_MAX - 5},
    {SLICE_INIT("250-h\r\n250 SIZE 5x\r\n"), 0, 0},
    {SLICE_INIT("250-h\r\n250 SIZE -5\r\n"), 0, 0},
    {SLICE_INIT("250-h\r\n250 SIZE 5 6\r\n"), 0, 0},
    {SLICE_INIT("250-h\r\n250-SIZE=5\r\n250-XFOO\r\n250-\r\n250 DSN\x01\r\n"), 0, 0},
    {SLICE_INIT("250-h\r\n250 DSN"), EXTENSION_DSN, 0},
    {SLICE_INIT("250-h\r\n250-chunking\r\n250-BinaryMime\r\n250-DELIVERBY 10\r\n250-VRFY\r\n"
                "250-FUTURERELEASE 5 2030-01-01T00:00:00Z\r\n250-MT-PRIORITY\r\n250-REQUIRETLS\r\n"
                "250-LIMITS RCPTMAX=5\r\n250-ETRN\r\n250-EXPN\r\n250 HELP\r\n"),
     EVERY & ~ALL_OFFERED, 0},
    {SLICE_INIT("250-h\r\n250-DELIVERBY 1\x01\r\n250 MT-PRIORITY \xc3\xbc\r\n"), 0, 0},
};

static void reading(void **state)
{
    struct capabilities caps;
    struct guard guard;

    (void)state;
    guard_init(&guard, 1000);
    for (size_t i = 0; i < COUNT_OF(replies); i++) {
        extension_read_reply(guard_copy(&guard, replies[i].wire), &caps);
        assert_input(caps.extensions == replies[i].extensions, replies[i].wire, i);
        assert_input(caps.size_limit == replies[i].size_limit, replies[i].wire, i);
    }
    guard_fini(&guard);
}

static void identity_attributes(void **state)
{
    struct capabilities caps;

    (void)state;
    extension_read_reply(
        SLICE("250-h\r\n250-XCLIENT NAME ADDR PROTO helo LOGIN REVERSE_NAME NEW\r\n"
              "250-XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE\r\n"
              "250 XCLIENT PORT\r\n"),
        &caps);
    assert_int_equal(caps.keyword_count, 3);
    assert_int_equal(caps.extensions, EXTENSION_XCLIENT | EXTENSION_XFORWARD);
    assert_int_equal(caps.xclient_attributes, IDENTITY_NAME | IDENTITY_ADDR | IDENTITY_PROTO |
                                                  IDENTITY_HELO | IDENTITY_LOGIN |
                                                  IDENTITY_REVERSE_NAME | IDENTITY_PORT);
    assert_int_equal(caps.xforward_attributes, IDENTITY_NAME | IDENTITY_ADDR | IDENTITY_PORT |
                                                   IDENTITY_PROTO | IDENTITY_HELO | IDENTITY_IDENT |
                                                   IDENTITY_SOURCE);
}

/* K04: of ten thousand keywords the first 128 count. */
static void lines_are_counted(void **state)
{
    struct capabilities caps;
    struct bytes wire;

    (void)state;
    bytes_init(&wire, 1000000);
    bytes_append(&wire, SLICE("250-h\r\n"));
    for (int i = 0; i < EXTENSION_LINES_MAX - 1; i++)
        bytes_format(&wire, "250-X%d\r\n", i);
    bytes_append(&wire, SLICE("250-DSN\r\n250-8BITMIME\r\n"));
    for (int i = 0; i < 10000; i++)
        bytes_append(&wire, SLICE("250-SIZE 1\r\n"));
    extension_read_reply(bytes_slice(&wire), &caps);
    assert_int_equal(caps.extensions, EXTENSION_DSN);
    assert_int_equal(caps.keyword_count, EXTENSION_LINES_MAX);
    bytes_fini(&wire);
}

static const struct {
    unsigned upstream;
    const char *strip;
    bool ehlo;
    unsigned offered;
} offers[] = {
    {ALL_OFFERED, "", true, ALL_OFFERED | OURS},
    {ALL_OFFERED, "", false, 0},
    {0, "", true, OURS},
    {EXTENSION_XCLIENT | EXTENSION_XFORWARD, "", true, OURS},
    {EXTENSION_SMTPUTF8, "", true, OURS},
    {EXTENSION_SMTPUTF8 | EXTENSION_8BITMIME, "8bitmime", true, OURS},
    {ALL_OFFERED, "pipelining", true, (ALL_OFFERED | OURS) & ~EXTENSION_PIPELINING},
    {ALL_OFFERED, "DSN", true, (ALL_OFFERED | OURS) & ~EXTENSION_DSN},
    {ALL_OFFERED, "CHUNKING", true, ALL_OFFERED},
    {EXTENSION_BINARYMIME, "", true, OURS},
    {EXTENSION_BINARYMIME | EXTENSION_CHUNKING, "", true, OURS | EXTENSION_BINARYMIME},
    {EXTENSION_BINARYMIME | EXTENSION_CHUNKING, "chunking", true, EXTENSION_PIPELINING},
    {EVERY, "", true, EVERY},
    {EVERY, "mt-priority", true, EVERY & ~(unsigned)EXTENSION_MT_PRIORITY},
    {EVERY, "", false, 0},
};

static void offering(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(offers); i++) {
        struct capabilities upstream = {.extensions = offers[i].upstream};
        struct slice strip = slice_str(offers[i].strip);
        struct capabilities got = extension_offer(&upstream, &strip, 1, 0, offers[i].ehlo);

        assert_row(got.extensions == offers[i].offered, offers[i].strip, i);
    }
}

static void size_is_the_smaller_limit(void **state)
{
    static const struct {
        uint64_t upstream, ours, want;
    } rows[] = {{0, 0, 0}, {5, 0, 5}, {0, 7, 7}, {5, 7, 5}, {7, 5, 5}};
    struct capabilities upstream = {.extensions = EXTENSION_SIZE}, got;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        upstream.size_limit = rows[i].upstream;
        got = extension_offer(&upstream, NULL, 0, rows[i].ours, true);
        assert_row(got.size_limit == rows[i].want, "limits", i);
    }
    upstream.extensions = 0;
    assert_int_equal(extension_offer(&upstream, NULL, 0, 7, true).size_limit, 0);
}

/* RFC 8689, 2: TLS on both sides. */
static void requiring_tls(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct capabilities offer = {.extensions = EVERY};

        extension_require_tls(&offer, (i & 1) != 0, (i & 2) != 0);
        assert_row(offer.extensions == (i == 3 ? EVERY : EVERY & ~(unsigned)EXTENSION_REQUIRETLS),
                   "TLS", i);
    }
}

static void limits(void **state)
{
    static const struct {
        const char *line;
        uint64_t recipients;
        const char *want;
    } rows[] = {
        {"LIMITS", 0, "250-h\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 LIMITS\r\n"},
        {"LIMITS", 7, "250-h\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 LIMITS RCPTMAX=7\r\n"},
        {"LIMITS rcptmax=9 MAILMAX=3", 7,
         "250-h\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 LIMITS MAILMAX=3 RCPTMAX=7\r\n"},
        {"LIMITS RCPTMAX=5 RCPTMAX=6 X=1 MAILMAX= MAILMAX=1x RCPTDOMAINMAX=1000000", 7,
         "250-h\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 LIMITS RCPTMAX=5\r\n"},
        {"LIMITS RCPTDOMAINMAX=999999", 0,
         "250-h\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 LIMITS RCPTDOMAINMAX=999999\r\n"},
        {"DSN", 7, "250-h\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 DSN\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct capabilities upstream, offer;
        struct bytes wire;

        bytes_init(&wire, 1000);
        bytes_format(&wire, "250-h\r\n250 %s\r\n", rows[i].line);
        extension_read_reply(bytes_slice(&wire), &upstream);
        offer = extension_offer(&upstream, NULL, 0, 0, true);
        extension_limit_recipients(&offer, rows[i].recipients);
        bytes_clear(&wire);
        assert_int_equal(extension_write_reply(&wire, SLICE("h"), &offer), 0);
        assert_row_slice(bytes_slice(&wire), slice_str(rows[i].want), rows[i].line, i);
        bytes_fini(&wire);
    }
}

/* Arguments come out as they went in, one blank between; too long a one takes its keyword along,
 * and leaves an earlier one alone. */
static void arguments(void **state)
{
    struct capabilities caps;
    struct bytes wire;

    (void)state;
    bytes_init(&wire, 1000);
    bytes_append(&wire, SLICE("250-h\r\n250-LIMITS MAILMAX=1\r\n250-FUTURERELEASE \t 5   !~ "
                              "\r\n250-DELIVERBY 1\r\n250 DELIVERBY "));
    for (int i = 0; i < EXTENSION_ARGUMENT_MAX; i++)
        bytes_append_char(&wire, '9');
    bytes_append(&wire, SLICE("\r\n"));
    extension_read_reply(bytes_slice(&wire), &caps);
    bytes_clear(&wire);
    assert_int_equal(extension_write_reply(&wire, SLICE("h"), &caps), 0);
    assert_slice(
        bytes_slice(&wire),
        SLICE("250-h\r\n250-DELIVERBY 1\r\n250-FUTURERELEASE 5 !~\r\n250 LIMITS MAILMAX=1\r\n"));
    bytes_fini(&wire);
}

/* The blank before it counts. */
static void long_arguments(void **state)
{
    (void)state;
    for (size_t len = EXTENSION_ARGUMENT_MAX - 1; len <= EXTENSION_ARGUMENT_MAX; len++) {
        bool fits = len < EXTENSION_ARGUMENT_MAX;
        struct capabilities caps;
        struct bytes wire;

        bytes_init(&wire, 1000);
        bytes_append(&wire, SLICE("250-h\r\n250 MT-PRIORITY "));
        for (size_t i = 0; i < len; i++)
            bytes_append_char(&wire, '9');
        extension_read_reply(bytes_slice(&wire), &caps);
        assert_row(caps.extensions == (fits ? EXTENSION_MT_PRIORITY : 0), "length", len);
        assert_row(caps.arguments[ARGUMENT_MT_PRIORITY].len == (fits ? len + 1 : 0), "length", len);
        bytes_fini(&wire);
    }
}

static void line_bytes(void **state)
{
    struct capabilities offered = {.extensions = 0};

    (void)state;
    assert_int_equal(extension_line_bytes(&offered), 512);
    offered.extensions = EXTENSION_SIZE | EXTENSION_CHUNKING;
    assert_int_equal(extension_line_bytes(&offered), 512 + 26);
    offered.extensions = EXTENSION_DSN | EXTENSION_DELIVERBY;
    assert_int_equal(extension_line_bytes(&offered), 512 + 500 + 17);
    offered.extensions = ~0u;
    assert_true(extension_line_bytes(&offered) <= EXTENSION_LINE_BYTES_MAX);
}

static const struct {
    unsigned extensions;
    uint64_t size_limit;
    const char *want;
} written[] = {
    {0, 0, "250 mx.example\r\n"},
    {EXTENSION_XCLIENT, 0, "250-mx.example\r\n250 XCLIENT NAME ADDR\r\n"},
    {EXTENSION_XFORWARD | EXTENSION_DSN, 0,
     "250-mx.example\r\n250-DSN\r\n250 XFORWARD PORT SOURCE\r\n"},
    {EXTENSION_PIPELINING, 0, "250-mx.example\r\n250 PIPELINING\r\n"},
    {EXTENSION_SIZE, 0, "250-mx.example\r\n250 SIZE\r\n"},
    {EXTENSION_SIZE | EXTENSION_DSN, 1234, "250-mx.example\r\n250-SIZE 1234\r\n250 DSN\r\n"},
    {ALL_OFFERED, 5,
     "250-mx.example\r\n250-PIPELINING\r\n250-SIZE 5\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
     "250-DSN\r\n250 ENHANCEDSTATUSCODES\r\n"},
};

static void writing(void **state)
{
    struct capabilities back;
    struct bytes out;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(written); i++) {
        struct capabilities caps = {.extensions = written[i].extensions,
                                    .size_limit = written[i].size_limit,
                                    .xclient_attributes = IDENTITY_NAME | IDENTITY_ADDR,
                                    .xforward_attributes = IDENTITY_SOURCE | IDENTITY_PORT};

        bytes_init(&out, 1000);
        assert_int_equal(extension_write_reply(&out, SLICE("mx.example"), &caps), 0);
        assert_row_slice(bytes_slice(&out), slice_str(written[i].want), "reply", i);
        extension_read_reply(bytes_slice(&out), &back);
        assert_int_equal(back.extensions, caps.extensions);
        bytes_fini(&out);
    }
    bytes_init(&out, 20);
    back.extensions = ALL_OFFERED;
    assert_int_equal(extension_write_reply(&out, SLICE("mx.example"), &back), -1);
    bytes_fini(&out);
}

static const struct {
    const char *upstream, *strip,
        *want; /* want: of a reply with nothing but PIPELINING and CHUNKING besides */
} mechanisms[] = {
    {"AUTH PLAIN LOGIN", "", "AUTH PLAIN LOGIN"},
    {"auth plain Scram-Sha-256 PLAIN", "", "AUTH PLAIN SCRAM-SHA-256"},
    {"AUTH PLAIN\r\n250-AUTH LOGIN", "", "AUTH PLAIN LOGIN"},
    {"AUTH EXTERNAL SCRAM-SHA-1-PLUS GSSAPI", "", "AUTH GSSAPI"},
    {"AUTH PLAIN", "AUTH", NULL},
    {"AUTH EXTERNAL SCRAM-SHA-1-PLUS", "", NULL},
    {"AUTH=PLAIN", "", NULL},
    {"AUTH", "", NULL},
    {"AUTH =PLAIN PL@IN", "", NULL},
};

static void offering_mechanisms(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(mechanisms); i++) {
        struct slice strip = slice_str(mechanisms[i].strip);
        struct capabilities upstream, offer;
        struct bytes out, want;

        bytes_init(&out, 1000);
        bytes_init(&want, 1000);
        bytes_format(&out, "250-h\r\n250-%s\r\n250 XYZZY\r\n", mechanisms[i].upstream);
        extension_read_reply(bytes_slice(&out), &upstream);
        offer = extension_offer(&upstream, &strip, 1, 0, true);
        bytes_clear(&out);
        assert_int_equal(extension_write_reply(&out, SLICE("us"), &offer), 0);
        bytes_format(&want, "250-us\r\n250-PIPELINING\r\n250%cCHUNKING\r\n",
                     mechanisms[i].want != NULL ? '-' : ' ');
        if (mechanisms[i].want != NULL)
            bytes_format(&want, "250 %s\r\n", mechanisms[i].want);
        assert_row_slice(bytes_slice(&out), bytes_slice(&want), mechanisms[i].upstream, i);
        bytes_fini(&want);
        bytes_fini(&out);
    }
}

static void finding(void **state)
{
    (void)state;
    assert_int_equal(extension_find(SLICE("8BitMime")), EXTENSION_8BITMIME);
    assert_int_equal(extension_find(SLICE("xclient")), EXTENSION_XCLIENT);
    assert_int_equal(extension_find(SLICE("8BITMIM")), 0);
    assert_int_equal(extension_find(SLICE_NONE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading),
        cmocka_unit_test(identity_attributes),
        cmocka_unit_test(lines_are_counted),
        cmocka_unit_test(offering),
        cmocka_unit_test(size_is_the_smaller_limit),
        cmocka_unit_test(requiring_tls),
        cmocka_unit_test(limits),
        cmocka_unit_test(arguments),
        cmocka_unit_test(long_arguments),
        cmocka_unit_test(line_bytes),
        cmocka_unit_test(writing),
        cmocka_unit_test(offering_mechanisms),
        cmocka_unit_test(finding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
