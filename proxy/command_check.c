/* postern check: loads a configuration, says what is wrong with it, runs its samples, and says of
 * each rule what it needs and when it can act. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "conf/config.h"
#include "conf/milter_conf.h"
#include "conf/policy.h"
#include "conf/read/config_load.h"
#include "filters/message/dkim.h"
#include "filters/rules/rule.h"
#include "proxy/check_patterns.h"
#include "proxy/commands.h"
#include "proxy/explain/printable.h"
#include "proxy/explain/relay.h"
#include "proxy/explain/trial.h"
#include "proxy/net/tls_store.h"
#include "proxy/options.h"
#include "proxy/problems.h"
#include "proxy/process/readiness.h"

#define OUTPUT_BYTES_MAX ((size_t)64 * 1024 * 1024)

enum column { NUMBER, NAME, MODE, FACTS, DECIDED, ACTS, HELD_BY, SCOPE, COLUMNS };

/* The table of one policy: cells row by row, the heads first. */
struct table {
    struct arena *arena;
    struct slice *cells;
    size_t rows;
    size_t widths[COLUMNS];
    const struct ruleset *rules;
    bool final;         /* they are final rules */
    bool begins_in_tls; /* some listener of the policy has TLS from the first byte */
};

static void usage(FILE *out)
{
    (void)fprintf(
        out, "usage: postern check [-v] [--strict] [--for proxy|milter] [-c FILE]\n\n"
             "Loads the configuration, says what is wrong with it, runs the samples in its "
             "rules,\nand prints of each rule the facts it needs, the stage at which it can be "
             "decided,\nthe stage at which it can act, and which rule above holds it back.\n\n"
             "  -c FILE  the configuration; default " CONFIG_DEFAULT_FILE "\n"
             "  -v       lists the patterns that are searched one by one, and what each costs\n"
             "  --strict warnings are errors, too\n"
             "  --for    what that command would refuse on this machine is an error; without, a\n"
             "           note\n"
             "  --help   this text\n\n"
             "Exit code 0: no errors (there may be warnings); 78: errors, or a sample that "
             "did not\ncome out as it expects.\n");
}

/* --- the table --- */

/* What is not ASCII may be shown too wide by one or two; nobody is hurt. */
static void set(struct table *table, size_t row, enum column column, struct slice text)
{
    table->cells[row * COLUMNS + column] = text;
    if (text.len > table->widths[column])
        table->widths[column] = text.len;
}

static struct slice shown(struct arena *arena, struct slice name)
{
    struct bytes text;
    struct slice copy, whole;

    bytes_init(&text, OUTPUT_BYTES_MAX);
    printable_append(&text, name);
    copy = bytes_take(&text, &whole) == 0 ? arena_copy(arena, whole) : SLICE_NONE;
    bytes_fini(&text);
    return copy;
}

static struct slice facts(struct arena *arena, uint64_t mask)
{
    struct bytes text;
    struct slice copy, whole;

    bytes_init(&text, OUTPUT_BYTES_MAX);
    for (unsigned i = 0; i < FIELD_COUNT; i++) {
        if ((mask & UINT64_C(1) << i) == 0)
            continue;
        bytes_append(&text, text.len > 0 ? SLICE(",") : SLICE_NONE);
        bytes_append(&text, field_get((enum field_id)i)->name);
    }
    copy = bytes_take(&text, &whole) == 0 ? arena_copy(arena, whole) : SLICE_NONE;
    if (copy.ptr != NULL && copy.len == 0)
        copy = SLICE("-");
    bytes_fini(&text);
    return copy;
}

static struct slice mode_name(enum rule_mode mode)
{
    switch (mode) {
    case RULE_ENFORCE: return SLICE("enforce");
    case RULE_SHADOW: return SLICE("shadow");
    case RULE_OFF: return SLICE("off");
    }
    return SLICE("");
}

/* When it is decided, and in brackets when sooner, where TLS is known at connect already. */
static struct slice acts(const struct table *table, const struct rule_plan *plan)
{
    return table->final ? SLICE("message, after the milters") : stage_name(plan->acts);
}

static struct slice decided(const struct table *table, const struct rule_plan *plan)
{
    const uint64_t tls = UINT64_C(1) << FIELD_TLS | UINT64_C(1) << FIELD_TLS_VERSION |
                         UINT64_C(1) << FIELD_TLS_CIPHER | UINT64_C(1) << FIELD_TLS_NAME |
                         UINT64_C(1) << FIELD_CLIENT_CERT;
    enum stage sooner = STAGE_CONNECT;

