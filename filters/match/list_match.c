/* list_match: the asking of a list, see list.h. Exact entries, subdomains and ranges by hash;
 * wildcards and patterns one after the other, because there is no other way to ask them. */
#include "filters/match/list_private.h"

#define ENTRY_BYTES 64 /* what asking one entry costs, in bytes compared */

/* The entry "*.domain" of which ${domain} is a subdomain. No tail longer than the longest entry is
 * asked for, so that a value made of dots costs what its length says. */
static const struct lookup_entry *find_suffix(const struct list *list, struct slice domain)
{
    size_t longest = list->suffixes.longest;
    size_t start = domain.len > longest ? domain.len - longest : 1;

    for (size_t at = start; list->suffixes.count > 0 && at < domain.len; at++) {
        const struct lookup_entry *entry;

        if (domain.ptr[at - 1] != '.' || at == 1)
            continue;
        entry = lookup_find(&list->suffixes, slice_from(domain, at));
        if (entry != NULL)
            return entry;
    }
    return NULL;
}

/* Looks up ${value}, which is spelled in ASCII, as the keys are, and its domain. */
static enum list_result look_up(const struct list *list, struct slice value,
                                struct list_cursor *cursor, const struct lookup_entry **entry)
{
    struct slice domain = value;

    *entry = lookup_find(&list->names, value);
    if (*entry != NULL)
        return LIST_YES;
    if (list->names.count + list->suffixes.count == 0)
        return LIST_NO;
    if (cursor->domain.next > 0 || slice_find(value, '@') != SLICE_NOT_FOUND) {
        if (!mailbox_search(&cursor->domain, value, LIST_SLICE_BYTES))
            return LIST_MORE;
        domain = cursor->domain.domain > 0 ? slice_from(value, cursor->domain.domain) : SLICE_NONE;
        *entry = domain.len > 0 ? lookup_find(&list->names, domain) : NULL;
    }
    if (*entry == NULL)
        *entry = find_suffix(list, domain);
    return *entry != NULL ? LIST_YES : LIST_NO;
}

/* A slice of the question to one entry. */
static enum pattern_result ask_slow(const struct slow_entry *entry, const struct comparable *value,
                                    struct list_cursor *cursor, struct pattern_scratch *scratch,
                                    struct pattern_match *match)
{
    if (entry->pattern != NULL)
        return pattern_search(entry->pattern, scratch, value->text, &cursor->search, match);
    switch (wildcard_search(entry->wildcard, entry->unicode ? value->unicode : value->ascii,
                            &cursor->place)) {
    case WILDCARD_NO: return PATTERN_NO;
    case WILDCARD_YES: return PATTERN_YES;
    case WILDCARD_MORE: break;
    }
    return PATTERN_MORE;
}

static void go_to_next(struct list_cursor *cursor)
{
    cursor->entry++;
    cursor->search = pattern_cursor_again(&cursor->search);
    cursor->place = (struct wildcard_place){0};
}

/* Wildcards and patterns in the order they were added. A limit hit is forgotten when a later entry
 * holds the value. */
static enum list_result match_slow(const struct list *list, const struct comparable *value,
                                   struct list_cursor *cursor, struct pattern_scratch *scratch,
                                   struct list_hit *hit)
{
    size_t bytes = 0;

    for (; cursor->entry < list->slow_count; go_to_next(cursor)) {
        const struct slow_entry *entry = &list->slow[cursor->entry];

        if (bytes > LIST_SLICE_BYTES)
            return LIST_MORE;
        switch (ask_slow(entry, value, cursor, scratch, &hit->match)) {
        case PATTERN_MORE: return LIST_MORE;
        case PATTERN_YES: hit->entry = entry->origin; return LIST_YES;
        case PATTERN_LIMIT: cursor->limited = true; break;
        case PATTERN_NO: break;
        }
        bytes += value->text.len + ENTRY_BYTES;
    }
    return cursor->limited ? LIST_LIMIT : LIST_NO;
}

enum list_result list_match(const struct list *list, const struct comparable *value,
                            struct list_cursor *cursor, struct pattern_scratch *scratch,
                            struct list_hit *hit)
{
    const struct lookup_entry *entry = NULL;
    enum list_result found = LIST_NO;
    struct list_hit unwanted;

    if (hit == NULL)
        hit = &unwanted;
    hit->match.count = 0;
    hit->entry = NULL;
    if (value->ascii.len > 0 && !cursor->looked_up)
        found = look_up(list, value->ascii, cursor, &entry);
    if (found != LIST_NO) {
        if (entry != NULL)
            hit->entry = entry->item;
        return found;
    }
    cursor->looked_up = true;
    return match_slow(list, value, cursor, scratch, hit);
}

enum list_result list_match_address(const struct list *list, const struct address *address,
                                    struct list_hit *hit)
{
    const struct list_entry *entry = ranges_find(&list->ranges, address);

    if (entry == NULL)
        return LIST_NO;
    if (hit != NULL) {
        hit->entry = entry;
        hit->match.count = 0;
    }
    return LIST_YES;
}
