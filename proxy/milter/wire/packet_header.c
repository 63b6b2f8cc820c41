/* packet_header: see packet_header.h. */
#include "proxy/milter/wire/packet_header.h"

bool packet_header_name_valid(struct slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] <= ' ' || name.ptr[i] > '~' || name.ptr[i] == ':')
            return false;
    return name.len > 0;
}

static bool is_dropped(char c)
{
    return c == '\r' || c == '\0';
}

int packet_header_to_milter(struct bytes *out, struct slice value, bool leading_space)
{
    if (value.len > 0 && value.ptr[value.len - 1] == '\n')
        value.len--;
    if (!leading_space && value.len > 0 && value.ptr[0] == ' ')
        value = slice_from(value, 1);
    while (value.len > 0 && bytes_end(out) == 0) {
        size_t run = 0;

        while (run < value.len && !is_dropped(value.ptr[run]))
            run++;
        bytes_append(out, slice_first(value, run));
        value = slice_from(value, run + 1);
    }
    return bytes_end(out);
}

/* Octets being written, or only counted while ${at} is NULL. */
struct target {
    char *at;
    size_t len;
};

static void put(struct target *target, char c)
{
    if (target->at != NULL)
        target->at[target->len] = c;
    target->len++;
}

static void put_line(struct target *target, struct slice line)
{
    for (size_t i = 0; i < line.len; i++)
        if (!is_dropped(line.ptr[i]))
            put(target, line.ptr[i]);
}

/* Where the first octet of ${line} is that stays; line.len when none does. */
static size_t first_kept(struct slice line)
{
    size_t i = 0;

    while (i < line.len && is_dropped(line.ptr[i]))
        i++;
    return i;
}

static bool is_blank(struct slice line)
{
    for (size_t i = 0; i < line.len; i++)
        if (!is_dropped(line.ptr[i]) && line.ptr[i] != ' ' && line.ptr[i] != '\t')
            return false;
    return true;
}

static void put_continuation(struct target *target, struct slice line)
{
    char first;

    if (is_blank(line))
        return;
    first = line.ptr[first_kept(line)];
    put(target, '\r');
    put(target, '\n');
    if (first != ' ' && first != '\t')
        put(target, ' ');
    put_line(target, line);
}

static void put_value(struct target *target, struct slice value, bool leading_space)
{
    size_t end = slice_find(value, '\n');

    if (!leading_space)
        put(target, ' ');
    put_line(target, slice_first(value, end));
    while (end != SLICE_NOT_FOUND) {
        value = slice_from(value, end + 1);
        end = slice_find(value, '\n');
        put_continuation(target, slice_first(value, end));
    }
}

struct slice packet_header_from_milter(struct arena *arena, struct slice value, bool leading_space)
{
    struct target target = {NULL, 0};

    put_value(&target, value, leading_space);
    target.at = arena_alloc(arena, target.len + 1);
    if (target.at == NULL)
        return SLICE_NONE;
    target.len = 0;
    put_value(&target, value, leading_space);
    return slice_make(target.at, target.len);
}
