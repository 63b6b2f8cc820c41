/* lists: the named lists, inline or in files. */
#include "conf/file.h"
#include "conf/setting.h"

#define LIST_FILE_BYTES_MAX (256 * 1024 * 1024)

static const char WANTED[] = "a list of entries [ \"...\", ... ] or { file = \"...\"; }";

static void read_entry(struct build *build, const config_setting_t *s, struct list *list)
{
    struct slice entry;

    if (!setting_string(s, &entry))
        setting_error(build, s, "a list of strings");
    else /* an error is in the diag */
        (void)list_add(list, entry, SLICE_NONE, setting_place(build, s), build->diag);
}

static void read_lines(struct build *build, struct slice content, const char *path,
                       struct list *list)
{
    struct place place = {path, 1};

    for (; content.len > 0; place.line++) {
        size_t end = slice_find(content, '\n');
        struct slice line = slice_first(content, end);

        content = slice_from(content, line.len + 1);
        (void)list_add_line(list, line, place, build->diag);
    }
}

static void read_list_file(struct build *build, const config_setting_t *s, struct slice name,
                           struct list *list)
{
    struct place place = setting_place(build, s);
    struct slice path = file_beside(build->arena, slice_str(place.file), name);
    struct bytes content;
    struct slice lines;
    const char *error;

    if (path.ptr == NULL) {
        build_out_of_memory(build);
        return;
    }
    bytes_init(&content, LIST_FILE_BYTES_MAX);
    error = file_read(path.ptr, &content);
    if (error != NULL || bytes_take(&content, &lines) != 0)
        diag_add(build->diag, DIAG_ERROR, place, "cannot read the list file '%s': %s", path.ptr,
                 error);
    else
        read_lines(build, lines, path.ptr, list);
    bytes_fini(&content);
}

static void read_file_group(struct build *build, const config_setting_t *group, struct list *list)
{
    static const struct setting_row ROWS[] = {{SETTING("file", OTHER)}, {.name = NULL}};
    const config_setting_t *file = setting_member(group, "file");
    struct slice name;

    setting_read(build, group, ROWS, NULL);
    if (file == NULL)
        setting_error(build, group, WANTED);
    else if (setting_text(build, file, "the path of a list file", &name))
        read_list_file(build, file, name, list);
}

/* One list: entries and file groups, alone or mixed in one libconfig list. */
static void read_list(struct build *build, const config_setting_t *s, struct list *list)
{
    if (config_setting_is_scalar(s) && config_setting_type(s) != CONFIG_TYPE_STRING) {
        setting_error(build, s, WANTED);
        return;
    }
    for (size_t i = 0; i < setting_count(s); i++) {
        const config_setting_t *item = setting_item(s, i);

        if (config_setting_is_group(item))
            read_file_group(build, item, list);
        else
            read_entry(build, item, list);
    }
}

void lists_read(struct build *build, const config_setting_t *root)
{
    const config_setting_t *group = setting_member(root, "lists");
    struct list_table *table = &build->config->lists;
    size_t count = 0;

    if (group != NULL && !config_setting_is_group(group))
        setting_error(build, group, "a group of lists { name = [ \"...\" ]; }");
    else if (group != NULL)
        count = (size_t)config_setting_length(group);
    table->items = build_alloc(build, count, sizeof(*table->items));
    for (size_t i = 0; table->items != NULL && i < count; i++) {
        const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
        struct list_name *item = &table->items[table->count];

        item->name = build_text(build, slice_str(config_setting_name(s)));
        item->list = list_create();
        if (item->list == NULL) {
            build_out_of_memory(build);
            return;
        }
        table->count++;
        read_list(build, s, item->list);
    }
}
