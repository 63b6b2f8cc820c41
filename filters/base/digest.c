/* digest: see digest.h. */
#include "filters/base/digest.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdlib.h>

_Static_assert(2 * SHA256_DIGEST_LENGTH + 1 == DIGEST_HEX_MAX, "DIGEST_HEX_MAX is not so much");

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
    unsigned char digest[SHA256_DIGEST_LENGTH];
    const unsigned char *bytes = (const unsigned char *)data.ptr;

    out[0] = '\0';
    if (key_size > INT_MAX)
        return -1;
    /* A NULL key would mean "the key of the last call" to HMAC(). */
    if (HMAC(EVP_sha256(), key_size > 0 ? key : (const unsigned char *)"", (int)key_size, bytes,
             data.len, digest, NULL) == NULL)
        return -1;
    write_hex(digest, sizeof(digest), out);
    return 0;
}

struct digest_sum {
    EVP_MD_CTX *context;
    bool failed;
};

struct digest_sum *digest_begin(void)
{
    struct digest_sum *sum = calloc(1, sizeof(*sum));

    if (sum == NULL)
        return NULL;
    sum->context = EVP_MD_CTX_new();
    sum->failed = sum->context == NULL || EVP_DigestInit_ex(sum->context, EVP_sha256(), NULL) != 1;
    return sum;
}

void digest_add(struct digest_sum *sum, struct slice data)
{
    if (!sum->failed)
        sum->failed = EVP_DigestUpdate(sum->context, data.ptr, data.len) != 1;
}

int digest_end(struct digest_sum *sum, char out[DIGEST_HEX_MAX])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];

    out[0] = '\0';
    if (sum == NULL)
        return -1;
    bool good = !sum->failed && EVP_DigestFinal_ex(sum->context, digest, NULL) == 1;
    if (good)
        write_hex(digest, sizeof(digest), out);
    EVP_MD_CTX_free(sum->context);
    free(sum);
    return good ? 0 : -1;
}
