/* sasl: what a relayed SASL exchange is to us: names of mechanisms, the length of its lines, and
 * who logs in (RFC 4954, RFC 4422).
 *
 * The gateway passes an exchange on unread but for one thing: the login, which rules and the audit
 * want to know. It is taken from the client's responses where the mechanism shows it, and only
 * names are kept; nothing else of a response outlives the call.
 *
 * A client may give two: the authentication identity, which its password or key proves, and the
 * authorization identity, which it asks to act as (RFC 4422, 2). Servers differ in what they make
 * of the second one: some look whether the first may, some pass over it. The reply to the exchange
 * does not say, so where the two differ nobody here knows who has logged in.
 */
#ifndef PROXY_SMTP_SASL_H
#define PROXY_SMTP_SASL_H

#include "filters/base/slice.h"

#define SASL_LINE_MAX                                                                              \
    12288                     /* octets of a challenge or response, CRLF not counted (RFC 4954, 4) \
                               */
#define SASL_NAME_MAX      20 /* octets of a mechanism's name (RFC 4422, 3.1) */
#define SASL_LIST_MAX      255 /* octets of a list of mechanisms; more are not offered */
#define SASL_LOGIN_MAX     255 /* octets of a login (RFC 4616, 2) */
#define SASL_MAIL_MORE_MAX 500 /* octets that AUTH= adds to the longest MAIL (RFC 4954, 3) */
/* "AUTH", two blanks, a name, an initial response and CRLF */
#define SASL_COMMAND_MAX (4 + 2 + SASL_NAME_MAX + SASL_LINE_MAX + 2)

struct sasl_list { /* of mechanisms; all zero: none */
    char text[SASL_LIST_MAX];
    unsigned char len;
};

/* sasl_list_add(list, name): adds ${name} in upper case, after a blank if it is not the first.
 * Nothing when it is no mechanism's name, is there already, does not fit, or cannot be relayed by a
 * gateway (PROTOCOL A07). */
void sasl_list_add(struct sasl_list *list, struct slice name);

/* sasl_list_has(list, name): whether it is there, in any case. */
bool sasl_list_has(const struct sasl_list *list, struct slice name);

/* sasl_list_text(list): "PLAIN LOGIN"; lives as long as ${list}. */
struct slice sasl_list_text(const struct sasl_list *list);

struct sasl_identity {
    bool given; /* the client has named one */
    bool known; /* ... that may be repeated */
    unsigned char len;
    char text[SASL_LOGIN_MAX];
};

struct sasl {                               /* one exchange; all zero: none yet */
    const struct sasl_mechanism *mechanism; /* NULL: shows no login that we know to read */
    char name[SASL_NAME_MAX];               /* the mechanism's, in capitals */
    unsigned char name_len;
    unsigned responses;
    bool doubtful; /* a response came when none was due: the server may have passed over it */
    struct sasl_identity authentication, authorization;
};

/* sasl_begin(sasl, name): an exchange by that mechanism begins. */
void sasl_begin(struct sasl *sasl, struct slice name);

/* sasl_respond(sasl, response, initial): the client sends ${response}, in base64; an ${initial} one
 * came with AUTH ("=": empty). */
void sasl_respond(struct sasl *sasl, struct slice response, bool initial);

/* sasl_login(sasl): who has logged in, after the server has accepted the exchange: the identity
 * that was verified, unless the client asked to act as another. Empty then, and when the exchange
 * does not show it, or may have shown another. A slice of ${sasl}. */
struct slice sasl_login(const struct sasl *sasl);

/* sasl_contested(sasl, authentication, authorization): whether it has no login because the client
 * asked to act as another than it was verified as; then who both are, slices of ${sasl}, empty
 * where that cannot be read. */
bool sasl_contested(const struct sasl *sasl, struct slice *authentication,
                    struct slice *authorization);

/* sasl_mechanism(sasl): the mechanism's name in capitals, whether we know to read it or not; empty
 * before an exchange, and when it was no mechanism's name (RFC 4422, 3.1). */
struct slice sasl_mechanism(const struct sasl *sasl);

#endif
