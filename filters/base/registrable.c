/* registrable: see registrable.h. */
#include "filters/base/registrable.h"

#include <libpsl.h>
#include <stdatomic.h>

#include "filters/base/ascii.h"

/* Once read it never changes; whichever thread comes first puts its own in place. */
static const psl_ctx_t *suffixes(void)
{
    static _Atomic(psl_ctx_t *) kept;
    psl_ctx_t *none = NULL, *known = atomic_load(&kept);

    if (known != NULL)
        return known;
    known = psl_latest(NULL);
    if (known == NULL) /* memory was out: the list that needs none */
        return psl_builtin();
    if (atomic_compare_exchange_strong(&kept, &none, known))
        return known;
    psl_free(known);
    return none;
}

static bool is_number(struct slice label)
{
    for (size_t i = 0; i < label.len; i++)
        if (!ascii_is_digit(label.ptr[i]))
            return false;
    return true;
}

/* The last label of ${name}; an empty one has ptr NULL, wherever it is. */
static struct slice last_label(struct slice name)
{
    size_t start = 0;

    for (size_t i = 0; i <= name.len; i++) {
        if (i < name.len && name.ptr[i] != '.')
            continue;
        if (i == start)
            return SLICE_NONE;
        if (i < name.len)
            start = i + 1;
    }
    return slice_from(name, start);
}

static bool may_be_host(struct slice name)
{
    struct slice last = last_label(name);

    return last.ptr != NULL && !is_number(last) && name.len <= REGISTRABLE_NAME_MAX &&
           slice_find(name, '\0') == SLICE_NOT_FOUND && name.ptr[0] != '[';
}

/* ${name}, in small letters and with a NUL, as libpsl wants it. */
static void spell(struct slice name, char text[REGISTRABLE_NAME_MAX + 1])
{
    for (size_t i = 0; i < name.len; i++)
        text[i] = ascii_lower(name.ptr[i]);
    text[name.len] = '\0';
}

struct slice registrable_domain(struct slice name)
{
    char text[REGISTRABLE_NAME_MAX + 1];
    const char *found;

    if (name.len > 0 && name.ptr[name.len - 1] == '.')
        name.len--;
    if (!may_be_host(name))
        return slice_first(name, 0);
    spell(name, text);
    found = psl_registrable_domain(suffixes(), text);
    return slice_from(name, found != NULL ? (size_t)(found - text) : name.len);
}

bool registrable_listed(struct slice name)
{
    struct slice domain = registrable_domain(name);
    size_t dot = slice_find(domain, '.');
    char text[REGISTRABLE_NAME_MAX + 1];

    if (dot == SLICE_NOT_FOUND)
        return false;
    spell(slice_from(domain, dot + 1), text);
    return psl_is_public_suffix2(suffixes(), text, PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE) != 0;
}
