/* depot_read: what was written is read back; what is anything else is damage. */
#include "conf/file.h"
#include "proxy/depot/depot_read.h"
#include "tests/unit/proxy/depot/depot_folder.h"

#include <sys/file.h>
#include <sys/syscall.h>

/* What another process does just before the next lock is taken, in the place of the C library's
 * call. */
static struct errand {
    void (*run)(const struct folder *f); /* NULL: nothing */
    const struct folder *folder;
} before_lock;

int flock(int fd, int operation)
{
    struct errand errand = before_lock;
    before_lock.run = NULL;
    if (errand.run != NULL)
        errand.run(errand.folder);
    return (int)syscall(SYS_flock, fd, operation);
}

static const struct depot_recipient RECIPIENTS[] = {
    {.address = SLICE_INIT("u@x"), .params = SLICE_INIT("NOTIFY=NEVER ORCPT=rfc822;u+40x")},
    {.address = SLICE_INIT("\"a >\\\" b\"@x"), .by = SLICE_INIT("r"), .reason = SLICE_INIT("why")},
    {.address = SLICE_INIT("\xc3\xbc@x")},
    {.address = SLICE_INIT("\"a\\x41\"@x")},
};

static struct depot_record example(void)
{
    struct depot_record record = {
        .id = SLICE("a.1"),
        .time_us = 1795264826571234,
        .listener = SLICE("in"),
        .policy = SLICE("default"),
        .upstream = SLICE("mta"),
        .destination = SLICE("192.0.2.1:25"),
        .helo = SLICE("h"),
        .auth = SLICE("bob"),
        .sender = SLICE(""),
        .params = SLICE("BODY=8BITMIME SMTPUTF8"),
        .recipients = RECIPIENTS,
        .recipient_count = COUNT_OF(RECIPIENTS),
        .party = PARTY_MILTER,
        .by = SLICE("aside"),
        .reason = SLICE("odd \"body\""),
        .subject = SLICE("\x1b[31m\0\xff"),
        .from = SLICE("F <f@x>"),
        .message_id = SLICE("<1@x>"),
        .size_bytes = 6,
    };
    assert_int_equal(address_parse(SLICE("192.0.2.9"), &record.client), 0);
    return record;
}

static void assert_same(const struct depot_record *got, const struct depot_record *wanted)
{
    assert_slice(got->id, wanted->id);
    assert_true(got->time_us == wanted->time_us && got->size_bytes == wanted->size_bytes);
    assert_slice(got->listener, wanted->listener);
    assert_slice(got->policy, wanted->policy);
    assert_slice(got->upstream, wanted->upstream);
    assert_slice(got->destination, wanted->destination);
    assert_true(address_equal(&got->client, &wanted->client));
    assert_slice(got->helo, wanted->helo);
    assert_slice(got->auth, wanted->auth);
    assert_slice(got->sender, wanted->sender);
    assert_slice(got->params, wanted->params);
    assert_int_equal(got->party, wanted->party);
    assert_slice(got->by, wanted->by);
    assert_slice(got->reason, wanted->reason);
    assert_slice(got->from, wanted->from);
    assert_slice(got->message_id, wanted->message_id);
    assert_int_equal(got->recipient_count, wanted->recipient_count);
    for (size_t i = 0; i < wanted->recipient_count; i++) {
        assert_slice(got->recipients[i].address, wanted->recipients[i].address);
        assert_slice(got->recipients[i].params, wanted->recipients[i].params);
        assert_slice(got->recipients[i].by, wanted->recipients[i].by);
        assert_slice(got->recipients[i].reason, wanted->recipients[i].reason);
    }
}

/* Stores the example, or a text in its place. */
static void store(const struct folder *f, const char *id, struct slice line, struct slice message)
{
    const struct slice pieces[] = {line, message};
    assert_int_equal(folder_store(f, id, pieces, 2), 0);
}

static void store_example(const struct folder *f)
{
    struct depot_record record = example();
    struct bytes line;
    bytes_init(&line, 65536);
    assert_int_equal(depot_format(&record, &line), 0);
    store(f, "a.1", bytes_slice(&line), SLICE("a\r\nb\n\xff"));
    bytes_fini(&line);
}

