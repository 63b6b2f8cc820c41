/* show: what a person and a program see of what is in the quarantine. */
#include "proxy/depot/show.h"

#include "tests/unit/proxy/depot/depot_folder.h"
#include "tests/unit/said.h"

#include <sysexits.h>

#define CONTENT "Subject: hi\r\n\r\n\x1b[31mred\nbare\r\n"

/* Stores a message of ${id} whose record is ${change}d from one that has everything. */
static void store(const struct folder *f, const char *id, bool pending,
                  void (*change)(struct depot_record *record))
{
    static const struct depot_recipient recipients[] = {
        {.address = SLICE_INIT("u@x"), .params = SLICE_INIT("NOTIFY=NEVER")},
        {.address = SLICE_INIT("v@x"), .by = SLICE_INIT("r2"), .reason = SLICE_INIT("why")},
    };
    struct depot_record record = {
        .id = slice_str(id),
        .time_us = 951826554007000,
        .listener = SLICE("in"),
        .policy = SLICE("default"),
        .upstream = SLICE("mta"),
        .helo = SLICE("h"),
        .sender = SLICE("a@x"),
        .recipients = recipients,
        .recipient_count = COUNT_OF(recipients),
        .party = PARTY_RULE,
        .by = SLICE("aside"),
        .reason = SLICE("odd\x1b"),
        .subject = SLICE("hi"),
        .size_bytes = sizeof CONTENT - 1,
    };
    struct slice pieces[] = {SLICE_NONE, SLICE(CONTENT)};
    struct bytes line;

    assert_int_equal(address_parse(SLICE("192.0.2.9"), &record.client), 0);
    if (change != NULL)
        change(&record);
    bytes_init(&line, SIZE_MAX);
    assert_int_equal(depot_format(&record, &line), 0);
    pieces[0] = bytes_slice(&line);
    if (pending)
        assert_int_equal(close(folder_store_pending(f, id, pieces, 2)), 0);
    else
        assert_int_equal(folder_store(f, id, pieces, 2), 0);
    bytes_fini(&line);
}

static void everybody(struct depot_record *record)
{
    static struct depot_recipient many[25];

    for (size_t i = 0; i < COUNT_OF(many); i++)
        many[i].address = SLICE("u@x");
    record->recipients = many;
    record->recipient_count = COUNT_OF(many);
}

/* What ${show} says on stdout, when it succeeds. */
static struct slice shown(struct said *said, const struct depot_request *request, const char *id)
{
    said_begin(said, stdout);
    int status = id != NULL ? show_one(request, id) : show_list(request);
    struct slice text = said_end(said);

    assert_int_equal(status, EX_OK);
    return text;
}

static void a_list(void **state)
{
    const struct folder *f = *state;
    struct depot_request request = {.name = "quarantine", .dir = f->dir};
    struct said said;

    assert_text(shown(&said, &request, NULL), "");
    store(f, "b", true, NULL);
    store(f, "a", false, NULL);
    store(f, "c", false, everybody);
    struct slice text = shown(&said, &request, NULL);
    size_t first = slice_find(text, '\n'),
           second = first + 1 + slice_find(slice_from(text, first + 1), '\n');
    assert_text(slice_first(text, first), "a  2000-02-29T12:15:54.007Z  30  <a@x> -> <u@x> <v@x>  "
                                          "aside: odd\\x1B");
    assert_text(slice_part(text, first + 1, second),
                "b  2000-02-29T12:15:54.007Z  30  unconfirmed  <a@x> -> <u@x> <v@x>  aside: "
                "odd\\x1B");
    assert_non_null(strstr(said.text, " <u@x> and 5 more  aside"));
}

static void as_json(void **state)
{
    const struct folder *f = *state;
    struct depot_request request = {.name = "quarantine", .dir = f->dir, .json = true};
    struct said said;

    store(f, "a", false, NULL);
    struct slice text = shown(&said, &request, "a");
    assert_true(slice_starts(text, SLICE("{\"version\":1,\"id\":\"a\",")));
    assert_int_equal(slice_find(text, '\n'), text.len - 1);
    assert_null(memmem(text.ptr, text.len, "\"state\"", 7));
    store(f, "b", true, NULL);
    text = shown(&said, &request, "b");
    assert_non_null(memmem(text.ptr, text.len, ",\"state\":\"unconfirmed\"}\n", 24));
}

static void as_it_is(void **state)
{
    const struct folder *f = *state;
    struct depot_request request = {.name = "quarantine", .dir = f->dir, .raw = true};
    struct said said;

    store(f, "a", false, NULL);
    assert_slice(shown(&said, &request, "a"), SLICE(CONTENT));
}

static void for_a_person(void **state)
{
    const struct folder *f = *state;
    struct depot_request request = {.name = "quarantine", .dir = f->dir};
    struct said said;

    store(f, "a", false, NULL);
    assert_text(shown(&said, &request, "a"), "id          a\n"
                                             "time        2000-02-29T12:15:54.007Z\n"
                                             "rule        aside\n"
                                             "reason      odd\\x1B\n"
                                             "listener    in\n"
                                             "policy      default\n"
                                             "upstream    mta\n"
                                             "client      192.0.2.9\n"
                                             "helo        h\n"
                                             "sender      <a@x>\n"
                                             "recipient   <u@x> NOTIFY=NEVER\n"
                                             "recipient   <v@x>  r2: why\n"
                                             "subject     hi\n"
                                             "size        30 bytes\n"
                                             "\n"
                                             "Subject: hi\n"
                                             "\n"
                                             "\\x1B[31mred\n"
                                             "bare\n");
}

static void what_cannot_be_shown(void **state)
{
    const struct folder *f = *state;
    struct depot_request request = {.name = "quarantine", .dir = f->dir};
    struct said said;

    store(f, "a", false, NULL);
    folder_write(f, "mail/b", SLICE("nonsense\n"));
    said_begin(&said, stderr);
    int absent = show_one(&request, "c"), damaged = show_one(&request, "b");
    assert_text(said_end(&said), "postern quarantine: there is no message 'c'\n"
                                 "postern quarantine: b: damaged, or no message of ours\n");
    assert_int_equal(absent, EX_NOINPUT);
    assert_int_equal(damaged, EX_DATAERR);
    struct said out;
    said_begin(&said, stderr);
    said_begin(&out, stdout);
    int status = show_list(&request);
    assert_true(slice_starts(said_end(&out), SLICE("a  "))); /* the others are listed */
    (void)said_end(&said);
    assert_int_equal(status, EX_DATAERR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_list, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(as_json, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(as_it_is, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(for_a_person, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_shown, folder_setup, folder_teardown),
    };

    return cmocka_run_group_tests_name("show", tests, NULL, NULL);
}
