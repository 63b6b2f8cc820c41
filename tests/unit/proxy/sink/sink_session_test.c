/* sink_session: whole conversations, each at once, byte by byte and in two pieces: the same replies
 * in the same order, and the same mail.
 */
#include "filters/base/address.h"
#include "filters/base/bytes.h"
#include "proxy/sink/sink_session.h"
#include "tests/unit/proxy/net/ground.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

struct scene {
    struct sink_shared shared;
    char folder[64];
    char error[512];
    int descriptors;
};

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    s->descriptors = count_descriptors();
    (void)snprintf(s->folder, sizeof(s->folder), "/tmp/postern-sink-XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    s->shared.hostname = SLICE("sink.test");
    s->shared.maildir = maildir_open(s->folder, s->error, sizeof(s->error));
    s->shared.loop = loop_create();
    assert_non_null(s->shared.maildir);
    assert_non_null(s->shared.loop);
    *state = s;
    return 0;
}

/* take_mail(s, out): appends all stored messages to ${out} and removes them. */
static void take_mail(struct scene *s, struct bytes *out)
{
    char path[400], text[4096];
    (void)snprintf(path, sizeof(path), "%s/new", s->folder);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof(path), "%s/new/%s", s->folder, entry->d_name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t got = read(fd, text, sizeof(text));
        assert_true(got >= 0);
        bytes_append(out, slice_make(text, (size_t)got));
        assert_int_equal(close(fd), 0);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(closedir(dir), 0);
}

static int teardown(void **state)
{
    struct scene *s = *state;
    static const char *const folders[] = {"tmp", "new", "cur"};
    assert_null(s->shared.sessions);
    loop_destroy(s->shared.loop);
    maildir_close(s->shared.maildir);
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        char path[100];
        (void)snprintf(path, sizeof(path), "%s/%s", s->folder, folders[i]);
        assert_int_equal(rmdir(path), 0); /* so nothing half-written is left */
    }
    assert_int_equal(rmdir(s->folder), 0);
    assert_int_equal(count_descriptors(), s->descriptors);
    free(s);
    return 0;
}

#define EHLO_REPLY                                                                                 \
    "250-sink.test|250-PIPELINING|250-SIZE 104857600|250-8BITMIME|250-SMTPUTF8|250-DSN|"           \
    "250 ENHANCEDSTATUSCODES|"

struct row {
    const char *name;
    const char *said;
    const char *replies; /* the codes, or whole lines, "|" for each line end; after the greeting */
    const char *mail;
};

