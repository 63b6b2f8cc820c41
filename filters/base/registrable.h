/* registrable: which part of a host name somebody has registered: the public suffix ("co.uk") and
 * the label before it (https://publicsuffix.org). The one door to libpsl.
 *
 * The list of suffixes is the machine's (Debian's package publicsuffix) or, where that is missing
 * or older, the one that libpsl was built with. It is read once, when first asked for: a newer one
 * counts from the next start on. A suffix that no list has is a single label.
 */
#ifndef FILTERS_BASE_REGISTRABLE_H
#define FILTERS_BASE_REGISTRABLE_H

#include "filters/base/slice.h"

#define REGISTRABLE_NAME_MAX 1020 /* octets in UTF-8; RFC 1035 has 255 for the A-labels */

/* registrable_domain(name): the registrable domain of the host name ${name}, a slice of it: of
 * "a.example.co.uk" the "example.co.uk". Labels are U-labels or A-labels, small letters beyond
 * ASCII; one dot at the end is left out. Empty when there is none: a public suffix itself, a single
 * label, an address, a name with an empty label or a NUL, or one over REGISTRABLE_NAME_MAX. Legal
 * from any thread. */
struct slice registrable_domain(struct slice name);

/* registrable_listed(name): whether the host name ${name} has a registrable domain whose suffix
 * stands in the list: "example.org", but neither "report.docx" nor "mail.internal". Tells what is
 * meant as a domain from what only looks like one. Legal from any thread. */
bool registrable_listed(struct slice name);

#endif
