/* sasl: lists of mechanisms, and who logs in. */
#include "proxy/smtp/sasl.h"

#include "filters/base/bytes.h"
#include "tests/unit/support.h"

#define LONG_NAME "X2345678901234567890"
#define NAME_255                                                                                   \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab" \
    "cdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef01234567" \
    "89abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"

static const struct {
    const char *names[6]; /* added in this order */
    const char *list;
} lists[] = {
    {{NULL}, ""},
    {{"PLAIN"}, "PLAIN"},
    {{"plain", "LOGIN", "Plain"}, "PLAIN LOGIN"},
    {{"PLAIN", "LAIN", "PLAI"}, "PLAIN LAIN PLAI"},
    {{"SCRAM-SHA-256-PLUS", "scram-sha-1-plus", "-PLUS", "SCRAM-SHA-256"}, "SCRAM-SHA-256"},
    {{"EXTERNAL", "external", "X-EXTERNAL", "9_A"}, "X-EXTERNAL 9_A"},
    {{"", "A B", "A=B", "PL\xC3\x84IN", "A\r", "GSSAPI"}, "GSSAPI"},
    {{LONG_NAME, LONG_NAME "1"}, LONG_NAME},
};

static void lists_of_mechanisms(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 100);
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        struct sasl_list list = {.len = 0};

        for (size_t k = 0; k < 6 && lists[i].names[k] != NULL; k++)
            sasl_list_add(&list, guard_copy(&guard, slice_str(lists[i].names[k])));
        assert_row_slice(sasl_list_text(&list), slice_str(lists[i].list), lists[i].list, i);
    }
    guard_fini(&guard);
}

static void lists_are_bounded(void **state)
{
    struct sasl_list list = {.len = 0};

    (void)state;
    for (int i = 10; i < 99; i++) {
        char name[] = {'X', (char)('0' + i / 10), (char)('0' + i % 10)};

        sasl_list_add(&list, slice_make(name, sizeof(name)));
    }
    assert_int_equal(list.len, SASL_LIST_MAX); /* 64 names and the blanks between them */
    assert_true(sasl_list_has(&list, SLICE("x10")));
    assert_true(sasl_list_has(&list, SLICE("X73")));
    assert_false(sasl_list_has(&list, SLICE("X74")));
    assert_false(sasl_list_has(&list, SLICE("X1")));
    assert_false(sasl_list_has(&list, SLICE("X10 X11")));
    assert_false(sasl_list_has(&list, SLICE_NONE));
}

