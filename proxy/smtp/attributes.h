/* attributes: what XCLIENT and XFORWARD say of a client (Postfix's XCLIENT_README,
 * XFORWARD_README).
 *
 * "NAME=value ..." in xtext. Decoded and checked here, so that what the session keeps is an
 * address, a number or a name of harmless characters, and what goes upstream is written anew from
 * that (PROTOCOL X05, X06).
 */
#ifndef PROXY_SMTP_ATTRIBUTES_H
#define PROXY_SMTP_ATTRIBUTES_H

#include "filters/base/address.h"
#include "proxy/smtp/extension.h"

#define ATTRIBUTES_VALUE_MAX 255 /* octets, decoded */

#define ATTRIBUTES_XCLIENT                                                                         \
    (IDENTITY_NAME | IDENTITY_ADDR | IDENTITY_PORT | IDENTITY_PROTO | IDENTITY_HELO)
#define ATTRIBUTES_XFORWARD (ATTRIBUTES_XCLIENT | IDENTITY_SOURCE)

struct attributes_text {
    size_t len;
    char bytes[ATTRIBUTES_VALUE_MAX];
};

/* All zero: nothing was said. Of what was given as [UNAVAILABLE] or [TEMPUNAVAIL] the value is
 * empty, ADDRESS_NONE or 0. */
struct attributes {
    unsigned given;              /* mask of enum identity_attribute */
    struct address address;      /* ADDR and PORT */
    bool esmtp;                  /* PROTO */
    struct attributes_text name; /* as hostname_valid */
    bool name_later;             /* NAME was [TEMPUNAVAIL] */
    struct attributes_text helo; /* as command_helo_valid */
    bool local;                  /* SOURCE is LOCAL: the mail began on a host of the peer's */
};

enum attributes_result {
    ATTRIBUTES_OK,
    ATTRIBUTES_SYNTAX,  /* not NAME=value, or none at all */
    ATTRIBUTES_UNKNOWN, /* none of ${allowed} */
    ATTRIBUTES_VALUE,   /* not xtext, or not what such an attribute may be */
};

/* attributes_parse(argument, allowed, out): takes the argument of a command into ${out}, over what
 * earlier ones said. ${allowed} is a mask of enum identity_attribute. On failure ${out} is as it
 * was. */
enum attributes_result attributes_parse(struct slice argument, unsigned allowed,
                                        struct attributes *out);

/* attributes_slice(text): what is in it; lives as long as ${text}. */
static inline struct slice attributes_slice(const struct attributes_text *text)
{
    return slice_make(text->bytes, text->len);
}

#endif
