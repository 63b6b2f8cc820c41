/* report_join: see report_join.h. */
#include "filters/eval/report_join.h"

/* Puts ${count} names before those of *${names}; leaves these alone when memory is out. */
static void put_before(struct arena *arena, const struct slice *first, size_t count,
                       const struct slice **names, size_t *name_count)
{
    struct slice *all;

    if (count == 0)
        return;
    all = arena_alloc(arena, (count + *name_count) * sizeof(*all));
    if (all == NULL)
        return;
    memcpy(all, first, count * sizeof(*all));
    if (*name_count > 0)
        memcpy(all + count, *names, *name_count * sizeof(*all));
    *names = all;
    *name_count += count;
}

static const struct edit_list *join_edits(struct arena *arena, const struct edit_list *first,
                                          const struct edit_list *second)
{
    struct edit_list *all = first->count > 0 ? arena_alloc(arena, sizeof(*all)) : NULL;

    if (all == NULL)
        return second;
    for (size_t i = 0; i < first->count + second->count && !all->failed; i++)
        all->failed |= edit_list_add(
            all, arena, i < first->count ? &first->items[i] : &second->items[i - first->count]);
    return all;
}

static void join_would(struct arena *arena, const struct eval_would *first,
                       struct eval_would *would)
{
    size_t count = first->rule_count + would->rule_count;
    struct eval_would_rule *all = arena_alloc(arena, (count + 1) * sizeof(*all));

    would->edits = join_edits(arena, first->edits, would->edits);
    if (all == NULL || first->rule_count == 0)
        return;
    memcpy(all, first->rules, first->rule_count * sizeof(*all));
    for (size_t i = 0; i < would->rule_count; i++)
        all[first->rule_count + i] = would->rules[i];
    would->rules = all;
    would->rule_count = count;
}

static void join_failures(struct arena *arena, const struct eval_report *first,
                          struct eval_report *report)
{
    size_t total = first->failure_count + report->failure_count;
    enum failure *causes = arena_alloc(arena, (total + 1) * sizeof(*causes));

    if (causes == NULL || first->failure_count == 0)
        return;
    memcpy(causes, first->causes, first->failure_count * sizeof(*causes));
    for (size_t i = first->failure_count; i < total; i++)
        causes[i] = report->causes[i - first->failure_count];
    put_before(arena, first->failures, first->failure_count, &report->failures,
               &report->failure_count);
    if (report->failure_count == total)
        report->causes = causes;
}

static void join_listed(struct arena *arena, const struct eval_report *first,
                        struct eval_report *report)
{
    size_t total = first->listed_count + report->listed_count;
    struct eval_listed *all =
        first->listed_count > 0 ? arena_alloc(arena, total * sizeof(*all)) : NULL;

    if (all == NULL)
        return;
    memcpy(all, first->listed, first->listed_count * sizeof(*all));
    for (size_t i = first->listed_count; i < total; i++)
        all[i] = report->listed[i - first->listed_count];
    report->listed = all;
    report->listed_count = total;
}

struct eval_report report_join(struct arena *arena, const struct eval_report *first,
                               const struct eval_report *last)
{
    struct eval_report report = *last;

    put_before(arena, first->rules, first->rule_count, &report.rules, &report.rule_count);
    put_before(arena, first->logs, first->log_count, &report.logs, &report.log_count);
    join_listed(arena, first, &report);
    join_failures(arena, first, &report);
    report.unchecked = report.unchecked || first->unchecked;
    report.skipped = join_edits(arena, first->skipped, last->skipped);
    join_would(arena, &first->would, &report.would);
    report.incomplete = first->incomplete || last->incomplete || arena_failed(arena) ||
                        report.would.edits->failed || report.skipped->failed;
    return report;
}