/* Responses are given as they are before base64; one that begins with "!" is sent as it stands. */
static const struct {
    const char *mechanism;
    struct slice initial; /* ptr NULL: none */
    struct slice responses[3];
    struct slice login;
} exchanges[] = {
    {"PLAIN", SLICE_INIT("\0bob\0pw"), {{NULL, 0}}, SLICE_INIT("bob")},
    {"plain", {NULL, 0}, {SLICE_INIT("\0bob\0pw")}, SLICE_INIT("bob")},
    {"PLAIN", SLICE_INIT("carol\0bob\0pw"), {{NULL, 0}}, SLICE_INIT("")},
    {"PLAIN", SLICE_INIT("bob\0bob\0pw"), {{NULL, 0}}, SLICE_INIT("bob")},
    {"PLAIN",
     SLICE_INIT("\0b\xC3\xB6"
                "b\0pw"),
     {{NULL, 0}},
     SLICE_INIT("b\xC3\xB6"
                "b")},
    {"PLAIN", SLICE_INIT("\0\0pw"), {{NULL, 0}}, SLICE_INIT("")},
    {"PLAIN", SLICE_INIT("bob\0pw"), {{NULL, 0}}, SLICE_INIT("")},
    {"PLAIN", SLICE_INIT("\0bob\0p\0w"), {{NULL, 0}}, SLICE_INIT("")},
    {"PLAIN", SLICE_INIT("bob"), {{NULL, 0}}, SLICE_INIT("")},
    {"PLAIN", SLICE_INIT(""), {{NULL, 0}}, SLICE_INIT("")},
    {"PLAIN", SLICE_INIT("\0b\nb\0pw"), {{NULL, 0}}, SLICE_INIT("")},
    {"PLAIN", SLICE_INIT("\0b\x7F\0pw"), {{NULL, 0}}, SLICE_INIT("")},
    {"PLAIN", SLICE_INIT("\0" NAME_255 "\0pw"), {{NULL, 0}}, SLICE_INIT(NAME_255)},
    {"PLAIN", SLICE_INIT("\0" NAME_255 "x\0pw"), {{NULL, 0}}, SLICE_INIT("")},
    {"PLAIN", SLICE_INIT("!AGJvYgBwdw=="), {{NULL, 0}}, SLICE_INIT("bob")},
    {"PLAIN", SLICE_INIT("!AGJvYgBwdw="), {{NULL, 0}}, SLICE_INIT("")},
    {"PLAIN", SLICE_INIT("!AGJvYgBwdw"), {{NULL, 0}}, SLICE_INIT("")},
    {"PLAIN", SLICE_INIT("!AGJvYgBwd==="), {{NULL, 0}}, SLICE_INIT("")},
    {"PLAIN", SLICE_INIT("!AGJv*gBwdw=="), {{NULL, 0}}, SLICE_INIT("")},
    {"PLAIN", SLICE_INIT("!AGJv=gBwdw=="), {{NULL, 0}}, SLICE_INIT("")},
    {"PLAIN", SLICE_INIT("!"), {{NULL, 0}}, SLICE_INIT("")},
    {"PLAIN", SLICE_INIT("!="), {{NULL, 0}}, SLICE_INIT("")},
    /* a server that passed over the initial response has judged the other one */
    {"PLAIN", SLICE_INIT("\0eve\0pw"), {SLICE_INIT("\0bob\0pw")}, SLICE_INIT("")},
    {"LOGIN", {NULL, 0}, {SLICE_INIT("bob"), SLICE_INIT("pw")}, SLICE_INIT("bob")},
    {"LOGIN", SLICE_INIT("bob"), {SLICE_INIT("pw")}, SLICE_INIT("bob")},
    {"LOGIN", SLICE_INIT("eve"), {SLICE_INIT("bob"), SLICE_INIT("pw")}, SLICE_INIT("")},
    {"LOGIN", {NULL, 0}, {SLICE_INIT("bob")}, SLICE_INIT("")},
    {"LOGIN", {NULL, 0}, {SLICE_INIT("!#"), SLICE_INIT("pw")}, SLICE_INIT("")},
    {"CRAM-MD5", {NULL, 0}, {SLICE_INIT("Tim B b913a6")}, SLICE_INIT("Tim B")},
    {"CRAM-MD5", {NULL, 0}, {SLICE_INIT("b913a6")}, SLICE_INIT("")},
    {"CRAM-MD5", SLICE_INIT("eve b913a6"), {SLICE_INIT("bob b913a6")}, SLICE_INIT("")},
    {"CRAM-MD5", SLICE_INIT("eve b913a6"), {{NULL, 0}}, SLICE_INIT("")}, /* a mistake by itself */
    {"XOAUTH2", SLICE_INIT("user=bob@x\1auth=Bearer t\1\1"), {{NULL, 0}}, SLICE_INIT("bob@x")},
    {"XOAUTH2", SLICE_INIT("user=bob@x"), {{NULL, 0}}, SLICE_INIT("")},
    {"XOAUTH2", SLICE_INIT("user=\1auth=Bearer t\1\1"), {{NULL, 0}}, SLICE_INIT("")},
    {"XOAUTH2", SLICE_INIT("uses=bob\1"), {{NULL, 0}}, SLICE_INIT("")},
    {"OAUTHBEARER", SLICE_INIT("n,a=bob@x,\1auth=Bearer t\1\1"), {{NULL, 0}}, SLICE_INIT("")},
    {"OAUTHBEARER", SLICE_INIT("n,,\1auth=Bearer t\1\1"), {{NULL, 0}}, SLICE_INIT("")},
    {"SCRAM-SHA-256",
     SLICE_INIT("n,,n=bob,r=x"),
     {SLICE_INIT("c=biws,r=xy,p=z"), SLICE_INIT("")},
     SLICE_INIT("bob")},
    {"SCRAM-SHA-1", {NULL, 0}, {SLICE_INIT("y,,n=b=2Co=3Db,r=x")}, SLICE_INIT("b,o=b")},
    {"SCRAM-SHA-512", SLICE_INIT("n,a=carol,n=bob,r=x"), {{NULL, 0}}, SLICE_INIT("")},
    {"SCRAM-SHA-512", SLICE_INIT("n,a=b=2Cb,n=b=2Cb,r=x"), {{NULL, 0}}, SLICE_INIT("b,b")},
    {"SCRAM-SHA-1",
     SLICE_INIT("n,a=eve,n=bob,r=x"),
     {SLICE_INIT("n,,n=bob,r=x")},
     SLICE_INIT("bob")},
    {"SCRAM-SHA-256", SLICE_INIT("p=tls,,n=bob,r=x"), {{NULL, 0}}, SLICE_INIT("")},
    {"SCRAM-SHA-256", SLICE_INIT("n,,n=b=3Eb,r=x"), {{NULL, 0}}, SLICE_INIT("")},
    {"SCRAM-SHA-256", SLICE_INIT("n,,n=bob="), {{NULL, 0}}, SLICE_INIT("")},
    {"SCRAM-SHA-256", SLICE_INIT("n,x,n=bob,r=x"), {{NULL, 0}}, SLICE_INIT("")},
    {"SCRAM-SHA-256", SLICE_INIT("n,,m=bob,r=x"), {{NULL, 0}}, SLICE_INIT("")},
    {"SCRAM-SHA-256", SLICE_INIT("n,,n=eve,r=x"), {SLICE_INIT("n,,n=bob,r=x")}, SLICE_INIT("bob")},
    {"SCRAM-SHA-256", SLICE_INIT("n,,n=eve,r=x"), {SLICE_INIT("n,,n=b=b,r=x")}, SLICE_INIT("")},
    {"GSSAPI", SLICE_INIT("\0bob\0pw"), {{NULL, 0}}, SLICE_INIT("")},
};

