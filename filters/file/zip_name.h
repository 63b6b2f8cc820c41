/* zip_name: the names of an archive's members, in each way in which readers would show them. */
#ifndef FILTERS_FILE_ZIP_NAME_H
#define FILTERS_FILE_ZIP_NAME_H

#include "filters/base/arena.h"
#include "filters/base/bytes.h"
#include "filters/base/charset.h"
#include "filters/file/zip_record.h"

enum zip_name_result {
    ZIP_NAME_ADDED,
    ZIP_NAME_LIMIT, /* ZIP_MEMBERS_MAX or ZIP_NAME_BYTES_MAX (zip.h) */
    ZIP_NAME_MEMORY,
};

/* All zero but ${arena} is none yet. */
struct zip_names {
    struct arena *arena; /* where names lie */
    struct bytes slices; /* struct slice, one behind the other */
    size_t count, octets;
    struct bytes text; /* a name on its way */
    struct charset_set converters;
};

void zip_names_init(struct zip_names *names, struct arena *arena);
void zip_names_fini(struct zip_names *names);

/* zip_names_add(names, record): the readings of the record's name: by its flag, in UTF-8 too where
 * it has none and could be that, up to a NUL, and as an extra field says. */
MUST_USE enum zip_name_result zip_names_add(struct zip_names *names,
                                            const struct zip_record *record);

/* zip_names_end(names, out): all of them, in the arena; NULL when there are none. 0, or -1 when
 * memory was out. */
MUST_USE int zip_names_end(struct zip_names *names, const struct slice **out);

#endif