    for (unsigned i = 0; i < FIELD_COUNT; i++)
        if ((plan->facts & ~tls & UINT64_C(1) << i) != 0 &&
            field_get((enum field_id)i)->stage > sooner)
            sooner = field_get((enum field_id)i)->stage;
    if (table->final)
        return acts(table, plan);
    if (!table->begins_in_tls || (plan->facts & tls) == 0 || sooner >= plan->decided)
        return stage_name(plan->decided);
    return arena_format(table->arena, "%.*s (%.*s)", SLICE_ARG(stage_name(plan->decided)),
                        SLICE_ARG(stage_name(sooner)));
}

static struct slice speaks_for(const struct rule_plan *plan)
{
    if (plan->of_recipient)
        return SLICE("recipient");
    return plan->by_claim ? SLICE("recipient by SIZE, or message") : SLICE("message");
}

static void fill_row(struct table *table, size_t index)
{
    struct rule_plan plan = ruleset_plan(table->rules, index);
    bool off = plan.rule->mode == RULE_OFF;
    struct slice held_by = SLICE("-");
    size_t row = index + 1;

    if (!off && plan.held_by != SLICE_NOT_FOUND)
        held_by = shown(table->arena, ruleset_plan(table->rules, plan.held_by).rule->name);
    set(table, row, NUMBER, arena_format(table->arena, "%zu", row));
    set(table, row, NAME, shown(table->arena, plan.rule->name));
    set(table, row, MODE, mode_name(plan.rule->mode));
    set(table, row, FACTS, facts(table->arena, plan.facts));
    set(table, row, DECIDED, off ? SLICE("-") : decided(table, &plan));
    set(table, row, ACTS, off ? SLICE("-") : acts(table, &plan));
    set(table, row, HELD_BY, held_by);
    set(table, row, SCOPE, speaks_for(&plan));
}

static void print_table(const struct table *table)
{
    for (size_t row = 0; row < table->rows; row++) {
        const struct slice *cells = &table->cells[row * COLUMNS];

        for (unsigned column = 0; column + 1 < COLUMNS; column++)
            (void)printf("  %-*.*s", (int)table->widths[column], SLICE_ARG(cells[column]));
        (void)printf("  %.*s\n", SLICE_ARG(cells[COLUMNS - 1]));
    }
}

/* Returns 0, or -1 when memory is out. */
static int print_rules(const struct config *config, const struct policy *policy, bool final)
{
    static const char *const HEADS[COLUMNS] = {
        "#", "rule", "mode", "facts", "decided at", "acts at", "held back by", "speaks for"};
    struct arena arena;
    const struct ruleset *rules = final ? policy->final_rules : policy->rules;
    size_t count = ruleset_count(rules);
    struct table table = {.arena = &arena, .rows = count + 1, .rules = rules, .final = final};

    if (count == 0)
        return 0;

    arena_init(&arena, 16384, OUTPUT_BYTES_MAX);
    for (size_t i = 0; i < config->listener_count; i++)
        if (config->listeners[i].policy == policy && config->listeners[i].tls.mode == TLS_IMPLICIT)
            table.begins_in_tls = true;
    table.cells = arena_alloc(&arena, table.rows * COLUMNS * sizeof(*table.cells));
    if (table.cells != NULL) {
        for (unsigned column = 0; column < COLUMNS; column++)
            set(&table, 0, (enum column)column, slice_str(HEADS[column]));
        for (size_t i = 0; i < count; i++)
            fill_row(&table, i);
        (void)printf("policy %.*s%s\n", SLICE_ARG(policy->name), final ? ", final rules" : "");
        print_table(&table);
        (void)printf("\n");
    }
    arena_fini(&arena);
    return table.cells != NULL ? 0 : -1;
}

/* --- milters --- */

static struct slice asked_from(const struct milter_conf *milter)
{
    return stage_name(milter->when != NULL ? ruleset_plan(milter->when, 0).decided : STAGE_CONNECT);
}

/* Returns 0, or -1 when memory is out. */
static int print_milters(const struct policy *policy)
{
    struct arena arena;
    bool whole = true;

    arena_init(&arena, 4096, OUTPUT_BYTES_MAX);
    (void)printf("milters of policy %.*s\n", SLICE_ARG(policy->name));
    for (size_t i = 0; i < policy->milter_count; i++) {
        const struct milter_conf *milter = &policy->milters[i];
        struct slice name = shown(&arena, milter->name);
        struct slice address = shown(&arena, milter->endpoint.text);

        whole = whole && name.ptr != NULL && address.ptr != NULL;
        (void)printf("  %zu  %.*s  %.*s  asked from %.*s on\n", i + 1, SLICE_ARG(name),
                     SLICE_ARG(address), SLICE_ARG(asked_from(milter)));
    }
    (void)printf("\n");
    arena_fini(&arena);
    return whole ? 0 : -1;
}

