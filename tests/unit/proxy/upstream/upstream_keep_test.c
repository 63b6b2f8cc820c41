/* upstream_keep: which connections may serve another client. */
#include "tests/unit/proxy/upstream/idle.h"

static const struct upstream_conf CONF = {.keepalive = 1};

/* --- what is counted --- */

struct count_row {
    const char *name;
    struct upstream_wear before;
    enum upstream_phase phase;
    int code;
    struct upstream_wear after;
};

static const struct count_row counts[] = {
    {"MAIL accepted", {.commands = 3}, PHASE_COMMAND, 250, {.commands = 4}},
    {"RCPT refused", {.commands = 3}, PHASE_COMMAND, 550, {.commands = 4, .refused = true}},
    {"a refusal stays", {.refused = true}, PHASE_COMMAND, 250, {.commands = 1, .refused = true}},
    {"DATA refused", {.commands = 0}, PHASE_DATA, 451, {.commands = 1, .refused = true}},
    {"EHLO refused: HELO follows", {.commands = 0}, PHASE_EHLO, 502, {.commands = 1}},
    {"a message taken", {.commands = 9, .mails = 2, .refused = true}, PHASE_END, 250, {.mails = 2}},
    {"a message refused", {.commands = 3}, PHASE_END, 552, {.commands = 4, .refused = true}},
    {"a chunk that is not the last",
     {.commands = 3, .partial = true, .refused = true},
     PHASE_END,
     250,
     {.commands = 4, .partial = true, .refused = true}},
};

static void test_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        struct upstream u = {.wear = counts[i].before, .phase = counts[i].phase};
        const struct upstream_wear *want = &counts[i].after;
        u.reply.code = counts[i].code;
        upstream_keep_replied(&u);
        if (u.wear.commands != want->commands || u.wear.mails != want->mails ||
            u.wear.refused != want->refused || u.wear.partial != want->partial)
            fail_msg("%s: %u commands, %u mails, refused %d", counts[i].name, u.wear.commands,
                     u.wear.mails, u.wear.refused);
    }
}

/* --- MAILMAX --- */

static const struct {
    bool reused;
    uint64_t declared;
    unsigned before;
    bool left;
    uint64_t offered;
} limits[] = {
    {false, 10, 4, true, 10}, {true, 0, 4, true, 0},    {true, 10, 4, true, 6},
    {true, 10, 9, true, 1},   {true, 10, 10, false, 0}, {true, 10, 11, false, 0},
};

static void test_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        struct upstream u = {.reused = limits[i].reused, .wear.before = limits[i].before};
        u.capabilities.limits[LIMIT_MAILMAX] = limits[i].declared;
        assert_int_equal(upstream_keep_limits(&u), limits[i].left);
        if (limits[i].left)
            assert_int_equal(u.capabilities.limits[LIMIT_MAILMAX], limits[i].offered);
    }
}

/* --- the decision --- */

struct keep_row {
    const char *name;
    enum upstream_phase phase;
    struct upstream_wear wear;
    uint64_t age_ms;
    uint64_t mailmax; /* as it stands in the capabilities, after ${wear.before} */
    bool plain;
    bool keepable;
};

static const struct keep_row keeps[] = {
    {.name = "idle", .phase = PHASE_READY, .keepable = true},
    {.name = "RSET under way", .phase = PHASE_COMMAND, .keepable = true},
    {.name = "in content", .phase = PHASE_CONTENT},
    {.name = "the reply to the dot to come", .phase = PHASE_END},
    {.name = "AUTH under way", .phase = PHASE_AUTH, .wear = {.login = true}},
    {.name = "challenged", .phase = PHASE_CHALLENGE, .wear = {.login = true}},
    {.name = "greeting", .phase = PHASE_EHLO},
    {.name = "lost", .phase = PHASE_LOST},
    {.name = "AUTH was begun", .phase = PHASE_READY, .wear = {.login = true}},
    {.name = "something was refused", .phase = PHASE_READY, .wear = {.refused = true}},
    {.name = "TLS had failed", .phase = PHASE_READY, .plain = true},
    {.name = "few commands without a message",
     .phase = PHASE_READY,
     .wear = {.commands = UPSTREAM_KEEP_COMMANDS_MAX},
     .keepable = true},
    {.name = "many", .phase = PHASE_READY, .wear = {.commands = UPSTREAM_KEEP_COMMANDS_MAX + 1}},
    {.name = "messages",
     .phase = PHASE_READY,
     .wear = {.mails = UPSTREAM_KEEP_MAILS_MAX - 1},
     .keepable = true},
    {.name = "too many", .phase = PHASE_READY, .wear = {.mails = UPSTREAM_KEEP_MAILS_MAX}},
    {.name = "young",
     .phase = PHASE_READY,
     .age_ms = UPSTREAM_KEEP_AGE_MS - 2000,
     .keepable = true},
    {.name = "old", .phase = PHASE_READY, .age_ms = UPSTREAM_KEEP_AGE_MS},
    {.name = "less than half of MAILMAX",
     .phase = PHASE_READY,
     .wear = {.mails = 4, .before = 2},
     .mailmax = 8,
     .keepable = true},
    {.name = "half of MAILMAX",
     .phase = PHASE_READY,
     .wear = {.mails = 5, .before = 2},
     .mailmax = 8},
    {.name = "MAILMAX of one", .phase = PHASE_READY, .wear = {.mails = 0}, .mailmax = 1},
};

