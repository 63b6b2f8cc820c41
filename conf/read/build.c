/* build: see build.h. */
#include "conf/read/build.h"

#include "conf/config_private.h"
#include "conf/file.h"

void build_out_of_memory(struct build *build)
{
    if (!build->out_of_memory)
        diag_add(build->diag, DIAG_ERROR, (struct place){NULL, 0}, "out of memory");
    build->out_of_memory = true;
}

void *build_alloc(struct build *build, size_t count, size_t size)
{
    void *items = NULL;

    if (count < CONFIG_BYTES_MAX / size)
        items = arena_alloc(build->arena, count > 0 ? count * size : 1);
    if (items == NULL)
        build_out_of_memory(build);
    return items;
}

struct slice build_text(struct build *build, struct slice s)
{
    struct slice copy = arena_copy(build->arena, s);

    if (copy.ptr == NULL)
        build_out_of_memory(build);
    return copy;
}

struct slice build_path(struct build *build, struct place place, struct slice text)
{
    struct slice path = file_beside(build->arena, slice_str(place.file), text);

    if (path.ptr != NULL)
        path = file_absolute(build->arena, path);
    if (path.ptr == NULL)
        build_out_of_memory(build);
    return path;
}
