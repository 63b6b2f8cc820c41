/* PROTOCOL ML07: what MTA and milter agree on. */
#include "proxy/milter/wire/packet_options.h"

#include "tests/unit/support.h"

#define ALL_6   "\0\0\0\6\0\0\1\xff\0\x1f\xff\xff"
#define OFFER_6 "\0\0\0\6\0\0\1\xff\x30\x1f\xff\xff" /* and larger commands */

static void offers(void **state)
{
    static const struct {
        uint32_t version, actions, steps;
    } rows[] = {
        {2, 0x3F, 0x7F},  {3, 0x3F, 0x17F},       {4, 0x3F, 0x37F},
        {5, 0x3F, 0x37F}, {6, 0x1FF, 0x301FFFFF},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct packet_options offer = packet_options_offer(rows[i].version);

        assert_int_equal(offer.version, rows[i].version);
        assert_int_equal(offer.actions, rows[i].actions);
        assert_int_equal(offer.steps, rows[i].steps);
        assert_int_equal(offer.symbols.given, 0);
    }
}

/* Data of an OPTNEG and its lists as "stage=list;", or NULL when it is malformed. */
static const struct {
    struct slice data;
    const char *lists;
} parsed[] = {
    {SLICE_INIT(ALL_6), ""},
    {SLICE_INIT(ALL_6 "\0\0\0\0j {x}\0"), "0=j {x};"},
    {SLICE_INIT(ALL_6 "\0\0\0\5i\0\0\0\0\6\0\0\0\0\1a b\0"), "1=a b;5=i;6=;"},
    {SLICE_INIT(ALL_6 "\0\0\0\0j\0\0\0\0\0i\0"), "0=i;"},
    {SLICE_INIT(ALL_6 "\0\0\0\7j\0\xff\xff\xff\xffj\0\0\0\0\2i\0"), "2=i;"},

    {SLICE_INIT(""), NULL},
    {SLICE_INIT("\0\0\0\6\0\0\1\xff\0\x1f\xff"), NULL},
    {SLICE_INIT("\0\0\0\6\0\0\1\xff"), NULL},
    {SLICE_INIT(ALL_6 "\0"), NULL},
    {SLICE_INIT(ALL_6 "\0\0\0\0"), NULL},
    {SLICE_INIT(ALL_6 "\0\0\0\0j"), NULL},
    {SLICE_INIT(ALL_6 "\0\0\0\0j\0\0"), NULL},
    {SLICE_INIT(ALL_6 "\0\0\0\7j"), NULL},
};

static void show_lists(const struct packet_symbols *symbols, struct bytes *out)
{
    for (size_t stage = 0; stage < PACKET_STAGE_COUNT; stage++)
        if ((symbols->given >> stage & 1) != 0)
            bytes_format(out, "%zu=%.*s;", stage, SLICE_ARG(symbols->lists[stage]));
}

static void negotiations_parsed(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(parsed); i++) {
        struct packet_fields fields = {guard_copy(&guard, parsed[i].data), false};
        struct packet_options options;
        struct bytes text;
        const char *wrong = packet_options_parse(fields, &options);

        assert_input((wrong == NULL) == (parsed[i].lists != NULL), parsed[i].data, i);
        if (wrong != NULL)
            continue;
        bytes_init(&text, 256);
        show_lists(&options.symbols, &text);
        assert_row_slice(bytes_slice(&text), slice_str(parsed[i].lists), parsed[i].lists, i);
        assert_int_equal(options.symbols.given >> PACKET_STAGE_COUNT, 0);
        assert_int_equal(options.version, 6);
        assert_int_equal(options.actions, PACKET_ACTIONS_ALL);
        assert_int_equal(options.steps, PACKET_STEPS_ALL);
        bytes_fini(&text);
    }
    guard_fini(&guard);
}

static void long_lists(void **state)
{
    struct packet_options options;
    struct bytes data;

    (void)state;
    for (size_t extra = 0; extra < 2; extra++) {
        bytes_init(&data, 8192);
        bytes_append(&data, SLICE(ALL_6 "\0\0\0\3"));
        for (size_t i = 0; i < PACKET_SYMBOLS_BYTES_MAX + extra; i++)
            bytes_append_char(&data, 'x');
        bytes_append_char(&data, '\0');
        assert_int_equal(packet_options_parse((struct packet_fields){bytes_slice(&data), false},
                                              &options) == NULL,
                         extra == 0);
        bytes_fini(&data);
    }
}

