/* sheet: see sheet.h. */
#include "filters/html/sheet.h"

#include "filters/html/css.h"

#define CHAIN_MAX     32 /* rules in one bucket: what comes to more counts for nothing */
#define SELECTORS_MAX 64 /* of one rule; likewise */

struct sheet_rule {
    uint32_t key, element; /* hashes of ".x", and of the element's name or of none */
    struct style_declared declared;
    uint16_t next; /* in the same bucket; as sheet.first */
};

/* FNV-1a. */
static uint32_t hash_of(char kind, struct slice name)
{
    uint32_t hash = (2166136261U ^ (unsigned char)kind) * 16777619U;

    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (unsigned char)ascii_lower(name.ptr[i])) * 16777619U;
    return hash;
}

void sheet_init(struct sheet *sheet)
{
    memset(sheet, 0, sizeof(*sheet));
    bytes_init(&sheet->rules, SHEET_RULES_MAX * sizeof(struct sheet_rule));
}

void sheet_fini(struct sheet *sheet)
{
    bytes_fini(&sheet->rules);
}

/* ${number} is from 1. */
static struct sheet_rule *rule_at(const struct sheet *sheet, size_t number)
{
    return (struct sheet_rule *)(void *)(sheet->rules.data +
                                         (number - 1) * sizeof(struct sheet_rule));
}

/* --- reading -------------------------------------------------------------------------------- */

static bool is_name(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!ascii_is_alnum(s.ptr[i]) && s.ptr[i] != '-' && s.ptr[i] != '_' &&
            (unsigned char)s.ptr[i] < 0x80)
            return false;
    return s.len > 0;
}

/* "p.x": its key, and the element it must be, 0: any. False: it is not simple. */
static bool read_selector(struct slice text, uint32_t *key, uint32_t *element)
{
    size_t mark = 0;
    struct slice name;

    *element = 0;
    if (slice_equal(text, SLICE("*"))) {
        *key = hash_of('*', SLICE_NONE);
        return true;
    }
    while (mark < text.len && text.ptr[mark] != '.' && text.ptr[mark] != '#')
        mark++;
    name = slice_first(text, mark);
    if (mark > 0 && !is_name(name) && !slice_equal(name, SLICE("*")))
        return false;
    if (mark == text.len) {
        *key = hash_of(' ', name);
        return mark > 0;
    }
    if (is_name(name))
        *element = hash_of(' ', name);
    *key = hash_of(text.ptr[mark], slice_from(text, mark + 1));
    return is_name(slice_from(text, mark + 1));
}

static int add(struct sheet *sheet, uint32_t key, uint32_t element,
               const struct style_declared *declared)
{
    uint16_t *first = &sheet->first[key % SHEET_BUCKETS];
    struct sheet_rule rule = {
        .key = key, .element = element, .declared = *declared, .next = *first};
    size_t length = 0;

    for (size_t number = *first; number != 0; number = rule_at(sheet, number)->next, length++) {
        struct sheet_rule *there = rule_at(sheet, number);

        if (there->key == key && there->element == element) {
            style_add(&there->declared, declared);
            return 0;
        }
    }
    if (length >= CHAIN_MAX || sheet->count >= SHEET_RULES_MAX)
        return 0;
    bytes_append(&sheet->rules, slice_make((const char *)&rule, sizeof(rule)));
    *first = (uint16_t)++sheet->count;
    return bytes_end(&sheet->rules);
}

static int read_rule(struct sheet *sheet, struct slice selectors,
                     const struct style_declared *declared)
{
    uint32_t key, element;

    for (size_t i = 0; i < SELECTORS_MAX && selectors.len > 0; i++) {
        struct slice one = slice_first(selectors, slice_find(selectors, ','));

        selectors = slice_from(selectors, one.len + 1);
        while (one.len > 0 && ascii_is_space(one.ptr[0]))
            one = slice_from(one, 1);
        while (one.len > 0 && ascii_is_space(one.ptr[one.len - 1]))
            one.len--;
        if (read_selector(one, &key, &element) && add(sheet, key, element, declared) != 0)
            return -1;
    }
    return 0;
}

int sheet_read(struct sheet *sheet, struct slice text)
{
    struct slice selectors, block;

    while (css_rule(&text, &selectors, &block)) {
        struct style_declared declared = {.set = 0};

        style_read(block, &declared);
        if (declared.set != 0 && read_rule(sheet, selectors, &declared) != 0)
            return -1;
    }
    return 0;
}

/* --- matching ------------------------------------------------------------------------------- */

static size_t match(const struct sheet *sheet, uint32_t key, uint32_t element,
                    struct style_declared *declared)
{
    size_t steps = 1;

    for (size_t number = sheet->first[key % SHEET_BUCKETS]; number != 0; steps++) {
        const struct sheet_rule *rule = rule_at(sheet, number);

        if (rule->key == key && (rule->element == 0 || rule->element == element))
            style_add(declared, &rule->declared);
        number = rule->next;
    }
    return steps;
}

/* Takes the next class off ${rest}. */
static struct slice next_class(struct slice *rest)
{
    size_t from = 0, end;
    struct slice found;

    while (from < rest->len && ascii_is_space(rest->ptr[from]))
        from++;
    for (end = from; end < rest->len && !ascii_is_space(rest->ptr[end]);)
        end++;
    found = slice_part(*rest, from, end);
    *rest = slice_from(*rest, end);
    return found;
}

size_t sheet_match(const struct sheet *sheet, struct slice element, struct slice classes,
                   struct slice id, struct style_declared *declared)
{
    uint32_t name = hash_of(' ', element);
    size_t steps = match(sheet, hash_of('*', SLICE_NONE), name, declared);

    steps += match(sheet, name, name, declared);
    for (size_t i = 0; i < SHEET_CLASSES_MAX && classes.len > 0; i++) {
        struct slice one = next_class(&classes);

        if (one.len > 0)
            steps += match(sheet, hash_of('.', one), name, declared);
    }
    if (id.len > 0)
        steps += match(sheet, hash_of('#', id), name, declared);
    return steps;
}
