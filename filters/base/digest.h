/* digest: OpenSSL's digests. The only file of the engine that knows the library. */
#ifndef FILTERS_BASE_DIGEST_H
#define FILTERS_BASE_DIGEST_H

#include "filters/base/must_use.h"
#include "filters/base/slice.h"

#define DIGEST_HEX_MAX 65 /* room for a SHA-256 in hexadecimal, NUL included */

/* digest_keyed(key, key_size, data, out): HMAC-SHA-256 of ${data} in lower-case hexadecimal.
 * Returns 0, or -1 when the library fails; ${out} is then empty. */
MUST_USE int digest_keyed(const unsigned char *key, size_t key_size, struct slice data,
                          char out[DIGEST_HEX_MAX]);

/* A SHA-256 under way. */
struct digest_sum;

/* digest_begin(): NULL when memory is out. digest_add(sum, data): one piece more; a failure shows
 * at the end. digest_end(sum, out): SHA-256 of all pieces, one behind the other; frees ${sum}.
 * Returns as digest_keyed; NULL is a failure. */
struct digest_sum *digest_begin(void);
void digest_add(struct digest_sum *sum, struct slice data);
MUST_USE int digest_end(struct digest_sum *sum, char out[DIGEST_HEX_MAX]);

#endif
