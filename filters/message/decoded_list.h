/* decoded_list: an address list as a reader takes it who decodes first and looks for addresses
 * then.
 *
 * RFC 2047, 5 has encoded-words in names and comments only; but readers decode them in addresses
 * too, and some a whole "Name <address>".
 */
#ifndef FILTERS_MESSAGE_DECODED_LIST_H
#define FILTERS_MESSAGE_DECODED_LIST_H

#include "filters/base/arena.h"

/* decoded_list(value, arena): ${value}, unfolded, with its encoded-words decoded. Those that are
 * nothing but a name before an address in brackets become a blank, for what a name says is no
 * address; of them only what stands between brackets itself is kept. Empty when the decoded list
 * can say nothing that ${value} does not; ptr NULL when the arena is full. */
struct slice decoded_list(struct slice value, struct arena *arena);

#endif
