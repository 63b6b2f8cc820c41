/* list: a named set of addresses, domains, wildcards, address ranges and patterns (postern.conf(5),
 * "lists"). Immutable once filled; looked up without walking it, but for wildcards and few
 * patterns.
 */
#ifndef FILTERS_MATCH_LIST_H
#define FILTERS_MATCH_LIST_H

#include "filters/base/address.h"
#include "filters/base/diag.h"
#include "filters/base/mailbox.h"
#include "filters/base/must_use.h"
#include "filters/match/comparable.h"
#include "filters/match/lookalike.h"
#include "filters/match/pattern.h"
#include "filters/match/wildcard.h"

struct list;

/* list_create(): an empty list, or NULL when out of memory. list_destroy(NULL) does nothing. */
struct list *list_create(void);
void list_destroy(struct list *list);

/* list_add(list, entry, text, place, diag): adds one entry: an address, a domain, `*.domain` (its
 * subdomains, not itself), a wildcard (`*`, `?`), an address or a CIDR range, or `/regex/flags`.
 * The one parser of entries, also of those that stand alone in a rule. An address is held however
 * it is quoted, a domain in both its spellings. ${text} is what stood behind it in a file, later
 * `${listtext}`; both are copied, the file name of ${place} is not. Returns 0, or -1 with a problem
 * in ${diag}. */
int list_add(struct list *list, struct slice entry, struct slice text, struct place place,
             struct diag *diag);

/* list_add_line(list, line, place, diag): one line of a list file, without its line end: blank and
 * comment lines (a "#" at the start of the line or after a blank) are passed over, the rest of the
 * line after the entry is its text, trimmed. Nothing is unescaped. 0 or -1 as list_add. */
int list_add_line(struct list *list, struct slice line, struct place place, struct diag *diag);

/* list_line(line, entry, text): what such a line says, trimmed: slices of it. false for a blank or
 * comment line. */
bool list_line(struct slice line, struct slice *entry, struct slice *text);

/* list_seal(list): makes ready, once it is filled and before others share it, what lets many
 * patterns be looked for in one pass (pattern_set.h). Without it all are asked in turn. 0, or -1
 * when memory is out. */
MUST_USE int list_seal(struct list *list);

/* list_count(list): number of entries. */
size_t list_count(const struct list *list);

/* list_bytes(list): the memory that it takes, what its imitations need and what its patterns are
 * looked for with among it, compiled patterns aside. */
size_t list_bytes(const struct list *list);

/* An entry as it was added; lives as long as the list. */
struct list_entry {
    struct slice written; /* "*.example.org" */
    struct slice text;    /* `${listtext}` */
    struct place place;
};

/* Called for a pattern of a list. */
typedef void list_bare_seen(void *ctx, const struct list_entry *entry,
                            const struct pattern *pattern);

/* list_bare_patterns(list, seen, ctx): tells ${seen} of each pattern that has no literal
 * (literals.h), so that it is searched for in every value. Returns how many patterns there are in
 * all, or SLICE_NOT_FOUND when memory is out. */
size_t list_bare_patterns(const struct list *list, list_bare_seen *seen, void *ctx);

enum list_result {
    LIST_NO,
    LIST_YES,
    LIST_MORE,  /* not all entries are asked; call again with the same cursor */
    LIST_LIMIT, /* a pattern of it hit its limit, and no other entry holds the value */
};

#define LIST_SLICE_BYTES 16384 /* compared in one call, all entries together */

/* Where it is noted which patterns of a list are seen in a value, and where. Whose asking has the
 * room is known: when another came in between, the pass over the value is made again. */
struct list_room;

/* list_room_create(arena): NULL when memory is out. Of a fixed size, some LIST_ROOM_BYTES. */
struct list_room *list_room_create(struct arena *arena);

#define LIST_ROOM_BYTES 17000

/* list_wants_room(list): whether it has so many patterns that they are looked for in one pass. */
bool list_wants_room(const struct list *list);

/* How far the asking is; all zero at its start, but for the room. */
struct list_cursor {
    struct list_room *room; /* for one asking at a time; NULL: patterns are asked in turn */
    uint64_t seen;          /* list_match's own: which of the room's passes it has made */
    size_t entry;           /* of those asked in turn */
    struct pattern_cursor search;
    struct wildcard_place place;
    struct mailbox_search domain;
    bool looked_up; /* what is looked up, and was not found */
    bool limited;   /* a pattern hit its limit */
};

struct list_hit {
    const struct list_entry *entry; /* NULL: none */
    struct pattern_match match; /* count 0 unless a pattern matched; groups point into the value */
};

/* list_match(list, value, cursor, scratch, hit): whether an entry holds ${value}: an address,
 * domain or name, ASCII case-insensitive. A domain entry holds that domain exactly, and every
 * address in it. Patterns are asked about the text; wildcards with bytes above 0x7F about the
 * Unicode form, all else about the ASCII form. An empty value (the null sender) is held only by a
 * pattern or wildcard that matches it. ${hit} may be NULL. Of several entries the hit is that of
 * the whole value, else of its domain, of the longest "*.domain", of the first wildcard or pattern.
 * The domain is looked for, and then wildcards and patterns are asked in turn, a slice of
 * LIST_SLICE_BYTES at a time; of many patterns those only that a pass over the value has seen. */
enum list_result list_match(const struct list *list, const struct comparable *value,
                            struct list_cursor *cursor, struct pattern_scratch *scratch,
                            struct list_hit *hit);

/* list_match_address(list, address, hit): whether an address or range entry holds it. What other
 * entries say of its text, list_match knows. */
enum list_result list_match_address(const struct list *list, const struct address *address,
                                    struct list_hit *hit);

/* list_imitates(list, domain, hit, imitated): whether ${domain}, in its Unicode form, imitates a
 * domain or "*.domain" of a list made ready by list_prepare_lookalikes: as lookalikes_find. */
MUST_USE int list_imitates(const struct list *list, struct slice domain, struct list_hit *hit,
                           struct slice *imitated);

/* A list by name. Names and lists live as long as the configuration. */
struct list_name {
    struct slice name;
    struct list *list;
};

struct list_table {
    struct list_name *items;
    size_t count;
};

/* list_find(table, name): the list of that name, or NULL. */
const struct list *list_find(const struct list_table *table, struct slice name);

/* list_prepare_lookalikes(table, name): makes the list of that name ready for list_imitates, unless
 * it is or there is none. To be called once it is filled, before others share it. 0, or -1 when
 * memory is out. */
MUST_USE int list_prepare_lookalikes(const struct list_table *table, struct slice name);

#endif
