/* transcript: what is said and heard, in order; garbage too. */
#include "filters/base/bytes.h"
#include "proxy/probe/transcript.h"
#include "tests/unit/support.h"

struct scene {
    struct arena arena;
    struct transcript t;
    struct milter_trace trace;
};

static void begin(struct scene *s)
{
    arena_init(&s->arena, 4096, 1U << 20);
    transcript_init(&s->t, &s->arena);
    s->trace = transcript_trace(&s->t);
}

static void end(struct scene *s)
{
    assert_false(s->t.failed);
    arena_fini(&s->arena);
}

static void said(struct scene *s, char code, struct slice data)
{
    s->trace.said(s->trace.ctx, (struct packet){code, true, data});
}

/* ${whole} is the packet's code and its data. */
static void heard(struct scene *s, struct slice whole)
{
    s->trace.heard(s->trace.ctx,
                   (struct packet){*whole.ptr, true, slice_make(whole.ptr + 1, whole.len - 1)});
}

static void negotiate(struct scene *s, struct slice answer)
{
    said(s, 'O', SLICE("\0\0\0\6\0\0\1\xFF\0\x1F\xFF\xFF"));
    heard(s, answer);
}

static void test_order(void **state)
{
    struct scene s;
    const struct transcript_step *step;

    (void)state;
    begin(&s);
    negotiate(&s, SLICE("O\0\0\0\6\0\0\0\1\0\0\0\x30")); /* NOHDRS, NOBODY */
    assert_true(s.t.settled);
    said(&s, 'D', SLICE("Mi\0Q1\0"));
    said(&s, 'M', SLICE("<a@b>\0SIZE=1\0"));
    heard(&s, SLICE("c"));
    said(&s, 'N', SLICE(""));
    said(&s, 'E', SLICE(""));
    heard(&s, SLICE("p"));
    heard(&s, SLICE("p"));
    heard(&s, SLICE("hX\0y\0"));
    step = s.t.steps->next;
    assert_int_equal(step->kind, PACKET_COMMAND_MAIL);
    assert_true(slice_equal(step->text, SLICE("<a@b> SIZE=1")));
    assert_int_equal(step->macro_count, 1);
    assert_true(slice_equal(step->macros[0].value, SLICE("Q1")));
    assert_int_equal(step->answers->kind, PACKET_REPLY_CONTINUE);
    step = step->next;
    assert_string_equal(step->unsent, "NOHDRS");
    step = step->next->next;
    assert_string_equal(step->unsent, "NOBODY");
    step = step->next;
    assert_int_equal(step->kind, PACKET_COMMAND_BODYEOB);
    assert_int_equal(step->answers->count, 2);
    assert_true(slice_equal(step->answers->next->text, SLICE("X: y")));
    assert_ptr_equal(transcript_asked(&s.t), step);
    assert_null(step->next);
    end(&s);
}

static void test_garbage(void **state)
{
    struct scene s;

    (void)state;
    begin(&s);
    negotiate(&s, SLICE("O\0\0\0\6\0\0\0\1\0\0\0\0"));
    heard(&s, SLICE("Zx"));
    assert_true(slice_equal(s.t.last->last->text, SLICE("5A 78")));
    assert_string_equal(s.t.last->last->wrong, "an unknown reply");
    s.trace.garbage(s.trace.ctx, SLICE("HTTP"), true);
    assert_true(slice_equal(s.t.last->last->text, SLICE("48 54 54 50")));
    assert_false(s.t.unasked);
    s.trace.garbage(s.trace.ctx, SLICE("c"), false);
    assert_true(s.t.unasked);
    said(&s, 'H', SLICE("me\0"));
    heard(&s, SLICE("d"));
    assert_ptr_equal(s.t.discards, s.t.last);
    end(&s);
}

