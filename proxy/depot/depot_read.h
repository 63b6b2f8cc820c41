/* depot_read: reading the quarantine back: for the commands that list, show, release and
 * delete. The other half of depot.h, and the one door to jansson.
 *
 * What lies in the directory is not believed: a file that is no regular one, a line that is no such
 * record, an address or parameters that would not be read from a command as they stand there are
 * "damaged", and nothing else happens.
 */
#ifndef PROXY_DEPOT_DEPOT_READ_H
#define PROXY_DEPOT_DEPOT_READ_H

#include "filters/base/arena.h"
#include "filters/base/must_use.h"
#include "proxy/depot/depot.h"

#define DEPOT_LINE_MAX (64U << 20) /* octets of a record */

/* What is known of its message. */
enum depot_state {
    DEPOT_KEPT,        /* it is the quarantine's */
    DEPOT_UNDER_WAY,   /* a copy: the upstream has not answered yet */
    DEPOT_UNCONFIRMED, /* a copy: a gateway died before it knew, or before it said so */
};

/* One message, open. */
struct depot_entry {
    enum depot_state state;
    struct depot_record record; /* its slices live until depot_close */
    struct slice line;          /* as it stands in the file, without its line end */
    struct slice message;
    struct arena arena;
    int fd;
    char *map;
    size_t map_len;
};

enum depot_result {
    DEPOT_OK,
    DEPOT_ABSENT,  /* there is no such message (any more) */
    DEPOT_BUSY,    /* another process works on it, or it is a copy under way */
    DEPOT_DAMAGED, /* what is there is no message of the quarantine */
    DEPOT_FOREIGN, /* its record is of a version that is not known here */
    DEPOT_ERROR,   /* errno says why */
};

/* depot_open(entry, dir, id, lock): opens the message ${id} of the quarantine ${dir}. With
 * ${lock} nobody else gets it so until depot_close. Without DEPOT_OK there is nothing to
 * be closed. */
enum depot_result depot_open(struct depot_entry *entry, const char *dir, const char *id, bool lock);
void depot_close(struct depot_entry *entry);

/* depot_list(dir, arena, ids, count): the ids of all messages, sorted, in the arena. A
 * directory that is not there has none. 0, or -1 with errno. */
MUST_USE int depot_list(const char *dir, struct arena *arena, struct slice **ids, size_t *count);

/* depot_parse(line, arena, record): reads what depot_format has written. DEPOT_OK;
 * DEPOT_DAMAGED: it is no such line, or memory is out; DEPOT_FOREIGN. ${record}'s slices
 * are in the arena. */
enum depot_result depot_parse(struct slice line, struct arena *arena, struct depot_record *record);

#endif
