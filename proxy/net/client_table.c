/* client_table: see client_table.h.
 *
 * An open hash with linear probing, at most half full; removing moves later entries back, so there
 * are no tombstones and a table that many clients passed through is as fast as a new one. The hash
 * is seeded, for clients choose their addresses.
 */
#include "proxy/net/client_table.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/random.h>

#define SLOTS_FIRST 64 /* a power of two, as every size is */

struct entry {
    struct address network;
    unsigned count; /* 0: the slot is free */
};

struct client_table {
    struct entry *slots;
    size_t slot_count, used;
    uint64_t seed;
    unsigned all;
};

static bool is_counted_alone(const struct address *client)
{
    return client->family == ADDRESS_V4 || client->family == ADDRESS_V6;
}

/* The last steps of MurmurHash3: every bit of ${x} moves half the bits of the result. */
static uint64_t mix(uint64_t x)
{
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdU;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53U;
    return x ^ (x >> 33);
}

static size_t home_slot(const struct client_table *table, const struct address *network)
{
    uint64_t front; /* behind it no network has anything (address_network) */
    memcpy(&front, network->bytes, sizeof(front));
    uint64_t hash = mix(table->seed ^ (uint64_t)network->family);
    return (size_t)mix(hash ^ front) & (table->slot_count - 1);
}

/* find_slot(table, network): its slot, or the free one where it would go. */
static struct entry *find_slot(struct client_table *table, const struct address *network)
{
    size_t i = home_slot(table, network);
    while (table->slots[i].count > 0 && !address_equal(&table->slots[i].network, network))
        i = (i + 1) & (table->slot_count - 1);
    return &table->slots[i];
}

struct client_table *client_table_create(void)
{
    struct client_table *table = calloc(1, sizeof(*table));
    if (table == NULL)
        return NULL;
    table->slot_count = SLOTS_FIRST;
    table->slots = calloc(table->slot_count, sizeof(*table->slots));
    if (table->slots == NULL) {
        free(table);
        return NULL;
    }
    /* Without a seed (before the system has any randomness) the table is only easier to slow down.
     */
    (void)!getrandom(&table->seed, sizeof(table->seed), GRND_NONBLOCK);
    return table;
}

void client_table_destroy(struct client_table *table)
{
    if (table == NULL)
        return;
    free(table->slots);
    free(table);
}

static int grow(struct client_table *table)
{
    struct client_table larger = *table;
    larger.slot_count *= 2;
    larger.slots = calloc(larger.slot_count, sizeof(*larger.slots));
    if (larger.slots == NULL)
        return -1;
    for (size_t i = 0; i < table->slot_count; i++)
        if (table->slots[i].count > 0)
            *find_slot(&larger, &table->slots[i].network) = table->slots[i];
    free(table->slots);
    *table = larger;
    return 0;
}

static enum client_answer add_network(struct client_table *table, const struct address *network,
                                      unsigned one_max)
{
    struct entry *entry = find_slot(table, network);
    if (entry->count >= one_max)
        return CLIENT_TOO_MANY_OF_ONE;
    if (entry->count == 0) {
        if ((table->used + 1) * 2 > table->slot_count) {
            if (grow(table) != 0)
                return CLIENT_TOO_MANY;
            entry = find_slot(table, network);
        }
        entry->network = *network;
        table->used++;
    }
    entry->count++;
    return CLIENT_ADMITTED;
}

enum client_answer client_table_add(struct client_table *table, const struct address *client,
                                    unsigned all_max, unsigned one_max)
{
    if (table->all >= all_max)
        return CLIENT_TOO_MANY;
    if (is_counted_alone(client)) {
        struct address network = address_network(client);
        enum client_answer answer = add_network(table, &network, one_max);
        if (answer != CLIENT_ADMITTED)
            return answer;
    }
    table->all++;
    return CLIENT_ADMITTED;
}

/* Frees a slot and moves back what was put further on only because it was taken. */
static void free_slot(struct client_table *table, size_t hole)
{
    size_t mask = table->slot_count - 1;
    for (size_t i = (hole + 1) & mask; table->slots[i].count > 0; i = (i + 1) & mask) {
        size_t home = home_slot(table, &table->slots[i].network);
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            table->slots[hole] = table->slots[i];
            hole = i;
        }
    }
    table->slots[hole] = (struct entry){.count = 0};
    table->used--;
}

void client_table_remove(struct client_table *table, const struct address *client)
{
    assert(table->all > 0);
    table->all--;
    if (!is_counted_alone(client))
        return;
    struct address network = address_network(client);
    struct entry *entry = find_slot(table, &network);
    assert(entry->count > 0);
    if (--entry->count == 0)
        free_slot(table, (size_t)(entry - table->slots));
}

enum client_answer client_table_move(struct client_table *table, const struct address *from,
                                     const struct address *to, unsigned one_max)
{
    client_table_remove(table, from);
    enum client_answer answer = client_table_add(table, to, UINT_MAX, one_max);
    if (answer != CLIENT_ADMITTED) /* there is room: its own is free */
        (void)client_table_add(table, from, UINT_MAX, UINT_MAX);
    return answer;
}

unsigned client_table_count(const struct client_table *table)
{
    return table->all;
}
