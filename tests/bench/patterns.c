/* What looking for many patterns in one pass saves: `patterns FIELD TEXT PATTERNS [list]`.
 *
 * TEXT is the body of a message whose lines are asked (raw_body), or one value of a header field
 * (raw_header), or has one field a line (header_line). PATTERNS has "flags TAB source" on each
 * line, and each is a rule's, or all are entries of the one list that a rule asks. Prints in one
 * line, in microseconds of CPU: all patterns, each value, by PCRE2 alone; the rules judged; and how
 * many patterns there were, and how many had no literal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "filters/eval/eval.h"

#define TEXT_MAX     ((size_t)8 << 20)
#define PATTERNS_MAX 20000
#define ROUNDS       3

struct all {
    struct pattern *patterns[PATTERNS_MAX];
    struct matcher matchers[PATTERNS_MAX];
    bool matched[PATTERNS_MAX]; /* by PCRE2 alone */
    size_t count;
    enum field_id field;
    struct slice text, header, body;
    struct list *list;  /* NULL: each pattern is a rule's */
    size_t entry_count; /* rules */
    struct ruleset *rules;
    struct pattern_scratch *scratch;
};

static double now_us(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static struct slice read_file(const char *name)
{
    FILE *file = fopen(name, "rb");
    char *text = malloc(TEXT_MAX);
    size_t len;

    if (file == NULL || text == NULL) {
        (void)fprintf(stderr, "patterns: cannot read %s\n", name);
        exit(1);
    }
    len = fread(text, 1, TEXT_MAX, file);
    (void)fclose(file);
    return slice_make(text, len);
}

/* Cuts the next line off ${rest}. */
static bool next_line(struct slice *rest, struct slice *line)
{
    size_t end = slice_find(*rest, '\n');

    *line = slice_first(*rest, end);
    *rest = slice_from(*rest, end == SLICE_NOT_FOUND ? rest->len : end + 1);
    return line->len > 0 || rest->len > 0;
}

static void add(struct all *all, struct slice line)
{
    size_t tab = slice_find(line, '\t');
    char error[256];
    unsigned flags = 0;

    for (size_t i = 0; i < tab && tab != SLICE_NOT_FOUND; i++)
        flags |= (line.ptr[i] == 'i' ? PATTERN_CASELESS : 0U) |
                 (line.ptr[i] == 'm' ? PATTERN_MULTILINE : 0U) |
                 (line.ptr[i] == 's' ? PATTERN_DOTALL : 0U) |
                 (line.ptr[i] == 'x' ? PATTERN_EXTENDED : 0U);
    all->matchers[all->count] = (struct matcher){
        .kind = MATCHER_PATTERN, .text = slice_from(line, tab + 1), .pattern_flags = flags};
    if (field_get(all->field)->type == FIELD_TYPE_BYTES)
        flags |= PATTERN_BYTES;
    all->patterns[all->count] =
        pattern_create(slice_from(line, tab + 1), flags, error, sizeof(error));
    if (all->patterns[all->count] != NULL && all->count + 1 < PATTERNS_MAX)
        all->count++;
}

static bool search(struct all *all, size_t number, struct slice value)
{
    struct pattern_cursor cursor = {.offset = 0};
    enum pattern_result result;

    do
        result = pattern_search(all->patterns[number], all->scratch, value, &cursor, NULL);
    while (result == PATTERN_MORE);
    return result == PATTERN_YES;
}

static void one_by_one(struct all *all, struct slice value)
{
    for (size_t i = 0; i < all->count; i++)
        all->matched[i] = search(all, i, value) || all->matched[i];
}

/* PCRE2 alone: all patterns and values. Returns how many patterns matched. */
static size_t search_all(struct all *all)
{
    struct slice rest = all->text, line;
    size_t matched = 0;

    if (all->field == FIELD_RAW_HEADER)
        one_by_one(all, all->text);
    while (all->field != FIELD_RAW_HEADER && next_line(&rest, &line))
        one_by_one(all, line);
    for (size_t i = 0; i < all->count; i++)
        matched += all->matched[i];
    return matched;
}

/* --- rules ------------------------------------------------------------------------------------ */

static void feed(struct eval *eval, struct event event)
{
    while (eval_feed(eval, &event).kind == VERDICT_MORE)
        continue;
}

/* Judges the message. Returns how many rules held. */
static size_t judge(struct all *all)
{
    struct eval *eval = eval_create(&(struct eval_options){
        .rules = all->rules, .scratch = all->scratch, .memory_limit_bytes = SIZE_MAX / 2});
    struct header header = {.count = 0};
    struct arena arena;
    size_t held = 0;

    arena_init(&arena, 65536, SIZE_MAX);
    if (eval == NULL || header_parse(&header, all->header, true, &arena) != 0)
        exit(1);
    feed(eval, (struct event){.kind = EVENT_CONNECT});
    feed(eval, (struct event){.kind = EVENT_MAIL});
    feed(eval, (struct event){.kind = EVENT_RCPT, .u.rcpt = {SLICE("u@x.test")}});
    feed(eval, (struct event){.kind = EVENT_DATA});
    feed(eval, (struct event){.kind = EVENT_HEADER, .u.header = {&header}});
    feed(eval, (struct event){.kind = EVENT_MESSAGE, .u.message = {all->body, all->text.len}});
    for (size_t i = 0; i < all->entry_count; i++)
        held += eval_outcome(eval, false, i) == OUTCOME_FIRED;
    eval_destroy(eval);
    arena_fini(&arena);
    return held;
}

/* All patterns become entries of a list, which takes the place of the first. */
static void make_list(struct all *all, struct diag *diag)
{
    static const struct place none = {"patterns", 1};
    struct bytes entry;

    all->list = list_create();
    if (all->list == NULL)
        exit(1);
    bytes_init(&entry, SIZE_MAX);
    for (size_t i = 0; i < all->count; i++) {
        bytes_renew(&entry);
        bytes_append_char(&entry, '/');
        bytes_append(&entry, all->matchers[i].text);
        bytes_append(&entry, SLICE("/i"));
        if (list_add(all->list, bytes_slice(&entry), SLICE_NONE, none, diag) != 0)
            exit(1);
    }
    bytes_fini(&entry);
    if (list_seal(all->list) != 0)
        exit(1);
    all->matchers[0] = (struct matcher){.kind = MATCHER_LIST, .text = SLICE("all")};
    all->entry_count = 1;
}

static void make_rules(struct all *all, bool listed)
{
    static const struct action act = {.kind = ACTION_SCORE, .number = 1};
    struct rule *rules = calloc(all->count, sizeof(*rules));
    struct condition *when = calloc(all->count, sizeof(*when));
    struct list_name name = {.name = SLICE("all")};
    struct list_table lists = {&name, 1};
    struct diag diag;

    if (rules == NULL || when == NULL)
        exit(1);
    diag_init(&diag);
    all->entry_count = all->count;
    if (listed)
        make_list(all, &diag);
    name.list = all->list;
    for (size_t i = 0; i < all->entry_count; i++) {
        when[i] = (struct condition){.kind = CONDITION_FIELD,
                                     .field = all->field,
                                     .name = SLICE("X"),
                                     .matchers = &all->matchers[i],
                                     .matcher_count = 1};
        rules[i] =
            (struct rule){.name = SLICE("r"), .when = &when[i], .actions = &act, .action_count = 1};
    }
    all->rules = ruleset_compile(rules, all->entry_count, listed ? &lists : NULL, &diag);
    if (all->rules == NULL)
        exit(1);
}

/* The text as a message has it. */
static void make_message(struct all *all)
{
    char *header = malloc(all->text.len + 4);

    if (header == NULL)
        exit(1);
    all->body = all->field == FIELD_RAW_BODY ? all->text : SLICE_NONE;
    if (all->field == FIELD_HEADER_LINE)
        all->header = all->text;
    if (all->field != FIELD_RAW_HEADER)
        return;
    memcpy(header, "X: ", 3);
    memcpy(header + 3, all->text.ptr, all->text.len);
    all->header = slice_make(header, all->text.len + 3);
}

/* The time of the quickest round. */
static double measure(struct all *all, size_t (*work)(struct all *all), size_t *found)
{
    double best = 0;

    for (int round = 0; round < ROUNDS; round++) {
        double began = now_us(), took;

        *found = work(all);
        took = now_us() - began;
        best = round == 0 || took < best ? took : best;
    }
    return best;
}

static size_t count_bare(const struct all *all)
{
    size_t bare = 0;

    for (size_t i = 0; i < all->count; i++) {
        struct literals literals;

        bare += pattern_literals(all->patterns[i], &literals) == 0;
    }
    return bare;
}

int main(int argc, char **argv)
{
    static struct all all;
    struct slice patterns, line;
    size_t matched, held;
    double slow, fast;

    if (argc < 4 || field_find(slice_str(argv[1]), &all.field) != 1)
        return 2;
    all.text = read_file(argv[2]);
    patterns = read_file(argv[3]);
    all.scratch = pattern_scratch_create();
    if (all.scratch == NULL)
        return 1;
    while (next_line(&patterns, &line))
        add(&all, line);
    make_message(&all);
    make_rules(&all, argc > 4);
    slow = measure(&all, search_all, &matched);
    fast = measure(&all, judge, &held);
    (void)printf("%.1f %.1f %zu %zu\n", slow, fast, all.count, count_bare(&all));
    if (all.list != NULL ? (matched > 0) == (held > 0) : matched == held)
        return 0;
    (void)fprintf(stderr, "patterns: %zu match, but %zu rules hold\n", matched, held);
    return 1;
}
