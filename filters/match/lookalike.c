/* lookalike: see lookalike.h. Keys of domains (hashes of skeletons, of labels and of their
 * shortened forms) lead to buckets with the numbers of those that have them; whether one is
 * imitated is then looked at itself. */
#include "filters/match/lookalike.h"

#include <stdlib.h>

#include "filters/base/arena.h"
#include "filters/base/ascii.h"
#include "filters/base/bytes.h"
#include "filters/base/idn.h"
#include "filters/base/registrable.h"
#include "filters/base/utf8.h"
#include "filters/match/confusables.h"

#define ARENA_BLOCK_BYTES ((size_t)16 << 10)
#define ARENA_LIMIT_BYTES ((size_t)4 << 30)
#define DOMAINS_MAX       (UINT32_MAX / IDN_LABEL_MAX) /* so that all keys can be counted */
#define FIRST_CAPACITY    16
#define NONE              UINT32_MAX

/* What a key is of. */
enum salt { SALT_DOMAIN = 1, SALT_SKELETON, SALT_SHORTENED };

struct item {
    struct slice domain; /* ASCII letters small */
    const void *from;
    uint32_t skeleton; /* key */
};

struct lookalikes {
    struct arena arena;
    struct item *items;
    size_t count, capacity;
    uint32_t *places; /* numbers of items, by open addressing: those that are there */
    size_t place_count;
    uint32_t *starts; /* of each bucket in ${numbers}, and where the last ends */
    uint32_t *numbers;
    size_t bucket_count; /* a power of two; 0: not sealed */
};

struct lookalikes *lookalikes_create(void)
{
    struct lookalikes *all = calloc(1, sizeof(*all));

    if (all != NULL)
        arena_init(&all->arena, ARENA_BLOCK_BYTES, ARENA_LIMIT_BYTES);
    return all;
}

void lookalikes_destroy(struct lookalikes *all)
{
    if (all == NULL)
        return;
    free(all->items);
    free(all->places);
    free(all->starts);
    free(all->numbers);
    arena_fini(&all->arena);
    free(all);
}

size_t lookalikes_bytes(const struct lookalikes *all)
{
    size_t bytes = sizeof(*all) + all->arena.total_bytes + all->capacity * sizeof(*all->items) +
                   all->place_count * sizeof(*all->places);

    if (all->bucket_count > 0) /* and one more of each */
        bytes += (all->bucket_count + 1) * sizeof(*all->starts) +
                 (all->starts[all->bucket_count] + (size_t)1) * sizeof(*all->numbers);
    return bytes;
}

/* --- keys ------------------------------------------------------------------------------------- */

