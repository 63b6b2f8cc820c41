/* origin: who the client is, as the upstream is told. */
#ifndef PROXY_SESSION_ORIGIN_H
#define PROXY_SESSION_ORIGIN_H

#include "filters/base/must_use.h"
#include "filters/base/slice.h"
#include "proxy/smtp/attributes.h"
#include "proxy/upstream/identity.h"

struct session;

/* origin_helo(s): the name that the client gave last; empty: none. */
struct slice origin_helo(const struct session *s);
/* origin_name(s): what we call ourselves upstream: the client's name, or our own when it gave none.
 */
struct slice origin_name(const struct session *s);
/* origin_identity(s): the client itself. origin_behind(s): for an upstream that only logs it: the
 * one whose mail this is, where a filter or server has said so by XFORWARD. Both live as long as
 * what they are made of. */
struct identity origin_identity(const struct session *s);
struct identity origin_behind(const struct session *s);
/* origin_keep(s, told): what XFORWARD said; 0, or -1 when memory is out. origin_forget(s): at the
 * end of a transaction. */
MUST_USE int origin_keep(struct session *s, const struct attributes *told);
void origin_forget(struct session *s);

#endif
