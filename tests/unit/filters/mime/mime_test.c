#include "filters/mime/mime.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "tests/unit/filters/mime/mime_kit.h"

/* --- what it says of it ------------------------------------------------------------------------
 */

static const char *const KINDS[] = {"", "multi ", "message "};
static const char *const ENCODINGS[] = {"", " base64", " quoted", " unknown"};

static void tell(struct bytes *out, const char *what, struct slice value)
{
    if (value.ptr == NULL)
        return;
    bytes_format(out, " %s=", what);
    bytes_append(out, value);
}

/* A line for each part: its depth, what there is of it, and a leaf's content in brackets. */
static void describe(struct bytes *out, const struct read_message *message)
{
    for (size_t i = 0; i < message->mime.part_count; i++) {
        const struct mime_part *part = &message->mime.parts[i];

        bytes_format(out, "%u %s", part->depth, KINDS[part->kind]);
        bytes_append(out, part->type);
        bytes_append(out, slice_str(part->typed ? "" : "?"));
        bytes_append(out, slice_str(ENCODINGS[part->encoding]));
        bytes_append(out, slice_str(part->uuencoded ? " uu" : ""));
        tell(out, "boundary", part->boundary);
        tell(out, "name", part->name);
        tell(out, "charset", part->charset);
        tell(out, "disposition", part->disposition);
        tell(out, "filename", part->filename);
        assert_true(part->header_start <= part->content_start);
        assert_true(part->content_start <= part->content_end);
        assert_true(part->content_end <= message->body.len);
        if (part->kind == MIME_LEAF) {
            bytes_append(out, SLICE(" ["));
            bytes_append(out, slice_part(message->body, part->content_start, part->content_end));
            bytes_append(out, SLICE("]"));
        }
        bytes_append(out, SLICE("\n"));
    }
    for (size_t i = 0; i < message->mime.doubt_count; i++) {
        const struct content_doubt *doubt = &message->mime.doubts[i];

        bytes_format(out, "%d: %s\n", (int)doubt->part, doubt->why);
    }
}

/* --- shapes about which readers disagree: what GMime shows of each ------------------------------
 */

#define TOP(type)   "Subject: x\r\nContent-Type: multipart/mixed" type "\r\n\r\n"
#define EXE         "--B\r\nContent-Type: a/b; name=evil.exe\r\n\r\nX\r\n--B--\r\n"
#define ONE(fields) TOP("; boundary=B") "--B\r\n" fields "\r\n\r\nX\r\n--B--\r\n"
#define MULTI       "0 multi multipart/mixed"
#define IN          MULTI " boundary=B\n1 "
#define FOUND       IN "a/b name=evil.exe [X]\n"
#define NO_END      "-1: a multipart without an end\n"
#define CYRILLIC                                                                                   \
    "\xD1\x9C\xD1\x9C\xD1\x9C\xD1\x9C\xD1\x9C\xD1\x9C\xD1\x9C\xD1\x9C\xD1\x9C\xD1\x9C\xD1\x9C\xD1" \
    "\x9C"                                                                                         \
    "\xD1\x9C\xD1\x9C\xD1\x9C\xD1\x9C\xD1\x9C\xD1\x9C\xD1\x9C\xD1\x9C\xD1\x9C\xD1\x9C\xD1\x9C\xD1" \
    "\x9C"                                                                                         \
    "\xD1\x9C\xD1\x9C\xD1\x9C\xD1\x9C\xD1\x9C\xD1\x9C\xD1\x9C\xD1\x9C\xD1\x9C\xD1\x9C\xD1\x9C\xD1" \
    "\x9C"
#define TWO_PARAMS "0: two parameters of a name that differ\n"

