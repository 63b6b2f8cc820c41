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

/* digest_plain(data, out): SHA-256 of ${data}, likewise. */
MUST_USE int digest_plain(struct slice data, char out[DIGEST_HEX_MAX]);

#endif
