/* compound: what a compound file (OLE2, [MS-CFB]) holds: a document of an old office, a mail, an
 * installer.
 */
#ifndef FILTERS_FILE_COMPOUND_H
#define FILTERS_FILE_COMPOUND_H

#include "filters/base/slice.h"

#define COMPOUND_SECTORS_MAX 256 /* of its directory, that are looked at */

/* compound_type(content): the MIME type of ${content}, which begins with the signature of compound
 * files: by the names of its streams, and of an installer by the class of its root. Static;
 * "application/x-ole-storage" when they say nothing, or it is broken. Follows the directory's chain
 * as far as the first 109 sectors of the allocation table tell, and no more than
 * COMPOUND_SECTORS_MAX. */
struct slice compound_type(struct slice content);

#endif
