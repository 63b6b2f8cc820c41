/* audit_format: the line as postern.conf(5) has it, word for word, and what hostile texts cannot do
 * to it (PROTOCOL E04). */
#include "conf/audit_conf.h"
#include "tests/unit/support.h"

#include "proxy/record/audit.h"
#include "tests/unit/proxy/record/json_check.h"

#include <stdlib.h>

static const unsigned char key[AUDIT_KEY_BYTES] = "0123456789abcdef";
static const struct audit_conf plain = {.subject = PRIVACY_PLAIN};

static struct audit_record a_session(void)
{
    return (struct audit_record){
        .time_us = 1767225599123456,
        .session = SLICE_INIT("s1"),
        .listener = SLICE_INIT("inbound"),
        .policy = SLICE_INIT("default"),
        .client = {.family = ADDRESS_V4, .bytes = {192, 0, 2, 1}, .port = 4711},
        .verdict = SLICE_INIT("none"),
        .stage = SLICE_INIT("connect"),
    };
}

/* format(record, conf, out): the line, always valid and within its bound. */
static struct slice format(const struct audit_record *record, const struct audit_conf *conf,
                           struct bytes *out)
{
    bytes_init(out, AUDIT_LINE_MAX);
    assert_int_equal(audit_format(record, conf, key, out), 0);
    assert_true(json_check(bytes_slice(out)));
    return bytes_slice(out);
}

static void assert_line(const struct audit_record *record, const struct audit_conf *conf,
                        const char *want)
{
    struct bytes out;
    assert_text(format(record, conf, &out), want);
    bytes_fini(&out);
}

static bool holds(struct slice line, const char *text)
{
    return memmem(line.ptr, line.len, text, strlen(text)) != NULL;
}

/* -- the whole line -- */

static void test_forwarded(void **state)
{
    (void)state;
    struct audit_record record = a_session();
    struct audit_forwarded forwarded = {.name = SLICE_INIT("client.test"),
                                        .helo = SLICE_INIT("h\"i")};
    struct bytes out;
    record.forwarded = &forwarded;
    assert_true(
        holds(format(&record, &plain, &out),
              "\"helo\":null,\"forwarded\":{\"address\":null,\"port\":0,"
              "\"name\":\"client.test\",\"helo\":\"h\\\"i\"},\"auth\":null,\"sender\":null"));
    bytes_fini(&out);
    forwarded.address = (struct address){.family = ADDRESS_V4, .bytes = {192, 0, 2, 9}, .port = 7};
    assert_true(holds(format(&record, &plain, &out),
                      "\"forwarded\":{\"address\":\"192.0.2.9\",\"port\":7,"));
    bytes_fini(&out);
}

static void test_session_without_transaction(void **state)
{
    (void)state;
    struct audit_record record = a_session();
    assert_line(&record, &plain,
                "{\"time\":\"2025-12-31T23:59:59.123Z\",\"session\":\"s1\",\"transaction\":null,"
                "\"listener\":\"inbound\",\"policy\":\"default\","
                "\"client\":{\"address\":\"192.0.2.1\",\"port\":4711},\"helo\":null,\"auth\":null,"
                "\"sender\":null,\"size\":0,\"verdict\":\"none\",\"stage\":\"connect\","
                "\"decided_by\":null,\"reply\":null,\"rules\":[],\"score\":0,\"tags\":[],"
                "\"would\":[],\"edits\":[],\"failures\":[],\"upstream\":null,\"duration_ms\":0,"
                "\"recipients\":[]}");
}

