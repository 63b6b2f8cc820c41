/* The limits of a message's content. */
#include "tests/unit/proxy/as_milter/mta_scene.h"

static void limits(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, "limits = { header = \"1K\"; header_fields = 3; message = \"2K\"; };"
              "rules = ( { when = { raw_body = \"x\"; }; then = { reject = \"No\"; }; } );");
    start(&s);
    for (int i = 0; i < 4; i++)
        mta_content_header(s.session, "A", "b");
    assert_int_equal(mta_content_header_end(s.session).kind, ANSWER_REJECT);
    start(&s);
    for (int i = 0; i < 200; i++)
        mta_content_header(s.session, "Abcdef", "b");
    mta_content_body(s.session, SLICE("x\r\n"));
    assert_int_equal(message_end(&s), ANSWER_REJECT);
    start(&s);
    for (int i = 0; i < 300; i++)
        mta_content_body(s.session, SLICE("12345678\r\n"));
    assert_int_equal(message_end(&s), ANSWER_REJECT);
    finish(&s, (const char *const[]){"[\"too many header fields\"]", "[\"header too big\"]",
                                     "[\"message too big\"]", NULL});
}

/* What a field of ${length} octets is answered with, its line end included. */
static enum answer_kind header_of(struct scene *s, size_t length)
{
    char value[2048];
    size_t len = length - strlen("A:") - strlen("\r\n");

    assert_true(len < sizeof(value));
    memset(value, 's', len);
    value[len] = '\0';
    start(s);
    mta_content_header(s->session, "A", value);
    return mta_content_header_end(s->session).kind;
}

/* ... and a message: "A: b", the empty line and a body. */
static enum answer_kind message_of(struct scene *s, size_t length)
{
    char body[4096];
    size_t len = length - strlen("A: b\r\n\r\n");

    assert_true(len < sizeof(body));
    memset(body, 'y', len);
    memcpy(body + len - 2, "\r\n", 2);
    start(s);
    mta_content_header(s->session, "A", " b");
    mta_content_body(s->session, slice_make(body, len));
    return message_end(s);
}

static enum answer_kind fields_of(struct scene *s, size_t count)
{
    start(s);
    for (size_t i = 0; i < count; i++)
        mta_content_header(s->session, "A", "b");
    return mta_content_header_end(s->session).kind;
}

/* A limit is the last number that passes. */
static void limits_exact(void **state)
{
    struct scene s;
    struct demands agreed;

    (void)state;
    begin(&s, "limits = { header = \"1K\"; header_fields = 3; message = \"2K\"; };"
              "rules = ( { when = { raw_body = \"x\"; }; then = { reject = \"No\"; }; } );");
    agreed = mta_session_demands(s.session);
    mta_session_agree(s.session, &agreed, true);
    assert_int_equal(header_of(&s, 1024), ANSWER_CONTINUE);
    assert_int_equal(header_of(&s, 1025), ANSWER_REJECT);
    assert_int_equal(fields_of(&s, 3), ANSWER_CONTINUE);
    assert_int_equal(fields_of(&s, 4), ANSWER_REJECT);
    assert_int_equal(message_of(&s, 2048), ANSWER_CONTINUE);
    assert_int_equal(message_of(&s, 2049), ANSWER_REJECT);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(limits), cmocka_unit_test(limits_exact)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
