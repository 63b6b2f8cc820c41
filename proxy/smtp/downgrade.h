/* downgrade: a MAIL or RCPT for a server that does not offer all that was offered when the client
 * said it. What only asks for a service is left out; what says what the message is, or what must
 * not become of it, cannot be. Pure.
 */
#ifndef PROXY_SMTP_DOWNGRADE_H
#define PROXY_SMTP_DOWNGRADE_H

#include "filters/base/bytes.h"
#include "proxy/smtp/extension.h"

/* What the message holds. */
struct downgrade_message {
    bool eight_bit; /* some byte above 127 */
    bool utf8;      /* some in an address of the envelope, or in the header */
};

/* downgrade_path(path, verb, message, offered, left_out): takes out of ${path} what a server with
 * ${offered} (extension_offer's) does not know and can do without: DSN (RFC 3461, 5.2.2),
 * MT-PRIORITY, a notice of DELIVERBY, BODY and SMTPUTF8 where the message needs neither. Appends
 * each keyword to ${left_out}, a blank before it, unless it is there. Returns NULL, or a parameter
 * in ${path} that the message cannot go without. */
const struct command_param *downgrade_path(struct command_path *path, enum verb verb,
                                           const struct downgrade_message *message,
                                           const struct capabilities *offered,
                                           struct bytes *left_out);

#endif
