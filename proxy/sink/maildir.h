/* maildir: stores messages in a Maildir: written in tmp/, flushed to the disk, then renamed into
 * new/.
 *
 * What is stored is stored: maildir_store returns 0 only after the message and its name are on the
 * disk. Calls block for as long as the disk takes.
 */
#ifndef PROXY_SINK_MAILDIR_H
#define PROXY_SINK_MAILDIR_H

#include "filters/base/must_use.h"
#include "filters/base/slice.h"

struct maildir;
struct maildir_message;

#define MAILDIR_ID_MAX 96 /* room for an id, NUL included */

/* maildir_open(path, error, error_size): opens the Maildir, making what is missing of it. NULL and
 * a sentence on failure. */
struct maildir *maildir_open(const char *path, char *error, size_t error_size);
void maildir_close(struct maildir *maildir); /* NULL: nothing */

/* maildir_begin(maildir): a new message, or NULL with errno. */
struct maildir_message *maildir_begin(struct maildir *maildir);

/* maildir_write(message, text): appends ${text} with every CR left out, so that CRLF becomes the LF
 * of a Maildir. A failure sticks and is told by maildir_store. */
void maildir_write(struct maildir_message *message, struct slice text);

/* maildir_store(message, id): makes it a message of the Maildir, and its id (how its file name
 * begins) known. Ends ${message} in any case. 0, or -1 with errno, and nothing is left of it. */
MUST_USE int maildir_store(struct maildir_message *message, char id[MAILDIR_ID_MAX]);

/* maildir_drop(message): removes it. NULL: nothing. */
void maildir_drop(struct maildir_message *message);

#endif
