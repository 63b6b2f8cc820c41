/* list: see list.h. What it holds; list_match.c asks it. */
#include "filters/match/list_private.h"

#include <stdlib.h>

#include "filters/base/idn.h"
#include "filters/base/utf8.h"

#define ARENA_BLOCK_BYTES   1024 /* most lists have one entry: a text of a rule */
#define ARENA_LIMIT_BYTES   ((size_t)1 << 32)
#define PATTERN_ERROR_BYTES 256

/* An entry on its way into the list. */
struct addition {
    struct slice entry;
    const struct list_entry *origin; /* in the list's arena */
    struct place place;
    struct diag *diag;
};

struct list *list_create(void)
{
    struct list *list = calloc(1, sizeof(*list));

    if (list == NULL)
        return NULL;
    arena_init(&list->arena, ARENA_BLOCK_BYTES, ARENA_LIMIT_BYTES);
    list->names.fold = true;
    list->suffixes.fold = true;
    return list;
}

void list_destroy(struct list *list)
{
    if (list == NULL)
        return;
    for (size_t i = 0; i < list->slow_count; i++)
        pattern_destroy(list->slow[i].pattern);
    free(list->slow);
    lookup_fini(&list->names);
    lookup_fini(&list->suffixes);
    ranges_fini(&list->ranges);
    lookalikes_destroy(list->lookalikes);
    arena_fini(&list->arena);
    free(list);
}

size_t list_count(const struct list *list)
{
    return list->count;
}

size_t list_bytes(const struct list *list)
{
    return sizeof(*list) + list->arena.total_bytes + lookup_bytes(&list->names) +
           lookup_bytes(&list->suffixes) + lookup_bytes(&list->ranges.by_prefix) +
           list->slow_capacity * sizeof(*list->slow) +
           (list->lookalikes != NULL ? lookalikes_bytes(list->lookalikes) : 0);
}

/* --- adding --------------------------------------------------------------------------------- */

static int refuse(const struct addition *add, const char *why)
{
    diag_add(add->diag, DIAG_ERROR, add->place, "list entry \"%.*s\": %s", SLICE_ARG(add->entry),
             why);
    return -1;
}

static int out_of_memory(const struct addition *add)
{
    return refuse(add, "out of memory");
}

static int add_key(struct list *list, struct lookup *lookup, const struct list_entry *origin,
                   struct slice key)
{
    struct slice kept =
        slice_equal(key, origin->written) ? origin->written : arena_copy(&list->arena, key);

    return kept.ptr != NULL ? lookup_add(lookup, kept, origin) : -1;
}

/* Appends ${name}, an address or a domain, as addresses and domains are compared. 0 or -1. */
static int compared_form(struct slice name, struct bytes *out)
{
    struct comparable forms;
    struct bytes room;
    int result;

    if (mailbox_domain(name).len == 0)
        return idn_ascii(name, out);
    bytes_init(&room, SIZE_MAX);
    result = comparable_address(name, &room, &forms);
    if (result == 0)
        bytes_append(out, forms.ascii);
    bytes_fini(&room);
    return result;
}

/* Adds ${name} as it is written, for values that are mere texts, and as it is compared. */
static int add_forms(struct list *list, const struct addition *add, struct lookup *lookup,
                     struct slice name)
{
    struct bytes room;
    struct slice form = SLICE_NONE;
    int result;

    bytes_init(&room, SIZE_MAX);
    result = compared_form(name, &room) != 0 ? -1 : bytes_take(&room, &form);
    if (result == 0)
        result = add_key(list, lookup, add->origin, name);
    if (result == 0 && !slice_equal(form, name))
        result = add_key(list, lookup, add->origin, form);
    bytes_fini(&room);
    return result == 0 ? 0 : out_of_memory(add);
}

static int add_name(struct list *list, const struct addition *add, struct slice name)
{
    return add_forms(list, add, &list->names, name);
}

static int add_suffix(struct list *list, const struct addition *add, struct slice domain)
{
    return add_forms(list, add, &list->suffixes, domain);
}

/* A single address is also a name: a HELO of "192.0.2.1" is text, and equals it. */
static int add_range(struct list *list, const struct addition *add,
                     const struct address_range *range)
{
    if (ranges_add(&list->ranges, range, add->origin, &list->arena) != 0)
        return out_of_memory(add);
    if (slice_find(add->entry, '/') != SLICE_NOT_FOUND)
        return 0;
    return add_name(list, add, add->entry);
}

static int add_slow(struct list *list, const struct addition *add, struct slow_entry entry)
{
    if (list->slow_count == list->slow_capacity) {
        size_t capacity = list->slow_capacity > 0 ? 2 * list->slow_capacity : 8;
        struct slow_entry *slow = realloc(list->slow, capacity * sizeof(*slow));

        if (slow == NULL)
            return out_of_memory(add);
        list->slow = slow;
        list->slow_capacity = capacity;
    }
    entry.origin = add->origin;
    list->slow[list->slow_count++] = entry;
    return 0;
}

static int add_one_wildcard(struct list *list, const struct addition *add, struct slice wildcard)
{
    struct slow_entry entry = {.wildcard = arena_copy(&list->arena, wildcard)};

    if (entry.wildcard.ptr == NULL)
        return out_of_memory(add);
    entry.unicode = utf8_beyond_ascii(wildcard);
    return add_slow(list, add, entry);
}

/* As it is written, and, where an address in it is quoted in vain, as addresses are compared. */
static int add_wildcard(struct list *list, const struct addition *add)
{
    struct bytes room;
    struct slice plain = SLICE_NONE;
    int differs, result;

    bytes_init(&room, SIZE_MAX);
    differs = mailbox_plain(add->entry, &room);
    if (differs < 0 || bytes_take(&room, &plain) != 0)
        result = out_of_memory(add);
    else
        result = add_one_wildcard(list, add, add->entry);
    if (result == 0 && differs > 0)
        result = add_one_wildcard(list, add, plain);
    bytes_fini(&room);
    return result;
}

