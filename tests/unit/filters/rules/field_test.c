#include "filters/rules/field.h"

#include "tests/unit/support.h"

/* The table of postern.conf(5) once more, as far as this build goes: what a change breaks, an
 * operator's configuration feels. */
static const struct {
    const char *name;
    enum field_id id;
    enum field_type type;
    enum stage stage;
    char traits[4]; /* n: named, r: one value per recipient, t: may stand in a text, l: looked up,
                     * c: with all that is of the content */
} rows[] = {
    {"client", FIELD_CLIENT, FIELD_TYPE_ADDRESS, STAGE_CONNECT, "t"},
    {"client_port", FIELD_CLIENT_PORT, FIELD_TYPE_NUMBER, STAGE_CONNECT, "t"},
    {"client_name", FIELD_CLIENT_NAME, FIELD_TYPE_TEXT, STAGE_CONNECT, "tl"},
    {"listener", FIELD_LISTENER, FIELD_TYPE_TEXT, STAGE_CONNECT, "t"},
    {"helo", FIELD_HELO, FIELD_TYPE_TEXT, STAGE_HELO, "t"},
    {"tls", FIELD_TLS, FIELD_TYPE_BOOL, STAGE_MAIL, "t"},
    {"tls_version", FIELD_TLS_VERSION, FIELD_TYPE_TEXT, STAGE_MAIL, "t"},
    {"tls_cipher", FIELD_TLS_CIPHER, FIELD_TYPE_TEXT, STAGE_MAIL, "t"},
    {"tls_name", FIELD_TLS_NAME, FIELD_TYPE_TEXT, STAGE_MAIL, "t"},
    {"client_cert", FIELD_CLIENT_CERT, FIELD_TYPE_TEXT, STAGE_MAIL, "t"},
    {"sender", FIELD_SENDER, FIELD_TYPE_TEXT, STAGE_MAIL, "t"},
    {"sender_domain", FIELD_SENDER_DOMAIN, FIELD_TYPE_TEXT, STAGE_MAIL, "t"},
    {"auth", FIELD_AUTH, FIELD_TYPE_TEXT, STAGE_MAIL, "t"},
    {"recipient", FIELD_RECIPIENT, FIELD_TYPE_TEXT, STAGE_RCPT, "rt"},
    {"recipient_domain", FIELD_RECIPIENT_DOMAIN, FIELD_TYPE_TEXT, STAGE_RCPT, "rt"},
    {"recipient_count", FIELD_RECIPIENT_COUNT, FIELD_TYPE_NUMBER, STAGE_DATA, "t"},
    {"size", FIELD_SIZE, FIELD_TYPE_NUMBER, STAGE_MAIL, "t"},
    {"header", FIELD_HEADER, FIELD_TYPE_TEXT, STAGE_HEADER, "n"},
    {"raw_header", FIELD_RAW_HEADER, FIELD_TYPE_BYTES, STAGE_HEADER, "n"},
    {"header_line", FIELD_HEADER_LINE, FIELD_TYPE_TEXT, STAGE_HEADER, ""},
    {"missing_header", FIELD_MISSING_HEADER, FIELD_TYPE_PRESENCE, STAGE_HEADER, "n"},
    {"header_ambiguous", FIELD_HEADER_AMBIGUOUS, FIELD_TYPE_BOOL, STAGE_HEADER, "t"},
    {"from_address", FIELD_FROM_ADDRESS, FIELD_TYPE_TEXT, STAGE_HEADER, "t"},
    {"from_domain", FIELD_FROM_DOMAIN, FIELD_TYPE_TEXT, STAGE_HEADER, "t"},
    {"from_name", FIELD_FROM_NAME, FIELD_TYPE_TEXT, STAGE_HEADER, "t"},
    {"reply_to_address", FIELD_REPLY_TO_ADDRESS, FIELD_TYPE_TEXT, STAGE_HEADER, "t"},
    {"lookalike", FIELD_LOOKALIKE, FIELD_TYPE_LIST, STAGE_HEADER, ""},
    {"reply_to_domain", FIELD_REPLY_TO_DOMAIN, FIELD_TYPE_TEXT, STAGE_HEADER, "t"},
    {"hops", FIELD_HOPS, FIELD_TYPE_NUMBER, STAGE_HEADER, "t"},
    {"raw_body", FIELD_RAW_BODY, FIELD_TYPE_BYTES, STAGE_MESSAGE, ""},
    {"body", FIELD_BODY, FIELD_TYPE_TEXT, STAGE_MESSAGE, "lc"},
    {"hidden_text", FIELD_HIDDEN_TEXT, FIELD_TYPE_TEXT, STAGE_MESSAGE, "lc"},
    {"attachment", FIELD_ATTACHMENT, FIELD_TYPE_TEXT, STAGE_MESSAGE, "tlc"},
    {"attachment_type", FIELD_ATTACHMENT_TYPE, FIELD_TYPE_TEXT, STAGE_MESSAGE, "tlc"},
    {"attachment_size", FIELD_ATTACHMENT_SIZE, FIELD_TYPE_NUMBER, STAGE_MESSAGE, "tlc"},
    {"archive_member", FIELD_ARCHIVE_MEMBER, FIELD_TYPE_TEXT, STAGE_MESSAGE, "tlc"},
    {"archive_encrypted", FIELD_ARCHIVE_ENCRYPTED, FIELD_TYPE_TEXT, STAGE_MESSAGE, "tlc"},
    {"link", FIELD_LINK, FIELD_TYPE_TEXT, STAGE_MESSAGE, "tlc"},
    {"link_host", FIELD_LINK_HOST, FIELD_TYPE_TEXT, STAGE_MESSAGE, "tlc"},
    {"link_mismatch", FIELD_LINK_MISMATCH, FIELD_TYPE_BOOL, STAGE_MESSAGE, "tlc"},
    {"mime_ambiguous", FIELD_MIME_AMBIGUOUS, FIELD_TYPE_BOOL, STAGE_MESSAGE, "tlc"},
    {"score", FIELD_SCORE, FIELD_TYPE_NUMBER, STAGE_CONNECT, "t"},
    {"tag", FIELD_TAG, FIELD_TYPE_TEXT, STAGE_CONNECT, ""},
};