static void encode(struct slice text, struct bytes *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    bytes_clear(out);
    if (slice_starts(text, SLICE("!"))) {
        bytes_append(out, slice_from(text, 1));
        return;
    }
    for (size_t at = 0; at < text.len; at += 3) {
        struct slice part = slice_first(slice_from(text, at), 3);
        uint32_t bits = 0;

        for (size_t i = 0; i < 3; i++)
            bits = bits << 8 | (i < part.len ? (unsigned char)part.ptr[i] : 0);
        for (size_t i = 0; i < 4; i++)
            bytes_append_char(out, i <= part.len ? digits[bits >> (18 - 6 * i) & 63] : '=');
    }
}

/* Plays what the client says. */
static void converse(struct sasl *sasl, struct guard *guard, const char *mechanism,
                     struct slice initial, const struct slice *responses, size_t count)
{
    struct bytes text;

    bytes_init(&text, 1000);
    sasl_begin(sasl, slice_str(mechanism));
    if (initial.ptr != NULL) {
        encode(initial, &text);
        sasl_respond(sasl, guard_copy(guard, bytes_slice(&text)), true);
    }
    for (size_t k = 0; k < count && responses[k].ptr != NULL; k++) {
        encode(responses[k], &text);
        sasl_respond(sasl, guard_copy(guard, bytes_slice(&text)), false);
    }
    bytes_fini(&text);
}

static void logins(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 1000);
    for (size_t i = 0; i < COUNT_OF(exchanges); i++) {
        struct sasl sasl;

        converse(&sasl, &guard, exchanges[i].mechanism, exchanges[i].initial,
                 exchanges[i].responses, 3);
        assert_row_slice(sasl_login(&sasl), exchanges[i].login, exchanges[i].mechanism, i);
    }
    guard_fini(&guard);
}

