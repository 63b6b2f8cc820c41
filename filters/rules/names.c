/* names: see names.h. */
#include "filters/rules/names.h"

#include "filters/rules/compiler.h"

#define FNV_BASIS UINT64_C(0xcbf29ce484222325) /* FNV-1a */
#define FNV_PRIME UINT64_C(0x100000001b3)

bool names_valid(struct slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] < 33 || name.ptr[i] > 126 || name.ptr[i] == ':')
            return false;
    return name.len > 0;
}

static size_t name_hash(struct slice name)
{
    uint64_t hash = FNV_BASIS;

    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (unsigned char)ascii_lower(name.ptr[i])) * FNV_PRIME;
    return (size_t)hash;
}

size_t names_number(const struct ruleset *ruleset, struct slice name)
{
    size_t mask = ruleset->name_table_size - 1;

    if (ruleset->name_table_size == 0)
        return SLICE_NOT_FOUND;
    for (size_t at = name_hash(name) & mask;; at = (at + 1) & mask) {
        uint32_t number = ruleset->name_table[at];

        if (number == 0)
            return SLICE_NOT_FOUND;
        if (slice_equal_case(ruleset->names[number - 1], name))
            return number - 1;
    }
}

static size_t add_name(struct ruleset *ruleset, struct slice name)
{
    size_t mask = ruleset->name_table_size - 1;
    size_t number = names_number(ruleset, name);
    size_t at = name_hash(name) & mask;

    if (number != SLICE_NOT_FOUND)
        return number;
    while (ruleset->name_table[at] != 0)
        at = (at + 1) & mask;
    ruleset->names[ruleset->name_count++] = name;
    ruleset->name_table[at] = (uint32_t)ruleset->name_count;
    return ruleset->name_count - 1;
}

int names_collect(struct compiler *c)
{
    size_t named = 0, size = 1;

    for (const struct known_leaf *known = c->newest; known != NULL; known = known->older)
        named += field_get(known->leaf->field)->named;
    if (named == 0)
        return 0;
    while (size < 2 * named)
        size *= 2;
    c->out->names = compiler_alloc(c, named, sizeof(*c->out->names));
    c->out->name_table = compiler_alloc(c, size, sizeof(*c->out->name_table));
    if (c->out->names == NULL || c->out->name_table == NULL)
        return -1;
    c->out->name_table_size = size;
    for (struct known_leaf *known = c->newest; known != NULL; known = known->older)
        if (field_get(known->leaf->field)->named)
            known->leaf->name_number = add_name(c->out, known->leaf->name);
    return 0;
}
