/* serving: which listener of a configuration each open socket serves.
 *
 * The sockets are those of the start; configurations come and go. A socket stays with the listener
 * of its address, whatever that is called now, and where no listener has the address, with the one
 * of its name. Where neither is left nobody could say which rules hold there, and such a
 * configuration is not taken. Immutable, shared by reference count like the configuration in it.
 */
#ifndef PROXY_GATEWAY_SERVING_H
#define PROXY_GATEWAY_SERVING_H

#include <stdbool.h>
#include <stddef.h>

struct config;
struct listener_conf;
struct serving;

/* serving_create(opened): socket i serves listener i of ${opened}, of which a reference is taken.
 * One reference, or NULL when out of memory. */
struct serving *serving_create(struct config *opened);

/* serving_next(now, opened, next, error, error_size): how the sockets, which were opened for
 * ${opened} and serve ${now}, would serve ${next}. One reference; NULL and a sentence that names
 * the listener when one has no counterpart in ${next}, or would have to intercept otherwise. */
struct serving *serving_next(const struct serving *now, const struct config *opened,
                             struct config *next, char *error, size_t error_size);

/* serving_ref(serving), serving_unref(serving): one reference more, one less; the last frees it;
 * NULL: nothing. Any thread. */
struct serving *serving_ref(struct serving *serving);
void serving_unref(struct serving *serving);

/* serving_config(serving): the configuration; lives as long. serving_listener(serving, socket):
 * that of its listeners which the socket serves. serving_has(serving, listener): whether some
 * socket serves that one. */
struct config *serving_config(const struct serving *serving);
const struct listener_conf *serving_listener(const struct serving *serving, size_t socket);
bool serving_has(const struct serving *serving, const struct listener_conf *listener);

#endif