static const struct {
    const char *name;
    struct slice text;
    const char *shown;
} shapes[] = {
    {"2: boundary in pieces",
     SLICE_INIT(TOP("; boundary*0=A; boundary*1=B") "--AB\r\n\r\nX\r\n--AB--\r\n"),
     MULTI " boundary=AB\n1 text/plain? [X]\n"},
    {"2: a piece repeated is one more",
     SLICE_INIT(TOP("; boundary*0=A; boundary*1=B; boundary*1=C") "--ABC\r\n\r\nX\r\n--ABC--\r\n"),
     MULTI " boundary=ABC\n1 text/plain? [X]\n"},
    {"2: ... without a word where it is none",
     SLICE_INIT(TOP("; boundary*0=A; boundary*1=B; boundary*1=C") "--AB\r\n\r\nX\r\n--AB--\r\n"),
     MULTI " boundary=ABC\n" NO_END},
    {"3: an encoded word in it",
     SLICE_INIT(TOP(
         "; boundary=\"A=?utf-8?q?B?=\"") "--A=?utf-8?q?B?=\r\n\r\nX\r\n--A=?utf-8?q?B?=--\r\n"),
     MULTI " boundary=AB\n" NO_END},
    {"3: ... and the delimiter decoded", SLICE_INIT(TOP("; boundary=\"=?utf-8?q?B?=\"") EXE),
     FOUND},
    {"4: no parameter", SLICE_INIT(TOP("; ===; boundary=B") EXE),
     MULTI "\n0: a parameter that is none\n0: a multipart without a boundary\n"},
    {"5: two, the first in use", SLICE_INIT(TOP("; boundary=B; boundary=C") EXE), FOUND TWO_PARAMS},
    {"5: two, the second in use", SLICE_INIT(TOP("; boundary=C; boundary=B") EXE),
     MULTI " boundary=C\n" TWO_PARAMS NO_END},
    {"6: a comment in it", SLICE_INIT(TOP("; boundary(a(b))=B") EXE), FOUND},
    {"7: a language",
     SLICE_INIT(ONE("Content-Disposition: attachment; filename*=utf-8'en-us'evil%2Eexe")),
     IN "text/plain? disposition=attachment filename=evil.exe [X]\n"},
    {"8: in pieces, quoted",
     SLICE_INIT(ONE("Content-Type: a/b; name*0*=\"''attached%2E\"; name*1*=\"%62\"; name*2=at")),
     IN "a/b name=attached.bat [X]\n"},
    {"9: a comment in a name", SLICE_INIT(ONE("Content-Type: a/b; name=attached.()bat")),
     IN "a/b name=attached.()bat [X]\n"},
    {"10: quoted-printable of the whole",
     SLICE_INIT(ONE("Content-Type: a/b; name=3D\"24344.doc\"")),
     IN "a/b name=3D\"24344.doc\" [X]\n"},
    {"11: delimiters that are none",
     SLICE_INIT(TOP("; boundary=B") "--B\r\n\r\na --B\r\n--Bx\r\n--B--\r\n"),
     IN "text/plain? [a --B\r\n--Bx]\n"},
    {"12: two fields each",
     SLICE_INIT(ONE("Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Transfer-Encoding: "
                    "7bit\r\nContent-Transfer-Encoding: base64")),
     IN
     "c/d base64 [X]\n1: two fields of a name that differ\n1: two fields of a name that differ\n"},
    {"12: the other way round",
     SLICE_INIT(ONE("Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit")),
     IN "text/plain? [X]\n1: two fields of a name that differ\n"},
    {"12: the same twice", SLICE_INIT(ONE("Content-Type: a/b\r\nContent-Type: a/b")),
     IN "a/b [X]\n"},
    {"13: a quoted encoding", SLICE_INIT(ONE("Content-Transfer-Encoding: \"base64\"")),
     IN "text/plain? unknown [X]\n"},
    {"14: no boundary", SLICE_INIT(TOP("") EXE), MULTI "\n0: a multipart without a boundary\n"},
    {"14: an empty one", SLICE_INIT(TOP("; boundary=\"\"") "--\r\n\r\nX\r\n----\r\n"),
     MULTI " boundary=\n1 text/plain? [X]\n"},
    {"15: a blank at its end", SLICE_INIT(TOP("; boundary=\"B \"") EXE),
     MULTI " boundary=B \n" NO_END},
    {"16: an encoded multipart",
     SLICE_INIT(TOP("; boundary=B\r\nContent-Transfer-Encoding: base64") "LS1C\r\n"),
     MULTI " base64 boundary=B\n" NO_END},
    {"16: said to be, and is not",
     SLICE_INIT(TOP("; boundary=B\r\nContent-Transfer-Encoding: base64") EXE),
     MULTI " base64 boundary=B\n1 a/b name=evil.exe [X]\n"},
    {"17: uuencode in a text",
     SLICE_INIT(ONE("Content-Type: text/plain\r\n\r\nbegin 644 evil.exe\r\n`\r\nend")),
     IN "text/plain [begin 644 evil.exe\r\n`\r\nend\r\n\r\nX]\n"},
    {"17: ... and as an encoding", SLICE_INIT(ONE("Content-Transfer-Encoding: x-uuencode")),
     IN "text/plain? unknown uu [X]\n"},
    {"18: an encoded word for a name",
     SLICE_INIT(ONE("Content-Type: a/b; name=\"=?iso-8859-1?q?testfile=2eexe?=\"")),
     IN "a/b name=testfile.exe [X]\n"},
    {"19: a blank before the colon",
     SLICE_INIT("Content-Type : multipart/mixed; boundary=B\r\n\r\n" EXE), FOUND},
    {"20: two names",
     SLICE_INIT(ONE(
         "Content-Type: a/b; name=evil.exe\r\nContent-Disposition: ATTACHMENT; filename=good.txt")),
     IN "a/b name=evil.exe disposition=attachment filename=good.txt [X]\n"},
    {"21: a comment without an end", SLICE_INIT(ONE("Content-Type: a/b; (((((name=evil.exe")),
     IN "a/b [X]\n1: a parameter that is none\n"},
    {"21: a word without an end", SLICE_INIT(ONE("Content-Type: a/b; name=\"=?utf-8?q?evil.exe\"")),
     IN "a/b name==?utf-8?q?evil.exe [X]\n"},
    {"22: a blank in front", SLICE_INIT(TOP("; boundary=\" B\"") "-- B\r\n\r\nX\r\n-- B--\r\n"),
     MULTI " boundary= B\n1 text/plain? [X]\n"},
    {"22: blanks without quotes", SLICE_INIT(TOP("; boundary=B C") "--B C\r\n\r\nX\r\n--B C--\r\n"),
     MULTI " boundary=B C\n1 text/plain? [X]\n"},
    {"22: a quoted quote",
     SLICE_INIT(TOP("; boundary=\"B\\\"C\"") "--B\"C\r\n\r\nX\r\n--B\"C--\r\n"),
     MULTI " boundary=B\"C\n1 text/plain? [X]\n"},
    {"a boundary that cannot be written", SLICE_INIT(TOP(";\r\n " CYRILLIC "=\"\xD1\x9C\";") EXE),
     MULTI "\n0: a multipart without a boundary\n"},
    /* and what nobody doubts, or GMime knows of by itself */
    {"nothing", SLICE_INIT("\r\n"), "0 text/plain? []\n"},
    {"a header alone", SLICE_INIT("Content-Type: Text/HTML; charset=x\r\n"),
     "0 text/html charset=x []\n"},
    {"no line end", SLICE_INIT("Content-Type: a/b"), "0 a/b []\n"},
    {"a text", SLICE_INIT("Subject: x\r\n\r\nhello\r\n"), "0 text/plain? [hello\r\n]\n"},
    {"a line that is no field", SLICE_INIT("Content-Type\r\n : a/b\r\nContent-Type: c/d\r\n\r\n"),
     "0 c/d []\n"},
    {"a blank in front", SLICE_INIT(" Content-Type: a/b\r\n\r\n"), "0 text/plain? []\n"},
    {"in front and behind", SLICE_INIT(TOP("; boundary=B") "front\r\n" EXE "behind\r\n"), FOUND},
    {"a message inside",
     SLICE_INIT(ONE("Content-Type: message/rfc822\r\n\r\nTo: a@b\r\nContent-Type: text/html")),
     IN "message message/rfc822\n2 text/html [X]\n"},
    {"an encoded one",
     SLICE_INIT(ONE("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64")),
     IN "message/rfc822 base64 [X]\n"},
    {"a message's conflicts are not content's",
     SLICE_INIT(ONE("Content-Type: message/rfc822\r\n\r\nTo: a@b\r\nTo: c@d")),
     IN "message message/rfc822\n2 text/plain? [X]\n"},
    {"a digest",
     SLICE_INIT("Content-Type: multipart/digest; boundary=B\r\n\r\n--B\r\n\r\nContent-Type: "
                "a/b\r\n\r\nX\r\n--B--\r\n"),
     "0 multi multipart/digest boundary=B\n1 message message/rfc822?\n2 a/b [X]\n"},
    {"a header that ends with the text",
     SLICE_INIT(TOP("; boundary=B") "--B\r\nContent-Type: multipart/m\r\n"),
     IN "multi multipart/m\n-1: a multipart without an end\n1: a multipart without a "
        "boundary\n" NO_END},
    {"a disposition and a type of other octets",
     SLICE_INIT(ONE("Content-Type: A\xE4/b\r\nContent-Disposition: A\xE4")),
     IN "a\xC3\xA4/b disposition=a\xC3\xA4 [X]\n"},
    {"a Content-Type that is none", SLICE_INIT(ONE("Content-Type: foo")),
     IN "application/octet-stream [X]\n1: a Content-Type that is none\n"},
    {"one ends with the other",
     SLICE_INIT(ONE("Content-Type: multipart/alternative; boundary=C\r\n\r\n--C")),
     IN "multi multipart/alternative boundary=C\n2 text/plain? [X]\n1: a multipart ends where one "
        "around it goes on\n"},
    {"no header, no empty line, nothing",
     SLICE_INIT(TOP("; boundary=B") "--B\r\nno field\r\n\r\nX\r\n--B\r\nContent-Type: "
                                    "a/b\r\n--B\r\n--B--\r\n"),
     IN "text/plain? [X]\n1 a/b []\n0: a line in a part's header is no field\n2: a part's header "
        "without an empty line\n2: a line in a part's header is no field\n2: a part without "
        "anything\n"},
    {"an unknown charset", SLICE_INIT(ONE("Content-Type: a/b; name*=foo''%c3%a4")),
     IN "a/b name=\xC3\x83\xC2\xA4 [X]\n"},
    {"no UTF-8", SLICE_INIT(ONE("Content-Type: a/b; name*=utf-8''%e4")),
     IN "a/b name=\xC3\xA4 [X]\n"},
    {"no UTF-8, as it stands",
     SLICE_INIT(ONE("Content-Type: a/b; name=\xE4"
                    ".exe")),
     IN "a/b name=\xC3\xA4"
        ".exe [X]\n"},
    {"UTF-8, as it stands",
     SLICE_INIT(ONE("Content-Type: a/b; name=\xC3\xA4"
                    ".exe")),
     IN "a/b name=\xC3\xA4"
        ".exe [X]\n"},
};