/* FNV-1a. */
static uint64_t mix(uint64_t hash, struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        hash = (hash ^ (unsigned char)s.ptr[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t mix_salt(enum salt salt)
{
    return UINT64_C(0xcbf29ce484222325) ^ (uint64_t)salt << 56;
}

/* Its high bits depend on all bytes. */
static uint32_t key_of(uint64_t hash)
{
    return (uint32_t)((hash * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
}

/* The label before the public suffix; what follows it is ${rest}. */
static struct slice label_of(struct slice domain, struct slice *rest)
{
    struct slice label = slice_first(domain, slice_find(domain, '.'));

    *rest = slice_from(domain, label.len);
    return label;
}

/* The key of ${domain} without the ${length} octets at ${at} of its label. */
static uint32_t shortened_key(struct slice domain, size_t at, size_t length)
{
    uint64_t hash = mix(mix_salt(SALT_SHORTENED), slice_first(domain, at));

    return key_of(mix(hash, slice_from(domain, at + length)));
}

/* The length of the character at the front of ${s}. A byte that is none counts as one. */
static size_t character_length(struct slice s)
{
    size_t length = utf8_length(s);

    return length > 0 ? length : 1;
}

static size_t count_characters(struct slice s)
{
    size_t count = 0;

    for (; s.len > 0; s = slice_from(s, character_length(s)))
        count++;
    return count;
}

/* What ${domain} looks like. 0, or -1 when memory is out. */
static int fold(struct slice domain, struct bytes *out)
{
    bytes_clear(out);
    return confusables_fold(domain, out);
}

static uint32_t skeleton_key(struct slice skeleton)
{
    return key_of(mix(mix_salt(SALT_SKELETON), skeleton));
}

/* --- which are there -------------------------------------------------------------------------- */

/* The place of ${domain}, or the free one where it belongs. There is always a free one. */
static uint32_t *place_of(const struct lookalikes *all, struct slice domain)
{
    size_t at = key_of(mix(mix_salt(SALT_DOMAIN), domain));

    for (;; at++) {
        uint32_t *place = &all->places[at & (all->place_count - 1)];

        if (*place == NONE || slice_equal(all->items[*place].domain, domain))
            return place;
    }
}

static int grow_places(struct lookalikes *all)
{
    size_t count = all->place_count > 0 ? 2 * all->place_count : 2 * FIRST_CAPACITY;
    uint32_t *places = malloc(count * sizeof(*places));

    if (places == NULL)
        return -1;
    memset(places, 0xFF, count * sizeof(*places)); /* NONE */
    free(all->places);
    all->places = places;
    all->place_count = count;
    for (size_t i = 0; i < all->count; i++)
        *place_of(all, all->items[i].domain) = (uint32_t)i;
    return 0;
}

static int grow_items(struct lookalikes *all)
{
    size_t capacity = all->capacity > 0 ? 2 * all->capacity : FIRST_CAPACITY;
    struct item *items = realloc(all->items, capacity * sizeof(*items));

    if (items == NULL)
        return -1;
    all->items = items;
    all->capacity = capacity;
    return 0;
}

static int append(struct lookalikes *all, struct slice domain, const void *from,
                  struct bytes *skeleton)
{
    struct item item = {arena_copy(&all->arena, domain), from, 0};

    if (item.domain.ptr == NULL || all->count == DOMAINS_MAX || fold(domain, skeleton) != 0)
        return -1;
    if (all->count == all->capacity && grow_items(all) != 0)
        return -1;
    if (2 * (all->count + 1) > all->place_count && grow_places(all) != 0)
        return -1;
    item.skeleton = skeleton_key(bytes_slice(skeleton));
    *place_of(all, domain) = (uint32_t)all->count;
    all->items[all->count++] = item;
    return 0;
}

/* The registrable domain of ${name} in small letters, appended to ${out}; empty when it has none.
 * 0, or -1 when memory is out. */
static int lowered(struct slice name, struct bytes *out)
{
    struct slice domain = registrable_domain(name);

    for (size_t i = 0; i < domain.len; i++)
        bytes_append_char(out, ascii_lower(domain.ptr[i]));
    return bytes_end(out);
}

/* Three texts on the way. */
struct texts {
    struct bytes unicode, domain, skeleton;
};

static void texts_init(struct texts *texts)
{
    bytes_init(&texts->unicode, SIZE_MAX);
    bytes_init(&texts->domain, SIZE_MAX);
    bytes_init(&texts->skeleton, SIZE_MAX);
}

static void texts_fini(struct texts *texts)
{
    bytes_fini(&texts->unicode);
    bytes_fini(&texts->domain);
    bytes_fini(&texts->skeleton);
}

int lookalikes_add(struct lookalikes *all, struct slice name, const void *item)
{
    struct texts texts;
    struct slice domain;
    int result = 0;

    texts_init(&texts);
    if (idn_unicode(name, &texts.unicode) != 0 ||
        lowered(bytes_slice(&texts.unicode), &texts.domain) != 0)
        result = -1;
    domain = bytes_slice(&texts.domain);
    if (result == 0 && domain.len > 0 && (all->count == 0 || *place_of(all, domain) == NONE))
        result = append(all, domain, item, &texts.skeleton);
    texts_fini(&texts);
    return result;
}

/* --- the buckets ------------------------------------------------------------------------------ */

/* Calls ${take} with each key of an item: of its skeleton and, where edits of its label count, of
 * the label and of its shortened forms. */
static void each_key(struct lookalikes *all, size_t number,
                     void (*take)(struct lookalikes *, uint32_t key, size_t number))
{
    const struct item *item = &all->items[number];
    struct slice rest, label = label_of(item->domain, &rest);
    size_t length;

    take(all, item->skeleton, number);
    if (label.len > IDN_LABEL_MAX || count_characters(label) < LOOKALIKE_LABEL_MIN)
        return;
    take(all, shortened_key(item->domain, 0, 0), number);
    for (size_t at = 0; at < label.len; at += length) {
        length = character_length(slice_from(label, at));
        take(all, shortened_key(item->domain, at, length), number);
    }
}

static size_t bucket_of(const struct lookalikes *all, uint32_t key)
{
    return key & (all->bucket_count - 1);
}

static void count_key(struct lookalikes *all, uint32_t key, size_t number)
{
    (void)number;
    all->starts[bucket_of(all, key)]++;
}

/* From the end of its bucket to its beginning, so that what is added last stands first: the starts
 * are ends until all is there. */
static void put_key(struct lookalikes *all, uint32_t key, size_t number)
{
    all->numbers[--all->starts[bucket_of(all, key)]] = (uint32_t)number;
}

/* How many keys there are at most. */
static size_t most_keys(const struct lookalikes *all)
{
    size_t keys = 0;

    for (size_t i = 0; i < all->count; i++)
        keys += 2 + all->items[i].domain.len;
    return keys;
}

int lookalikes_seal(struct lookalikes *all)
{
    size_t keys = most_keys(all), buckets = 1;
    uint32_t end = 0;

    while (buckets < keys / 2)
        buckets *= 2;
    all->starts = calloc(buckets + 1, sizeof(*all->starts));
    if (all->starts == NULL)
        return -1;
    all->bucket_count = buckets;
    for (size_t i = 0; i < all->count; i++)
        each_key(all, i, count_key);
    for (size_t i = 0; i <= buckets; i++)
        end = all->starts[i] += end;
    all->numbers = malloc((end + (size_t)1) * sizeof(*all->numbers));
    if (all->numbers == NULL)
        return -1;
    for (size_t i = all->count; i > 0; i--)
        each_key(all, i - 1, put_key);
    return 0;
}

/* --- asking ----------------------------------------------------------------------------------- */

/* Whether ${b} is the two characters of ${a} the other way round. */
static bool is_swapped(struct slice a, struct slice b)
{
    size_t first = a.len > 0 ? character_length(a) : 0, second;

    if (first == 0 || first == a.len || a.len != b.len)
        return false;
    second = character_length(slice_from(a, first));
    return first + second == a.len && slice_equal(slice_first(a, first), slice_from(b, second)) &&
           slice_equal(slice_from(a, first), slice_first(b, second));
}

/* Takes the characters off both that they begin with alike. */
static void skip_front(struct slice *a, struct slice *b)
{
    while (a->len > 0 && b->len > 0) {
        size_t length = character_length(*a);

        if (!slice_equal(slice_first(*a, length), slice_first(*b, character_length(*b))))
            return;
        *a = slice_from(*a, length);
        *b = slice_from(*b, length);
    }
}

/* The length of the last character of ${s}. */
static size_t last_length(struct slice s)
{
    for (size_t length = 1; length <= 4 && length <= s.len; length++)
        if (utf8_length(slice_from(s, s.len - length)) == length)
            return length;
    return 1;
}

static void skip_end(struct slice *a, struct slice *b)
{
    while (a->len > 0 && b->len > 0) {
        size_t length = last_length(*a);

        if (length > b->len ||
            !slice_equal(slice_from(*a, a->len - length), slice_from(*b, b->len - length)))
            return;
        a->len -= length;
        b->len -= length;
    }
}

/* Whether two labels that are not the same are one edit apart. */
static bool is_edited(struct slice a, struct slice b)
{
    skip_front(&a, &b);
    skip_end(&a, &b);
    if (a.len == 0 || b.len == 0)
        return count_characters(a) + count_characters(b) == 1;
    return (character_length(a) == a.len && character_length(b) == b.len) || is_swapped(a, b);
}

/* A domain asked about. */
struct query {
    const struct lookalikes *all;
    struct slice domain;    /* in small letters */
    struct bytes *skeleton; /* of it as it is shown */
    struct bytes *other;    /* of the one looked at */
    size_t found;           /* the first of those found; SLICE_NOT_FOUND: none */
    bool failed;
};

static bool is_same_look(struct query *q, size_t number)
{
    if (fold(q->all->items[number].domain, q->other) != 0)
        q->failed = true;
    return !q->failed && slice_equal(bytes_slice(q->skeleton), bytes_slice(q->other));
}

static bool is_near(struct query *q, size_t number)
{
    struct slice rest, others_rest, label = label_of(q->domain, &rest);
    struct slice other = label_of(q->all->items[number].domain, &others_rest);

    return slice_equal(rest, others_rest) && count_characters(other) >= LOOKALIKE_LABEL_MIN &&
           is_edited(label, other);
}

static void look_in(struct query *q, uint32_t key, bool (*is_imitated)(struct query *, size_t))
{
    size_t bucket = bucket_of(q->all, key);

    for (uint32_t i = q->all->starts[bucket]; i < q->all->starts[bucket + 1]; i++) {
        size_t number = q->all->numbers[i];

        if (number < q->found && is_imitated(q, number))
            q->found = number;
    }
}

static void look_for_skeleton(struct query *q, struct slice shown)
{
    if (fold(shown, q->skeleton) != 0)
        q->failed = true;
    else
        look_in(q, skeleton_key(bytes_slice(q->skeleton)), is_same_look);
}

static void look_for_edits(struct query *q)
{
    struct slice rest, label = label_of(q->domain, &rest);
    size_t length;

    if (label.len > IDN_LABEL_MAX)
        return;
    look_in(q, shortened_key(q->domain, 0, 0), is_near);
    for (size_t at = 0; at < label.len; at += length) {
        length = character_length(slice_from(label, at));
        look_in(q, shortened_key(q->domain, at, length), is_near);
    }
}

static int ask(struct query *q, struct slice shown, struct imitated *imitated)
{
    look_for_skeleton(q, shown);
    look_for_skeleton(q, q->domain);
    look_for_edits(q);
    if (q->failed)
        return -1;
    if (q->found == SLICE_NOT_FOUND)
        return 0;
    *imitated = (struct imitated){q->all->items[q->found].domain, q->all->items[q->found].from};
    return 1;
}

int lookalikes_find(const struct lookalikes *all, struct slice name, struct imitated *imitated)
{
    struct texts texts;
    struct query query;
    int result = 0;

    if (all->count == 0)
        return 0;
    texts_init(&texts);
    if (lowered(name, &texts.domain) != 0)
        result = -1;
    query = (struct query){.all = all,
                           .domain = bytes_slice(&texts.domain),
                           .skeleton = &texts.skeleton,
                           .other = &texts.unicode,
                           .found = SLICE_NOT_FOUND};
    if (result == 0 && query.domain.len > 0 && *place_of(all, query.domain) == NONE)
        result = ask(&query, registrable_domain(name), imitated);
    texts_fini(&texts);
    return result;
}
