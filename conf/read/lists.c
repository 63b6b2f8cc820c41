/* lists: see lists.h. */
#include "conf/read/lists.h"

#include "conf/census.h"
#include "conf/config.h"
#include "conf/file.h"
#include "conf/read/needs.h"
#include "conf/read/setting.h"
#include "filters/base/digest.h"
#include "filters/match/list.h"

#define LIST_FILE_BYTES_MAX (256 * 1024 * 1024)

static const char WANTED[] = "a list of entries [ \"...\", ... ] or { file = \"...\"; }";

/* A list under construction. */
struct reader {
    struct build *build;
    struct list *list;
    struct census *census;
};

static void note(struct reader *reader, struct slice entry, struct place place)
{
    if (census_note(reader->census, entry, place, reader->build->arena) != 0)
        build_out_of_memory(reader->build);
}

static void read_entry(struct reader *reader, const config_setting_t *s)
{
    struct build *build = reader->build;
    struct place place = setting_place(build, s);
    struct slice entry;

    if (!setting_string(s, &entry))
        setting_error(build, s, "a list of strings");
    else if (list_add(reader->list, entry, SLICE_NONE, place, build->diag) == 0)
        note(reader, entry, place); /* else an error is in the diag */
}

static void read_lines(struct reader *reader, struct slice content, const char *path)
{
    struct place place = {path, 1};
    struct slice entry, text;

    for (; content.len > 0; place.line++) {
        size_t end = slice_find(content, '\n');
        struct slice line = slice_first(content, end);

        content = slice_from(content, line.len + 1);
        if (list_add_line(reader->list, line, place, reader->build->diag) == 0 &&
            list_line(line, &entry, &text))
            note(reader, entry, place);
    }
}

static void read_list_file(struct reader *reader, const config_setting_t *s, struct slice name)
{
    struct build *build = reader->build;
    struct place place = setting_place(build, s);
    struct slice path = file_beside(build->arena, slice_str(place.file), name);
    struct config_file file = {.path = path, .place = place, .list = true};
    struct bytes content;
    struct slice lines;
    const char *error;

    if (path.ptr == NULL) {
        build_out_of_memory(build);
        return;
    }
    file.mark = file_mark(path.ptr); /* before: what changes meanwhile is seen to have changed */
    bytes_init(&content, LIST_FILE_BYTES_MAX);
    error = file_read(path.ptr, &content);
    if (error == NULL && bytes_take(&content, &lines) != 0)
        error = "out of memory";
    if (error != NULL)
        diag_add(build->diag, DIAG_ERROR, place, "cannot read the list file '%s': %s", path.ptr,
                 error);
    else
        read_lines(reader, lines, path.ptr);
    if (error == NULL) {
        needs_file(build, &file);
        if (build->digest != NULL)
            digest_add(build->digest, lines);
    }
    bytes_fini(&content);
}

static void read_file_group(struct reader *reader, const config_setting_t *group)
{
    struct build *build = reader->build;
    static const struct setting_row ROWS[] = {{SETTING("file", OTHER)}, {.name = NULL}};
    const config_setting_t *file = setting_member(group, "file");
    struct slice name;

    setting_read(build, group, ROWS, NULL);
    if (file == NULL)
        setting_error(build, group, WANTED);
    else if (setting_text(build, file, "the path of a list file", &name))
        read_list_file(reader, file, name);
}

/* One list: entries and file groups, alone or mixed in one libconfig list. */
static void read_list(struct reader *reader, const config_setting_t *s)
{
    if (config_setting_is_scalar(s) && config_setting_type(s) != CONFIG_TYPE_STRING) {
        setting_error(reader->build, s, WANTED);
        return;
    }
    for (size_t i = 0; i < setting_count(s); i++) {
        const config_setting_t *item = setting_item(s, i);

        if (config_setting_is_group(item))
            read_file_group(reader, item);
        else
            read_entry(reader, item);
    }
}

void lists_read(struct build *build, const config_setting_t *root)
{
    const config_setting_t *group = setting_member(root, "lists");
    struct list_table *table = &build->config->lists;
    struct census *censuses;
    size_t count = 0;

    if (group != NULL && !config_setting_is_group(group))
        setting_error(build, group, "a group of lists { name = [ \"...\" ]; }");
    else if (group != NULL)
        count = (size_t)config_setting_length(group);
    table->items = build_alloc(build, count, sizeof(*table->items));
    build->config->censuses = censuses = build_alloc(build, count, sizeof(*censuses));
    for (size_t i = 0; table->items != NULL && censuses != NULL && i < count; i++) {
        const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
        struct list_name *item = &table->items[table->count];

        item->name = build_text(build, slice_str(config_setting_name(s)));
        item->list = list_create();
        if (item->list == NULL) {
            build_out_of_memory(build);
            return;
        }
        censuses[i].place = setting_place(build, s);
        table->count++;
        read_list(&(struct reader){build, item->list, &censuses[i]}, s);
        if (list_seal(item->list) != 0)
            build_out_of_memory(build);
    }
}
