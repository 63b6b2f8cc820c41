/* idn: see idn.h. */
#include "filters/base/idn.h"

#include <idn2.h>

#define FLAGS (IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL)

static const struct slice PREFIX = SLICE_INIT("xn--");

static bool is_international(struct slice label)
{
    for (size_t i = 0; i < label.len; i++)
        if ((unsigned char)label.ptr[i] > 0x7F)
            return true;
    return slice_starts_case(label, PREFIX);
}

/* Takes the first label off ${rest}. */
static struct slice next_label(struct slice *rest)
{
    struct slice label = slice_first(*rest, slice_find(*rest, '.'));

    *rest = slice_from(*rest, label.len);
    return label;
}

bool idn_present(struct slice domain)
{
    while (domain.len > 0) {
        if (is_international(next_label(&domain)))
            return true;
        domain = slice_from(domain, 1);
    }
    return false;
}

/* 1: *${out} is the A-label, to be freed with idn2_free; 0: it has none; -1: memory is out. */
static int to_ascii(struct slice label, char **out)
{
    char text[IDN_LABEL_MAX + 1];
    int result;

    if (label.len > IDN_LABEL_MAX || slice_find(label, '\0') != SLICE_NOT_FOUND)
        return 0;
    memcpy(text, label.ptr, label.len);
    text[label.len] = '\0';
    result = idn2_to_ascii_8z(text, out, FLAGS);
    if (result == IDN2_MALLOC)
        return -1;
    return result == IDN2_OK;
}

/* By way of the A-label, so that whatever is mapped to one name has one spelling. */
static int to_unicode(struct slice label, char **out)
{
    char *ascii = NULL;
    int found = to_ascii(label, &ascii);
    int result;

    if (found <= 0)
        return found;
    result = idn2_to_unicode_8z8z(ascii, out, 0);
    idn2_free(ascii);
    if (result == IDN2_MALLOC)
        return -1;
    return result == IDN2_OK;
}

static int append_label(struct slice label, int (*convert)(struct slice, char **),
                        struct bytes *out)
{
    char *converted = NULL;
    int found = is_international(label) ? convert(label, &converted) : 0;

    if (found < 0)
        return -1;
    bytes_append(out, found > 0 ? slice_str(converted) : label);
    idn2_free(converted);
    return 0;
}

static int append_domain(struct slice domain, int (*convert)(struct slice, char **),
                         struct bytes *out)
{
    while (domain.len > 0) {
        if (append_label(next_label(&domain), convert, out) != 0)
            return -1;
        if (domain.len == 0)
            break;
        bytes_append_char(out, '.');
        domain = slice_from(domain, 1);
    }
    return bytes_end(out);
}

int idn_ascii(struct slice domain, struct bytes *out)
{
    return append_domain(domain, to_ascii, out);
}

int idn_unicode(struct slice domain, struct bytes *out)
{
    return append_domain(domain, to_unicode, out);
}