static void test_keepable(void **state)
{
    (void)state;
    struct loop *loop = loop_create();
    for (size_t i = 0; i < COUNT_OF(keeps); i++) {
        struct idle idle = idle_make(loop, &CONF);
        struct upstream *u = idle.upstream;
        u->phase = keeps[i].phase;
        u->wear = keeps[i].wear;
        u->wear.born_ms = loop_now_ms(loop) - keeps[i].age_ms;
        u->leg.plain = keeps[i].plain;
        u->capabilities.limits[LIMIT_MAILMAX] = keeps[i].mailmax;
        if (upstream_keepable(u) != keeps[i].keepable)
            fail_msg("%s: keepable %d", keeps[i].name, !keeps[i].keepable);
        idle_end(&idle);
    }
    loop_destroy(loop);
}

static const struct {
    struct upstream_conf conf;
    unsigned offered, attributes;
    bool keepable;
} identities[] = {
    {{.keepalive = 0}, 0, 0, false},
    {{.keepalive = 1, .identify = IDENTIFY_NONE}, 0, 0, true},
    {{.keepalive = 1, .identify = IDENTIFY_XFORWARD}, 0, 0, true},
    {{.keepalive = 1, .identify = IDENTIFY_XCLIENT}, EXTENSION_XCLIENT, IDENTITY_ADDR, true},
    {{.keepalive = 1, .identify = IDENTIFY_XCLIENT}, EXTENSION_XCLIENT, IDENTITY_HELO, false},
    {{.keepalive = 1, .identify = IDENTIFY_XCLIENT}, 0, IDENTITY_ADDR, false},
    {{.keepalive = 1, .identify = IDENTIFY_PROXY_V1}, EXTENSION_XCLIENT, IDENTITY_ADDR, false},
    {{.keepalive = 1, .identify = IDENTIFY_PROXY_V2}, EXTENSION_XCLIENT, IDENTITY_ADDR, false},
};

static void test_identities(void **state)
{
    (void)state;
    struct loop *loop = loop_create();
    for (size_t i = 0; i < COUNT_OF(identities); i++) {
        struct idle idle = idle_make(loop, &identities[i].conf);
        idle.upstream->capabilities.extensions = identities[i].offered;
        idle.upstream->capabilities.xclient_attributes = identities[i].attributes;
        if (upstream_keepable(idle.upstream) != identities[i].keepable)
            fail_msg("identity %zu: keepable %d", i, !identities[i].keepable);
        idle_end(&idle);
    }
    loop_destroy(loop);
}

/* Unread bytes, even half a line, and the end of stream. */
static void test_server(void **state)
{
    (void)state;
    struct loop *loop = loop_create();
    struct idle talks = idle_make(loop, &CONF), leaves = idle_make(loop, &CONF);
    write_all(talks.server, SLICE("42"));
    assert_int_equal(shutdown(leaves.server, SHUT_WR), 0);
    run_for(loop, 20);
    assert_int_equal(upstream_status(talks.upstream), UPSTREAM_READY);
    assert_false(upstream_keepable(talks.upstream));
    assert_int_equal(upstream_status(leaves.upstream), UPSTREAM_LOST);
    assert_false(upstream_keepable(leaves.upstream));
    idle_end(&talks);
    idle_end(&leaves);
    loop_destroy(loop);
}

/* Nothing of a login stays in memory for whoever comes next. */
static void test_login_is_wiped(void **state)
{
    (void)state;
    struct loop *loop = loop_create();
    struct idle idle = idle_make(loop, &CONF);
    struct upstream *u = idle.upstream;
    const struct slice said = SLICE("235 2.7.0 v=secret\r\n");
    assert_int_equal(bytes_set(&u->reply_wire, said), 0);
    u->reply = (struct reply){235, bytes_slice(&u->reply_wire)};
    const char *place = u->reply.wire.ptr;
    upstream_auth_end(u);
    assert_int_equal(upstream_reply(u)->wire.len, 0);
    for (size_t i = 0; i < said.len; i++)
        assert_int_equal(place[i], '\0');
    idle_end(&idle);
    loop_destroy(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),   cmocka_unit_test(test_limits),
        cmocka_unit_test(test_keepable), cmocka_unit_test(test_identities),
        cmocka_unit_test(test_server),   cmocka_unit_test(test_login_is_wiped),
    };
    return cmocka_run_group_tests_name("upstream_keep", tests, NULL, NULL);
}