static const struct audit_recipient recipients[] = {
    {SLICE_INIT("u@example.org"), SLICE_INIT("250 2.1.5 Ok")},
    {SLICE_INIT("v@example.org"), SLICE_INIT("550 5.1.1 <v@example.org> unknown")},
};
static struct edit edits[] = {
    {.kind = EDIT_ADD_HEADER,
     .name = SLICE_INIT("X-External"),
     .value = SLICE_INIT(" secret"),
     .by = SLICE_INIT("tag")},
    {.kind = EDIT_SET_SENDER, .value = SLICE_INIT("a@b.test"), .by = SLICE_INIT("srs")},
    {.kind = EDIT_REMOVE_RECIPIENT, .value = SLICE_INIT("u@example.org"), .by = SLICE_INIT("tag")},
    {.kind = EDIT_REPLACE_BODY, .value = SLICE_INIT("secret"), .by = SLICE_INIT("av")},
};
static const struct edit_list edit_list = {.items = edits, .count = 4, .capacity = 4};
static const struct slice rule_names[] = {SLICE_INIT("tag"), SLICE_INIT("srs")};
static const struct slice tag_names[] = {SLICE_INIT("t1")};
static const struct slice failures[] = {SLICE_INIT("regex: slow")};
static const struct eval_would_rule shadow_rules[] = {
    {SLICE_INIT("maybe"), VERDICT_CONTINUE, SLICE_INIT("")},
    {SLICE_INIT("stop"), VERDICT_REJECT, SLICE_INIT("550 5.7.1 no")},
    {SLICE_INIT("keep"), VERDICT_QUARANTINE, SLICE_INIT("")},
};
static const struct edit_list shadow_edits = {.items = edits, .count = 1, .capacity = 1};
static const struct eval_report report = {
    .score = 2.5,
    .rules = rule_names,
    .rule_count = 2,
    .tags = tag_names,
    .tag_count = 1,
    .would = {.rules = shadow_rules, .rule_count = 3, .edits = &shadow_edits},
};

static struct audit_record a_message(void)
{
    struct audit_record record = a_session();
    record.transaction = SLICE("s1.1");
    record.helo = SLICE("mx.test");
    record.has_auth = true;
    record.auth = SLICE("bob");
    record.sender = SLICE("a@b.test");
    record.has_sender = true;
    record.recipients = recipients;
    record.recipient_count = 2;
    record.size_bytes = 12345678901;
    record.message_id = SLICE("<1@b.test>");
    record.subject = SLICE("Gr\xc3\xbc\xc3\x9f\x65");
    record.from = SLICE("A <a@b.test>");
    record.verdict = SLICE("accept");
    record.stage = SLICE("message");
    record.decided_by = PARTY_UPSTREAM;
    record.decider = SLICE("mta");
    record.reply = SLICE("250 2.0.0 Ok: queued as 4F");
    record.report = &report;
    record.edits = &edit_list;
    record.failures = failures;
    record.failure_count = 1;
    record.upstream_address = SLICE("127.0.0.1:10025");
    record.upstream_reply = SLICE("250 2.0.0 Ok: queued as 4F");
    record.upstream_queue_id = SLICE("4F");
    record.unacknowledged = true;
    record.incomplete = true;
    record.duration_ms = 42;
    return record;
}

static void test_whole_message(void **state)
{
    (void)state;
    struct audit_record record = a_message();
    assert_line(
        &record, &plain,
        "{\"time\":\"2025-12-31T23:59:59.123Z\",\"session\":\"s1\",\"transaction\":\"s1.1\","
        "\"listener\":\"inbound\",\"policy\":\"default\","
        "\"client\":{\"address\":\"192.0.2.1\",\"port\":4711},\"helo\":\"mx.test\",\"auth\":"
        "\"bob\","
        "\"sender\":\"a@b.test\",\"size\":12345678901,\"message_id\":\"<1@b.test>\","
        "\"subject\":\"Gr\xc3\xbc\xc3\x9f\x65\",\"from\":\"A <a@b.test>\",\"verdict\":\"accept\","
        "\"stage\":\"message\",\"decided_by\":{\"upstream\":\"mta\"},"
        "\"reply\":\"250 2.0.0 Ok: queued as 4F\",\"rules\":[\"tag\",\"srs\"],\"score\":2.5,"
        "\"tags\":[\"t1\"],\"would\":[{\"rule\":\"maybe\"},{\"rule\":\"stop\","
        "\"verdict\":\"reject\",\"reply\":\"550 5.7.1 "
        "no\"},{\"rule\":\"keep\",\"verdict\":\"quarantine\"},{\"rule\":\"tag\","
        "\"edit\":\"add_header X-External\"}],"
        "\"edits\":[{\"by\":\"tag\",\"what\":\"add_header X-External\"},"
        "{\"by\":\"srs\",\"what\":\"set_sender a@b.test\"},"
        "{\"by\":\"tag\",\"what\":\"remove_recipient u@example.org\"},"
        "{\"by\":\"av\",\"what\":\"replace_body\"}],"
        "\"failures\":[\"regex: slow\"],\"upstream\":{\"address\":\"127.0.0.1:10025\","
        "\"reply\":\"250 2.0.0 Ok: queued as 4F\",\"queue_id\":\"4F\"},"
        "\"incomplete\":true,\"unacknowledged\":true,\"duration_ms\":42,"
        "\"recipients\":[{\"address\":\"u@example.org\",\"reply\":\"250 2.1.5 Ok\"},"
        "{\"address\":\"v@example.org\",\"reply\":\"550 5.1.1 <v@example.org> unknown\"}]}");
}

