/* idn: international domain names in both their spellings: labels in Unicode (U-labels) and in
 * ASCII ("xn--...", A-labels; RFC 5890, 2.3.2.1). The one door to libidn2.
 *
 * A domain is converted label by label, so that one label that is no name does not keep the others
 * from being compared. The mapping is that of UTS 46, nontransitional, as mail servers and browsers
 * do it: letters become small ones, full-width letters and dots plain ones.
 */
#ifndef FILTERS_BASE_IDN_H
#define FILTERS_BASE_IDN_H

#include "filters/base/bytes.h"
#include "filters/base/must_use.h"
#include "filters/base/slice.h"

#define IDN_LABEL_MAX 252 /* octets of a label in UTF-8: 63 characters of four; longer is none */

/* idn_present(domain): whether a label of ${domain} may have another spelling: it holds a byte
 * above 0x7F or begins with "xn--". Cheap; for all other domains both spellings are the domain. */
bool idn_present(struct slice domain);

/* idn_ascii(domain, out), idn_unicode(domain, out): append ${domain} to ${out} with its labels as
 * A-labels, or as U-labels. A label that is not valid stays as it is. 0, or -1 when memory is out
 * or ${out} is full. */
MUST_USE int idn_ascii(struct slice domain, struct bytes *out);
MUST_USE int idn_unicode(struct slice domain, struct bytes *out);

#endif
