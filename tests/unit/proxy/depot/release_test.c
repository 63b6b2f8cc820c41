/* release: what leaves the store, what stays, and what the person hears. */
#include "proxy/depot/release.h"

#include "conf/config.h"
#include "tests/unit/configured.h"
#include "tests/unit/proxy/depot/depot_folder.h"
#include "tests/unit/proxy/depot/mail_server.h"
#include "tests/unit/said.h"

#include <sysexits.h>

#define CONTENT "Subject: hi\r\n\r\nbody\r\n"
#define BEGUN   "220 a\r\n", "250 a\r\n", "250 m\r\n"

static void store(const struct folder *f, const char *upstream, bool pending)
{
    static const struct depot_recipient recipients[] = {{.address = SLICE_INIT("u@y")},
                                                        {.address = SLICE_INIT("v@y")}};
    const struct depot_record record = {.id = SLICE("a"),
                                        .upstream = slice_str(upstream),
                                        .sender = SLICE("a@x"),
                                        .recipients = recipients,
                                        .recipient_count = COUNT_OF(recipients),
                                        .party = PARTY_RULE,
                                        .size_bytes = sizeof CONTENT - 1};
    struct slice pieces[] = {SLICE_NONE, SLICE(CONTENT)};
    struct bytes line;

    bytes_init(&line, SIZE_MAX);
    assert_int_equal(depot_format(&record, &line), 0);
    pieces[0] = bytes_slice(&line);
    if (pending)
        assert_int_equal(close(folder_store_pending(f, "a", pieces, 2)), 0);
    else
        assert_int_equal(folder_store(f, "a", pieces, 2), 0);
    bytes_fini(&line);
}

struct row {
    const char *script[10];
    int status;
    const char *out;
    size_t left; /* messages in mail/ */
    const char *to;
};

/* Releases the message towards a server with that script. */
static void check(const struct folder *f, const struct row *row)
{
    struct mail_server server;
    struct said out, error;
    char settings[128];

    mail_server_begin(&server, row->script);
    (void)snprintf(settings, sizeof settings,
                   "upstreams = ( { name = \"mta\"; address = \"127.0.0.1:%u\"; } );\n",
                   (unsigned)server.port);
    struct depot_request request = {.config = configured(settings),
                                    .name = "quarantine",
                                    .dir = f->dir,
                                    .to = slice_str(row->to)};
    said_begin(&error, stderr);
    said_begin(&out, stdout);
    int status = release_message(&request, "a");
    struct slice told = said_end(&out);
    assert_text(said_end(&error), "");
    assert_text(told, row->out);
    assert_int_equal(status, row->status);
    assert_int_equal(folder_count(f, "mail"), row->left);
    (void)mail_server_end(&server);
    config_unref(request.config);
}

static void all_of_it(void **state)
{
    static const struct row row = {
        {BEGUN, "250 u\r\n", "250 v\r\n", "354 go\r\n", "250 queued\r\n", "221 b\r\n"},
        EX_OK,
        "a  <u@y>: released: 250 queued\na  <v@y>: released: 250 queued\n",
        0,
        NULL};

    store(*state, "mta", false);
    check(*state, &row);
}

static void a_part(void **state)
{
    static const struct row first = {
        {BEGUN, "250 u\r\n", "450 busy\r\n", "354 go\r\n", "250 queued\r\n", "221 b\r\n"},
        EX_TEMPFAIL,
        "a  <u@y>: released: 250 queued\na  <v@y>: refused: 450 busy\n",
        1,
        NULL};
    static const struct row second = {
        {BEGUN, "250 v\r\n", "354 go\r\n", "250 queued\r\n", "221 b\r\n"},
        EX_OK,
        "a  <v@y>: released: 250 queued\n", /* nobody gets it twice */
        0,
        NULL};

    store(*state, "mta", false);
    check(*state, &first);
    check(*state, &second);
}

static void refused(void **state)
{
    static const struct row row = {{BEGUN, "550 who\r\n", "550 who\r\n", "221 b\r\n"},
                                   EX_UNAVAILABLE,
                                   "a  <u@y>: refused: 550 who\na  <v@y>: refused: 550 who\n",
                                   1,
                                   NULL};

    store(*state, "mta", false);
    check(*state, &row);
}

static void a_copy(void **state)
{
    static const struct row row = {
        {BEGUN, "250 me\r\n", "354 go\r\n", "250 queued\r\n", "221 b\r\n"},
        EX_OK,
        "a  <me@z>: released: 250 queued\n",
        1,
        "me@z"};

    store(*state, "mta", false);
    check(*state, &row);
}

/* What cannot be sent at all; nobody is asked. */
static void not_sent(void **state)
{
    const struct folder *f = *state;
    struct depot_request request = {.config = configured(""), .name = "quarantine", .dir = f->dir};
    struct said error;

    store(f, "gone", false);
    said_begin(&error, stderr);
    int absent = release_message(&request, "b"), lost = release_message(&request, "a");
    assert_text(said_end(&error),
                "postern quarantine: there is no message 'b'\n"
                "postern quarantine: a: its upstream is not in the configuration any more\n");
    assert_int_equal(absent, EX_NOINPUT);
    assert_int_equal(lost, EX_CONFIG);
    assert_int_equal(folder_count(f, "mail"), 1);
    config_unref(request.config);
}

static void unconfirmed(void **state)
{
    const struct folder *f = *state;
    struct depot_request request = {.config = configured(""), .name = "quarantine", .dir = f->dir};
    struct said error;

    store(f, "gone", true);
    said_begin(&error, stderr);
    int refused = release_message(&request, "a");
    assert_true(slice_starts(said_end(&error), SLICE("postern quarantine: a: unconfirmed: ")));
    assert_int_equal(refused, EX_NOPERM);
    request.force = true;
    said_begin(&error, stderr);
    assert_int_equal(release_message(&request, "a"), EX_CONFIG); /* further, at least */
    (void)said_end(&error);
    config_unref(request.config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_of_it, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(a_part, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(refused, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(a_copy, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(not_sent, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(unconfirmed, folder_setup, folder_teardown),
    };

    return cmocka_run_group_tests_name("release", tests, NULL, NULL);
}
