/* scripted_chain: stands in the place of proxy/milter/chain.c in the tests of those who ask it: no
 * milters and no sockets. It follows a script, and writes down what it is told and who is asked.
 * One source of a test program includes it, and the linker leaves the real one out.
 */
#ifndef TESTS_UNIT_PROXY_INSPECT_SCRIPTED_CHAIN_H
#define TESTS_UNIT_PROXY_INSPECT_SCRIPTED_CHAIN_H

#include <stdlib.h>

#include "conf/milter_conf.h"
#include <stdlib.h>

#include "filters/base/bytes.h"
#include "filters/base/reply.h"
#include "filters/event.h"
#include "filters/verdict.h"
#include "proxy/milter/chain.h"
#include "tests/unit/support.h"

/* What a milter says when it is asked. To all else it says CONTINUE. */
struct script_line {
    const char *to;         /* one of the WORDS below; NULL ends a script */
    unsigned nth;           /* of those that the chain was told, from 1; 0: each */
    size_t milter;          /* its index */
    enum verdict_kind kind; /* a refusal is "550 5.7.1 milter says no", or 450 4.7.1 */
    const char *failure;    /* with CONTINUE: it has failed, and the message goes on unchecked */
    struct edit edit;       /* of a message, with CONTINUE; value.ptr NULL: none */
};

static const char *const WORDS[] = {"connect", "helo", "login", "mail",    "rcpt",
                                    "refused", "data", "",      "message", "unknown"};
#define WORD_UNKNOWN  9
#define WORDS_COUNT   10
#define HEARD_MAX     4000
#define SCRIPT_BUDGET 60000 /* what a message is to have, in ms */

struct chain {
    struct chain_setup setup;
    bool busy;
    struct verdict verdict;
    unsigned counts[WORDS_COUNT]; /* of each word */
    const char *failures[4];      /* of each milter, since then */
    struct edit_list edits[4];
    struct arena arena;
};

static struct {
    const struct script_line *lines;
    bool slow;       /* it is busy after each call, until chain_answers */
    bool interested; /* what chain_interested says */
    struct chain *chain;
    struct bytes log;
} script;

/* script_begin(lines): before the chain is made. script_end(): after its end. */
static inline void script_begin(const struct script_line *lines)
{
    memset(&script, 0, sizeof script);
    script.lines = lines;
    bytes_init(&script.log, HEARD_MAX);
}

static inline void script_end(void)
{
    assert_null(script.chain);
    bytes_fini(&script.log);
}

/* heard(): what the chain was told since the last look, "|" after each: a word, what it is about,
 * and for each milter whether it is asked: y, n, or - while that is undecided. "message two: A,B"
 * is the message as the second milter sees it, by its fields. Good until the next call. */
static inline const char *heard(void)
{
    static char text[HEARD_MAX + 1];
    struct slice told;
    assert_int_equal(bytes_take(&script.log, &told), 0);
    (void)snprintf(text, sizeof text, "%.*s", SLICE_ARG(told));
    bytes_clear(&script.log);
    return text;
}

static inline enum chain_when chain_asks(const struct chain *chain, size_t milter)
{
    return chain->setup.owner.when(chain->setup.owner.ctx, milter);
}

/* The milter's line to the word said last; NULL: none. */
static inline const struct script_line *chain_line(const struct chain *chain, size_t word,
                                                   size_t milter)
{
    for (const struct script_line *line = script.lines; line != NULL && line->to != NULL; line++)
        if (line->milter == milter && strcmp(line->to, WORDS[word]) == 0 &&
            (line->nth == 0 || line->nth == chain->counts[word]))
            return line;
    return NULL;
}

static inline struct verdict chain_said(const struct chain *chain, const struct script_line *line)
{
    bool later = line->kind == VERDICT_TEMPFAIL;
    enum verdict_scope scope = SCOPE_MESSAGE;
    if (strcmp(line->to, "rcpt") == 0)
        scope = SCOPE_RECIPIENT;
    if (strcmp(line->to, "connect") == 0 || strcmp(line->to, "helo") == 0)
        scope = SCOPE_SESSION;
    struct verdict verdict = {.kind = line->kind};
    if (verdict_refuses(line->kind))
        verdict =
            verdict_refusal(line->kind, scope,
                            (struct reply){.code = later ? 450 : 550,
                                           .wire = later ? SLICE("450 4.7.1 milter says no\r\n")
                                                         : SLICE("550 5.7.1 milter says no\r\n")});
    verdict.party = PARTY_MILTER;
    verdict.by = chain->setup.milters[line->milter].name;
    verdict.reason = line->kind == VERDICT_QUARANTINE ? SLICE("milter keeps it") : SLICE_NONE;
    return verdict;
}

static inline void chain_begin(struct chain *chain, size_t word)
{
    assert_false(chain->busy);
    chain->busy = script.slow;
    chain->counts[word]++;
    chain->verdict = (struct verdict){.kind = VERDICT_CONTINUE};
}

