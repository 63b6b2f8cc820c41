/* The message as edited: the envelope's commands, the header, the content. */
#include "proxy/session/rewriting.h"

#include "tests/unit/proxy/session/session_kit.h"

#define PLAIN_LISTENER  "listeners = ( { address = '127.0.0.1:25'; add_received = false; } );\n"
#define TRACED_LISTENER "listeners = ( { address = '127.0.0.1:25'; add_received = true; } );\n"

static void expect_wires(const char *mail, size_t count, const char *const *rcpts)
{
    const struct plan *plan = &kit.s.tx.plan;
    assert_slice(plan->mail_wire, slice_str(mail));
    assert_int_equal(plan->rcpt_count, count);
    for (size_t i = 0; i < count; i++)
        assert_slice(plan->rcpt_wires[i], slice_str(rcpts[i]));
}

static struct recipient *rcpt(const char *argument)
{
    struct command_path path;
    assert_int_equal(command_parse_path(slice_str(argument), SLICE("TO:"), true, &path), PATH_OK);
    struct recipient *recipient = transaction_add(&kit.s.tx, &path);
    assert_non_null(recipient);
    transaction_settle(&kit.s.tx, recipient, RECIPIENT_ACCEPTED, SLICE("250 2.1.5 Ok\r\n"));
    return recipient;
}

/* What no edit touches is said as it came; who was refused, or told by another's name, is not. */
static void test_as_received(void **state)
{
    static const char *const wires[] = {"RCPT TO:<c@d.test> NOTIFY=NEVER\r\n"};
    (void)state;
    struct session *s = kit_begin(PLAIN_LISTENER, NULL);
    kit_mail("a@b.test");
    (void)rcpt("TO:<c@d.test> NOTIFY=NEVER");
    (void)kit_rcpt("no@d.test", RECIPIENT_REFUSED);
    rcpt("TO:<same@d.test>")->shared = true;
    assert_int_equal(rewriting_begin(s), 0);
    s->tx.upstream_open = true;
    assert_int_equal(rewriting_envelope(s), 0);
    expect_wires("MAIL FROM:<a@b.test>\r\n", 1, wires);
    assert_false(s->tx.plan.replay);
    s->tx.upstream_open = false;
    assert_int_equal(rewriting_envelope(s), 0);
    assert_true(s->tx.plan.replay);
    kit_end();
}

/* A redirect at RCPT changes the command, but for what was said of the old address only. */
static void test_redirect(void **state)
{
    (void)state;
    struct session *s = kit_begin(PLAIN_LISTENER, NULL);
    kit_mail("a@b.test");
    struct recipient *r = rcpt("TO:<c@d.test> ORCPT=rfc822;c@d.test NOTIFY=NEVER");
    assert_int_equal(rewriting_redirect(s, r, SLICE("e@f.test")), 0);
    assert_slice(r->told, SLICE("e@f.test"));
    assert_slice(r->address, SLICE("c@d.test"));
    assert_true(slice_starts(r->wire, SLICE("RCPT TO:<e@f.test>")));
    struct edit_list edits = {.count = 0};
    assert_int_equal(rewriting_redirects(s, &edits), 0);
    assert_int_equal(edits.count, 2);
    assert_int_equal(edits.items[0].kind, EDIT_REMOVE_RECIPIENT);
    assert_slice(edits.items[0].value, SLICE("c@d.test"));
    assert_slice(edits.items[0].instead, SLICE("e@f.test"));
    assert_int_equal(edits.items[1].kind, EDIT_ADD_RECIPIENT);
    assert_slice(edits.items[1].value, SLICE("e@f.test"));
    r->shared = true; /* it is there already: nothing is added */
    edits = (struct edit_list){.count = 0};
    assert_int_equal(rewriting_redirects(s, &edits), 0);
    assert_int_equal(edits.count, 1);
    kit_end();
}

static void edited(enum edit_kind kind, const char *name, const char *value)
{
    struct edit edit = {.kind = kind, .name = slice_str(name), .value = slice_str(value)};
    const struct edit_list list = {.items = &edit, .count = 1};
    assert_int_equal(draft_apply(&kit.s.tx.draft, &list), 0);
}

