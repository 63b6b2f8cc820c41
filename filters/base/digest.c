/* digest: see digest.h. */
#include "filters/base/digest.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

static void write_hex(const unsigned char *bytes, size_t count, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < count; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * count] = '\0';
}

int digest_keyed(const unsigned char *key, size_t key_size, struct slice data,
                 char out[DIGEST_HEX_MAX])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    const unsigned char *bytes = (const unsigned char *)data.ptr;

    out[0] = '\0';
    if (key_size > INT_MAX)
        return -1;
    /* A NULL key would mean "the key of the last call" to HMAC(). */
    if (HMAC(EVP_sha256(), key_size > 0 ? key : (const unsigned char *)"", (int)key_size, bytes,
             data.len, digest, &size) == NULL)
        return -1;
    if (2 * (size_t)size + 1 != DIGEST_HEX_MAX)
        return -1;
    write_hex(digest, size, out);
    return 0;
}

int digest_plain(struct slice data, char out[DIGEST_HEX_MAX])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;

    out[0] = '\0';
    if (EVP_Digest(data.ptr, data.len, digest, &size, EVP_sha256(), NULL) != 1)
        return -1;
    if (2 * (size_t)size + 1 != DIGEST_HEX_MAX)
        return -1;
    write_hex(digest, size, out);
    return 0;
}
