/* tnef: see tnef.h. A list of attributes; one of them, for each file, is itself a list of
 * properties ([MS-OXTNEF], 2.1.3.4). Numbers have the low byte first. */
#include "filters/decode/tnef.h"

enum attribute {
    ATTACH_TITLE = 0x00018010,
    ATTACH_DATA = 0x0006800F,
    ATTACH_TRANSPORT_NAME = 0x00069001,
    ATTACHMENT = 0x00069005, /* the properties */
};

enum property_type {
    TYPE_BOOLEAN = 0x0B,
    TYPE_OBJECT = 0x0D,
    TYPE_STRING = 0x1E,
    TYPE_UNICODE = 0x1F,
    TYPE_GUID = 0x48,
    TYPE_BINARY = 0x102,
    TYPE_SEVERAL = 0x1000, /* a bit: how many, and each of them */
};

#define NAMED         0x8000U /* properties from here on have a name of their own */
#define DISPLAY_NAME  0x3001U
#define FILE_NAME     0x3704U
#define FILE_NAME_ALL 0x3707U

#define SIGNATURE      0x223E9F78U
#define HEAD_BYTES     6 /* the signature and a key */
#define ATTRIBUTE_HEAD 9 /* level, identifier, length */
#define CHECKSUM_BYTES 2
#define GUID_BYTES     16

/* The number in the first ${bytes} of ${s}, which are taken off. 0 when it is shorter: it is empty
 * then. */
static uint32_t take_number(struct slice *s, size_t bytes)
{
    uint32_t number = 0;

    for (size_t i = 0; i < bytes && s->len >= bytes; i++)
        number |= (uint32_t)(unsigned char)s->ptr[i] << (8 * i);
    *s = slice_from(*s, bytes);
    return number;
}

/* The next ${length} octets, taken off with what fills them up to ${unit}. False: there are fewer.
 */
static bool take_octets(struct slice *s, size_t length, size_t unit, struct slice *octets)
{
    size_t filled = (length + unit - 1) / unit * unit;

    if (length > s->len)
        return false;
    *octets = slice_first(*s, length);
    *s = slice_from(*s, filled);
    return true;
}

static bool is_name(uint32_t id)
{
    return id == DISPLAY_NAME || id == FILE_NAME || id == FILE_NAME_ALL;
}

/* Without the zeros that end it: of a wide one two at a time. */
static struct slice without_end(struct slice name, size_t unit)
{
    while (name.len >= unit && name.ptr[name.len - 1] == '\0' && name.ptr[name.len - unit] == '\0')
        name.len -= unit;
    return name;
}

/* --- properties ------------------------------------------------------------------------------- */

static size_t fixed_bytes(uint32_t type)
{
    if (type == TYPE_GUID)
        return GUID_BYTES;
    return type <= 4 || type == 0x0A || type == TYPE_BOOLEAN ? 4 : 8;
}

static bool has_length(uint32_t type)
{
    return type == TYPE_OBJECT || type == TYPE_STRING || type == TYPE_UNICODE ||
           type == TYPE_BINARY;
}

/* The name of its own that a property may have. */
static bool skip_name(struct slice *s)
{
    struct slice skipped;

    if (!take_octets(s, GUID_BYTES, 1, &skipped) || s->len < 8)
        return false;
    if (take_number(s, 4) == 0)
        return take_octets(s, 4, 1, &skipped);
    return take_octets(s, take_number(s, 4), 4, &skipped);
}

/* The next property, and its value, the last of several. False: it is cut off. */
static bool take_property(struct slice *s, uint32_t *type, uint32_t *id, struct slice *value)
{
    uint32_t count = 1;

    if (s->len < 4)
        return false;
    *type = take_number(s, 2);
    *id = take_number(s, 2);
    if (*id >= NAMED && !skip_name(s))
        return false;
    if ((*type & TYPE_SEVERAL) != 0 || has_length(*type))
        count = take_number(s, 4);
    *type &= ~(uint32_t)TYPE_SEVERAL;
    for (*value = SLICE_NONE; count > 0; count--)
        if (s->len < 2 ||
            !take_octets(s, has_length(*type) ? take_number(s, 4) : fixed_bytes(*type), 4, value))
            return false;
    return true;
}

static bool next_property(struct tnef *tnef, struct tnef_item *item)
{
    while (tnef->left > 0) {
        uint32_t type, id;
        struct slice value;

        tnef->left--;
        if (!take_property(&tnef->properties, &type, &id, &value))
            tnef->left = 0;
        else if (is_name(id) && (type == TYPE_STRING || type == TYPE_UNICODE)) {
            bool wide = type == TYPE_UNICODE;

            *item =
                (struct tnef_item){wide ? TNEF_WIDE : TNEF_NAME, without_end(value, wide ? 2 : 1)};
            return true;
        }
    }
    return false;
}

/* --- attributes ------------------------------------------------------------------------------- */

bool tnef_begin(struct tnef *tnef, struct slice content)
{
    *tnef = (struct tnef){.rest = slice_from(content, HEAD_BYTES)};
    return content.len > HEAD_BYTES && take_number(&content, 4) == SIGNATURE;
}

bool tnef_next(struct tnef *tnef, struct tnef_item *item)
{
    while (!next_property(tnef, item)) {
        uint32_t id;
        struct slice value;

        if (tnef->rest.len < ATTRIBUTE_HEAD)
            return false;
        (void)take_number(&tnef->rest, 1); /* its level: the message, or a file in it */
        id = take_number(&tnef->rest, 4);
        if (!take_octets(&tnef->rest, take_number(&tnef->rest, 4), 1, &value))
            return false;
        tnef->rest = slice_from(tnef->rest, CHECKSUM_BYTES);
        *item = (struct tnef_item){TNEF_NAME, without_end(value, 1)};
        if (id == ATTACH_TITLE || id == ATTACH_TRANSPORT_NAME)
            return true;
        if (id == ATTACH_DATA) {
            *item = (struct tnef_item){TNEF_FILE, value};
            return true;
        }
        if (id == ATTACHMENT) {
            tnef->left = take_number(&value, 4);
            tnef->properties = value;
        }
    }
    return true;
}
