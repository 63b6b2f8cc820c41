/* Edits of the body: in which texts, what is left out and why, and that each can wait for the next
 * turn. */
#include <stdlib.h>

#include "filters/revise/revision.h"
#include "tests/unit/filters/eval/story.h"
#include "tests/unit/heap.h"
#include "tests/unit/support.h"

#define DATA                                                                                       \
    "connect 192.0.2.1 => continue\nmail a@b.test => continue\nrcpt u@x.test => continue\n"        \
    "data => continue\ncontent really =>\n"
#define PARTS "header Content-Type: multipart/alternative; boundary=B => continue\n"
#define BOTH  "--B||Hello 1|--B|Content-Type: text/html||<p>Hello 1</p></body>|--B--"

static const struct story STORIES[] = {
    {"each kind of text in its own part", "r: * -> append_text(foot) append_html(<p>foot</p>)\n",
     DATA PARTS
     "message " BOTH " => read continue\n"
     "edits => replace_body --B||Hello 1|foot|--B|Content-Type: text/html||<p>Hello 1</p>|"
     "<p>foot</p>|</body>|--B--|; "
     "replace_body --B||Hello 1|foot|--B|Content-Type: text/html||<p>Hello 1</p>|"
     "<p>foot</p>|</body>|--B--|\n"
     "skipped =>\n"},
    {"what is not there is said", "r: * -> append_text(foot) append_html(<p>foot</p>)\n",
     DATA "header A: b => continue\nmessage Hello => read continue\n"
          "edits => replace_body Hello|foot|\n"
          "skipped => replace_body (there is no HTML text)\n"},
    {"what does not fit is said, of each part",
     "r: * -> append_text(\xC3\xBC) replace_body(it /e/ \xC3\xBC)\n",
     DATA "header A: b => continue\nmessage Hello => read continue\n"
          "edits =>\n"
          "skipped => replace_body (it does not fit the text's charset and encoding); "
          "replace_body (it does not fit the text's charset and encoding)\n"},
    {"a sealed text is said, where one is added",
     "r: * -> append_text(foot) replace_body(it /x/ y)\n",
     DATA "header A: b => continue\n"
          "message -----BEGIN PGP MESSAGE-----|x => read continue\n"
          "edits =>\n"
          "skipped => replace_body (the text is signed or encrypted)\n"},
    {"not twice, others' texts aside", "r: * -> append_text(foot)\ns: * -> append_text(other)\n",
     DATA "header A: b => continue\nmessage Hello|foot|other => read continue\nedits =>\n"},
    {"... which are not there by half", "r: * -> append_text(foot)\ns: * -> append_text(other)\n",
     DATA "header A: b => continue\nmessage Hello|foot => read continue\n"
          "edits => replace_body Hello|foot|other|\n"},
    {"replaced in all texts, and nothing where nothing is found",
     "r: * -> replace_body(it /\\d/ N)\ns: * -> replace_body(it /none/ N)\n",
     DATA PARTS
     "message " BOTH " => read continue\n"
     "edits => replace_body --B||Hello N|--B|Content-Type: text/html||<p>Hello N</p></body>"
     "|--B--|\n"},
    {"the second rule sees what the first has made",
     "r: * -> append_text(1234)\ns: * -> replace_body(it /(\\d)\\d/ $1x)\n",
     DATA "header A: b => continue\nmessage 99 => read continue\n"
          "edits => replace_body 9x|1x3x|; replace_body 9x|1x3x|\n"},
    {"a pattern that hits its limit is a failure of the rule",
     "r: * -> append_text(foot) replace_body(it /^(a+)+$/ x)\n",
     DATA "header A: b => continue\n"
          "message aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab => read tempfail r !regex\n"
          "edits =>\n"},
    {"shadow rules edit nothing, and say nothing",
     "r shadow: * -> append_text(foot) append_html(foot)\n",
     DATA "header A: b => continue\nmessage Hello => read continue\n"
          "edits =>\nskipped =>\n"},
};

static void stories(void **state)
{
    (void)state;
    story_check_all(STORIES, COUNT_OF(STORIES));
}

static void content_that_cannot_be_read(void **state)
{
    struct story_options continues = {.on_content = VERDICT_CONTINUE};
    struct story_options rejects = {.on_content = VERDICT_REJECT};

    (void)state;
    story_check("continue", "r: header[A]=b -> append_text(foot)\n",
                "connect 192.0.2.1 => continue\nmail a@b.test => continue\nrcpt u@x.test => "
                "continue\ndata => continue\ncontent limit =>\nheader A: b => continue\n"
                "message Hello => read continue\n"
                "edits => add_header X-Postern-Unchecked: content r\n",
                &continues);
    story_check("reject", "r: header[A]=b -> append_text(foot)\n",
                "connect 192.0.2.1 => continue\nmail a@b.test => continue\nrcpt u@x.test => "
                "continue\ndata => continue\ncontent limit =>\nheader A: b => continue\n"
                "message Hello => read reject r !content\nedits =>\n",
                &rejects);
}

/* A text that is too long was not searched, which is no edit that was left out; a footer is one. */
static void too_long_a_text(void **state)
{
    static const char BEGIN[] = DATA "header A: b => continue\nmessage ";
    static const char END[] =
        " => read reject r !content\nskipped => replace_body (the text is too "
        "long to edit)\n";
    size_t size = REVISION_TEXT_MAX + 100;
    char *script = malloc(sizeof(BEGIN) + size + sizeof(END));
    struct story_options rejects = {.on_content = VERDICT_REJECT};

    (void)state;
    assert_non_null(script);
    memcpy(script, BEGIN, sizeof(BEGIN));
    memset(script + sizeof(BEGIN) - 1, 'x', size);
    memcpy(script + sizeof(BEGIN) - 1 + size, END, sizeof(END));
    story_check("long", "r: * -> append_text(foot) replace_body(it /y/ z)\n", script, &rejects);
    free(script);
}

/* A clock that is late each time it is looked at. */
static uint64_t late(void *ctx)
{
    uint64_t *now = ctx;

    return *now += 1000000000;
}

/* Every step in a turn of its own comes to the same. */
static void in_many_turns(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(STORIES); i++) {
        uint64_t now = 1;
        size_t turns = 0;
        struct story_options options = {
            .clock_ns = late, .clock_ctx = &now, .turn_ns = 1, .turns = &turns};

        story_check(STORIES[i].title, STORIES[i].rules, STORIES[i].script, &options);
        assert_true(turns > 0);
    }
}

static void nothing_stays_behind(void **state)
{
    (void)state;
    assert_true(leaves_nothing(stories, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stories),
        cmocka_unit_test(content_that_cannot_be_read),
        cmocka_unit_test(too_long_a_text),
        cmocka_unit_test(in_many_turns),
        cmocka_unit_test(nothing_stays_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