static void round_trip(void **state)
{
    struct folder *f = *state;
    struct depot_record wanted = example();
    struct depot_entry entry;
    store_example(f);
    assert_int_equal(depot_open(&entry, f->dir, "a.1", false), DEPOT_OK);
    assert_same(&entry.record, &wanted);
    assert_slice(entry.message, SLICE("a\r\nb\n\xff"));
    assert_int_equal(entry.line.ptr[entry.line.len - 1], '}');
    depot_close(&entry);
}

static void is_absent(void **state)
{
    struct folder *f = *state;
    struct depot_entry entry;
    assert_int_equal(depot_open(&entry, f->dir, "a.1", true), DEPOT_ABSENT);
    store_example(f);
    assert_int_equal(depot_open(&entry, f->dir, "b", true), DEPOT_ABSENT);
    assert_int_equal(depot_open(&entry, f->dir, "../mail/a.1", true), DEPOT_ABSENT);
    assert_int_equal(depot_open(&entry, f->dir, "", true), DEPOT_ABSENT);
}

static void only_one_works_on_it(void **state)
{
    struct folder *f = *state;
    struct depot_entry one, other;
    store_example(f);
    assert_int_equal(depot_open(&one, f->dir, "a.1", true), DEPOT_OK);
    assert_int_equal(depot_open(&other, f->dir, "a.1", true), DEPOT_BUSY);
    assert_int_equal(depot_open(&other, f->dir, "a.1", false), DEPOT_OK);
    depot_close(&other);
    depot_close(&one);
    assert_int_equal(depot_open(&other, f->dir, "a.1", true), DEPOT_OK);
    depot_close(&other);
}

#define HEAD "{\"version\":1,\"id\":\"x\",\"time_us\":1,\"size\":2,"
#define TO   "\"recipients\":[{\"address\":\"u@x\"}]"
#define FROM "\"sender\":\"a@b\","

/* The least that is a record, and what is wrong with the others. */
static void damage(void **state)
{
    static const struct slice LINES[] = {
        SLICE_INIT(""),
        SLICE_INIT("\n"),
        SLICE_INIT("{}\n"),
        SLICE_INIT("[]\n"),
        SLICE_INIT("null\n"),
        SLICE_INIT("\0\0\0\n"),
        SLICE_INIT(HEAD FROM TO), /* no line end */
        SLICE_INIT(HEAD FROM TO "\n"),
        SLICE_INIT(HEAD TO "}\n"),
        SLICE_INIT(HEAD "\"sender\":5," TO "}\n"),
        SLICE_INIT(HEAD "\"sender\":\"a\\r\\nRCPT TO:<x@y>\"," TO "}\n"),
        SLICE_INIT(HEAD FROM "\"recipients\":[{\"address\":\"u@x\\u0000\"}]}\n"),
        SLICE_INIT(HEAD FROM "\"recipients\":[{\"address\":\"\"}]}\n"),
        SLICE_INIT(HEAD FROM "\"recipients\":[\"u@x\"]}\n"),
        SLICE_INIT(HEAD FROM "\"recipients\":{}}\n"),
        SLICE_INIT(HEAD FROM TO ",\"parameters\":\"A=B\\nQUIT\"}\n"),
        SLICE_INIT(HEAD FROM "\"recipients\":[{\"address\":\"u@x\",\"parameters\":\"\\r\"}]}\n"),
        SLICE_INIT(HEAD FROM TO ",\"reason\":[]}\n"),
        SLICE_INIT(HEAD FROM "\"recipients\":[{\"address\":\"u@x> NOTIFY=NEVER\"}]}\n"),
        SLICE_INIT(HEAD FROM "\"recipients\":[{\"address\":\"u@x>\"}]}\n"),
        SLICE_INIT(HEAD FROM "\"recipients\":[{\"address\":\"u@x,v@x\"}]}\n"),
        SLICE_INIT(HEAD FROM "\"recipients\":[{\"address\":\"@a:u@x\"}]}\n"),
        SLICE_INIT(HEAD FROM "\"recipients\":[{\"address\":\"u@x\",\"parameters\":\"A=B =C\"}]}\n"),
        SLICE_INIT(HEAD "\"sender\":\"a@b> BODY=7BIT\"," TO "}\n"),
        SLICE_INIT(HEAD "\"sender\":\">\"," TO "}\n"),
        SLICE_INIT(HEAD FROM TO ",\"parameters\":\"RET=HDRS RET=FULL\"}\n"),
        SLICE_INIT("{\"id\":\"x\",\"time_us\":1,\"size\":2," FROM TO "}\n"),
        SLICE_INIT("{\"version\":\"1\",\"id\":\"x\",\"time_us\":1,\"size\":2," FROM TO "}\n"),
        SLICE_INIT("{\"version\":1,\"id\":\"y\",\"time_us\":1,\"size\":2," FROM TO "}\n"),
        SLICE_INIT("{\"version\":1,\"id\":\"x\",\"time_us\":1,\"size\":3," FROM TO "}\n"),
        SLICE_INIT("{\"version\":1,\"id\":\"x\",\"time_us\":-1,\"size\":2," FROM TO "}\n"),
        SLICE_INIT("{\"version\":1,\"id\":\"x\",\"time_us\":\"1\",\"size\":2," FROM TO "}\n"),
    };
    struct folder *f = *state;
    struct depot_entry entry;
    store(f, "x", SLICE(HEAD FROM TO "}\n"), SLICE("ab"));
    assert_int_equal(depot_open(&entry, f->dir, "x", true), DEPOT_OK);
    depot_close(&entry);
    for (size_t i = 0; i < COUNT_OF(LINES); i++) {
        folder_write(f, "mail/x", LINES[i]);
        char path[256];
        FILE *file = fopen(folder_path(f, "mail/x", path), "a");
        assert_non_null(file);
        if (LINES[i].len > 0 && LINES[i].ptr[LINES[i].len - 1] == '\n')
            assert_int_equal(fwrite("ab", 1, 2, file), 2);
        assert_int_equal(fclose(file), 0);
        if (depot_open(&entry, f->dir, "x", true) != DEPOT_DAMAGED)
            fail_msg("line %zu is taken for a record", i);
    }
}