/* All of it, as text. */
static void tell(const struct transcript *t, struct bytes *out)
{
    bytes_format(out, "%.*s|", SLICE_ARG(t->answer.symbols.lists[PACKET_STAGE_MAIL]));
    for (const struct transcript_step *step = t->steps; step != NULL; step = step->next) {
        bytes_format(out, "|%c %.*s", (char)step->kind, SLICE_ARG(step->text));
        if (step->unsent != NULL)
            bytes_append(out, slice_str(step->unsent));
        for (size_t i = 0; i < step->macro_count; i++)
            bytes_format(out, " %.*s=%.*s", SLICE_ARG(step->macros[i].name),
                         SLICE_ARG(step->macros[i].value));
        for (const struct transcript_answer *answer = step->answers; answer != NULL;
             answer = answer->next)
            bytes_format(out, ": %u of %.*s %.*s", answer->count, SLICE_ARG(answer->text),
                         SLICE_ARG(answer->parameters));
    }
}

/* ${converse} in ever more room: all of it is there, or it says that something is missing. */
static void whole_or_failed(void (*converse)(struct scene *s), const char *want)
{
    unsigned whole = 0, missing = 0;

    for (size_t room = 0; whole < 10; room += 16) {
        struct scene s;
        struct bytes told;

        arena_init(&s.arena, 64, room);
        transcript_init(&s.t, &s.arena);
        s.trace = transcript_trace(&s.t);
        converse(&s);
        bytes_init(&told, 4096);
        tell(&s.t, &told);
        if (!s.t.failed)
            assert_row_slice(bytes_slice(&told), slice_str(want), "room", room);
        whole += !s.t.failed;
        missing += s.t.failed;
        bytes_fini(&told);
        arena_fini(&s.arena);
    }
    assert_in_range(missing, 20, 1000);
}

static void say_much(struct scene *s)
{
    negotiate(s, SLICE("O\0\0\0\6\0\0\0\x40\0\0\0\x30\0\0\0\2i j\0"));
    said(s, 'D', SLICE("Mi\0Q1\0"));
    said(s, 'M', SLICE("<a@b>\0SIZE=1\0"));
    heard(s, SLICE("c"));
    said(s, 'E', SLICE(""));
    heard(s, SLICE("p"));
    heard(s, SLICE("p"));
    heard(s, SLICE("e<c@d>\0SIZE=2\0"));
    s->trace.garbage(s->trace.ctx, SLICE("0123456789012345678901234567890123"), true);
    said(s, 'Q', SLICE(""));
}

#define NAMES "as-long-as-all-the-rest as-long-as-all-the-rest as-long-as-all-the-rest "
#define LIST  NAMES NAMES NAMES NAMES NAMES NAMES NAMES NAMES "j"

/* The list may be the one thing that does not fit. */
static void ask_for_much(struct scene *s)
{
    negotiate(s, SLICE("O\0\0\0\6\0\0\0\x40\0\0\0\x30\0\0\0\2" LIST "\0"));
    said(s, 'Q', SLICE(""));
}

static void test_full_arena(void **state)
{
    (void)state;
    whole_or_failed(
        say_much,
        "i j||O version 6, actions 0x1FF, protocol 0x1FFFFF: 1 of version 6, actions 0x40, "
        "protocol 0x30 |M <a@b> SIZE=1 i=Q1: 1 of  |L NOHDRS|B NOBODY|E : 2 of  : 1 of <c@d> SIZE=2"
        ": 1 of 30 31 32 33 34 35 36 37 38 39 30 31 32 33 34 35 36 37 38 39 30 31 32 33 34 35 36 "
        "37 "
        "38 39 30 31 ... |Q ");
    whole_or_failed(ask_for_much, LIST "||O version 6, actions 0x1FF, protocol 0x1FFFFF: 1 of "
                                       "version 6, actions 0x40, protocol 0x30 |Q ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_order), cmocka_unit_test(test_garbage),
                                       cmocka_unit_test(test_full_arena)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