static void test_tls(void **state)
{
    (void)state;
    struct audit_record record = a_session();
    struct bytes out;
    record.tls_version = SLICE("1.3");
    record.tls_cipher = SLICE("TLS_A");
    assert_true(holds(format(&record, &plain, &out),
                      "\"helo\":null,\"tls\":{\"version\":\"1.3\",\"cipher\":\"TLS_A\"},"));
    bytes_fini(&out);
    record = a_session();
    record.passthrough = true;
    record.client_bytes = 5000000000;
    record.upstream_bytes = 7;
    assert_true(holds(format(&record, &plain, &out),
                      "\"helo\":null,\"tls\":{\"passthrough\":true,"
                      "\"client_bytes\":5000000000,\"upstream_bytes\":7},"));
    bytes_fini(&out);
}

static void test_who_decided(void **state)
{
    (void)state;
    static const struct {
        enum party party;
        const char *want;
    } rows[] = {
        {PARTY_NONE, "\"decided_by\":null"},
        {PARTY_RULE, "\"decided_by\":{\"rule\":\"x\"}"},
        {PARTY_MILTER, "\"decided_by\":{\"milter\":\"x\"}"},
        {PARTY_UPSTREAM, "\"decided_by\":{\"upstream\":\"x\"}"},
        {PARTY_GATEWAY, "\"decided_by\":{\"gateway\":\"x\"}"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct audit_record record = a_session();
        struct bytes out;
        record.decided_by = rows[i].party;
        record.decider = SLICE("x");
        assert_true(holds(format(&record, &plain, &out), rows[i].want));
        bytes_fini(&out);
    }
}

static void test_clients(void **state)
{
    (void)state;
    struct audit_record record = a_session();
    struct bytes out;
    record.client = (struct address){.family = ADDRESS_UNIX};
    assert_true(
        holds(format(&record, &plain, &out), "\"client\":{\"address\":\"local\",\"port\":0}"));
    bytes_fini(&out);
    record.has_sender = true; /* the null sender is not no sender */
    assert_true(holds(format(&record, &plain, &out), "\"sender\":\"\""));
    bytes_fini(&out);
}

/* -- privacy -- */

static void assert_none_of(struct slice line, const char *const *secrets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (holds(line, secrets[i]))
            fail_msg("%s is in the line", secrets[i]);
}

static void test_privacy(void **state)
{
    (void)state;
    static const char *const secrets[] = {"a@b.test", "u@example.org", "v@example.org",
                                          "V@Example.Org", "Gr\xc3\xbc"};
    static const enum privacy kinds[] = {PRIVACY_HASH, PRIVACY_OMIT};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        const struct audit_conf conf = {
            .subject = kinds[i], .recipients = kinds[i], .sender = kinds[i]};
        struct audit_record record = a_message();
        struct bytes out;
        record.reply = SLICE("550 5.7.1 V@Example.Org may not hear from a@b.test");
        record.upstream_reply = SLICE("450 no mail for u@example.org");
        struct slice line = format(&record, &conf, &out);
        assert_none_of(line, secrets, COUNT_OF(secrets));
        assert_true(holds(line, "\"reply\":\"550 5.7.1\""));
        assert_true(holds(line, "\"reply\":\"450\""));
        assert_true(holds(line, "\"reply\":\"250 2.1.5 Ok\"")); /* names nobody */
        assert_true(holds(line, "\"reply\":\"550 5.1.1\""));
        assert_int_equal(holds(line, "\"subject\":"), kinds[i] == PRIVACY_HASH);
        assert_int_equal(holds(line, "\"sender\":"), kinds[i] == PRIVACY_HASH);
        assert_true(holds(line, "\"what\":\"set_sender"));
        bytes_fini(&out);
    }
}

