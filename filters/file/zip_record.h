/* zip_record: the records of a ZIP archive as octets (APPNOTE.TXT 6.3.10, section 4.3). Pure
 * reading: what they say is for zip.c to believe or not.
 */
#ifndef FILTERS_FILE_ZIP_RECORD_H
#define FILTERS_FILE_ZIP_RECORD_H

#include "filters/base/slice.h"

#define ZIP_RECORD_STORED   0
#define ZIP_RECORD_DEFLATED 8
#define ZIP_RECORD_AES      99 /* the real method stands in an extra field */

/* General purpose flags (4.4.4). */
#define ZIP_RECORD_ENCRYPTED 0x0001
#define ZIP_RECORD_STREAMED  0x0008 /* sizes follow the data */
#define ZIP_RECORD_STRONG    0x0040
#define ZIP_RECORD_UTF8      0x0800
#define ZIP_RECORD_MASKED    0x2000 /* the directory is encrypted, local headers say nothing */

/* The end record, or the one of ZIP64 (4.3.14, 4.3.16). */
struct zip_record_end {
    uint64_t start, size; /* of the directory: its offset as said, and its length */
    uint64_t count;
    size_t stop;    /* where the record stands: what a directory ends at */
    bool encrypted; /* the directory is */
    bool wide;      /* of ZIP64: ${count} is not cut to 16 bits */
};

/* An entry of the directory, or a local header. */
struct zip_record {
    unsigned flags, method;
    uint64_t packed, unpacked; /* octets */
    uint64_t start;            /* of an entry: where its local header is */
    struct slice name;
    struct slice unicode; /* the name of extra field 0x7075; empty: none */
    size_t length;        /* of the record: data, or the next entry, follows */
};

/* zip_record_end_read(data, at, end): the end record at ${at}. False: there is none. */
bool zip_record_end_read(struct slice data, size_t at, struct zip_record_end *end);

/* zip_record_end_widen(data, end, wide): the record of ZIP64 that a locator before ${end} points
 * to. False: there is none. */
bool zip_record_end_widen(struct slice data, const struct zip_record_end *end,
                          struct zip_record_end *wide);

/* zip_record_end_agrees(end, wide): whether ${end} says the same, or leaves it to ${wide}. */
bool zip_record_end_agrees(const struct zip_record_end *end, const struct zip_record_end *wide);

/* zip_record_entry(data, at, record): the directory's entry at ${at}. zip_record_local: the local
 * header there. False: there is none, or it is cut short. Sizes that an extra field of ZIP64 tells
 * are in their place. */
bool zip_record_entry(struct slice data, uint64_t at, struct zip_record *record);
bool zip_record_local(struct slice data, uint64_t at, struct zip_record *record);

/* zip_record_encrypted(record): whether it says that its data, or names, are. */
bool zip_record_encrypted(const struct zip_record *record);

#endif
