/* package: which kind of document or program a ZIP archive is, by the names in it. */
#ifndef FILTERS_FILE_PACKAGE_H
#define FILTERS_FILE_PACKAGE_H

#include "filters/base/slice.h"

/* package_type(content, members, count): the MIME type of the ZIP archive ${content}: of an
 * OpenDocument or EPUB file as its first member says ("mimetype", stored, as their standards have
 * it), of an Office Open XML file with or without macros by where its parts lie, of a .jar or .apk
 * by its manifest; else "application/zip". Names are compared without case and with either slash,
 * as office programs do. Static. Linear in the names. */
struct slice package_type(struct slice content, const struct slice *members, size_t count);

#endif
