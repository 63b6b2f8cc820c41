/* check_patterns: see check_patterns.h. */
#include "proxy/check_patterns.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "conf/policy.h"
#include "filters/rules/bare.h"
#include "proxy/explain/printable.h"

#define SAMPLE_BYTES   ((size_t)64 << 10)
#define PRINTED_BYTES  4096
#define SAMPLES_IN_MIB 16
#define SLICES_MAX     1000 /* of a hard pattern; what it would take in all is not waited for */

/* Patterns are tried on a text as mails have it. */
struct sample {
    struct pattern_scratch *scratch;
    char *text;
    const char *policy;
    int policy_len;
    struct slice rule, list;
    size_t bare;
};

static int make_sample(struct sample *sample)
{
    static const struct slice words = SLICE_INIT(
        "Dear colleagues, please find enclosed the minutes of our meeting on 12 March 2024 "
        "(room B-17, 14:30). Prices have risen by 3.5%, to EUR 1,240.00; see "
        "https://www.example.org/prices?year=2024&amp;id=77 <mailto:anna@example.org>.\r\n");

    sample->scratch = pattern_scratch_create();
    sample->text = malloc(SAMPLE_BYTES);
    if (sample->scratch == NULL || sample->text == NULL)
        return -1;
    for (size_t i = 0; i < SAMPLE_BYTES; i++)
        sample->text[i] = words.ptr[i % words.len];
    return 0;
}

static double milliseconds(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* of the process: always there */
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* What searching a MiB takes, where nothing matches: a match is gone on behind. */
static double cost_ms(const struct sample *sample, const struct pattern *pattern)
{
    const struct slice text = slice_make(sample->text, SAMPLE_BYTES);
    struct pattern_cursor cursor = {.offset = 0};
    double began = milliseconds();
    size_t done = 0;

    for (size_t slices = 0; slices < SLICES_MAX; slices++) {
        struct pattern_match match;
        enum pattern_result result =
            pattern_search(pattern, sample->scratch, text, &cursor, &match);

        if (result == PATTERN_NO || result == PATTERN_LIMIT) {
            done = SAMPLE_BYTES;
            break;
        }
        if (result == PATTERN_YES)
            cursor.offset += PATTERN_SLICE_BYTES;
        done = cursor.offset < SAMPLE_BYTES ? cursor.offset : SAMPLE_BYTES;
    }
    if (done == 0)
        return 0;
    return (milliseconds() - began) * (double)SAMPLE_BYTES / (double)done * SAMPLES_IN_MIB;
}

/* The line of a pattern: where it stands, as ${text} says, and its cost. */
static void print_cost(const struct sample *sample, struct bytes *text,
                       const struct pattern *pattern)
{
    struct slice shown = SLICE_NONE;

    if (bytes_take(text, &shown) != 0)
        shown = SLICE("(a long one)");
    (void)printf("  %.*s  %.1f ms a MiB\n", SLICE_ARG(shown), cost_ms(sample, pattern));
}

static void print_one(void *ctx, const struct bare_pattern *bare)
{
    struct sample *sample = ctx;
    struct bytes text;

    if (sample->bare++ == 0)
        (void)printf("policy %.*s, patterns without a text that must occur: searched one by one\n",
                     sample->policy_len, sample->policy);
    bytes_init(&text, PRINTED_BYTES);
    printable_append(&text, sample->rule);
    bytes_append(&text, SLICE("  "));
    bytes_append(&text, field_get(bare->field)->name);
    bytes_append(&text, bare->name.len > 0 ? SLICE(" ") : SLICE_NONE);
    printable_append(&text, bare->name);
    bytes_append(&text, SLICE("  /"));
    printable_append(&text, bare->text);
    bytes_append(&text, SLICE("/"));
    print_cost(sample, &text, bare->pattern);
    bytes_fini(&text);
}

static void print_listed(void *ctx, const struct list_entry *entry, const struct pattern *pattern)
{
    struct sample *sample = ctx;
    struct bytes text;

    if (sample->bare++ == 0)
        (void)printf("lists, patterns without a text that must occur: searched one by one\n");
    bytes_init(&text, PRINTED_BYTES);
    printable_append(&text, sample->list);
    bytes_append(&text, SLICE("  "));
    printable_append(&text, entry->written);
    print_cost(sample, &text, pattern);
    bytes_fini(&text);
}

static int print_lists(struct sample *sample, const struct list_table *lists)
{
    size_t total = 0;

    sample->bare = 0;
    for (size_t i = 0; i < lists->count; i++) {
        size_t count;

        sample->list = lists->items[i].name;
        count = list_bare_patterns(lists->items[i].list, print_listed, sample);
        if (count == SLICE_NOT_FOUND)
            return -1;
        total += count;
    }
    if (sample->bare > 0)
        (void)printf("  %zu of %zu patterns\n\n", sample->bare, total);
    return 0;
}

static int print_rules(struct sample *sample, const struct ruleset *rules)
{
    size_t total = 0;

    sample->bare = 0;
    for (size_t i = 0; i < ruleset_count(rules); i++) {
        size_t count;

        sample->rule = ruleset_plan(rules, i).rule->name;
        count = bare_patterns(rules, i, print_one, sample);
        if (count == SLICE_NOT_FOUND)
            return -1;
        total += count;
    }
    if (sample->bare > 0)
        (void)printf("  %zu of %zu patterns\n\n", sample->bare, total);
    return 0;
}

int check_patterns(const struct config *config)
{
    struct sample sample = {.bare = 0};
    int status = make_sample(&sample);

    for (size_t i = 0; status == 0 && i < config->policy_count; i++) {
        const struct policy *policy = &config->policies[i];

        sample.policy = policy->name.ptr;
        sample.policy_len = (int)policy->name.len;
        status = print_rules(&sample, policy->rules);
        if (status == 0)
            status = print_rules(&sample, policy->final_rules);
    }
    if (status == 0)
        status = print_lists(&sample, &config->lists);
    pattern_scratch_destroy(sample.scratch);
    free(sample.text);
    return status;
}