/* Who asked to be whom: only where the two differ or one of them cannot be read. */
static const struct {
    const char *mechanism;
    struct slice response; /* after the challenge */
    bool contested;
    struct slice authentication, authorization;
} claims[] = {
    {"PLAIN", SLICE_INIT("boss\0evil\0pw"), true, SLICE_INIT("evil"), SLICE_INIT("boss")},
    {"PLAIN", SLICE_INIT("Evil\0evil\0pw"), true, SLICE_INIT("evil"), SLICE_INIT("Evil")},
    {"PLAIN", SLICE_INIT("evil\0evil\0pw"), false, {NULL, 0}, {NULL, 0}},
    {"PLAIN", SLICE_INIT("\0evil\0pw"), false, {NULL, 0}, {NULL, 0}},
    {"PLAIN", SLICE_INIT("boss\0\0pw"), true, SLICE_INIT(""), SLICE_INIT("boss")},
    {"PLAIN", SLICE_INIT("b\nss\0evil\0pw"), true, SLICE_INIT("evil"), SLICE_INIT("")},
    {"PLAIN", SLICE_INIT("boss\0e\nil\0pw"), true, SLICE_INIT(""), SLICE_INIT("boss")},
    {"PLAIN", SLICE_INIT("b\0evil\0pw"), true, SLICE_INIT("evil"), SLICE_INIT("b")},
    {"PLAIN", SLICE_INIT("boss\0evil"), false, {NULL, 0}, {NULL, 0}},
    {"SCRAM-SHA-1", SLICE_INIT("n,a=boss,n=evil,r=x"), true, SLICE_INIT("evil"),
     SLICE_INIT("boss")},
    {"SCRAM-SHA-256", SLICE_INIT("y,a=b=2Css,n=evil,r=x"), true, SLICE_INIT("evil"),
     SLICE_INIT("b,ss")},
    {"SCRAM-SHA-512", SLICE_INIT("n,a=b=3Ess,n=evil,r=x"), true, SLICE_INIT("evil"),
     SLICE_INIT("")},
    {"SCRAM-SHA-512", SLICE_INIT("n,a=evil,n=evil,r=x"), false, {NULL, 0}, {NULL, 0}},
    {"OAUTHBEARER", SLICE_INIT("n,a=boss,\1auth=Bearer t\1\1"), true, SLICE_INIT(""),
     SLICE_INIT("boss")},
    {"OAUTHBEARER", SLICE_INIT("n,,\1auth=Bearer t\1\1"), false, {NULL, 0}, {NULL, 0}},
    {"XOAUTH2", SLICE_INIT("user=boss\1auth=Bearer t\1\1"), false, {NULL, 0}, {NULL, 0}},
    {"GSSAPI", SLICE_INIT("boss\0evil\0pw"), false, {NULL, 0}, {NULL, 0}},
};

static void contested_logins(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 1000);
    for (size_t i = 0; i < COUNT_OF(claims); i++) {
        struct sasl sasl;
        struct slice authentication = SLICE_NONE;
        struct slice authorization = SLICE_NONE;

        converse(&sasl, &guard, claims[i].mechanism, SLICE_NONE, &claims[i].response, 1);
        assert_row(sasl_contested(&sasl, &authentication, &authorization) == claims[i].contested,
                   claims[i].mechanism, i);
        assert_row_slice(authentication, claims[i].authentication, claims[i].mechanism, i);
        assert_row_slice(authorization, claims[i].authorization, claims[i].mechanism, i);
        if (claims[i].contested)
            assert_int_equal(sasl_login(&sasl).len, 0);
    }
    guard_fini(&guard);
}

static void names_of_mechanisms(void **state)
{
    static const char *const names[][2] = {
        {"PLAIN", "PLAIN"},     {"plain", "PLAIN"},     {"Scram-Sha-1", "SCRAM-SHA-1"},
        {"gssapi", "GSSAPI"},   {"X-any_9", "X-ANY_9"}, {"a-z-0-9", "A-Z-0-9"},
        {LONG_NAME, LONG_NAME}, {LONG_NAME "1", ""},    {"", ""},
        {"NT LM", ""},          {"NTLM\r\nX: y", ""},   {"PL\xC3\x84IN", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct sasl sasl;

        sasl_begin(&sasl, slice_str(names[i][0]));
        assert_row_slice(sasl_mechanism(&sasl), slice_str(names[i][1]), names[i][0], i);
    }
}

/* The longest line, and one digit group more, which cannot be decoded into the room there is. */
static void long_responses(void **state)
{
    char line[SASL_LINE_MAX + 4];
    struct sasl sasl;

    (void)state;
    memset(line, 'Q', sizeof(line));
    memcpy(line, "AGJvYgBw", 8); /* NUL bob NUL p */
    sasl_begin(&sasl, SLICE("PLAIN"));
    sasl_respond(&sasl, slice_make(line, SASL_LINE_MAX), true);
    assert_true(slice_equal(sasl_login(&sasl), SLICE("bob")));
    sasl_begin(&sasl, SLICE("PLAIN"));
    sasl_respond(&sasl, slice_make(line, SASL_LINE_MAX + 4), true);
    assert_int_equal(sasl_login(&sasl).len, 0);
}

static void nothing_begun(void **state)
{
    struct sasl sasl = {.mechanism = NULL};

    (void)state;
    assert_int_equal(sasl_login(&sasl).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_of_mechanisms),
        cmocka_unit_test(lists_are_bounded),
        cmocka_unit_test(logins),
        cmocka_unit_test(contested_logins),
        cmocka_unit_test(names_of_mechanisms),
        cmocka_unit_test(long_responses),
        cmocka_unit_test(nothing_begun),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