static void test_one_field_private(void **state)
{
    (void)state;
    const struct audit_conf conf = {.recipients = PRIVACY_OMIT};
    struct audit_record record = a_message();
    struct bytes out;
    struct slice line = format(&record, &conf, &out);
    assert_true(holds(line, "\"sender\":\"a@b.test\""));
    assert_true(holds(line, "\"recipients\":[{\"reply\":\"250 2.1.5 Ok\"},"
                            "{\"reply\":\"550 5.1.1\"}]"));
    assert_true(holds(line, "\"what\":\"remove_recipient\""));
    bytes_fini(&out);
    /* in LMTP it may be the reply for whoever took its place */
    const struct audit_recipient replaced = {SLICE("u@example.org"),
                                             SLICE("250 2.0.0 <new@example.org> Saved")};
    record.recipients = &replaced;
    record.recipient_count = 1;
    assert_true(holds(format(&record, &conf, &out), "\"recipients\":[{\"reply\":\"250 2.0.0\"}]"));
    bytes_fini(&out);
}

static void test_hash_is_keyed_and_stable(void **state)
{
    (void)state;
    static const unsigned char other_key[AUDIT_KEY_BYTES] = "another";
    const struct audit_conf conf = {.sender = PRIVACY_HASH};
    struct audit_record record = a_message();
    struct bytes one, two, other;
    format(&record, &conf, &one);
    format(&record, &conf, &two);
    bytes_init(&other, AUDIT_LINE_MAX);
    assert_int_equal(audit_format(&record, &conf, other_key, &other), 0);
    assert_true(slice_equal(bytes_slice(&one), bytes_slice(&two)));
    assert_false(slice_equal(bytes_slice(&one), bytes_slice(&other)));
    bytes_fini(&one);
    bytes_fini(&two);
    bytes_fini(&other);

    record.sender = SLICE_NONE; /* nobody's address is no secret */
    assert_true(holds(format(&record, &conf, &one), "\"sender\":\"\""));
    bytes_fini(&one);
}

/* -- who has logged in -- */

static void test_contested_login(void **state)
{
    (void)state;
    struct audit_record record = a_message();
    struct bytes out;
    assert_false(holds(format(&record, &plain, &out), "auth_identities"));
    bytes_fini(&out);
    record.auth = SLICE_NONE;
    record.contested = true;
    record.auth_verified = SLICE("evil");
    record.auth_asked = SLICE("boss");
    assert_true(holds(format(&record, &plain, &out),
                      "\"auth\":\"\",\"auth_identities\":{\"authentication\":\"evil\","
                      "\"authorization\":\"boss\"},"));
    bytes_fini(&out);
    record.auth_verified = SLICE_NONE;
    assert_true(holds(format(&record, &plain, &out), "{\"authentication\":null,"));
    bytes_fini(&out);
}

/* -- hostile texts -- */

static void fill_all(struct audit_record *record, struct slice text)
{
    record->session = record->transaction = record->listener = record->policy = text;
    record->has_auth = true;
    record->auth = text;
    record->contested = true;
    record->auth_verified = record->auth_asked = text;
    record->helo = record->sender = record->message_id = record->subject = record->from = text;
    record->verdict = SLICE("reject");
    record->stage = record->decider = record->reply = text;
    record->upstream_address = record->upstream_reply = record->upstream_queue_id = text;
    record->decided_by = PARTY_RULE;
}

static void test_hostile_texts(void **state)
{
    (void)state;
    static const struct slice texts[] = {
        SLICE_INIT("\r\n{\"verdict\":\"accept\"}"),
        SLICE_INIT("\x1b[31m\x07\x7f"),
        SLICE_INIT("%n%s%1000000d"),
        SLICE_INIT("\0\0a\0"),
        SLICE_INIT("\xff\xfe\xc0\x80\xed\xa0\x80\xf5"),
        SLICE_INIT("\xc2\x9b\xe2\x80\xa8\xc2\x85"),
        SLICE_INIT("\xe2\x80\xae\xd8\x9c\xf3\xa0\x80\x81"),
        SLICE_INIT("\"\\\"\\u0000"),
        SLICE_INIT("\xe2\x82"),
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct audit_record record = a_message();
        struct bytes out;
        fill_all(&record, texts[i]);
        struct slice line = format(&record, &plain, &out);
        assert_false(holds(line, "\n"));
        assert_false(holds(line, ",\"verdict\":\"accept\""));
        bytes_fini(&out);
    }
}

enum { HUGE_TEXT = 1048576, MANY = 3000 };