static void shown(const char *name, struct slice text, const char *want)
{
    struct read_message message;
    struct bytes out;

    bytes_init(&out, 10000);
    read_message(&message, text);
    describe(&out, &message);
    assert_int_equal(bytes_end(&out), 0);
    assert_row_slice(bytes_slice(&out), slice_str(want), name, 0);
    read_fini(&message);
    bytes_fini(&out);
}

static void showing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(shapes); i++)
        shown(shapes[i].name, shapes[i].text, shapes[i].shown);
}

/* GMime's guesses hang on the locale of the environment when it is readied. */
static void whatever_the_locale(void **state)
{
    static const char *const locales[] = {"C", "de_DE.UTF-8", "ru_RU.KOI8-R", "de_DE.ISO-8859-1"};
    int status;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(locales); i++) {
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0) {
            _exit(setenv("LC_ALL", locales[i], 1) != 0 ||
                  execl("/proc/self/exe", "mime_test", "showing", (char *)NULL) != 0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

/* --- on several threads -------------------------------------------------------------------------
 */

static void *read_often(void *arg)
{
    (void)arg;
    for (int i = 0; i < 200; i++) {
        struct read_message message = {0};
        struct allowance allowance = {0};
        struct header_scan scan = {0};
        struct header_end end;
        struct slice text = shapes[(size_t)i % COUNT_OF(shapes)].text;

        arena_init(&message.arena, 4096, (size_t)64 << 20);
        if (header_scan(&scan, text, true, &end) != 1 ||
            header_parse(&message.header, slice_first(text, end.fields_end), true,
                         &message.arena) != 0)
            return arg;
        message.body = slice_from(text, end.body_start);
        if (read_split(&message, &BOUNDS, 100, &allowance) != CONTENT_READ)
            return arg;
        arena_fini(&message.arena);
    }
    return NULL;
}

static void threads(void **state)
{
    pthread_t ids[2];
    void *failed;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        assert_int_equal(pthread_create(&ids[i], NULL, read_often, &failed), 0);
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        assert_int_equal(pthread_join(ids[i], &failed), 0);
        assert_null(failed);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads), /* the first, so that two of them ready GMime */
        cmocka_unit_test(showing),
        cmocka_unit_test(whatever_the_locale),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
