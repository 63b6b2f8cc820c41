/* zip: what stands in a ZIP archive: the names of its members, and whether something in it is
 * encrypted. By content alone, whatever the archive is called: documents of offices, .jar and .apk
 * are archives too, and so is a program with an archive behind it.
 *
 * Follows APPNOTE.TXT 6.3.10. Readers of archives differ: one believes the directory at the end,
 * another the headers before each member, one the last end record, another the first whose comment
 * fits. So every member that any of them would show is one here, and where they would differ that
 * is a doubt. Names without the UTF-8 flag are read as CP437 and, where they are that, as UTF-8; a
 * name with a NUL is read up to it as well, for some readers stop there.
 *
 * Archives in archives are read three deep, where they are stored or deflated. What cannot be seen
 * into (another kind of archive, a method that is not read here, what is too deep, what is broken)
 * makes ${unknown} hold. Work is linear: what nested archives add to it is counted in octets,
 * however often members overlap.
 */
#ifndef FILTERS_FILE_ZIP_H
#define FILTERS_FILE_ZIP_H

#include "filters/base/allowance.h"
#include "filters/base/arena.h"
#include "filters/base/must_use.h"

#define ZIP_DEPTH_MAX      3                 /* archives in each other, the outermost counted */
#define ZIP_MEMBERS_MAX    100000            /* names in all */
#define ZIP_NAME_BYTES_MAX ((size_t)8 << 20) /* ... and their octets */
#define ZIP_NESTED_BYTES_MAX                                                                       \
    ((size_t)128 << 20)  /* of archives in archives, as unpacked, in all                           \
                          */
#define ZIP_ENDS_MAX   8 /* end records of one archive */
#define ZIP_DOUBTS_MAX 12

struct zip {
    bool archive;   /* it is one: a ZIP, or another kind */
    bool encrypted; /* something in it is, or its directory */
    bool unknown;   /* something in it could not be seen into: it may be. Both may hold */
    const struct slice *names; /* well-formed UTF-8; NUL and other controls as they stand */
    size_t name_count;
    size_t outer_count; /* so many of them, the first, are the outermost archive's */
    const char *doubts[ZIP_DOUBTS_MAX]; /* why readers could disagree, each once; static */
    size_t doubt_count;
};

enum zip_result {
    ZIP_READ,
    ZIP_LIMIT,  /* over one of the limits above: a bomb, or as good as one */
    ZIP_OVER,   /* the allowance was over */
    ZIP_MEMORY, /* memory was out, or the arena at its limit */
};

/* zip_read(data, allowance, arena, zip): what ${data}, a file's octets, is as an archive. ZIP_READ:
 * ${zip} is filled in, its names live in ${arena}; all zero when it is no archive. Else it is all
 * zero too, and nothing is known. Legal from any thread. */
MUST_USE enum zip_result zip_read(struct slice data, struct allowance *allowance,
                                  struct arena *arena, struct zip *zip);

#endif
