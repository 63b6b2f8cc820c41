/* depots: see depots.h. */
#include "conf/read/depots.h"

#include <stdlib.h>

#include "conf/config.h"
#include "conf/read/setting.h"

#define MAX_SIZE_MIN (UINT64_C(1) << 20)
#define MAX_SIZE_MAX (UINT64_C(1) << 50)
#define HOUR_MS      UINT64_C(3600000)
#define MAX_AGE_MAX  (UINT64_C(36500) * 24 * HOUR_MS) /* a hundred years */

static const struct setting_row ROWS[] = {
    {SETTING("directory", PATH), SETTING_AT(struct depot_conf, directory)},
    {SETTING("max_size", SIZE), SETTING_AT(struct depot_conf, max_size_bytes), .min = MAX_SIZE_MIN,
     .max = MAX_SIZE_MAX},
    {SETTING("max_age", TIME), SETTING_AT(struct depot_conf, max_age_ms), .min = HOUR_MS,
     .max = MAX_AGE_MAX},
    {.name = NULL},
};

/* A service may write only where its manager says: the first folder of systemd's StateDirectory. */
static struct slice default_state(struct build *build, struct place place)
{
    const char *folders = getenv("STATE_DIRECTORY");

    if (folders == NULL || *folders != '/')
        return build_path(build, place, SLICE("state"));
    return build_text(build, slice_make(folders, strcspn(folders, ":")));
}

/* The setting that says where it is, or else the file. */
static struct place place_of(struct build *build, const config_setting_t *root,
                             const config_setting_t *group)
{
    const config_setting_t *s = setting_member(group, "directory");

    if (s == NULL)
        s = setting_member(root, "state_dir");
    return s != NULL ? setting_place(build, s) : (struct place){build->config->file.ptr, 0};
}

static void read_one(struct build *build, const config_setting_t *root, const char *name,
                     struct depot_conf *depot)
{
    const config_setting_t *group = setting_member(root, name);
    const struct config *config = build->config;

    depot->name = slice_str(name);
    depot->place = place_of(build, root, group);
    setting_read(build, group, ROWS, depot);
    depot->given = depot->directory.len > 0 || setting_member(root, "state_dir") != NULL;
    if (depot->directory.len > 0)
        return;
    depot->directory = arena_format(build->arena, "%.*s/%s", SLICE_ARG(config->state_dir), name);
    if (depot->directory.ptr == NULL)
        build_out_of_memory(build);
}

/* Messages of both in one folder could not be told apart, and those of one would be deleted as the
 * other's. */
static void refuse_shared(struct build *build)
{
    const struct config *config = build->config;

    if (config->archive.directory.len > 0 &&
        slice_equal(config->archive.directory, config->quarantine.directory))
        diag_add(build->diag, DIAG_ERROR, config->archive.place,
                 "the archive needs a 'directory' of its own: the quarantine is there");
}

void depots_read(struct build *build, const config_setting_t *root)
{
    struct config *config = build->config;

    if (config->state_dir.len == 0)
        config->state_dir = default_state(build, setting_place(build, root));
    read_one(build, root, "quarantine", &config->quarantine);
    read_one(build, root, "archive", &config->archive);
    refuse_shared(build);
}
