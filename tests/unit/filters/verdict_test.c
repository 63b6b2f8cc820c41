#include "filters/verdict.h"

#include "tests/unit/support.h"

#define FIT_4XX "452 4.2.2 Mailbox full\r\n"
#define FIT_5XX "554 5.7.1 Go away\r\n"
#define OWN_4XX "451 4.7.1 Service unavailable - try again later\r\n"
#define OWN_5XX "550 5.7.1 Command rejected\r\n"
#define OWN_421 "421 4.7.0 Closing connection\r\n"

static const struct {
    enum verdict_kind kind;
    int code;
    const char *wire;
    int want_code;
    const char *want;
} refusals[] = {
    {VERDICT_TEMPFAIL, 452, FIT_4XX, 452, FIT_4XX},
    {VERDICT_TEMPFAIL, 554, FIT_5XX, 451, OWN_4XX},
    {VERDICT_TEMPFAIL, 0, "", 451, OWN_4XX},
    {VERDICT_TEMPFAIL, 452, "", 451, OWN_4XX},
    {VERDICT_TEMPFAIL, 250, "250 Ok\r\n", 451, OWN_4XX},
    {VERDICT_REJECT, 554, FIT_5XX, 554, FIT_5XX},
    {VERDICT_REJECT, 452, FIT_4XX, 550, OWN_5XX},
    {VERDICT_REJECT, 0, "", 550, OWN_5XX},
    {VERDICT_REJECT, 600, "600 what\r\n", 550, OWN_5XX},
    {VERDICT_DISCONNECT, 452, FIT_4XX, 452, FIT_4XX},
    {VERDICT_DISCONNECT, 554, FIT_5XX, 554, FIT_5XX},
    {VERDICT_DISCONNECT, 0, "", 421, OWN_421},
    {VERDICT_DISCONNECT, 354, "354 Go on\r\n", 421, OWN_421},
};

static void refusal_has_a_reply_that_fits(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        struct reply reply = {refusals[i].code, slice_str(refusals[i].wire)};
        struct verdict verdict = verdict_refusal(refusals[i].kind, SCOPE_RECIPIENT, reply);

        assert_row(verdict.kind == refusals[i].kind, refusals[i].wire, i);
        assert_row(verdict.scope == SCOPE_RECIPIENT, refusals[i].wire, i);
        assert_row(verdict.reply.code == refusals[i].want_code, refusals[i].wire, i);
        assert_row_slice(verdict.reply.wire, slice_str(refusals[i].want), refusals[i].wire, i);
        assert_row(verdict.party == PARTY_NONE && verdict.delay_ms == 0, refusals[i].wire, i);
    }
}

static void names(void **state)
{
    static const char *const kinds[] = {"continue",   "more",     "accept", "discard",
                                        "quarantine", "tempfail", "reject", "disconnect"};
    static const char *const failures[] = {"none",   "regex",   "milter",
                                           "lookup", "content", "memory"};
    static const char *const parties[] = {"none", "rule", "milter", "upstream", "gateway"};

    (void)state;
    assert_int_equal(COUNT_OF(kinds), VERDICT_DISCONNECT + 1);
    assert_int_equal(COUNT_OF(failures), FAILURE_MEMORY + 1);
    assert_int_equal(COUNT_OF(parties), PARTY_GATEWAY + 1);
    for (unsigned i = 0; i < COUNT_OF(kinds); i++)
        assert_text(verdict_name((enum verdict_kind)i), kinds[i]);
    for (unsigned i = 0; i < COUNT_OF(failures); i++)
        assert_text(failure_name((enum failure)i), failures[i]);
    for (unsigned i = 0; i < COUNT_OF(parties); i++)
        assert_text(party_name((enum party)i), parties[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusal_has_a_reply_that_fits),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
