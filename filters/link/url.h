/* url: a URL as a browser understands it ("4.4 URL parsing" of the WHATWG's URL standard), as far
 * as it matters where it leads to. */
#ifndef FILTERS_LINK_URL_H
#define FILTERS_LINK_URL_H

#include "filters/base/bytes.h"
#include "filters/base/must_use.h"

struct url {
    struct slice text;   /* all of it */
    struct slice scheme; /* in small letters, without ":"; empty: it is relative */
    struct slice host;   /* as host.h has it; empty: there is none, or none where it is relative */
};

/* url_read(written, base, room, url): reads the URL ${written}, without blanks around it; ${base},
 * the text of one that was read before or empty, completes it if it is relative. Tabs and line ends
 * in it go; of http, https, ftp, ws and wss "\" is "/", the slashes before the host are two and the
 * host is as host.h has it; what needs no percent sign (RFC 3986, 2.3) has none; bytes that belong
 * to no character are U+FFFD. Quotes that an undone quoted-printable has left around it ('3D"...')
 * are taken off. A relative one that begins with "www." is one of http, as mail programs take it.
 * The slices of ${url} stand in ${room}, which is emptied before. Returns 0, or -1 when memory is
 * out or ${room} is full. */
MUST_USE int url_read(struct slice written, struct slice base, struct bytes *room, struct url *url);

#endif
