/* mismatch: whether what a reader sees of a link names another host than it leads to. */
#ifndef FILTERS_LINK_MISMATCH_H
#define FILTERS_LINK_MISMATCH_H

#include <stdbool.h>

#include "filters/base/must_use.h"
#include "filters/base/slice.h"

/* mismatch_read(shown, host, mismatch): whether ${shown} names a host that is neither ${host}, as
 * host.h spells it, nor of the same registrable domain; never when ${host} is empty. A host is
 * named by a URL, by a word that begins with "www.", and by one that is a domain below a public
 * suffix that is listed, with or without a path: "example.org", not "report.pdf", "1.2.3" or
 * "me@bank.test". A redirector's link is a mismatch: it leads to the redirector. Returns 0, or -1
 * when memory is out. Linear in the length of ${shown}. */
MUST_USE int mismatch_read(struct slice shown, struct slice host, bool *mismatch);

#endif
