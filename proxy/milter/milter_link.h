/* milter_link: the connection to a milter, as far as how long it is waited for and how it ends. */
#ifndef PROXY_MILTER_MILTER_LINK_H
#define PROXY_MILTER_MILTER_LINK_H

#include <stdint.h>

struct milter;

/* How far the connection has come. */
enum milter_phase {
    MILTER_CLOSED,
    MILTER_CONNECTING,
    MILTER_NEGOTIATING,
    MILTER_OPEN,
};

/* milter_link_wait(m, ms): the milter has that long, or until the job's deadline. */
void milter_link_wait(struct milter *m, uint64_t ms);

/* milter_link_close(m): closes without a word. All that was said and heard on it is forgotten; what
 * was settled stays. Closed already: nothing. */
void milter_link_close(struct milter *m);

/* milter_link_hang_up(m): says ABORT and QUIT where the milter understands them (MILTER 2), and
 * closes. */
void milter_link_hang_up(struct milter *m);

#endif
