/* zip_walk: one ZIP archive, without what stands in its members: every member that some reader
 * would show, where its data lie, and why readers could disagree.
 *
 * Directories are read from every end record that a reader could choose. Then headers are looked
 * for wherever no member lies, and behind a deflated stream that ends before its member does: one
 * that no directory names is a member to whoever reads from the front. (Octets that look like a
 * header by chance are one in some hundred terabytes: a method that exists and a name that fits are
 * asked for as well.)
 */
#ifndef FILTERS_FILE_ZIP_WALK_H
#define FILTERS_FILE_ZIP_WALK_H

#include "filters/file/zip.h"
#include "filters/file/zip_name.h"

struct zip_member {
    uint64_t header;    /* where its local header is */
    size_t start, stop; /* its data; nothing when there is no header */
    unsigned method;
    bool encrypted;
    struct slice name; /* as it stands there */
};

/* What is given: the first four; the rest begins as zero. */
struct zip_walk {
    struct slice data;
    struct zip_names *names;
    struct allowance *allowance;
    struct zip *zip;      /* its flags and doubts are added to */
    struct bytes members; /* struct zip_member, one behind the other; in the order of their data */
    bool found;           /* it is a ZIP archive */
    enum zip_result result;
};

/* zip_walk_run(walk): reads it. What is found in it stands in ${walk}, its names in ${names}.
 * ZIP_READ, or why not. */
MUST_USE enum zip_result zip_walk_run(struct zip_walk *walk);

/* zip_walk_members(walk, count): its members, until zip_walk_fini. */
const struct zip_member *zip_walk_members(const struct zip_walk *walk, size_t *count);

void zip_walk_fini(struct zip_walk *walk);

#endif
