/* PROTOCOL C03, C04, C10, R2, R5, R14, R21, R40, R89: the arguments of MAIL and RCPT. */
#include "proxy/smtp/command.h"
#include "tests/unit/support.h"

enum { ASCII, UTF8 };

/* ${written} is the command rebuilt from what was parsed; NULL where nothing was. */
static const struct {
    struct slice argument;
    int utf8;
    enum path_result result;
    const char *written;
} senders[] =
    {
        {SLICE_INIT("FROM:<a@b>"), ASCII, PATH_OK, "MAIL FROM:<a@b>\r\n"},
        {SLICE_INIT("from: <A.b@C>"), ASCII, PATH_OK, "MAIL FROM:<A.b@C>\r\n"},
        {SLICE_INIT("FROM:\t <a@b>"), ASCII, PATH_OK, "MAIL FROM:<a@b>\r\n"},
        {SLICE_INIT("FROM:<>"), ASCII, PATH_OK, "MAIL FROM:<>\r\n"},
        {SLICE_INIT("FROM:<> BODY=7BIT"), ASCII, PATH_OK, "MAIL FROM:<> BODY=7BIT\r\n"},
        {SLICE_INIT("FROM:a@b"), ASCII, PATH_OK, "MAIL FROM:<a@b>\r\n"},
        {SLICE_INIT("FROM: a@b SIZE=5"), ASCII, PATH_OK, "MAIL FROM:<a@b> SIZE=5\r\n"},
        {SLICE_INIT("FROM:<a@b>   Size=5 \t smtputf8"), ASCII, PATH_OK,
         "MAIL FROM:<a@b> Size=5 smtputf8\r\n"},
        {SLICE_INIT("FROM:<@h1,@h2.x:a@b>"), ASCII, PATH_OK, "MAIL FROM:<a@b>\r\n"},
        {SLICE_INIT("FROM:<@[IPv6:::1],@h:a@b>"), ASCII, PATH_OK, "MAIL FROM:<a@b>\r\n"},
        {SLICE_INIT("FROM:<\"a b>c\\\"@d\"@e>"), ASCII, PATH_OK,
         "MAIL FROM:<\"a b>c\\\"@d\"@e>\r\n"},
        {SLICE_INIT("FROM:<\"\"@b>"), ASCII, PATH_OK, "MAIL FROM:<\"\"@b>\r\n"},
        {SLICE_INIT("FROM:<a@[IPv6:2001:db8::1]>"), ASCII, PATH_OK,
         "MAIL FROM:<a@[IPv6:2001:db8::1]>\r\n"},

        {SLICE_INIT(""), ASCII, PATH_SYNTAX, NULL},
        {SLICE_INIT("FROM"), ASCII, PATH_SYNTAX, NULL},
        {SLICE_INIT("FROM:"), ASCII, PATH_SYNTAX, NULL},
        {SLICE_INIT("FROM: "), ASCII, PATH_SYNTAX, NULL},
        {SLICE_INIT("TO:<a@b>"), ASCII, PATH_SYNTAX, NULL},
        {SLICE_INIT("<a@b>"), ASCII, PATH_SYNTAX, NULL},

        {SLICE_INIT("FROM:<postmaster>"), ASCII, PATH_OK, "MAIL FROM:<postmaster>\r\n"},
        {SLICE_INIT("FROM:<a>"), ASCII, PATH_OK, "MAIL FROM:<a>\r\n"},
        {SLICE_INIT("FROM:<a..b.@c>"), ASCII, PATH_OK, "MAIL FROM:<a..b.@c>\r\n"},
        {SLICE_INIT("FROM:<..>"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<a@b"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<\"a@b>"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<\"a\\"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:< >"), ASCII, PATH_OK, "MAIL FROM:<>\r\n"},
        {SLICE_INIT("FROM:<\t > SIZE=5"), ASCII, PATH_OK, "MAIL FROM:<> SIZE=5\r\n"},
        {SLICE_INIT("FROM:<@h1: >"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:< a@b\t>"), ASCII, PATH_OK, "MAIL FROM:<a@b>\r\n"},
        {SLICE_INIT("FROM:< @h1:a@b > SIZE=5"), ASCII, PATH_OK, "MAIL FROM:<a@b> SIZE=5\r\n"},
        {SLICE_INIT("FROM:< \" a\"@b >"), ASCII, PATH_OK, "MAIL FROM:<\" a\"@b>\r\n"},
        {SLICE_INIT("FROM:< a @b>"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<a@b c>"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<a@b.>"), ASCII, PATH_OK, "MAIL FROM:<a@b>\r\n"},
        {SLICE_INIT("FROM:a@b.c. SIZE=5"), ASCII, PATH_OK, "MAIL FROM:<a@b.c> SIZE=5\r\n"},
        {SLICE_INIT("FROM:<a.>"), ASCII, PATH_OK, "MAIL FROM:<a.>\r\n"},
        {SLICE_INIT("FROM:<a@b..>"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<a@.>"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<a@[192.0.2.1].>"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<\"a@b.>"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<<a@b>>"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<a@b>(comment)"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<a@b>SIZE=5"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:Joe <a@b>"), ASCII, PATH_PARAMS, NULL},
        {SLICE_INIT("FROM:<a@b> <c@d>"), ASCII, PATH_PARAMS, NULL},
        {SLICE_INIT("FROM:<(any@legit>"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<any@legit'@any.attack>"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<@h1,@h2>"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<@h1:>"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<@:a@b>"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<:a@b>"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<@h1,:a@b>"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<,@h1:a@b>"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<@h1 ,@h2:a@b>"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<@h1,h2:a@b>"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<@h1;@h2:a@b>"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:@h1,@h2"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:@h1,@h2:a@b"), ASCII, PATH_OK, "MAIL FROM:<a@b>\r\n"},
        {SLICE_INIT("FROM:<@[h1:a@b>"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<@h\0:a@b>"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<@"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<@>"), ASCII, PATH_ADDRESS, NULL},
        {SLICE_INIT("FROM:<a\x01@b>"), ASCII, PATH_ADDRESS, NULL},

        {SLICE_INIT("FROM:<a@b> SIZE="), ASCII, PATH_PARAMS, NULL},
        {SLICE_INIT("FROM:<a@b> =5"), ASCII, PATH_PARAMS, NULL},
        {SLICE_INIT("FROM:<a@b> SIZE=5=6"), ASCII, PATH_PARAMS, NULL},
        {SLICE_INIT("FROM:<a@b> SIZE=5 size=6"), ASCII, PATH_PARAMS, NULL},
        {SLICE_INIT("FROM:<a@b> FOO foo"), ASCII, PATH_PARAMS, NULL},
        {SLICE_INIT("FROM:<a@b> -FOO"), ASCII, PATH_PARAMS, NULL},
        {SLICE_INIT("FROM:<a@b> X-FOO=\x7f"), ASCII, PATH_PARAMS, NULL},
        {SLICE_INIT("FROM:<a@b> (comment)"), ASCII, PATH_PARAMS, NULL},
        {SLICE_INIT("FROM:<a@b> FOO=\xc3\xbc"), ASCII, PATH_PARAMS, NULL},
        {SLICE_INIT("FROM:<a@b> FOO=\xc3\xbc"), UTF8, PATH_PARAMS, NULL},
        {SLICE_INIT("FROM:<a@b> SMTPUTF8 FOO=\xc3\xbc"), UTF8, PATH_OK,
         "MAIL FROM:<a@b> SMTPUTF8 FOO=\xc3\xbc\r\n"},
        {SLICE_INIT("FROM:<a@b> SMTPUTF8 FOO=\xfc"), UTF8, PATH_PARAMS, NULL},

        {SLICE_INIT("FROM:<\xc3\xbc@b>"), ASCII, PATH_UTF8, NULL},
        {SLICE_INIT("FROM:<\xc3\xbc@b> SMTPUTF8"), ASCII, PATH_UTF8, NULL},
        {SLICE_INIT("FROM:<\xc3\xbc@b>"), UTF8, PATH_UTF8, NULL},
        {SLICE_INIT("FROM:<\xfc@b> SMTPUTF8"), UTF8, PATH_UTF8, NULL},
        {SLICE_INIT("FROM:<\xc3\xbc@b> SMTPUTF8"), UTF8, PATH_OK,
         "MAIL FROM:<\xc3\xbc@b> SMTPUTF8\r\n"},
        {SLICE_INIT("FROM:<\xc3\xbc@b..c> SMTPUTF8"), UTF8, PATH_ADDRESS, NULL},
},
  recipients[] = {
      {SLICE_INIT("TO:<a@b>"), ASCII, PATH_OK, "RCPT TO:<a@b>\r\n"},
      {SLICE_INIT("to: a@b NOTIFY=NEVER"), ASCII, PATH_OK, "RCPT TO:<a@b> NOTIFY=NEVER\r\n"},
      {SLICE_INIT("TO:<Postmaster>"), ASCII, PATH_OK, "RCPT TO:<Postmaster>\r\n"},
      {SLICE_INIT("TO:postmaster"), ASCII, PATH_OK, "RCPT TO:<postmaster>\r\n"},
      {SLICE_INIT("TO:<@relay:Postmaster>"), ASCII, PATH_OK, "RCPT TO:<Postmaster>\r\n"},
      {SLICE_INIT("TO:<root>"), ASCII, PATH_OK, "RCPT TO:<root>\r\n"},
      {SLICE_INIT("TO:<u@x.test.>"), ASCII, PATH_OK, "RCPT TO:<u@x.test>\r\n"},
      {SLICE_INIT("TO:< @relay.,@r2:u%far@x.test. >"), ASCII, PATH_OK,
       "RCPT TO:<u%far@x.test>\r\n"},
      {SLICE_INIT("TO:< >"), ASCII, PATH_ADDRESS, NULL},
      {SLICE_INIT("TO:<>"), ASCII, PATH_ADDRESS, NULL},
      {SLICE_INIT("TO:<\"a\r\nRCPT TO:<x@y>\"@b>"), ASCII, PATH_ADDRESS, NULL},
      {SLICE_INIT("TO:<\xc3\xbc@b>"), ASCII, PATH_UTF8, NULL},
      {SLICE_INIT("TO:<\xc3\xbc@b>"), UTF8, PATH_OK, "RCPT TO:<\xc3\xbc@b>\r\n"},
      {SLICE_INIT("FROM:<a@b>"), ASCII, PATH_SYNTAX, NULL},
};

static void check(struct guard *guard, bool sender, size_t row)
{
    struct slice argument = sender ? senders[row].argument : recipients[row].argument;
    enum path_result want = sender ? senders[row].result : recipients[row].result;
    const char *written = sender ? senders[row].written : recipients[row].written;
    bool utf8 = (sender ? senders[row].utf8 : recipients[row].utf8) == UTF8;
    enum verb verb = sender ? VERB_MAIL : VERB_RCPT;
    struct command_path path;
    struct bytes out;
    enum path_result got = command_parse_path(guard_copy(guard, argument),
                                              sender ? SLICE("FROM:") : SLICE("TO:"), utf8, &path);

    assert_input(got == want, argument, 0);
    if (want != PATH_OK)
        return;
    bytes_init(&out, 1000);
    assert_int_equal(command_write_path(&out, verb, &path), 0);
    assert_input(slice_equal(bytes_slice(&out), slice_str(written)), bytes_slice(&out), 0);
    bytes_fini(&out);
}

static void senders_and_recipients(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(senders); i++)
        check(&guard, true, i);
    for (size_t i = 0; i < COUNT_OF(recipients); i++)
        check(&guard, false, i);
    guard_fini(&guard);
}

static void parameters(void **state)
{
    struct command_path path;

    (void)state;
    assert_int_equal(
        command_parse_path(SLICE("FROM:<a@b> X RET=HDRS"), SLICE("FROM:"), false, &path), PATH_OK);
    assert_int_equal(path.param_count, 2);
    assert_non_null(command_path_param(&path, SLICE("x")));
    assert_false(command_path_param(&path, SLICE("x"))->has_value);
    assert_int_equal(command_path_param(&path, SLICE("x"))->value.len, 0);
    assert_text(command_path_param(&path, SLICE("ret"))->value, "HDRS");
    assert_true(command_path_param(&path, SLICE("ret"))->has_value);
    assert_null(command_path_param(&path, SLICE("size")));
    path.param_count = 1; /* as whoever leaves one out does */
    assert_null(command_path_param(&path, SLICE("ret")));
}

static void parameters_are_counted(void **state)
{
    struct command_path path;
    struct bytes text;

    (void)state;
    bytes_init(&text, 1000);
    bytes_append(&text, SLICE("FROM:<a@b>"));
    for (int i = 0; i < COMMAND_PARAMS_MAX; i++)
        bytes_format(&text, " P%d=%d", i, i);
    assert_int_equal(command_parse_path(bytes_slice(&text), SLICE("FROM:"), false, &path), PATH_OK);
    assert_int_equal(path.param_count, COMMAND_PARAMS_MAX);
    bytes_append(&text, SLICE(" ONE-MORE"));
    assert_int_equal(command_parse_path(bytes_slice(&text), SLICE("FROM:"), false, &path),
                     PATH_PARAMS);
    bytes_fini(&text);
}

/* D1: not even a fault of ours puts a line end into a command. */
static void nothing_is_smuggled(void **state)
{
    struct command_path path = {.address = SLICE("a@b>\r\nRCPT TO:<c@d"), .param_count = 0};
    struct bytes out;

    (void)state;
    bytes_init(&out, 1000);
    assert_int_equal(command_write_path(&out, VERB_MAIL, &path), -1);
    path = (struct command_path){.address = SLICE("a@b"), .param_count = 1};
    path.params[0] = (struct command_param){SLICE("X"), SLICE("a\nb"), true};
    assert_int_equal(command_write_path(&out, VERB_MAIL, &path), -1);
    path.params[0] = (struct command_param){SLICE("X\0"), SLICE_NONE, false};
    assert_int_equal(command_write_path(&out, VERB_MAIL, &path), -1);
    assert_int_equal(out.len, 0);
    path.param_count = 0; /* what stands behind the last one is not said, whatever it is */
    assert_int_equal(command_write_path(&out, VERB_MAIL, &path), 0);
    assert_text(bytes_slice(&out), "MAIL FROM:<a@b>\r\n");
    bytes_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(senders_and_recipients),
        cmocka_unit_test(parameters),
        cmocka_unit_test(parameters_are_counted),
        cmocka_unit_test(nothing_is_smuggled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
