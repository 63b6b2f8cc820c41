/* file: whole files in memory, and where paths in a configuration lead. */
#ifndef CONF_FILE_H
#define CONF_FILE_H

#include "filters/base/arena.h"
#include "filters/base/bytes.h"

/* file_read(path, out): appends the whole file to ${out}, which the caller has made with the limit
 * that fits. "-" is no special name. Returns NULL, or a sentence part saying why not ("No such file
 * or directory"); ${out} then holds what was read so far. Waits two seconds for what is no plain
 * file. */
const char *file_read(const char *path, struct bytes *out);

/* file_mark(path): tells one state of a file from another, as far as its number, length and time
 * tell; 0 when it cannot be looked at. Waits for nothing but the file system. */
uint64_t file_mark(const char *path);

/* file_beside(arena, file, path): what ${path} means when it stands in ${file}: itself if absolute,
 * else taken from the folder of ${file}. NUL-terminated; ptr NULL when the arena is full. */
struct slice file_beside(struct arena *arena, struct slice file, struct slice path);

/* file_absolute(arena, path): ${path} from the root, by the process's working directory if it is
 * relative; no links are followed. NUL-terminated; ptr NULL when the arena is full or the directory
 * is unknown. */
struct slice file_absolute(struct arena *arena, struct slice path);

#endif
