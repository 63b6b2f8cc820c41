/* comparable: see comparable.h. */
#include "filters/match/comparable.h"

#include "filters/base/idn.h"
#include "filters/base/mailbox.h"

#define DOMAIN_MAX 1020 /* octets in UTF-8; RFC 1035 has 255 for the A-labels */

/* A form under way: it begins at ${start} of the room, or is the one it was made from. */
struct form {
    struct slice is; /* valid when it is not in the room */
    size_t start, len;
    bool in_room;
};

static struct slice form_slice(const struct form *form, const struct bytes *room)
{
    return form->in_room ? slice_make(room->data + form->start, form->len) : form->is;
}

static int make_plain(struct slice address, struct bytes *room, struct form *form)
{
    size_t start = room->len;
    int differs = mailbox_plain(address, room);

    *form = (struct form){address, start, room->len - start, differs > 0};
    return differs < 0 ? -1 : 0;
}

/* One spelling of ${plain}, whose domain begins at ${at}. */
static int make_spelling(const struct form *plain, size_t at, struct bytes *room,
                         int (*spell)(struct slice, struct bytes *), struct form *form)
{
    size_t start = room->len;
    struct bytes spelled;
    struct slice domain;
    int result = -1;

    bytes_init(&spelled, 4 * DOMAIN_MAX);
    if (spell(slice_from(form_slice(plain, room), at), &spelled) == 0 &&
        bytes_take(&spelled, &domain) == 0 && bytes_reserve(room, at + domain.len) != NULL) {
        bytes_append(room, slice_first(form_slice(plain, room), at));
        bytes_append(room, domain);
        result = bytes_end(room);
    }
    bytes_fini(&spelled);
    *form = (struct form){SLICE_NONE, start, room->len - start, true};
    return result;
}

int comparable_address(struct slice address, struct bytes *room, struct comparable *out)
{
    struct form plain, ascii, unicode;
    struct slice text, domain;
    size_t at;

    if (make_plain(address, room, &plain) != 0)
        return -1;
    text = form_slice(&plain, room);
    domain = mailbox_domain(text);
    at = text.len - domain.len;
    ascii = unicode = plain;
    if (domain.len > 0 && domain.len <= DOMAIN_MAX && idn_present(domain)) {
        if (make_spelling(&plain, at, room, idn_ascii, &ascii) != 0 ||
            make_spelling(&plain, at, room, idn_unicode, &unicode) != 0)
            return -1;
    }
    out->text = form_slice(&plain, room);
    out->ascii = form_slice(&ascii, room);
    out->unicode = form_slice(&unicode, room);
    out->domain = at;
    return 0;
}

struct comparable comparable_domain(const struct comparable *address)
{
    struct comparable domain = {.text = slice_from(address->text, address->domain),
                                .ascii = slice_from(address->ascii, address->domain),
                                .unicode = slice_from(address->unicode, address->domain)};

    domain.domain = domain.text.len;
    return domain;
}

static struct slice moved(struct slice s, struct slice from, const char *to)
{
    uintptr_t at = (uintptr_t)s.ptr, start = (uintptr_t)from.ptr;

    if (s.len == 0 || at < start || at - start >= from.len)
        return s;
    return slice_make(to + (at - start), s.len);
}

struct comparable comparable_moved(const struct comparable *c, struct slice from, const char *to)
{
    return (struct comparable){moved(c->text, from, to), moved(c->ascii, from, to),
                               moved(c->unicode, from, to), c->domain};
}