struct terms {
    uint32_t version, actions, steps;
};

/* What is offered, answered and settled; settled.version 0: they cannot work together. */
static const struct {
    const char *name;
    struct terms offer, answer, settled;
} settlements[] = {
    {"opendkim", {6, 0x1FF, 0x1FFFFF}, {6, 0x111, 0x100702}, {6, 0x111, 0x100702}},
    {"rspamd", {6, 0x1FF, 0x1FFFFF}, {6, 0x1FF, 0xFF480}, {6, 0x1FF, 0xFF480}},
    {"nothing wanted", {6, 0x1FF, 0x1FFFFF}, {6, 0, 0}, {6, 0, 0}},
    {"version 2", {6, 0x1FF, 0x1FFFFF}, {2, 0x3F, 0x7F}, {2, 0x3F, 0x37F}},
    {"version 2, later bits", {6, 0x1FF, 0x1FFFFF}, {2, 0x1FF, 0x1FFFFF}, {2, 0x3F, 0x37F}},
    {"version 3", {6, 0x1FF, 0x1FFFFF}, {3, 0x1F, 0x100}, {3, 0x1F, 0x300}},
    {"version 3, events", {6, 0x1FF, 0x1FFFFF}, {3, 0x1F, 0}, {3, 0x1F, 0x200}},
    {"version 4", {6, 0x1FF, 0x1FFFFF}, {4, 0x3F, 0x481}, {4, 0x3F, 1}},
    {"version 5", {6, 0x1FF, 0x1FFFFF}, {5, 0x1FF, 0x1FFFFF}, {5, 0x3F, 0x37F}},
    {"offered 2", {2, 0x3F, 0x7F}, {2, 0x11, 0x41}, {2, 0x11, 0x341}},
    {"unknown steps", {6, 0x1FF, 0x1FFFFF}, {6, 1, 0x8FE00001}, {6, 1, 1}},
    {"steps not offered", {6, 0x1FF, 0x7F}, {6, 1, 0x1FFFFF}, {6, 1, 0x7F}},
    {"more data, not offered", {6, 0x1FF, 0x1FFFFF}, {6, 1, 0x30000000}, {6, 1, 0}},
    {"more data", {6, 0x1FF, 0x301FFFFF}, {6, 1, 0x10000001}, {6, 1, 0x10000001}},
    {"an action not offered", {6, 0x00F, 0x1FFFFF}, {6, 0x010, 0}, {0, 0, 0}},
    {"an unknown action", {6, 0x1FF, 0x1FFFFF}, {6, 0x201, 0}, {0, 0, 0}},
    {"version 7", {6, 0x1FF, 0x1FFFFF}, {7, 0, 0}, {0, 0, 0}},
    {"newer than the offer", {4, 0x3F, 0x37F}, {6, 0, 0}, {0, 0, 0}},
    {"version 1", {6, 0x1FF, 0x1FFFFF}, {1, 0, 0}, {0, 0, 0}},
    {"version 0", {6, 0x1FF, 0x1FFFFF}, {0, 0, 0}, {0, 0, 0}},
};

static struct packet_options options_of(struct terms terms)
{
    return (struct packet_options){
        .version = terms.version, .actions = terms.actions, .steps = terms.steps};
}

static void settled(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(settlements); i++) {
        const char *name = settlements[i].name;
        struct packet_options offer = options_of(settlements[i].offer);
        struct packet_options options = options_of(settlements[i].answer);
        const char *wrong = packet_options_settle(&offer, &options, &options);

        assert_row((wrong == NULL) == (settlements[i].settled.version > 0), name, i);
        if (wrong != NULL)
            continue;
        assert_row(options.version == settlements[i].settled.version, name, i);
        assert_row(options.actions == settlements[i].settled.actions, name, i);
        assert_row(options.steps == settlements[i].settled.steps, name, i);
    }
}

