/* list_watch: whether list files have changed since they were read, and rest again.
 *
 * Their state is asked for now and then, rather than told by inotify: a few calls of stat(2) a
 * second cost nothing, see a file that is replaced, linked elsewhere or mounted over, on every file
 * system, and need no descriptor. Who writes a list in place may write for a while, so a change
 * counts when two looks in a row see the same.
 */
#ifndef CONF_LIST_WATCH_H
#define CONF_LIST_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct config;

#define LIST_WATCH_LOOK_MS 1000 /* between two looks; so long a changed file has to rest */

/* All zero at its start. */
struct list_watch {
    uint64_t seen;  /* the state of all list files at the last look */
    uint64_t tried; /* the one that was told last */
};

/* list_watch_look(watch, config): whether the list files have changed since ${config} read them,
 * and rest since the last look. Each state is told once: what cannot be loaded is not tried again
 * before it changes. */
bool list_watch_look(struct list_watch *watch, const struct config *config);

/* list_watch_again(watch): what was told last could not be acted on: tell it again. */
void list_watch_again(struct list_watch *watch);

/* list_watch_lists_only(now, next): whether ${next} was loaded from the same state of the
 * configuration's own files as ${now}: a change of theirs waits for whoever asks for a reload. */
bool list_watch_lists_only(const struct config *now, const struct config *next);

#endif
