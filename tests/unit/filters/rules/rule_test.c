#include "filters/rules/rule.h"

#include "tests/unit/support.h"

static const struct {
    enum action_kind kind;
    const char *name;
    enum { EDITS, PASSES, REFUSES } effect;
} rows[] = {
    {ACTION_ACCEPT, "accept", PASSES},
    {ACTION_ACCEPT_ALL, "accept", PASSES},
    {ACTION_REJECT, "reject", REFUSES},
    {ACTION_TEMPFAIL, "tempfail", REFUSES},
    {ACTION_DISCONNECT, "disconnect", REFUSES},
    {ACTION_DISCARD, "discard", PASSES},
    {ACTION_QUARANTINE, "quarantine", PASSES},
    {ACTION_REDIRECT, "redirect", PASSES},
    {ACTION_ADD_HEADER, "add_header", EDITS},
    {ACTION_INSERT_HEADER, "insert_header", EDITS},
    {ACTION_SET_HEADER, "set_header", EDITS},
    {ACTION_PREPEND, "prepend", EDITS},
    {ACTION_APPEND, "append", EDITS},
    {ACTION_REMOVE_HEADER, "remove_header", EDITS},
    {ACTION_REPLACE, "replace", EDITS},
    {ACTION_REPLACE_BODY, "replace_body", EDITS},
    {ACTION_APPEND_TEXT, "append_text", EDITS},
    {ACTION_APPEND_HTML, "append_html", EDITS},
    {ACTION_REMOVE_ATTACHMENT, "remove_attachment", EDITS},
    {ACTION_SET_SENDER, "set_sender", EDITS},
    {ACTION_ADD_RECIPIENT, "add_recipient", EDITS},
    {ACTION_REMOVE_RECIPIENT, "remove_recipient", EDITS},
    {ACTION_ARCHIVE, "archive", EDITS},
    {ACTION_UPSTREAM, "upstream", EDITS},
    {ACTION_SCORE, "score", EDITS},
    {ACTION_TAG, "tag", EDITS},
    {ACTION_LOG, "log", EDITS},
    {ACTION_DELAY, "delay", EDITS},
};

static void actions(void **state)
{
    (void)state;
    assert_int_equal(COUNT_OF(rows), ACTION_DELAY + 1);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_row_slice(rule_action_name(rows[i].kind), slice_str(rows[i].name), rows[i].name, i);
        assert_row(rule_action_refuses(rows[i].kind) == (rows[i].effect == REFUSES), rows[i].name,
                   i);
        assert_row(rule_action_passes(rows[i].kind) == (rows[i].effect == PASSES), rows[i].name, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(actions)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
