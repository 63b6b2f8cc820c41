#include "conf/list_watch.h"

#include "conf/config.h"
#include "conf/file.h"

#define START UINT64_C(0xcbf29ce484222325)

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * UINT64_C(0x100000001b3);
}

/* Of the list files, or of all others, as they were read. */
static uint64_t state_read(const struct config *config, bool lists)
{
    uint64_t state = START;

    for (const struct config_file *file = config->files; file != NULL; file = file->next)
        if (file->list == lists)
            state = mix(state, file->mark);
    return state;
}

static uint64_t state_now(const struct config *config)
{
    uint64_t state = START;

    for (const struct config_file *file = config->files; file != NULL; file = file->next)
        if (file->list)
            state = mix(state, file_mark(file->path.ptr));
    return state;
}

bool list_watch_look(struct list_watch *watch, const struct config *config)
{
    uint64_t now = state_now(config);
    bool rested = now == watch->seen;

    watch->seen = now;
    if (!rested || now == watch->tried || now == state_read(config, true))
        return false;
    watch->tried = now;
    return true;
}

void list_watch_again(struct list_watch *watch)
{
    watch->tried = 0;
}

bool list_watch_lists_only(const struct config *now, const struct config *next)
{
    return state_read(now, false) == state_read(next, false);
}