static const struct row rows[] = {
    {"one message",
     "EHLO c\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<u@x.test>\r\nRCPT TO:<v@x.test>\r\nDATA\r\n"
     "Subject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n",
     EHLO_REPLY "250 2.1.0|250 2.1.5|250 2.1.5|354|250 2.0.0|221 2.0.0|",
     "Return-Path: <a@b.test>\nX-Envelope-To: u@x.test\nX-Envelope-To: v@x.test\n"
     "Subject: x\n\n.dot\n"},
    {"HELO, the null sender, an empty message",
     "helo c\r\nmail from:<>\r\nrcpt to:<Postmaster>\r\ndata\r\n.\r\nquit\r\n",
     "250 sink.test|250 2.1.0|250 2.1.5|354|250 2.0.0|221|",
     "Return-Path: <>\nX-Envelope-To: Postmaster\n"},
    {"only CRLF.CRLF ends",
     "EHLO c\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<u@x.test>\r\nDATA\r\na\n.\nb\r\n.\nc\r.\r\nd\r\n"
     ".\r\nQUIT\r\n",
     EHLO_REPLY "250|250|354|250 2.0.0|221|",
     "Return-Path: <a@b.test>\nX-Envelope-To: u@x.test\na\n.\nb\n.\nc .\nd\n"},
    {"no extensions after HELO",
     "HELO c\r\nMAIL FROM:<a@b.test> SIZE=1\r\nMAIL FROM:<\xc3\xbc@b.test> SMTPUTF8\r\nQUIT\r\n",
     "250 sink.test|555 5.5.4|553 5.6.7|221|", ""},
    {"order",
     "MAIL FROM:<a@b.test>\r\nRCPT TO:<a@b.test>\r\nDATA\r\nEHLO c\r\nRCPT TO:<a@b.test>\r\n"
     "MAIL FROM:<a@b.test>\r\nMAIL FROM:<a@b.test>\r\nDATA\r\nQUIT\r\n",
     "503|503|503|" EHLO_REPLY "503|250|503|503 5.5.1 No recipients|221|", ""},
    {"nothing stays after RSET, EHLO or a message",
     "EHLO c\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<u@x.test>\r\nRSET\r\nDATA\r\nMAIL "
     "FROM:<a@b.test>\r\nRCPT TO:<u@x.test>\r\nHELO c\r\nDATA\r\nMAIL FROM:<c@d.test>\r\nRCPT "
     "TO:<w@x.test>\r\nDATA\r\nx\r\n.\r\nRCPT TO:<u@x.test>\r\nQUIT\r\n",
     EHLO_REPLY "250|250|250 2.0.0|503|250|250|250 sink.test|503|250|250|354|250|503|221|",
     "Return-Path: <c@d.test>\nX-Envelope-To: w@x.test\nx\n"},
    {"LHLO is for LMTP", "LHLO c\r\nQUIT\r\n", "500|221|", ""},
    {"arguments and verbs",
     "EHLO\r\nDATA x\r\nRSET x\r\nQUIT x\r\nNOOP x\r\nVRFY\r\nVRFY a\r\nHELP\r\nEXPN a\r\n"
     "STARTTLS\r\nAUTH PLAIN\r\nBDAT 5\r\nFOO\r\n\r\nQUIT\r\n",
     "501|501|501|501|250|501|252|214|502|502|502|502|500|500|221|", ""},
    {"bad paths",
     "EHLO c\r\nMAIL <a@b.test>\r\nMAIL FROM:<a\r\nMAIL FROM:<a@b.test> FOO=1\r\n"
     "MAIL FROM:<a@b.test> SIZE=104857601\r\nMAIL FROM:<a@b.test> BODY=9BIT\r\n"
     "MAIL FROM:<a@b.test> SIZE=104857600\r\nRCPT TO:<>\r\nRCPT TO:<u@x.test>\r\nQUIT\r\n",
     EHLO_REPLY "501|501|555|552|501|250|501|250|221|", ""},
    {"what is not stored is not there",
     "EHLO c\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<u@x.test>\r\nDATA\r\nhalf\r\n",
     EHLO_REPLY "250|250|354|", ""},
    {"a bare CR closes", "NOOP\r\nNO\rOP\r\nNOOP\r\n", "250|500|", ""},
    {"a command may end in LF", "NOOP\nQUIT\n", "250|221|", ""},
    {"nothing is obeyed after QUIT", "QUIT\r\nNOOP\r\n", "221|", ""},
};

/* R106 to R108. */
static const struct row lmtp_rows[] = {
    {"each recipient its reply",
     "HELO c\r\nEHLO c\r\nLHLO c\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<u@x.test>\r\nRCPT TO:<>\r\n"
     "RCPT TO:<v@x.test>\r\nDATA\r\nx\r\n.\r\nNOOP\r\nQUIT\r\n",
     "500|500|" EHLO_REPLY "250 2.1.0|250 2.1.5|501|250 2.1.5|354|250 2.0.0 Ok: q|250 2.0.0 Ok: q|"
     "250 2.0.0 Ok|221|",
     "Return-Path: <a@b.test>\nX-Envelope-To: u@x.test\nX-Envelope-To: v@x.test\nx\n"},
    {"no recipient", "LHLO c\r\nMAIL FROM:<a@b.test>\r\nDATA\r\nQUIT\r\n",
     EHLO_REPLY "250|503|221|", ""},
};

/* next_line(text, end): takes a line off the front of ${text}. */
static struct slice next_line(struct slice *text, const char *end)
{
    size_t len = slice_find(*text, *end);
    struct slice line = slice_first(*text, len);
    *text = slice_from(*text, len == SLICE_NOT_FOUND ? text->len : len + strlen(end));
    return line;
}

static void assert_replies(const struct row *row, size_t cut, struct slice greeting,
                           struct slice heard)
{
    struct slice want = slice_str(row->replies);
    assert_row(slice_starts(heard, greeting), row->name, cut);
    (void)next_line(&heard, "\r\n");
    while (want.len > 0) {
        struct slice line = next_line(&heard, "\r\n");
        if (!slice_starts(line, next_line(&want, "|"))) {
            support_print("reply", line);
            assert_row(false, row->name, cut);
        }
    }
    assert_row(heard.len == 0, row->name, cut);
}