/* An edited envelope is said again. */
static void test_edited_envelope(void **state)
{
    static const char *const wires[] = {"RCPT TO:<c@d.test>\r\n", "RCPT TO:<boss@d.test>\r\n"};
    (void)state;
    struct session *s = kit_begin(PLAIN_LISTENER, NULL);
    kit_mail("a@b.test");
    (void)rcpt("TO:<c@d.test>");
    s->tx.upstream_open = true;
    assert_int_equal(rewriting_begin(s), 0);
    edited(EDIT_ADD_RECIPIENT, "", "boss@d.test");
    edited(EDIT_SET_SENDER, "", "bounces@b.test");
    assert_int_equal(rewriting_envelope(s), 0);
    expect_wires("MAIL FROM:<bounces@b.test>\r\n", 2, wires);
    assert_true(s->tx.plan.replay);
    kit_end();
}

static struct session *begin_message(const char *listener)
{
    struct session *s = kit_begin(listener, NULL);
    const struct slice block = SLICE("Subject: x\r\n");
    kit_mail("a@b.test");
    (void)rcpt("TO:<c@d.test>");
    assert_int_equal(rewriting_begin(s), 0);
    assert_int_equal(header_parse(&s->tx.content.header, block, true, &s->tx.arena), 0);
    assert_int_equal(spool_append(&s->tx.spool, SLICE("Subject: x\r\n\r\ntext\r\n")), 0);
    s->tx.content.header_end.fields_end = 12;
    s->tx.content.header_end.body_start = 14;
    s->tx.content.header_known = true;
    rewriting_received(s);
    return s;
}

/* An untouched header goes out as it came, from the content; an edited one stands before the rest.
 */
static void test_header(void **state)
{
    struct slice content;
    (void)state;
    struct session *s = begin_message(PLAIN_LISTENER);
    assert_int_equal(rewriting_header(s), 0);
    assert_int_equal(s->tx.plan.header.len, 0);
    assert_int_equal(transaction_content_start(&s->tx), 0);
    edited(EDIT_ADD_HEADER, "X-Seen", " yes");
    assert_int_equal(rewriting_header(s), 0);
    assert_slice(bytes_slice(&s->tx.plan.header), SLICE("Subject: x\r\nX-Seen: yes\r\n\r\n"));
    assert_int_equal(rewriting_content(s, &content), 0);
    assert_slice(slice_from(content, transaction_content_start(&s->tx)), SLICE("text\r\n"));
    kit_end();
}

/* Ours is added once, however often the header is made. */
static void test_received(void **state)
{
    (void)state;
    struct session *s = begin_message(TRACED_LISTENER);
    assert_int_equal(hello_told(s, SLICE("me.test")), 0);
    assert_int_equal(rewriting_header(s), 0);
    assert_int_equal(rewriting_header(s), 0);
    struct slice header = bytes_slice(&s->tx.plan.header);
    assert_true(slice_starts(
        header,
        SLICE("Received: from me.test ([192.0.2.7])\r\n\tby gw.test with ESMTP id 1-1-1.1;")));
    assert_int_equal(slice_find(slice_from(header, 1), 'R'), SLICE_NOT_FOUND);
    kit_end();
}

/* A name that is none could be read as our word on who it is. */
static void test_received_name(void **state)
{
    (void)state;
    struct session *s = begin_message(TRACED_LISTENER);
    assert_int_equal(hello_told(s, SLICE("me ([10.0.0.1]) by us")), 0);
    assert_int_equal(rewriting_header(s), 0);
    assert_true(slice_starts(bytes_slice(&s->tx.plan.header), SLICE("Received: from unknown (")));
    kit_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_received),     cmocka_unit_test(test_redirect),
        cmocka_unit_test(test_edited_envelope), cmocka_unit_test(test_header),
        cmocka_unit_test(test_received),        cmocka_unit_test(test_received_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