static void fields(void **state)
{
    (void)state;
    assert_int_equal(COUNT_OF(rows), FIELD_COUNT);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct field_info *info = field_get(rows[i].id);
        enum field_id id = FIELD_COUNT;

        assert_int_equal(field_find(slice_str(rows[i].name), &id), 1);
        assert_row(id == rows[i].id, rows[i].name, i);
        assert_row_slice(info->name, slice_str(rows[i].name), rows[i].name, i);
        assert_row(info->type == rows[i].type, rows[i].name, i);
        assert_row(info->stage == rows[i].stage, rows[i].name, i);
        assert_row(info->named == (strchr(rows[i].traits, 'n') != NULL), rows[i].name, i);
        assert_row(info->of_recipient == (strchr(rows[i].traits, 'r') != NULL), rows[i].name, i);
        assert_row(info->looked_up == (strchr(rows[i].traits, 'l') != NULL), rows[i].name, i);
        assert_row(info->of_content == (strchr(rows[i].traits, 'c') != NULL), rows[i].name, i);
        assert_row(info->in_text == (strchr(rows[i].traits, 't') != NULL), rows[i].name, i);
    }
}

static void fields_of_other_builds(void **state)
{
    static const char *const absent[] = {"dnsbl", "rate", "greylisted"};
    enum field_id id;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(absent); i++)
        assert_row(field_find(slice_str(absent[i]), &id) == -1, absent[i], i);
}

static void no_fields(void **state)
{
    static const char *const wrong[] = {"", "Client", "clients", "subject", "client ", "any"};
    enum field_id id;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_row(field_find(slice_str(wrong[i]), &id) == 0, wrong[i], i);
}

static void stages(void **state)
{
    static const char *const names[] = {"connect", "helo",   "mail",   "rcpt",
                                        "data",    "header", "message"};

    (void)state;
    assert_int_equal(COUNT_OF(names), STAGE_MESSAGE + 1);
    for (unsigned i = 0; i < COUNT_OF(names); i++)
        assert_text(stage_name((enum stage)i), names[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),
        cmocka_unit_test(fields_of_other_builds),
        cmocka_unit_test(no_fields),
        cmocka_unit_test(stages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
