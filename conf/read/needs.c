/* needs: see needs.h. */
#include "conf/read/needs.h"

#include "conf/config.h"
#include "conf/file.h"
#include "conf/listener_conf.h"
#include "conf/read/config_load.h"
#include "conf/read/setting.h"
#include "filters/base/endpoint.h"

/* --- two sockets for one connection --- */

static void refuse_covered(struct build *build, enum diag_level level, size_t i)
{
    const struct listener_conf *all = build->config->listeners;

    for (size_t j = 0; j < i; j++) {
        const struct endpoint *a = &all[j].endpoint, *b = &all[i].endpoint;
        bool first = endpoint_covers(a, b);

        if (endpoint_equal(a, b) || (!first && !endpoint_covers(b, a)))
            continue;
        diag_add(build->diag, level, all[i].place,
                 "listener '%.*s' and listener '%.*s' in line %u cannot both be opened: \"%.*s\" "
                 "takes what arrives at \"%.*s\", too",
                 SLICE_ARG(all[i].name), SLICE_ARG(all[j].name), all[j].place.line,
                 SLICE_ARG((first ? a : b)->text), SLICE_ARG((first ? b : a)->text));
        return;
    }
}

/* --- the programs --- */

static void demand_proxy(struct build *build, enum diag_level level)
{
    const struct config *config = build->config;
    struct place place = {config->file.ptr, 0};

    if (config->listener_count == 0)
        diag_add(build->diag, level, place,
                 "there is no listener: listeners = ( { address = \"[::]:25\"; } );");
    if (config->upstream_count == 0)
        diag_add(build->diag, level, place,
                 "there is no upstream: upstreams = ( { address = \"127.0.0.1:10025\"; } );");
    for (size_t i = 0; i < config->listener_count; i++)
        refuse_covered(build, level, i);
}

static void demand_milter(struct build *build)
{
    if (!build->config->milter.given)
        diag_add(build->diag, DIAG_ERROR, (struct place){build->config->file.ptr, 0},
                 "it is not said where to listen: milter = { address = "
                 "\"inet:8899@127.0.0.1\"; };");
}

static void note_passed_over(struct build *build, const config_setting_t *root)
{
    static const char *const PASSED_OVER[] = {"listeners", "upstreams", "milters"};

    for (size_t i = 0; i < sizeof(PASSED_OVER) / sizeof(*PASSED_OVER); i++) {
        const config_setting_t *s = setting_member(root, PASSED_OVER[i]);

        if (s != NULL)
            diag_add(build->diag, DIAG_NOTE, setting_place(build, s),
                     "'%s' is the proxy's: `postern milter` does not use it", PASSED_OVER[i]);
    }
}

/* A name without a dot is nobody's in the mail system (RFC 5321, 2.3.5). */
static void note_hostname(struct build *build, const config_setting_t *root)
{
    const config_setting_t *s = setting_member(root, "hostname");
    struct slice name = build->config->hostname;

    if (name.len > 0 && name.ptr[0] != '[' && slice_find(name, '.') == SLICE_NOT_FOUND)
        diag_add(build->diag, DIAG_NOTE, setting_place(build, s != NULL ? s : root),
                 "%s '%.*s' has no domain: other servers may refuse it in HELO; set hostname = "
                 "\"gw.example.org\"",
                 s != NULL ? "hostname" : "this machine's name", SLICE_ARG(name));
}

/* A file that is for neither may be a part of one. */
static void note_all(struct build *build, const config_setting_t *root)
{
    const struct config *config = build->config;

    if (config->listener_count > 0 || config->upstream_count > 0) {
        demand_proxy(build, DIAG_NOTE);
        note_hostname(build, root);
    } else if (!config->milter.given && build->diag->errors == 0) {
        diag_add(build->diag, DIAG_NOTE, (struct place){config->file.ptr, 0},
                 "there are no listeners, no upstreams and no 'milter': neither `postern proxy` "
                 "nor `postern milter` starts with this");
    }
}

void needs_check(struct build *build, const config_setting_t *root, enum config_needs needs)
{
    switch (needs) {
    case CONFIG_NEEDS_NOTHING: return;
    case CONFIG_NEEDS_ADVICE: note_all(build, root); return;
    case CONFIG_NEEDS_PROXY: demand_proxy(build, DIAG_ERROR); return;
    case CONFIG_NEEDS_MILTER:
        demand_milter(build);
        note_passed_over(build, root);
        return;
    }
}

/* --- what the machine must have --- */

/* Where ${path}, which ends in NULL, is set; the file where it is not. */
static struct place place_of(const struct build *build, const config_setting_t *root,
                             const char *const *path)
{
    for (; *path != NULL && root != NULL; path++)
        root = setting_member(root, *path);
    return root != NULL ? setting_place(build, root) : (struct place){build->config->file.ptr, 0};
}

#define PLACE(...) place_of(build, root, (const char *const[]){__VA_ARGS__, NULL})

void needs_places(struct build *build, const config_setting_t *root)
{
    build->config->places = (struct config_places){
        .user = PLACE("user"),
        .spool = PLACE("limits", "spool_dir"),
        .audit = PLACE("audit", "file"),
        .log = PLACE("log", "to"),
    };
}

void needs_file(struct build *build, const struct config_file *file)
{
    struct config_file *kept = build_alloc(build, 1, sizeof(*kept));

    if (kept == NULL)
        return;
    *kept = *file;
    kept->path = build_text(build, file->path);
    kept->next = build->config->files;
    build->config->files = kept;
}

void needs_sources(struct build *build)
{
    const struct source *source = build->source;

    for (size_t i = 0; i < source->span_count; i++)
        if (source->spans[i].start.line == 1) /* not behind an include */
            needs_file(build, &(struct config_file){
                                  .path = slice_str(source->spans[i].start.file),
                                  .place = {source->spans[i].start.file, 0},
                                  .mark = file_mark(source->spans[i].start.file),
                              });
}