/* Lists count only where they could be sent. */
static void lists_settled(void **state)
{
    static const struct {
        struct terms offer;
        uint32_t version;
        unsigned given;
    } rows[] = {
        {{6, 0x1FF, 0x1FFFFF}, 6, 1},
        {{6, 0x0FF, 0x1FFFFF}, 6, 0},
        {{6, 0x1FF, 0x1FFFFF}, 4, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct packet_options offer = options_of(rows[i].offer);
        struct packet_options answer = {.version = rows[i].version, .symbols.given = 1};

        assert_null(packet_options_settle(&offer, &answer, &answer));
        assert_row(answer.symbols.given == rows[i].given, "lists", i);
    }
}

static void data_limits(void **state)
{
    static const struct {
        uint32_t steps;
        size_t max;
    } rows[] = {
        {0, 65535},
        {PACKET_STEPS_ALL, 65535},
        {PACKET_STEP_DATA_256K, 262143},
        {PACKET_STEP_DATA_1M, 1048575},
        {(uint32_t)PACKET_STEP_DATA_1M | (uint32_t)PACKET_STEP_DATA_256K, 1048575},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct packet_options options = {.steps = rows[i].steps};

        assert_row(packet_options_data_max(&options) == rows[i].max, "limit", i);
    }
}

/* Of each command: the bits that leave it, and its reply, out; whether it has a reply at all. */
static const struct {
    enum packet_command_kind command;
    uint32_t unsent, unanswered;
    bool answered;
} events[] = {
    {PACKET_COMMAND_CONNECT, 0x1, 0x1000, true}, {PACKET_COMMAND_HELO, 0x2, 0x2000, true},
    {PACKET_COMMAND_MAIL, 0x4, 0x4000, true},    {PACKET_COMMAND_RCPT, 0x8, 0x8000, true},
    {PACKET_COMMAND_BODY, 0x10, 0x80000, true},  {PACKET_COMMAND_HEADER, 0x20, 0x80, true},
    {PACKET_COMMAND_EOH, 0x40, 0x40000, true},   {PACKET_COMMAND_UNKNOWN, 0x100, 0x20000, true},
    {PACKET_COMMAND_DATA, 0x200, 0x10000, true}, {PACKET_COMMAND_BODYEOB, 0, 0, true},
    {PACKET_COMMAND_OPTNEG, 0, 0, true},         {PACKET_COMMAND_MACRO, 0, 0, false},
    {PACKET_COMMAND_ABORT, 0, 0, false},         {PACKET_COMMAND_QUIT, 0, 0, false},
    {PACKET_COMMAND_QUIT_NC, 0, 0, false},
};

static void events_left_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(events); i++)
        for (int bit = 0; bit < 32; bit++) {
            struct packet_options options = {.steps = 1U << bit};
            bool sent = (events[i].unsent & options.steps) == 0;
            bool answered = events[i].answered && sent;

            answered = answered && (events[i].unanswered & options.steps) == 0;
            assert_row(packet_options_sends(&options, events[i].command) == sent, "sends", i);
            assert_row(packet_options_waits(&options, events[i].command) == answered, "waits", i);
        }
}

static void written(void **state)
{
    struct packet_options options = packet_options_offer(6);
    struct bytes out;

    (void)state;
    bytes_init(&out, 64);
    options.symbols.given = 1U << PACKET_STAGE_EOM | 1U << PACKET_STAGE_HELO;
    options.symbols.lists[PACKET_STAGE_EOM] = SLICE("i {msg_id}");
    packet_options_put(&out, &options);
    assert_slice(bytes_slice(&out), SLICE(OFFER_6 "\0\0\0\1\0\0\0\0\5i {msg_id}\0"));
    bytes_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offers),          cmocka_unit_test(negotiations_parsed),
        cmocka_unit_test(long_lists),      cmocka_unit_test(settled),
        cmocka_unit_test(lists_settled),   cmocka_unit_test(data_limits),
        cmocka_unit_test(events_left_out), cmocka_unit_test(written),
    };

    return cmocka_run_group_tests_name("packet_options", tests, NULL, NULL);
}