static int add_pattern(struct list *list, const struct addition *add)
{
    char error[PATTERN_ERROR_BYTES];
    struct slice source;
    unsigned flags;
    struct pattern *pattern;

    switch (pattern_split(add->entry, &source, &flags)) {
    case 1: break;
    case 0: return refuse(add, "a pattern ends in /flags and holds no blank; write \\s or [\\x20]");
    default: return refuse(add, "unknown flag; the flags of a pattern are i, m, s, x and u");
    }
    if (source.len == 0)
        return refuse(add, "an empty pattern matches everything, for which \"*\" is written; a "
                           "comment begins with \"#\"");
    pattern = pattern_create(source, flags, error, sizeof(error));
    if (pattern == NULL)
        return refuse(add, error);
    if (add_slow(list, add, (struct slow_entry){.pattern = pattern}) != 0) {
        pattern_destroy(pattern);
        return -1;
    }
    return 0;
}

static int add_entry(struct list *list, const struct addition *add)
{
    struct slice entry = add->entry;
    struct address_range range;

    if (entry.len == 0)
        return refuse(add, "it is empty");
    if (entry.ptr[0] == '!')
        return refuse(add, "an entry is not negated; write \"!@list\" where the list is used");
    if (entry.ptr[0] == '/')
        return add_pattern(list, add);
    if (address_range_parse(entry, &range) == 0)
        return add_range(list, add, &range);
    if (address_range_meant(entry))
        return refuse(add, "a range is address/bits, and all past these bits is zero");
    if (slice_starts(entry, SLICE("*.")) && entry.len > 2 &&
        !wildcard_present(slice_from(entry, 2)))
        return add_suffix(list, add, slice_from(entry, 2));
    if (wildcard_present(entry))
        return add_wildcard(list, add);
    if (entry.ptr[0] == '@')
        return refuse(add, "write the domain without \"@\"");
    if (entry.ptr[0] == '.')
        return refuse(add, "write \"*.domain\" for the subdomains of a domain");
    return add_name(list, add, entry);
}

int list_add(struct list *list, struct slice entry, struct slice text, struct place place,
             struct diag *diag)
{
    struct list_entry *origin = arena_alloc(&list->arena, sizeof(*origin));
    struct addition add = {entry, origin, place, diag};

    if (origin == NULL)
        return out_of_memory(&add);
    origin->written = arena_copy(&list->arena, entry);
    origin->text = text.len > 0 ? arena_copy(&list->arena, text) : SLICE_NONE;
    origin->place = place;
    if (origin->written.ptr == NULL || (text.len > 0 && origin->text.ptr == NULL))
        return out_of_memory(&add);
    if (add_entry(list, &add) != 0)
        return -1;
    list->count++;
    return 0;
}

/* The line up to a "#" at its start or after a blank. */
static struct slice without_comment(struct slice line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.ptr[i] == '#' && (i == 0 || ascii_is_blank(line.ptr[i - 1])))
            return slice_first(line, i);
    return line;
}

bool list_line(struct slice line, struct slice *entry, struct slice *text)
{
    static const struct slice mark = SLICE_INIT("\xEF\xBB\xBF"); /* some editors begin a file so */
    size_t end = 0;

    if (slice_starts(line, mark))
        line = slice_from(line, mark.len);
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    line = slice_trim(without_comment(line));
    while (end < line.len && !ascii_is_blank(line.ptr[end]))
        end++;
    *entry = slice_first(line, end);
    *text = slice_trim(slice_from(line, end));
    return line.len > 0;
}

int list_add_line(struct list *list, struct slice line, struct place place, struct diag *diag)
{
    struct slice entry, text;

    return list_line(line, &entry, &text) ? list_add(list, entry, text, place, diag) : 0;
}

/* --- what imitates it ------------------------------------------------------------------------- */

static int add_imitable(struct lookalikes *all, const struct lookup *names)
{
    for (size_t i = 0; i < names->capacity; i++) {
        const struct lookup_entry *entry = &names->entries[i];

        if (entry->key.ptr != NULL && slice_find(entry->key, '@') == SLICE_NOT_FOUND &&
            lookalikes_add(all, entry->key, entry->item) != 0)
            return -1;
    }
    return 0;
}

static int prepare_lookalikes(struct list *list)
{
    struct lookalikes *all = lookalikes_create();

    if (all == NULL)
        return -1;
    if (add_imitable(all, &list->names) != 0 || add_imitable(all, &list->suffixes) != 0 ||
        lookalikes_seal(all) != 0) {
        lookalikes_destroy(all);
        return -1;
    }
    list->lookalikes = all;
    return 0;
}

int list_prepare_lookalikes(const struct list_table *table, struct slice name)
{
    for (size_t i = 0; i < table->count; i++)
        if (slice_equal(table->items[i].name, name) && table->items[i].list->lookalikes == NULL)
            return prepare_lookalikes(table->items[i].list);
    return 0;
}

int list_imitates(const struct list *list, struct slice domain, struct list_hit *hit,
                  struct slice *imitated)
{
    struct imitated found;
    int result = lookalikes_find(list->lookalikes, domain, &found);

    if (result > 0) {
        hit->entry = found.item;
        hit->match.count = 0;
        *imitated = found.domain;
    }
    return result;
}

const struct list *list_find(const struct list_table *table, struct slice name)
{
    for (size_t i = 0; i < table->count; i++)
        if (slice_equal(table->items[i].name, name))
            return table->items[i].list;
    return NULL;
}