/* A later version's is not damaged, and not understood, whatever else stands in it. */
static void other_versions(void **state)
{
    static const char *const LINES[] = {
        "{\"version\":2,\"id\":\"x\",\"time_us\":1,\"size\":2," FROM TO "}\n",
        "{\"version\":0}\n",
        "{\"version\":99,\"recipients\":7}\n",
    };
    struct folder *f = *state;
    struct depot_entry entry;
    store(f, "x", SLICE(HEAD FROM TO "}\n"), SLICE("ab"));
    for (size_t i = 0; i < COUNT_OF(LINES); i++) {
        folder_write(f, "mail/x", slice_str(LINES[i]));
        assert_int_equal(depot_open(&entry, f->dir, "x", i > 0), DEPOT_FOREIGN);
    }
}

/* A pending copy: under way while its owner lives, then unconfirmed. */
static void states(void **state)
{
    const struct slice pieces[] = {SLICE(HEAD FROM TO "}\n"), SLICE("ab")};
    struct folder *f = *state;
    struct depot_entry entry;
    int lock = folder_store_pending(f, "x", pieces, 2);
    for (unsigned i = 0; i < 2; i++) { /* looking locks nobody out */
        assert_int_equal(depot_open(&entry, f->dir, "x", false), DEPOT_OK);
        assert_int_equal(entry.state, DEPOT_UNDER_WAY);
        depot_close(&entry);
        assert_int_equal(depot_open(&entry, f->dir, "x", true), DEPOT_BUSY);
    }
    assert_int_equal(close(lock), 0);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(depot_open(&entry, f->dir, "x", i > 0), DEPOT_OK);
        assert_int_equal(entry.state, DEPOT_UNCONFIRMED);
        depot_close(&entry);
    }
    assert_int_equal(depot_confirm(f->dir, "x"), 0);
    assert_int_equal(depot_open(&entry, f->dir, "x", true), DEPOT_OK);
    assert_int_equal(entry.state, DEPOT_KEPT);
    depot_close(&entry);
}

static void replace_example(const struct folder *f)
{
    char path[256];
    struct bytes whole;
    bytes_init(&whole, 1 << 20);
    assert_null(file_read(folder_path(f, "mail/a.1", path), &whole));
    const struct slice piece = bytes_slice(&whole);
    assert_int_equal(depot_replace(f->dir, "a.1", &piece, 1), 0);
    bytes_fini(&whole);
}

