/* protocol: what is spoken on either side. */
#ifndef CONF_PROTOCOL_H
#define CONF_PROTOCOL_H

/* What is spoken: SMTP, or LMTP (RFC 2033), where each recipient has its own last reply. */
enum protocol { PROTOCOL_SMTP, PROTOCOL_LMTP };

#endif