/* --- the check --- */

/* Interpreted patterns are slow enough to run into their time limits. */
static void warn_of_jit(const struct config *config, struct diag *diag)
{
    for (size_t i = 0; i < config->policy_count; i++) {
        const struct policy *policy = &config->policies[i];
        size_t count = ruleset_patterns_without_jit(policy->rules) +
                       ruleset_patterns_without_jit(policy->final_rules);

        if (count > 0)
            diag_add(diag, DIAG_WARNING, policy->place,
                     "%zu pattern%s of policy '%.*s' run%s without JIT, which is much slower",
                     count, count == 1 ? "" : "s", SLICE_ARG(policy->name), count == 1 ? "s" : "");
    }
}

/* What an edit changes that signers usually cover; empty: nothing. One more field on top they do
 * not.
 */
static struct slice usually_signed(const struct action *action)
{
    bool covered = action->kind != ACTION_INSERT_HEADER && dkim_usual(action->name);
    bool body = action->kind == ACTION_REPLACE_BODY || action->kind == ACTION_APPEND_TEXT ||
                action->kind == ACTION_APPEND_HTML || action->kind == ACTION_REMOVE_ATTACHMENT;

    if (body)
        return SLICE("the body");
    return covered ? action->name : SLICE_NONE;
}

/* One note for a rule that does not say what it wants. */
static void note_signed(const struct rule *rule, struct diag *diag)
{
    struct slice name = SLICE_NONE;

    for (size_t i = 0; i < rule->action_count && name.len == 0; i++)
        name = usually_signed(&rule->actions[i]);
    if (name.len > 0 && rule->breaking == BREAKING_UNSAID && rule->mode != RULE_OFF)
        diag_add(diag, DIAG_NOTE, rule->place,
                 "rule '%.*s' edits %.*s, which most DKIM signatures cover: they will not verify "
                 "behind it; if_breaks_dkim says what is wanted",
                 SLICE_ARG(rule->name), SLICE_ARG(name));
}

static void note_all_signed(const struct config *config, struct diag *diag)
{
    for (size_t i = 0; i < config->policy_count; i++) {
        const struct policy *policy = &config->policies[i];

        for (size_t k = 0; k < policy->rule_count; k++)
            note_signed(&policy->rule_items[k], diag);
        for (size_t k = 0; k < policy->final_count; k++)
            note_signed(&policy->final_items[k], diag);
    }
}

/* Reads what the configuration names; problems go to ${diag}. NULL without TLS, or with errors. */
static struct tls_store *read_certificates(const struct config *config, struct diag *diag)
{
    return tls_store_mark(config) != 0 ? tls_store_create(config, diag) : NULL;
}

static void print_certificates(const struct tls_store *store)
{
    size_t count = store != NULL ? tls_store_certificates(store, NULL, 0) : 0;
    struct tls_certificate *all = calloc(count + 1, sizeof(*all));

    if (all != NULL && count > 0) {
        (void)tls_store_certificates(store, all, count);
        (void)printf("certificates\n");
        for (size_t i = 0; i < count; i++)
            (void)printf("  %.*s  %ld days left\n", SLICE_ARG(all[i].file), all[i].days_left);
        (void)printf("\n");
    }
    free(all);
}