/* hear(fd, loop, heard): reads until the sink closes. */
static void hear(int fd, struct loop *loop, struct bytes *heard)
{
    char block[4096];
    for (uint64_t end = clock_ms() + GROUND_PATIENCE_MS; clock_ms() < end;) {
        ssize_t got = recv(fd, block, sizeof(block), MSG_DONTWAIT);
        if (got == 0)
            return;
        if (got > 0)
            bytes_append(heard, slice_make(block, (size_t)got));
        run_for(loop, 0);
    }
    fail_msg("the sink does not close");
}

static void play(struct scene *s, const struct row *row, size_t cut)
{
    const struct address peer = {.family = ADDRESS_UNIX};
    struct slice said = slice_str(row->said);
    struct bytes heard, mail;
    int fds[2];
    bytes_init(&heard, 1U << 20);
    bytes_init(&mail, 1U << 20);
    stream_pair(fds);
    assert_int_equal(sink_session_create(&s->shared, fds[0], &peer), 0);
    for (size_t at = 0, end; at < said.len; at = end) {
        end = cut_end(cut, at, said.len);
        struct slice piece = slice_part(said, at, end);
        (void)send(fds[1], piece.ptr, piece.len, MSG_NOSIGNAL); /* it may have closed */
        run_for(s->shared.loop, 0);
    }
    (void)shutdown(fds[1], SHUT_WR);
    hear(fds[1], s->shared.loop, &heard);
    take_mail(s, &mail);
    assert_replies(row, cut,
                   s->shared.lmtp ? SLICE("220 sink.test LMTP\r\n")
                                  : SLICE("220 sink.test ESMTP\r\n"),
                   bytes_slice(&heard));
    assert_row(slice_equal(bytes_slice(&mail), slice_str(row->mail)), row->name, cut);
    assert_int_equal(close(fds[1]), 0);
    bytes_fini(&heard);
    bytes_fini(&mail);
}

static void play_whole_and_cut(struct scene *s, const struct row *row)
{
    for (size_t cut = 0; cut < cut_count(strlen(row->said)); cut++)
        play(s, row, cut);
}

static void test_rows(void **state)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        play_whole_and_cut(*state, &rows[i]);
}

static void test_lmtp_rows(void **state)
{
    struct scene *s = *state;
    s->shared.lmtp = true;
    for (size_t i = 0; i < COUNT_OF(lmtp_rows); i++)
        play_whole_and_cut(s, &lmtp_rows[i]);
}

/* say_many(line, count): a conversation of the same line. */
static char *say_many(const char *line, size_t count)
{
    size_t len = strlen(line);
    char *text = calloc(count, len + 1);
    assert_non_null(text);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * len, line, len);
    return text;
}

static void test_too_many_errors(void **state)
{
    struct scene *s = *state;
    char *said = say_many("FOO\r\n", SINK_ERRORS_MAX + 50);
    char *replies = say_many("500|", SINK_ERRORS_MAX + 2);
    memcpy(replies + strlen("500|") * (SINK_ERRORS_MAX + 1), "421|", 5);
    const struct row row = {"errors", said, replies, ""};
    play(s, &row, 0);
    free(said);
    free(replies);
}

static void test_long_line(void **state)
{
    struct scene *s = *state;
    char *said = say_many("NOOP xxxxxxxxxx", SINK_LINE_MAX / 15 + 20);
    memcpy(said + strlen(said) - 16, "\r\nNOOP\r\nQUIT\r\n ", 16);
    said[strlen(said) - 1] = '\0';
    const struct row row = {"a long line", said, "500|250|221|", ""};
    play(s, &row, 0);
    free(said);
}

static void test_drop(void **state)
{
    struct scene *s = *state;
    const struct address peer = {.family = ADDRESS_UNIX};
    char text[200];
    int fds[2];
    stream_pair(fds);
    assert_int_equal(sink_session_create(&s->shared, fds[0], &peer), 0);
    write_all(fds[1], SLICE("EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nDATA\r\nhalf"));
    run_for(s->shared.loop, 10);
    (void)recv(fds[1], text, sizeof(text), 0);
    (void)recv(fds[1], text, sizeof(text), MSG_DONTWAIT);
    sink_session_drop(s->shared.sessions);
    ssize_t got = recv(fds[1], text, sizeof(text), MSG_DONTWAIT);
    assert_true(got > 0);
    assert_true(slice_starts(slice_make(text, (size_t)got), SLICE("421 4.3.2 ")));
    assert_int_equal(close(fds[1]), 0);
    run_for(s->shared.loop, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lmtp_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_line, setup, teardown),
        cmocka_unit_test_setup_teardown(test_drop, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
