/* quarantine_read: reading the quarantine back: for the commands that list, show, release and
 * delete. The other half of quarantine.h, and the one door to jansson.
 *
 * What lies in the directory is not believed: a file that is no regular one, a line that is no such
 * record, an address or parameters that would not be read from a command as they stand there are
 * "damaged", and nothing else happens.
 */
#ifndef PROXY_QUARANTINE_QUARANTINE_READ_H
#define PROXY_QUARANTINE_QUARANTINE_READ_H

#include "filters/base/arena.h"
#include "filters/base/must_use.h"
#include "proxy/quarantine/quarantine.h"

#define QUARANTINE_LINE_MAX (64U << 20) /* octets of a record */

/* What is known of its message. */
enum quarantine_state {
    QUARANTINE_KEPT,        /* it is the quarantine's */
    QUARANTINE_UNDER_WAY,   /* a copy: the upstream has not answered yet */
    QUARANTINE_UNCONFIRMED, /* a copy: a gateway died before it knew, or before it said so */
};

/* One message, open. */
struct quarantine_entry {
    enum quarantine_state state;
    struct quarantine_record record; /* its slices live until quarantine_close */
    struct slice line;               /* as it stands in the file, without its line end */
    struct slice message;
    struct arena arena;
    int fd;
    char *map;
    size_t map_len;
};

enum quarantine_result {
    QUARANTINE_OK,
    QUARANTINE_ABSENT,  /* there is no such message (any more) */
    QUARANTINE_BUSY,    /* another process works on it, or it is a copy under way */
    QUARANTINE_DAMAGED, /* what is there is no message of the quarantine */
    QUARANTINE_FOREIGN, /* its record is of a version that is not known here */
    QUARANTINE_ERROR,   /* errno says why */
};

/* quarantine_open(entry, dir, id, lock): opens the message ${id} of the quarantine ${dir}. With
 * ${lock} nobody else gets it so until quarantine_close. Without QUARANTINE_OK there is nothing to
 * be closed. */
enum quarantine_result quarantine_open(struct quarantine_entry *entry, const char *dir,
                                       const char *id, bool lock);
void quarantine_close(struct quarantine_entry *entry);

/* quarantine_list(dir, arena, ids, count): the ids of all messages, sorted, in the arena. A
 * directory that is not there has none. 0, or -1 with errno. */
MUST_USE int quarantine_list(const char *dir, struct arena *arena, struct slice **ids,
                             size_t *count);

/* quarantine_parse(line, arena, record): reads what quarantine_format has written. QUARANTINE_OK;
 * QUARANTINE_DAMAGED: it is no such line, or memory is out; QUARANTINE_FOREIGN. ${record}'s slices
 * are in the arena. */
enum quarantine_result quarantine_parse(struct slice line, struct arena *arena,
                                        struct quarantine_record *record);

#endif