/* Each list with what it costs: all of it is in memory, twice while a newer one is built. */
static int print_lists(const struct config *config)
{
    struct arena arena;
    bool whole = true;

    arena_init(&arena, 4096, OUTPUT_BYTES_MAX);
    (void)printf("lists\n");
    for (size_t i = 0; i < config->lists.count; i++) {
        const struct list *list = config->lists.items[i].list;
        struct slice name = shown(&arena, config->lists.items[i].name);

        whole = whole && name.ptr != NULL;
        (void)printf("  %.*s  %zu entr%s  %zu KiB\n", SLICE_ARG(name), list_count(list),
                     list_count(list) == 1 ? "y" : "ies", (list_bytes(list) + 1023) / 1024);
    }
    (void)printf("\n");
    arena_fini(&arena);
    return whole ? 0 : -1;
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

/* What the command line asks for. */
struct request {
    const char *file;
    enum config_needs program; /* CONFIG_NEEDS_ADVICE: whichever the file is for */
    bool strict;
    bool verbose;
};

/* The last word: how many problems there were, or that all is well. */
static int conclude(const struct request *request, const struct diag *diag, size_t rules,
                    size_t samples)
{
    const char *file = request->file;

    if (diag->errors > 0) {
        (void)fprintf(stderr, "%s: %zu error%s\n", file, diag->errors, plural(diag->errors));
        return EX_CONFIG;
    }
    if (request->strict && diag->warnings > 0) {
        (void)fprintf(stderr, "%s: %zu warning%s, which --strict does not allow\n", file,
                      diag->warnings, plural(diag->warnings));
        return EX_CONFIG;
    }
    (void)printf("%s: ok, %zu rule%s, %zu sample%s\n", file, rules, plural(rules), samples,
                 plural(samples));
    return EX_OK;
}

static int report(const struct request *request, const struct config *config, size_t samples,
                  const struct diag *diag)
{
    size_t rules = 0;

    for (size_t i = 0; config != NULL && i < config->policy_count; i++) {
        const struct policy *policy = &config->policies[i];

        rules += policy->rule_count + policy->final_count;
        if (print_rules(config, policy, false) < 0 || print_rules(config, policy, true) < 0)
            return EX_OSERR;
        if (config->policies[i].milter_count > 0 && print_milters(&config->policies[i]) < 0)
            return EX_OSERR;
    }
    if (config != NULL && config->lists.count > 0 && print_lists(config) < 0)
        return EX_OSERR;
    if (config != NULL && request->verbose && check_patterns(config) < 0)
        return EX_OSERR;
    (void)fflush(stdout);
    problems_print(diag);
    return conclude(request, diag, rules, samples);
}

/* What the machine lacks for the program the file is for. */
static void look_around(const struct request *request, const struct config *config,
                        struct diag *diag)
{
    struct readiness r = {config, request->program, DIAG_ERROR};

    if (r.program != CONFIG_NEEDS_ADVICE) {
        readiness_check(&r, diag);
        return;
    }
    r.level = DIAG_NOTE;
    r.program = config->listener_count > 0 ? CONFIG_NEEDS_PROXY : CONFIG_NEEDS_MILTER;
    if (config->listener_count > 0 || config->milter.given)
        readiness_check(&r, diag);
    r.program = CONFIG_NEEDS_MILTER;
    if (config->listener_count > 0 && config->milter.given)
        readiness_open(&r, diag);
}

static int check(const struct request *request)
{
    struct config *config;
    struct tls_store *store = NULL;
    struct diag diag;
    size_t samples = 0;
    int status;

    diag_init(&diag);
    config = config_load(request->file, request->program,
                         request->program != CONFIG_NEEDS_MILTER ? relay_check : NULL, &diag);
    if (config != NULL) {
        warn_of_jit(config, &diag);
        note_all_signed(config, &diag);
        samples = trial_samples(config, &diag);
        if (request->program != CONFIG_NEEDS_MILTER)
            store = read_certificates(config, &diag);
        look_around(request, config, &diag);
    }
    print_certificates(store);
    status = report(request, config, samples, &diag);
    tls_store_unref(store);
    config_unref(config);
    diag_fini(&diag);
    return status;
}

/* false: there is no such program. */
static bool read_program(const char *name, struct request *request)
{
    if (strcmp(name, "proxy") == 0)
        request->program = CONFIG_NEEDS_PROXY;
    else if (strcmp(name, "milter") == 0)
        request->program = CONFIG_NEEDS_MILTER;
    else
        (void)fprintf(stderr, "postern check: --for proxy or --for milter, not '%s'\n", name);
    return request->program != CONFIG_NEEDS_ADVICE;
}

/* Returns EX_OK to go on, else what to end with; ${help}: all is said already. */
static int read_options(int argc, char **argv, struct request *request, bool *help)
{
    static const struct option options[] = {{"for", required_argument, NULL, 'f'},
                                            {"strict", no_argument, NULL, 's'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};

    for (int c; (c = options_next(argc, argv, ":c:hv", options)) != -1;) {
        if (c == 'c') {
            request->file = optarg;
        } else if (c == 's') {
            request->strict = true;
        } else if (c == 'v') {
            request->verbose = true;
        } else if (c == 'f') {
            if (!read_program(optarg, request))
                return EX_USAGE;
        } else {
            *help = c == 'h';
            usage(*help ? stdout : stderr);
            return *help ? EX_OK : EX_USAGE;
        }
    }
    if (optind == argc)
        return EX_OK;
    (void)fprintf(stderr, "postern %s: what is '%s'? The configuration is named with -c\n", argv[0],
                  argv[optind]);
    return EX_USAGE;
}

int command_check(int argc, char **argv)
{
    struct request request = {.file = CONFIG_DEFAULT_FILE, .program = CONFIG_NEEDS_ADVICE};
    bool help = false;
    int status = read_options(argc, argv, &request, &help);

    return status != EX_OK || help ? status : check(&request);
}
