/* proxy_header: the PROXY protocol's header, versions 1 (a line) and 2 (binary), read and written.
 *
 * A load balancer says with it, before anything else, who the client is. It decides whom the rules
 * judge, so nothing is guessed: what is not exactly a header is none (PROTOCOL X01 to X03, R121 to
 * R123). Version 1 takes addresses in one spelling only where there is one (IPv4, ports); version 2
 * is read by its lengths, its checksum is checked when it has one, all other TLVs are passed over.
 */
#ifndef PROXY_SMTP_PROXY_HEADER_H
#define PROXY_SMTP_PROXY_HEADER_H

#include "filters/base/address.h"
#include "filters/base/bytes.h"

/* Octets in all. The protocol allows 64 KiB of TLVs in version 2; nobody sends them. */
#define PROXY_HEADER_V1_MAX 107
#define PROXY_HEADER_V2_MAX 4096

enum proxy_header_result {
    PROXY_HEADER_MORE,  /* so far it could become one */
    PROXY_HEADER_READY, /* it is one */
    PROXY_HEADER_BAD,   /* it is none, or a malformed one */
};

struct proxy_header {
    /* Whether it names a client. Not so: UNKNOWN, LOCAL, or no IP connection; the connection's own
     * two ends are then the real ones. */
    bool proxied;
    struct address source, destination; /* with ports; ADDRESS_NONE unless proxied */
};

/* proxy_header_read(input, header, consumed): looks for a header at the front of ${input}, which
 * only grows between calls. On READY ${consumed} octets are the header's; what follows is SMTP. It
 * keeps nothing between calls: a header is small. */
enum proxy_header_result proxy_header_read(struct slice input, struct proxy_header *header,
                                           size_t *consumed);

/* proxy_header_begun(input): whether ${input} begins as only a header does: where none is expected,
 * what follows is no SMTP either. */
bool proxy_header_begun(struct slice input);

/* proxy_header_write_v1(out, source, destination), proxy_header_write_v2(out, ...): append a header
 * for a connection between two IP addresses. When only one of them is IPv6, the other is written
 * IPv4-mapped; when either is no IP address, the header says UNKNOWN (LOCAL). 0, or -1 when ${out}
 * failed. */
MUST_USE int proxy_header_write_v1(struct bytes *out, const struct address *source,
                                   const struct address *destination);
MUST_USE int proxy_header_write_v2(struct bytes *out, const struct address *source,
                                   const struct address *destination);

#endif
