/* mailbox: the mail address of an envelope path, without its angle brackets (RFC 5321, 4.1.2). */
#ifndef FILTERS_BASE_MAILBOX_H
#define FILTERS_BASE_MAILBOX_H

#include "filters/base/bytes.h"
#include "filters/base/must_use.h"
#include "filters/base/slice.h"

/* mailbox_domain(address): what follows the last "@" outside a quoted string; empty when there is
 * none. A slice of ${address}. */
struct slice mailbox_domain(struct slice address);

/* How far a search for the domain has come; all zero at its start. */
struct mailbox_search {
    size_t next;   /* bytes looked at */
    size_t domain; /* where it begins, past the last "@" outside a quoted string; 0: none so far */
    bool quoted;
};

/* mailbox_search(search, address, count): mailbox_domain of what may be long: looks at ${count}
 * bytes more. Returns false while there are more. */
bool mailbox_search(struct mailbox_search *search, struct slice address, size_t count);

/* mailbox_valid(address, allow_utf8): whether ${address} is local-part "@" domain, local-part being
 * a dot-string (with dots anywhere) or a quoted string, domain a name or an address literal; or a
 * bare "postmaster" in any case. The empty address is not valid here (the null sender is the
 * caller's decision). Bytes above 0x7F are valid only with ${allow_utf8} and as well-formed UTF-8
 * (RFC 6531, 3.3). Lengths: local part 64, domain 255, in all 254+2 at least are accepted; more
 * than MAILBOX_MAX is not valid. */
bool mailbox_valid(struct slice address, bool allow_utf8);

/* mailbox_local(address, allow_utf8): whether ${address} is a local part alone, as cron and old
 * devices send it: a server completes it with its own domain. */
bool mailbox_local(struct slice address, bool allow_utf8);

/* mailbox_literal(text): whether ${text} is the literal of an IPv4 or IPv6 address with its
 * brackets: "[192.0.2.1]", "[IPv6:2001:db8::1]" (RFC 5321, 4.1.3). */
bool mailbox_literal(struct slice text);

/* mailbox_undotted(address): without the dot that ends a domain's name where it is written in full
 * ("u@x.test."): servers take it off. Not of two dots, nor of a literal or a local part. */
struct slice mailbox_undotted(struct slice address);

/* mailbox_plain(address, out): ${address} as addresses are compared: its local part unquoted where
 * quoting changes nothing (RFC 5321, 4.1.2: <"boss"@x> and <"b\oss"@x> are <boss@x>), else quoted
 * with no more backslashes than it needs, and its domain without dots at its end. The form of a
 * form is itself. ${address} need not be valid: what has no end of a quote stays as it is. Returns
 * 1 and appends the form to ${out}; 0 and appends nothing when ${address} is its own form; -1 when
 * memory is out. */
MUST_USE int mailbox_plain(struct slice address, struct bytes *out);

/* mailbox_same(a, b): whether the two are written ways of one mailbox: the plain forms are the
 * same, letter case counting in the local part only. Compares without memory of its own. */
bool mailbox_same(struct slice a, struct slice b);

/* mailbox_routes(address): whether a server might send ${address} on to a place that its local part
 * names: "%", "!" or "@" stands there, quoted or not, or in an address without a domain. */
bool mailbox_routes(struct slice address);

/* mailbox_postmaster(address): whether it is a bare "postmaster", in any case: every server's own
 * (RFC 5321, 4.5.1). */
bool mailbox_postmaster(struct slice address);

#define MAILBOX_MAX 1024 /* octets; RFC 5321 asks for 254, some senders sign long local parts */

#endif