static void remove_example(const struct folder *f)
{
    assert_int_equal(depot_remove(f->dir, "a.1"), 0);
}

/* Between opening a file and locking it another command may put an heir in its place, or remove it:
 * whoever locks what has no name any more would release it once more. */
static void changed_before_the_lock(void **state)
{
    struct folder *f = *state;
    struct depot_entry entry;
    store_example(f);
    before_lock = (struct errand){replace_example, f};
    assert_int_equal(depot_open(&entry, f->dir, "a.1", true), DEPOT_BUSY);
    assert_int_equal(depot_open(&entry, f->dir, "a.1", true), DEPOT_OK);
    depot_close(&entry);
    before_lock = (struct errand){remove_example, f};
    assert_int_equal(depot_open(&entry, f->dir, "a.1", true), DEPOT_ABSENT);
    assert_int_equal(depot_open(&entry, f->dir, "a.1", true), DEPOT_ABSENT);
}

/* Neither followed nor waited for. */
static void strange_files(void **state)
{
    struct folder *f = *state;
    char link[256], pipe[256], folder[256];
    struct depot_entry entry;
    store_example(f);
    assert_int_equal(symlink("a.1", folder_path(f, "mail/link", link)), 0);
    assert_int_equal(mkfifo(folder_path(f, "mail/pipe", pipe), 0600), 0);
    assert_int_equal(mkdir(folder_path(f, "mail/folder", folder), 0700), 0);
    assert_int_equal(depot_open(&entry, f->dir, "link", true), DEPOT_DAMAGED);
    assert_int_equal(depot_open(&entry, f->dir, "pipe", true), DEPOT_DAMAGED);
    assert_int_equal(depot_open(&entry, f->dir, "folder", true), DEPOT_DAMAGED);
}

static void lists_in_order(void **state)
{
    static const char *const NAMES[] = {"c", "a.2", "b", "a.10", "a.1"};
    static const char *const SORTED[] = {"a.1", "a.10", "a.2", "b", "c", "d"};
    struct folder *f = *state;
    struct arena arena;
    struct slice *ids;
    size_t count;
    arena_init(&arena, 256, 65536);
    ids = &(struct slice){0};
    assert_int_equal(depot_list(f->dir, &arena, &ids, &count), 0);
    assert_null(ids);
    assert_int_equal(count, 0);
    for (size_t i = 0; i < COUNT_OF(NAMES); i++)
        store(f, NAMES[i], SLICE("x\n"), SLICE("y"));
    folder_write(f, "pending/b", SLICE("x")); /* on its way to mail */
    folder_write(f, "pending/d", SLICE("x"));
    folder_write(f, "mail/no_id", SLICE("x"));
    folder_write(f, "mail/.hidden", SLICE("x"));
    assert_int_equal(depot_list(f->dir, &arena, &ids, &count), 0);
    assert_int_equal(count, COUNT_OF(SORTED));
    for (size_t i = 0; i < count; i++)
        assert_string_equal(ids[i].ptr, SORTED[i]);
    arena_fini(&arena);
}

/* Some of them are not all of them. */
static void lists_all_or_none(void **state)
{
    struct folder *f = *state;
    struct arena arena;
    struct slice *ids;
    size_t count;
    char path[256];
    for (int i = 0; i < 9; i++) {
        const char name[] = {'a', (char)('0' + i), '\0'};
        store(f, name, SLICE("x\n"), SLICE("y"));
    }
    arena_init(&arena, 64, 128);
    errno = 0;
    assert_int_equal(depot_list(f->dir, &arena, &ids, &count), -1);
    assert_int_equal(errno, ENOMEM);
    arena_fini(&arena);
    arena_init(&arena, 256, 65536);
    assert_int_equal(depot_list(folder_path(f, "mail/a1", path), &arena, &ids, &count), -1);
    assert_int_equal(errno, ENOTDIR);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(round_trip, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(is_absent, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(only_one_works_on_it, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(damage, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(other_versions, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(states, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(changed_before_the_lock, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(strange_files, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(lists_in_order, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(lists_all_or_none, folder_setup, folder_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