/* Every text a MiB of what takes most room, and every list far too long. */
static void test_bounds(void **state)
{
    (void)state;
    static const char fills[] = {'x', '\n', '\xff', '"', '\xc3'};
    static struct audit_recipient many_recipients[MANY];
    static struct edit many_edits[MANY];
    static struct slice many_names[MANY];
    static struct eval_would_rule many_stories[MANY];
    static struct audit_milter many_milters[MANY];
    static struct eval_listed many_listed[MANY];
    char *text = malloc(HUGE_TEXT);
    assert_non_null(text);
    for (size_t i = 0; i < sizeof(fills); i++) {
        memset(text, fills[i], HUGE_TEXT);
        struct slice huge = slice_make(text, HUGE_TEXT);
        text[HUGE_TEXT - 1] = '\0'; /* of the file's name */
        const struct list_entry entry = {.written = huge, .place = {text, 7}};
        for (size_t k = 0; k < MANY; k++) {
            many_recipients[k] = (struct audit_recipient){huge, huge};
            many_edits[k] = (struct edit){.kind = EDIT_SET_SENDER, .value = huge, .by = huge};
            many_names[k] = huge;
            many_stories[k] = (struct eval_would_rule){huge, VERDICT_REJECT, huge};
            many_milters[k] = (struct audit_milter){.name = huge, .verdict = SLICE("continue")};
            many_listed[k] = (struct eval_listed){huge, {huge, &entry}};
        }
        struct edit_list list = {.items = many_edits, .count = MANY, .capacity = MANY};
        struct eval_report big = report;
        big.rules = big.tags = many_names;
        big.would.rules = many_stories;
        big.rule_count = big.tag_count = big.would.rule_count = MANY;
        big.would.edits = &list;
        big.listed = many_listed;
        big.listed_count = MANY;
        struct audit_record record = a_message();
        fill_all(&record, huge);
        record.recipients = many_recipients;
        record.edits = &list;
        record.report = &big;
        record.failures = many_names;
        record.milters = many_milters;
        record.milter_count = MANY;
        record.recipient_count = record.failure_count = MANY;
        struct bytes out;
        struct slice line = format(&record, &plain, &out);
        assert_true(line.len <= AUDIT_LINE_MAX);
        assert_true(line.len < (size_t)48 * 1024 - 1); /* journald splits what is longer */
        assert_true(line.len > 20000);
        assert_true(holds(line, "...\""));
        static const char *const more[] = {"recipients", "edits",    "rules", "tags",
                                           "would",      "failures", "lists", "milters"};
        for (size_t k = 0; k < COUNT_OF(more); k++) {
            char name[40];
            (void)snprintf(name, sizeof(name), "\"more_%s\":", more[k]);
            assert_true(holds(line, name));
        }
        bytes_fini(&out);
    }
    free(text);
}

/* What is not listed is counted. */
static void test_listed_and_counted_are_all(void **state)
{
    (void)state;
    static struct audit_recipient many[MANY];
    struct audit_record record = a_message();
    struct bytes out;
    size_t listed = 0;
    unsigned long more = 0;
    for (size_t k = 0; k < MANY; k++)
        many[k] = (struct audit_recipient){SLICE("user@example.org"), SLICE("250 2.1.5 Ok")};
    record.recipients = many;
    record.recipient_count = MANY;
    struct slice line = format(&record, &plain, &out);
    assert_true(line.len > AUDIT_LINE_MAX - 4096);
    for (struct slice rest = line; rest.len > 0; rest = slice_from(rest, 1)) {
        listed += slice_starts(rest, SLICE("{\"address\":\"user@"));
        if (slice_starts(rest, SLICE("\"more_recipients\":")))
            more = strtoul(rest.ptr + 18, NULL, 10);
    }
    assert_true(listed > 500);
    assert_int_equal(listed + more, MANY);
    bytes_fini(&out);
}

static void test_no_room_is_a_failure(void **state)
{
    (void)state;
    struct audit_record record = a_message();
    struct bytes out;
    bytes_init(&out, 100);
    assert_int_equal(audit_format(&record, &plain, key, &out), -1);
    bytes_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_session_without_transaction),
        cmocka_unit_test(test_forwarded),
        cmocka_unit_test(test_whole_message),
        cmocka_unit_test(test_tls),
        cmocka_unit_test(test_who_decided),
        cmocka_unit_test(test_clients),
        cmocka_unit_test(test_privacy),
        cmocka_unit_test(test_one_field_private),
        cmocka_unit_test(test_hash_is_keyed_and_stable),
        cmocka_unit_test(test_contested_login),
        cmocka_unit_test(test_hostile_texts),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_listed_and_counted_are_all),
        cmocka_unit_test(test_no_room_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