/* What milter ${milter} makes of the last word. Whether the next one is asked. */
static inline bool chain_heeds(struct chain *chain, size_t word, size_t milter)
{
    const struct script_line *line = chain_line(chain, word, milter);
    if (line == NULL)
        return true;
    if (line->failure != NULL)
        chain->failures[milter] = line->failure;
    if (line->kind != VERDICT_CONTINUE)
        chain->verdict = chain_said(chain, line);
    return line->kind == VERDICT_CONTINUE;
}

static inline void chain_tell(struct chain *chain, size_t word, struct slice what)
{
    chain_begin(chain, word);
    bytes_format(&script.log, "%s %.*s%s", WORDS[word], SLICE_ARG(what), what.len > 0 ? " " : "");
    for (size_t i = 0; i < chain->setup.milter_count; i++)
        bytes_append_char(&script.log, "-yn"[chain_asks(chain, i)]);
    bytes_append_char(&script.log, '|');
    for (size_t i = 0; i < chain->setup.milter_count; i++)
        if (chain_asks(chain, i) == CHAIN_YES && !chain_heeds(chain, word, i))
            return;
}

/* chain_answers(): what the chain was told last is answered, if it is slow. */
static inline void chain_answers(void)
{
    assert_true(script.chain->busy);
    script.chain->busy = false;
    script.chain->setup.owner.wake(script.chain->setup.owner.ctx);
}

/* --- the chain --- */

struct chain *chain_create(const struct chain_setup *setup)
{
    struct chain *chain = calloc(1, sizeof *chain);
    assert_non_null(chain);
    assert_null(script.chain);
    chain->setup = *setup;
    arena_init(&chain->arena, 1024, 65536);
    return script.chain = chain;
}

void chain_destroy(struct chain *chain)
{
    if (chain == NULL)
        return;
    arena_fini(&chain->arena);
    free(chain);
    script.chain = NULL;
}

void chain_feed(struct chain *chain, const struct event *event, const struct milter_facts *facts)
{
    struct slice what = SLICE_NONE;
    assert_non_null(facts);
    if (event->kind == EVENT_HELO)
        what = event->u.helo.name;
    if (event->kind == EVENT_MAIL)
        what = event->u.mail.sender;
    if (event->kind == EVENT_RCPT || event->kind == EVENT_RCPT_REFUSED)
        what = event->u.rcpt.recipient;
    chain_tell(chain, (size_t)event->kind, what);
}

void chain_unknown(struct chain *chain, struct slice line)
{
    chain_tell(chain, WORD_UNKNOWN, line);
}

static inline void chain_shows(const struct chain *chain, size_t milter,
                               const struct header *header)
{
    struct slice name = chain->setup.milters[milter].name;
    bytes_format(&script.log, "message %.*s: ", SLICE_ARG(name));
    for (size_t i = 0; i < header->count; i++)
        bytes_format(&script.log, "%s%.*s", i > 0 ? "," : "", SLICE_ARG(header->fields[i].name));
    bytes_append_char(&script.log, '|');
}

/* Has the owner make what the line changes. 0, or -1 when it cannot. */
static inline int chain_changes(struct chain *chain, const struct script_line *line,
                                struct chain_content *content)
{
    struct edit_list *edits = &chain->edits[line->milter];
    assert_int_equal(edit_list_add(edits, &chain->arena, &line->edit), 0);
    return chain->setup.owner.apply(chain->setup.owner.ctx, line->milter, edits, content);
}

void chain_message(struct chain *chain, const struct chain_content *content,
                   const struct milter_facts *facts, uint64_t budget_ms)
{
    struct chain_content left = *content;
    assert_non_null(facts);
    assert_int_equal(budget_ms, SCRIPT_BUDGET);
    chain_begin(chain, EVENT_MESSAGE);
    for (size_t i = 0; i < chain->setup.milter_count; i++) {
        if (chain_asks(chain, i) == CHAIN_NO)
            continue;
        chain_shows(chain, i, left.header);
        const struct script_line *line = chain_line(chain, EVENT_MESSAGE, i);
        if (!chain_heeds(chain, EVENT_MESSAGE, i))
            return;
        if (line != NULL && line->edit.value.ptr != NULL &&
            chain_changes(chain, line, &left) != 0) {
            chain->verdict = verdict_refusal(VERDICT_TEMPFAIL, SCOPE_MESSAGE, (struct reply){0});
            chain->verdict.failure = FAILURE_MEMORY;
            return;
        }
    }
}

void chain_reset(struct chain *chain)
{
    bytes_append(&script.log, SLICE("reset|"));
    chain->busy = false;
    memset(chain->failures, 0, sizeof chain->failures);
    memset(chain->edits, 0, sizeof chain->edits);
    arena_reset(&chain->arena);
}

bool chain_busy(const struct chain *chain)
{
    return chain->busy;
}

struct verdict chain_verdict(const struct chain *chain)
{
    return chain->verdict;
}

bool chain_interested(const struct chain *chain)
{
    (void)chain;
    return script.interested;
}

size_t chain_reports(const struct chain *chain, struct chain_report *reports)
{
    for (size_t i = 0; i < chain->setup.milter_count; i++)
        reports[i] = (struct chain_report){.name = chain->setup.milters[i].name,
                                           .verdict = {.kind = VERDICT_CONTINUE},
                                           .failure = chain->failures[i]};
    return chain->setup.milter_count;
}

#endif
