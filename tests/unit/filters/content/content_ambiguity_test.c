/* content, where readers disagree: what any of them would show is a value, and it is said why. */
#include "tests/unit/filters/content/reading_kit.h"

#define VALUES_MAX 4

#define PLAIN  "Content-Type: text/plain; charset=utf-8\n"
#define MIXED  "Content-Type: multipart/mixed; boundary=B\n"
#define HIDDEN "--B\nContent-Type: a/b; name=evil.exe\n\nbad\n--B--\n" /* a part to be found */
#define EVIL                                                                                       \
    {                                                                                              \
        CONTENT_ATTACHMENT, "evil.exe"                                                             \
    }
#define PART(x) MIXED "\n--B\n" x "\n--B--\n"

static const struct {
    const char *name, *message, *doubt; /* doubt NULL: none at all */
    struct {
        enum content_fact fact;
        const char *text;
    } want[VALUES_MAX];
} ROWS[] = {
    /* 1 */
    {"padding in the middle",
     PLAIN "Content-Transfer-Encoding: base64\n\nb25l\nZQ==dHdv\n",
     "base64 goes on behind padding",
     {{CONTENT_BODY, "onee"}, {CONTENT_BODY, "oneetwo"}}},
    {"characters outside the alphabet",
     PLAIN "Content-Transfer-Encoding: base64\n\nb25l!dHdv\n",
     "base64 with characters that are none of it",
     {{CONTENT_BODY, "one"}, {CONTENT_BODY, "onetwo"}}},
    /* 2 */
    {"a boundary in pieces",
     "Content-Type: multipart/mixed; boundary*0=x; boundary*1=B\n\n"
     "--xB\nContent-Type: a/b; name=evil.exe\n\nbad\n--xB--\n",
     "a boundary that not all readers undo",
     {EVIL}},
    {"a piece of a boundary twice",
     "Content-Type: multipart/mixed; boundary*0=x; boundary*1=A; boundary*1=B\n\n"
     "--xB\nContent-Type: a/b; name=evil.exe\n\nbad\n--xB--\n",
     "a parameter whose pieces do not fit",
     {EVIL}},
    {"a boundary in one piece, and a quote",
     "Content-Type: multipart/mixed; boundary*0=B\"\n\n--x\n\none\n" HIDDEN,
     "quotes that do not fit in a parameter",
     {EVIL}},
    /* 3 */
    {"an encoded word in a boundary, undone",
     "Content-Type: multipart/mixed; boundary=\"=?utf-8?q?B?=\"\n\n" HIDDEN,
     "a boundary that not all readers undo",
     {EVIL}},
    {"... and as it is written",
     "Content-Type: multipart/mixed; boundary=\"x=?utf-8?q?B?=\"\n\n"
     "--x=?utf-8?q?B?=\nContent-Type: a/b; name=evil.exe\n\nbad\n--x=?utf-8?q?B?=--\n",
     "a boundary that not all readers undo",
     {EVIL}},
    /* 4 */
    {"something before the boundary",
     "Content-Type: multipart/mixed; ===; boundary=B\n\n" HIDDEN,
     "text among parameters that is no parameter",
     {EVIL}},
    /* 5 */
    {"two boundaries, the first in use",
     "Content-Type: multipart/mixed; boundary=B; boundary=C\n\n" HIDDEN,
     "a parameter with several values",
     {EVIL}},
    {"two boundaries, the second in use",
     "Content-Type: multipart/mixed; boundary=C; boundary=B\n\n" HIDDEN,
     "a parameter with several values",
     {EVIL}},
    /* 6 */
    {"a comment in a name",
     "Content-Type: multipart/mixed; boundary(a(b))=B; boundary=C\n\n" HIDDEN,
     "a comment among parameters",
     {EVIL}},
    /* 7 */
    {"a language with a hyphen",
     PART("Content-Disposition: x; "
          "filename*=utf-8'en-us'evil%2Eexe\n"),
     NULL,
     {EVIL}},
    /* 8 */
    {"quoted pieces with a charset",
     PART("Content-Type: a/b; name*0*=\"''evil%2E\"; name*1*=\"%65\"; name*2=xe\n"),
     "a parameter whose pieces do not fit",
     {EVIL}},
    /* 9 */
    {"a comment in a value",
     PART("Content-Type: a/b; name=evil.()exe\n"),
     "a comment among parameters",
     {EVIL, {CONTENT_ATTACHMENT, "evil.()exe"}}},
    /* 10 */
    {"quotes that are encoded",
     PART("Content-Type: a/b; name=3D\"evil.exe\"\n"),
     "quotes that do not fit in a parameter",
     {EVIL, {CONTENT_ATTACHMENT, "3D\"evil.exe\""}}},
    /* 11 */
    {"a boundary inside a line", PART("\nx --B\n"), NULL, {{CONTENT_BODY, "x --B\r\n"}}},
    {"a line that goes on",
     MIXED "\n--B\n\none\n--Bx\nContent-Type: a/b; name=evil.exe\n\nbad\n--B--\n",
     "a line that goes on after a boundary",
     {EVIL, {CONTENT_BODY, "one"}}},
    /* 12 */
    {"two types",
     "Content-Type: text/plain\n" MIXED "\n" HIDDEN,
     "several types for one part",
     {EVIL}},
    {"... the other way",
     MIXED "Content-Type: text/plain\n\n" HIDDEN,
     "several types for one part",
     {EVIL}},
    {"two encodings",
     PLAIN "Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n\nb25l\n",
     "several transfer encodings for one part",
     {{CONTENT_BODY, "one"}, {CONTENT_BODY, "b25l\r\n"}}},
    /* 13 */
    {"an encoding in quotes",
     PLAIN "Content-Transfer-Encoding: \"base64\"\n\nb25l\n",
     "a transfer encoding that not all readers know",
     {{CONTENT_BODY, "one"}, {CONTENT_BODY, "b25l\r\n"}}},
    /* 14 */
    {"no boundary",
     "Content-Type: multipart/mixed\n\n" HIDDEN,
     "a multipart without a boundary",
     {EVIL}},
    {"an empty boundary",
     "Content-Type: multipart/mixed; boundary=\"\"\n\n"
     "--\nContent-Type: a/b; name=evil.exe\n\nbad\n----\n",
     "a multipart without a boundary",
     {EVIL}},
    /* 15 */
    {"a blank behind a boundary",
     "Content-Type: multipart/mixed; boundary=\"B \"\n\n" HIDDEN,
     "a boundary that not all readers undo",
     {EVIL}},
    /* 16 */
    {"an encoded multipart",
     MIXED "Content-Transfer-Encoding: base64\n\n"
           "LS1CDQpDb250ZW50LVR5cGU6IGEvYjsgbmFtZT1ldmlsLmV4ZQ0KDQpiYWQNCi0tQi0tDQo=\n",
     "an encoded multipart",
     {EVIL}},
    {"one that only says so",
     MIXED "Content-Transfer-Encoding: base64\n\n" HIDDEN,
     "an encoded multipart",
     {EVIL}},
    /* 17 */
    {"uuencode",
     PLAIN "\nbegin 644 evil.exe\n#0V%T\n`\nend\n",
     "a file written out in a text",
     {EVIL}},
    {"yEnc",
     PLAIN "\n=ybegin line=128 size=3 name=evil.exe\nabc\n=yend size=3\n",
     "a file written out in a text",
     {EVIL}},
    /* 18 */
    {"an encoded word in a name",
     PART("Content-Type: a/b; name=\"=?iso-8859-1?q?evil=2eexe?=\"\n"),
     NULL,
     {EVIL}},
    /* 19 */
    {"a blank before the colon",
     "Content-Type : multipart/mixed; boundary=B\n\n" HIDDEN,
     "blanks before the colon of a MIME field",
     {EVIL}},
    /* 20 */
    {"two names",
     PART("Content-Type: a/b; name=evil.exe\n"
          "Content-Disposition: attachment; filename=good.txt\n"),
     "names of different kinds for one part",
     {EVIL, {CONTENT_ATTACHMENT, "good.txt"}}},
    /* 22 */
    {"a blank before a boundary",
     "Content-Type: multipart/mixed; boundary=\" B\"\n\n" HIDDEN,
     "a boundary that not all readers undo",
     {EVIL}},
    {"blanks without quotes",
     "Content-Type: multipart/mixed; boundary=B C\n\n" HIDDEN,
     "blanks in a parameter without quotes",
     {EVIL}},
    {"a backslash in a boundary",
     "Content-Type: multipart/mixed; boundary=\"a\\\"B\"\n\n"
     "--a\\\"B\nContent-Type: a/b; name=evil.exe\n\nbad\n--a\\\"B--\n",
     "a backslash in a parameter",
     {EVIL}},

    /* a name in forms that only some undo */
    {"an escape that goes on in the next piece",
     PART("Content-Type: a/b; name*0*=utf-8''evil%2; name*1*=Eexe\n"),
     "a parameter whose pieces do not fit",
     {EVIL}},
    {"... in one that is not marked",
     PART("Content-Type: a/b; name*0*=utf-8''evil%; name*1=2Eexe\n"),
     "a parameter whose pieces do not fit",
     {EVIL}},
    {"a vertical tab before a name",
     PART("Content-Disposition: attachment; \vfilename=evil.exe\n"),
     "text among parameters that is no parameter",
     {EVIL}},
    {"a no-break space before a name",
     PART("Content-Type: a/b; \xA0name=evil.exe\n"),
     "text among parameters that is no parameter",
     {EVIL}},
    {"a comment that is not closed before a name",
     PART("Content-Type: a/b; (a(b)name=evil.exe\n"),
     "text among parameters that is no parameter",
     {EVIL}},
    {"a name behind a semicolon in a comment",
     PART("Content-Type: a/b; name=good.txt(;name=evil.exe)\n"),
     "a comment among parameters",
     {EVIL}},
    {"a name where the disposition should be",
     PART("Content-Disposition: filename=evil.exe\n"),
     "text among parameters that is no parameter",
     {EVIL}},
    {"a name on a line of its own",
     PART("Content-Disposition: attachment;\nfilename=evil.exe\n"),
     "a line in a part's header that is no field",
     {EVIL}},
    {"a quote at the end of a name",
     PART("Content-Type: a/b; name=evil.exe\"\n"),
     "quotes that do not fit in a parameter",
     {EVIL}},
    {"quotes in quotes",
     PART("Content-Type: a/b; name=\"\"evil.exe\"\"\n"),
     "quotes that do not fit in a parameter",
     {EVIL}},
    {"a quoted end of a name",
     PART("Content-Type: a/b; name=evil.\"exe\"\n"),
     "quotes that do not fit in a parameter",
     {EVIL}},
    {"quotes that are encoded with the name",
     PART("Content-Type: a/b; name=\"=?utf-8?q?=22evil=2Eexe=22?=\"\n"),
     NULL,
     {EVIL}},
    {"brackets around a name", PART("Content-Type: a/b; name=<evil.exe>\n"), NULL, {EVIL}},
    {"a comma behind a name", PART("Content-Type: a/b; name=evil.exe,x\n"), NULL, {EVIL}},

    /* a transfer encoding that some find in another */
    {"an encoding that only begins so",
     PLAIN "Content-Transfer-Encoding: base64x\n\nb25l\n",
     "a transfer encoding that not all readers know",
     {{CONTENT_BODY, "one"}, {CONTENT_BODY, "b25l\r\n"}}},
    {"an encoding in an encoded word",
     PLAIN "Content-Transfer-Encoding: =?utf-8?q?Quoted-Printable?=\n\no=6Ee\n",
     "a transfer encoding that not all readers know",
     {{CONTENT_BODY, "one\r\n"}, {CONTENT_BODY, "o=6Ee\r\n"}}},

    /* the structure */
    {"no last delimiter",
     MIXED "\n--B\nContent-Type: a/b; name=evil.exe\n\nbad\n",
     "a multipart without its last delimiter",
     {EVIL}},
    {"a part behind the last delimiter",
     MIXED "\n--B\n\none\n--B--\n" HIDDEN,
     "a delimiter after the last",
     {EVIL}},
    {"one boundary for two",
     MIXED "\n--B\nContent-Type: multipart/x; boundary=B\n\n"
           "--B\n\none\n--B--\n--B\nContent-Type: a/b; name=evil.exe\n\nbad\n--B--\n",
     "two nested multiparts with one boundary",
     {EVIL}},
    {"one boundary begins another",
     MIXED "\n--B\nContent-Type: multipart/x; boundary=BB\n\n"
           "--BB\nContent-Type: a/b; name=evil.exe\n\nbad\n--BB--\n--B--\n",
     NULL,
     {EVIL}},
    {"a multipart without a subtype",
     "Content-Type: multipart; boundary=B\n\n" HIDDEN,
     "a type that is no type",
     {EVIL}},
    {"text around the parts",
     MIXED "\nbefore\n--B\n\none\n--B--\nbehind\n",
     NULL,
     {{CONTENT_BODY, "before\r\n"}, {CONTENT_BODY, "behind\r\n"}}},
    {"a boundary that never comes",
     MIXED "\nno part\n",
     "a multipart whose boundary never comes",
     {{CONTENT_BODY, "no part\r\n"}}},

    {"parts in what is no multipart",
     "Content-Type: text/plain; boundary=B\n\n" HIDDEN,
     "a boundary that comes in what is no multipart",
     {EVIL}},
    {"... whose type is quoted",
     "Content-Type: \"multipart/mixed\"; boundary=B\n\n" HIDDEN,
     "a type that is no type",
     {EVIL}},
    {"... or an encoded word",
     "Content-Type: =?utf-8?q?multipart/mixed?=; boundary=B\n\n" HIDDEN,
     "a type that is no type",
     {EVIL}},
    {"... or a message",
     "Content-Type: message/rfc822; boundary=B\n\n" HIDDEN,
     "a boundary that comes in what is no multipart",
     {EVIL}},
    {"a boundary in what has none of it",
     "Content-Type: text/plain; boundary=B\n\none\n",
     NULL,
     {{CONTENT_BODY, "one\r\n"}}},
    {"a guess with a blank",
     "Content-Type: multipart/mixed; boundary=C\n\n"
     "--B x\nContent-Type: a/b; name=evil.exe\n\nbad\n--B x--\n",
     "a multipart whose boundary never comes",
     {EVIL}},
    {"a message of another kind",
     "Content-Type: message/partial\n\nContent-Type: a/b; name=evil.exe\n\nx\n",
     "a message that not all readers open, or open so",
     {EVIL}},
    {"a report that is a message to some",
     "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nAction: failed\n",
     NULL,
     {{CONTENT_BODY, "Reporting-MTA: dns; x\r\n\r\nAction: failed\r\n"}}},
    {"a message that is not encoded as it says",
     "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
     "Content-Type: a/b; name=evil.exe\n\nx\n",
     "a message that not all readers open, or open so",
     {EVIL}},
    {"... in what is not encoded as it says",
     MIXED "Content-Transfer-Encoding: base64\n\n--B\n"
           "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
           "Content-Type: a/b; name=evil.exe\n\nx\n--B--\n",
     "an encoded multipart",
     {EVIL}},
    {"an encoded message in what is no multipart",
     "Content-Type: text/plain; boundary=B\n\n--B\n"
     "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
     "Q29udGVudC1UeXBlOiBhL2I7IG5hbWU9ZXZpbC5leGUKCmJhZAo=\n--B--\n",
     "a boundary that comes in what is no multipart",
     {EVIL}},
    {"a multipart that is an encoded text to some",
     "Content-Type: multipart; boundary=B\nContent-Transfer-Encoding: base64\n\nb25l\n",
     "a type that is no type",
     {{CONTENT_BODY, "one"}}},
    {"a text without a proper type",
     "Content-Type: /x\n\none http://evil.example/\n",
     "a type that is no type",
     {{CONTENT_BODY, "one http://evil.example/\r\n"}, {CONTENT_LINK_HOST, "evil.example"}}},
    {"a link in front of the parts",
     MIXED "\nhttp://evil.example/\n--B\n\none\n--B--\n",
     NULL,
     {{CONTENT_LINK_HOST, "evil.example"}}},

    {"a header below an empty line",
     "\n" MIXED "\n" HIDDEN,
     "a header below an empty line",
     {EVIL}},
    {"... of a part",
     MIXED "\n--B\n\nX: y\nContent-Type: a/b; name=evil.exe\n\nbad\n--B--\n",
     "a header below an empty line",
     {EVIL}},
    {"fields in a text",
     MIXED "\n--B\n\none\n\nContent-Type: a/b; name=evil.exe\n--B--\n",
     NULL,
     {{CONTENT_BODY, "one\r\n\r\nContent-Type: a/b; name=evil.exe"}}},
    {"no header", "\none\n", NULL, {{CONTENT_BODY, "one\r\n"}}},

    /* headers */
    {"a line in the header",
     "Subject: x\nstray\n" MIXED "\n" HIDDEN,
     "a line in a part's header that is no field",
     {EVIL,
      {CONTENT_BODY, "stray\r\n"
                     "Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n"
                     "Content-Type: a/b; name=evil.exe\r\n\r\nbad\r\n--B--\r\n"}}},
    {"a delimiter in the header",
     MIXED HIDDEN,
     "a line in a part's header that is no field",
     {EVIL}},
    {"a line in a part's header",
     PART("stray\nContent-Type: a/b; name=evil.exe\n\nx\n"),
     "a line in a part's header that is no field",
     {EVIL}},
    {"a parameter on the next line",
     PART("Content-Type: a/b;\n name=\n \"evil.exe\"\n"),
     NULL,
     {EVIL}},
    {"several charsets",
     "Content-Type: text/plain; charset=utf-8\n"
     "Content-Type: text/plain; charset=iso-8859-1\n\n\xC3\xA4\n",
     "several charsets for one part",
     {{CONTENT_BODY, "\xC3\xA4\r\n"}, {CONTENT_BODY, "\xC3\x83\xC2\xA4\r\n"}}},
    {"a charset that the text is not in",
     "Content-Type: text/plain; charset=utf-16le\n\none\n",
     "a text that reads otherwise without its charset",
     {{CONTENT_BODY, "one\r\n"}}},
    {"another, of EBCDIC",
     "Content-Type: text/plain; charset=ibm037\n\none\n",
     "a text that reads otherwise without its charset",
     {{CONTENT_BODY, "one\r\n"}}},
    {"a charset that many do not know",
     "Content-Type: text/html; charset=utf-7\n\n+<a href=http://evil.example>one</a>\n",
     "a text that reads otherwise without its charset",
     {{CONTENT_LINK_HOST, "evil.example"}}},
    {"a charset nobody knows",
     "Content-Type: text/plain; charset=x-what\n\n\xC3\xA4\n",
     "an unknown charset",
     {{CONTENT_BODY, "\xC3\xA4\r\n"}}},

    /* bodies */
    {"an escape without digits",
     PLAIN "Content-Transfer-Encoding: quoted-printable\n\na=ZZb=41\n",
     "quoted-printable with a broken escape",
     {{CONTENT_BODY, "a=ZZbA\r\n"}, {CONTENT_BODY, "a=ZZb=41\r\n"}}},
    {"a soft line break in an escape",
     PLAIN "Content-Transfer-Encoding: quoted-printable\n\na=4=\n1b\n",
     "quoted-printable with a broken escape",
     {{CONTENT_BODY, "aAb\r\n"}, {CONTENT_BODY, "a=41b\r\n"}}},
    {"a soft line break",
     PLAIN "Content-Transfer-Encoding: quoted-printable\n\none=\ntwo=  \n3\n",
     NULL,
     {{CONTENT_BODY, "onetwo3\r\n"}}},
    {"an encoded message",
     MIXED "\n--B\nContent-Type: message/rfc822\n"
           "Content-Transfer-Encoding: base64\n\n"
           "Q29udGVudC1UeXBlOiBhL2I7IG5hbWU9ZXZpbC5leGUKCmJhZAo=\n--B--\n",
     NULL,
     {EVIL}},
};

static bool has_values(const struct kit *kit, size_t row)
{
    for (size_t i = 0; i < VALUES_MAX && ROWS[row].want[i].text != NULL; i++)
        if (!kit_value(kit, ROWS[row].want[i].fact, ROWS[row].want[i].text)) {
            support_print("want", slice_str(ROWS[row].want[i].text));
            kit_say(kit, ROWS[row].want[i].fact);
            return false;
        }
    return true;
}

static bool is_doubted(const struct kit *kit, size_t row)
{
    const char *why = ROWS[row].doubt;

    if (why == NULL ? kit->content->doubt_count == 0 : kit_doubt(kit, why))
        return true;
    kit_say(kit, CONTENT_ATTACHMENT);
    return false;
}

static void test_rows(void **state)
{
    size_t failed = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct kit kit;

        kit_read(&kit, ROWS[i].message);
        if (!has_values(&kit, i) || !is_doubted(&kit, i)) {
            print_error("row \"%s\"\n", ROWS[i].name);
            failed++;
        }
        kit_fini(&kit);
    }
    assert_int_equal(failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
