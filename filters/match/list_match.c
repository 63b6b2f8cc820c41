/* list_match: the asking of a list, see list.h. Exact entries, subdomains and ranges by hash;
 * wildcards and patterns one after the other, because there is no other way to ask them: of many
 * patterns those that a pass over the value has seen. */
#include "filters/match/list_room.h"

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

/* The block of the entry at the cursor, if its patterns are looked for in one pass; else NULL. */
static const struct slow_block *block_at(const struct list *list, const struct list_cursor *cursor)
{
    const struct slow_block *block;

    if (list->blocks == NULL || cursor->room == NULL)
        return NULL;
    block = &list->blocks[cursor->entry / LIST_BLOCK];
    return block->patterns != NULL ? block : NULL;
}

/* A slice of the question to the pattern at the cursor, from where it may match next. */
static enum pattern_result ask_pattern(const struct list *list, struct slice text,
                                       struct list_cursor *cursor, struct pattern_scratch *scratch,
                                       struct pattern_match *match)
{
    const struct slow_block *block = block_at(list, cursor);
    struct pattern_cursor *search = &cursor->search;

    if (block != NULL) {
        size_t start =
            list_room_start(cursor->room, block, cursor->entry % LIST_BLOCK, search->offset);

        if (start == SLICE_NOT_FOUND)
            return PATTERN_NO;
        if (start > search->offset)
            pattern_cursor_skip(search, text, start);
    }
    return pattern_search(list->slow[cursor->entry].pattern, scratch, text, search, match);
}

/* A slice of the question to the entry at the cursor. */
static enum pattern_result ask_slow(const struct list *list, const struct comparable *value,
                                    struct list_cursor *cursor, struct pattern_scratch *scratch,
                                    struct pattern_match *match)
{
    const struct slow_entry *entry = &list->slow[cursor->entry];

    if (entry->pattern != NULL)
        return ask_pattern(list, value->text, cursor, scratch, match);
    switch (wildcard_search(entry->wildcard, entry->unicode ? value->unicode : value->ascii,
                            &cursor->place)) {
    case WILDCARD_NO: return PATTERN_NO;
    case WILDCARD_YES: return PATTERN_YES;
    case WILDCARD_MORE: break;
    }
    return PATTERN_MORE;
}

static void go_to(struct list_cursor *cursor, size_t entry)
{
    if (entry / LIST_BLOCK != cursor->entry / LIST_BLOCK)
        cursor->seen = 0;
    cursor->entry = entry;
    cursor->search = pattern_cursor_again(&cursor->search);
    cursor->place = (struct wildcard_place){0};
}

/* Goes to the next entry that may hold ${text}, the one at the cursor or behind: LIST_YES. LIST_NO:
 * there is none. LIST_MORE: it is not known yet. */
static enum list_result go_to_candidate(const struct list *list, struct slice text,
                                        struct list_cursor *cursor)
{
    const struct slow_block *block;

    while (cursor->entry < list->slow_count && (block = block_at(list, cursor)) != NULL) {
        size_t number = cursor->entry % LIST_BLOCK, next;

        if (!list_room_look(cursor->room, block, text, &cursor->seen))
            return LIST_MORE;
        next = list_room_next(cursor->room, number);
        if (next > number)
            go_to(cursor, cursor->entry + (next - number));
        if (next < LIST_BLOCK)
            return LIST_YES;
    }
    return cursor->entry < list->slow_count ? LIST_YES : LIST_NO;
}

/* Wildcards and patterns in the order they were added. A limit hit is forgotten when a later entry
 * holds the value. */
static enum list_result match_slow(const struct list *list, const struct comparable *value,
                                   struct list_cursor *cursor, struct pattern_scratch *scratch,
                                   struct list_hit *hit)
{
    size_t bytes = 0;
    enum list_result found;

    while ((found = go_to_candidate(list, value->text, cursor)) == LIST_YES) {
        if (bytes > LIST_SLICE_BYTES)
            return LIST_MORE;
        switch (ask_slow(list, value, cursor, scratch, &hit->match)) {
        case PATTERN_MORE: return LIST_MORE;
        case PATTERN_YES: hit->entry = list->slow[cursor->entry].origin; return LIST_YES;
        case PATTERN_LIMIT: cursor->limited = true; break;
        case PATTERN_NO: break;
        }
        bytes += value->text.len + ENTRY_BYTES;
        go_to(cursor, cursor->entry + 1);
    }
    return found == LIST_NO && cursor->limited ? LIST_LIMIT : found;
}

bool list_wants_room(const struct list *list)
{
    return list->blocks != NULL;
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
