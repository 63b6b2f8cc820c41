/* story: sessions for tests of the evaluator, as text: what happens, and what is said to it.
 *
 * Each line is `event argument => answer`. Running a story makes the answers again; the test
 * compares.
 *
 *     connect 192.0.2.1 => continue           mail a@b.test size=100 => reject r1
 *     (or utf8, for SMTPUTF8)
 *     connect 192.0.2.1 1.3 CN=alice => ...   (in TLS of that version, with that certificate)
 *     auth bob => continue
 *     rcpt u@example.org => reject r2 rcpt    refused =>
 *     header Subject: hi|To: u => continue    message first line|second line => accept r3
 *     edits => add_header X: v; ...           interest => header message edits
 *     report => score=2 rules=r1,r3           logs => text; text       (taken after that)
 *     would => reject r4: 550 no; continue r5 outcome r1 => fired      reset =>
 *
 *     name mail.example.org => (or ?: nobody knows)   what is answered to the question for it
 *
 *     content attachment=a.exe|doubt => (or limit, over, memory)    ... to what the message says;
 *     content really =>                                             it is read itself
 *     skipped => replace_body (why); ...      edits that were left out
 *
 * An answer is `asked` if there was a question for the name, `read` if for what the message says,
 * then the verdict's kind, the rule, then `rcpt` or
 * `session` when that is the scope,
 * `!regex`, `!lookup`, `!content` or `!memory`, `all`, `delay=ms`, `to address` of a redirect.
 * `reply` gives the last refusal's reply.
 */
#ifndef TESTS_UNIT_FILTERS_EVAL_STORY_H
#define TESTS_UNIT_FILTERS_EVAL_STORY_H

#include "filters/eval/eval.h"
#include "tests/unit/filters/rules/rule_text.h"

struct story_options {
    uint64_t (*clock_ns)(void *ctx);
    void *clock_ctx;
    uint64_t rule_budget_ns, message_budget_ns, turn_ns;
    enum verdict_kind on_regex; /* VERDICT_CONTINUE, 0, is taken for VERDICT_TEMPFAIL */
    bool on_regex_continue;
    enum verdict_kind on_lookup, on_content;
    size_t memory_limit_bytes; /* 0: plenty */
    const struct eval_trace *trace;
    const struct list_table *lists;
    size_t *turns; /* counts VERDICT_MORE */
};

/* story_check(title, rules, script, options): runs the script and fails the test where an answer
 * differs. ${options} may be NULL. */
void story_check(const char *title, const char *rules, const char *script,
                 const struct story_options *options);

/* One of many stories. */
struct story {
    const char *title, *rules, *script;
};

/* story_check_all(stories, count): each, without options. */
void story_check_all(const struct story *stories, size_t count);

/* story_check_condition(title, condition, header, holds): a message with ${header} and a rule with
 * ${condition}, which holds: 'y', does not: 'n', or cannot be judged: 'f'. */
void story_check_condition(const char *title, const char *condition, const char *header,
                           char holds);

/* story_print_edits(list, out, size): as in the answer to `edits`. */
void story_print_edits(const struct edit_list *list, char *out, size_t size);

/* story_print_verdict(verdict, out, size): as in an answer. */
void story_print_verdict(const struct verdict *verdict, char *out, size_t size);

#endif
