#include "proxy/net/outgoing.h"

#include <pthread.h>
#include <stdlib.h>

#define BUCKETS 4096 /* a power of two; ports spread over them */

struct outgoing {
    pthread_mutex_t lock;
    struct outgoing_mark *buckets[BUCKETS];
};

struct outgoing *outgoing_create(void)
{
    struct outgoing *table = calloc(1, sizeof(*table));
    if (table != NULL)
        (void)pthread_mutex_init(&table->lock, NULL);
    return table;
}

void outgoing_destroy(struct outgoing *table)
{
    if (table == NULL)
        return;
    (void)pthread_mutex_destroy(&table->lock);
    free(table);
}

static struct outgoing_mark **bucket(struct outgoing *table, const struct address *from)
{
    return &table->buckets[from->port % BUCKETS];
}

void outgoing_add(struct outgoing *table, struct outgoing_mark *mark, struct address from,
                  struct address to)
{
    outgoing_remove(mark);
    mark->table = table;
    mark->from = from;
    mark->to = to;
    struct outgoing_mark **first = bucket(table, &from);
    (void)pthread_mutex_lock(&table->lock);
    mark->next = *first;
    *first = mark;
    (void)pthread_mutex_unlock(&table->lock);
}

void outgoing_remove(struct outgoing_mark *mark)
{
    struct outgoing *table = mark->table;
    if (table == NULL)
        return;
    struct outgoing_mark **place = bucket(table, &mark->from);
    (void)pthread_mutex_lock(&table->lock);
    while (*place != mark)
        place = &(*place)->next;
    *place = mark->next;
    (void)pthread_mutex_unlock(&table->lock);
    mark->table = NULL;
}

static bool same(const struct address *a, const struct address *b)
{
    return a->port == b->port && address_equal(a, b);
}

bool outgoing_has(struct outgoing *table, const struct address *from, const struct address *to)
{
    (void)pthread_mutex_lock(&table->lock);
    const struct outgoing_mark *mark = *bucket(table, from);
    while (mark != NULL && !(same(&mark->from, from) && same(&mark->to, to)))
        mark = mark->next;
    (void)pthread_mutex_unlock(&table->lock);
    return mark != NULL;
}
