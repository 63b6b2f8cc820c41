/* tls_choice: which of a listener's certificates a client is shown.
 *
 * A name may have certificates of several kinds of key, and OpenSSL takes one that the client can
 * use out of those it is given. So for a name it is given the first of each kind: of the groups
 * that have the name, in their order, and then the default one, if it is for that name too.
 */
#include "conf/listener_tls.h"
#include "proxy/net/tls_private.h"

#include <openssl/x509v3.h>

/* Whether ${pattern} means ${host}: the same, or "*.example.org" for one label more. */
static bool name_matches(struct slice pattern, struct slice host)
{
    if (slice_equal_case(pattern, host))
        return true;
    size_t dot = slice_find(host, '.');
    return slice_starts(pattern, SLICE("*.")) && dot != SLICE_NOT_FOUND && dot > 0 &&
           slice_equal_case(slice_from(pattern, 1), slice_from(host, dot));
}

static bool has_name(const struct tls_pair_context *pair, struct slice host)
{
    for (size_t i = 0; i < pair->name_count; i++)
        if (name_matches(pair->names[i], host))
            return true;
    return false;
}

static bool same_kind(const struct tls_pair_context *a, const struct tls_pair_context *b)
{
    return EVP_PKEY_get_base_id(a->key) == EVP_PKEY_get_base_id(b->key);
}

/* -- a name -- */

static int show(SSL *ssl, const struct tls_pair_context *pair)
{
    return SSL_use_cert_and_key(ssl, pair->certificate, pair->key, pair->chain, 1);
}

/* What is shown later takes the place of one of its kind, so the first comes last. */
static int show_all(SSL *ssl, const struct tls_context *context, struct slice host)
{
    const struct tls_pair_context *standard = &context->pairs[0];
    SSL_certs_clear(ssl);
    if (X509_check_host(standard->certificate, host.ptr, host.len, 0, NULL) == 1 &&
        show(ssl, standard) != 1)
        return 0;
    for (size_t i = context->pair_count - 1; i > 0; i--)
        if (has_name(&context->pairs[i], host) && show(ssl, &context->pairs[i]) != 1)
            return 0;
    return 1;
}

/* An unknown name gets what a client without one gets (R130). Returns 0 when memory is out. */
static int choose(SSL *ssl, void *arg)
{
    const struct tls_context *context = arg;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

    for (size_t i = 1; name != NULL && i < context->pair_count; i++)
        if (has_name(&context->pairs[i], slice_str(name)))
            return show_all(ssl, context, slice_str(name));
    return 1;
}

/* No name is a reason to hang up. */
static int any_name(SSL *ssl, int *alert, void *arg)
{
    (void)ssl;
    (void)alert;
    (void)arg;
    return SSL_TLSEXT_ERR_OK;
}

/* -- no name -- */

/* Whether ${certificate} is for ${name}, which may be a wildcard. */
static bool is_for(X509 *certificate, struct slice name)
{
    char host[256] = "a";
    size_t front = slice_starts(name, SLICE("*.")) ? 1 : 0;
    if (name.len >= sizeof(host))
        return false;
    memcpy(host + front, name.ptr + front, name.len - front);
    return X509_check_host(certificate, host, name.len, 0, NULL) == 1;
}

static struct slice text_of(const ASN1_STRING *text)
{
    return slice_make((const char *)ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text));
}

/* Whether ${other} is for the name that ${certificate} has where it has no list of them. */
static bool has_common_name(X509 *certificate, X509 *other)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    return at >= 0 &&
           is_for(other, text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
}

/* Whether ${other} is for all names that ${certificate} is for. */
static bool replaces(X509 *certificate, X509 *other)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    bool all = names != NULL || has_common_name(certificate, other);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        all = all && (name->type != GEN_DNS || is_for(other, text_of(name->d.dNSName)));
    }
    GENERAL_NAMES_free(names);
    return all;
}

/* What a client without a name gets: the default one, and the first of each other kind that is for
 * the same names. */
static int join_default(struct tls_context *context)
{
    const struct tls_pair_context *standard = &context->pairs[0];
    for (size_t i = context->pair_count - 1; i > 0; i--) {
        const struct tls_pair_context *pair = &context->pairs[i];
        if (!same_kind(pair, standard) && replaces(standard->certificate, pair->certificate) &&
            SSL_CTX_use_cert_and_key(standard->ssl, pair->certificate, pair->key, pair->chain, 1) !=
                1)
            return -1;
    }
    return 0;
}

/* -- all -- */

/* The group before the ${index}-th that takes ${name} from it, or NULL. */
static const struct tls_pair_context *taken_by(const struct tls_context *context, size_t index,
                                               struct slice name)
{
    for (size_t i = 1; i < index; i++)
        if (same_kind(&context->pairs[i], &context->pairs[index]) &&
            has_name(&context->pairs[i], name))
            return &context->pairs[i];
    return NULL;
}

void tls_choice_warn(const struct tls_context *context, const struct listener_tls *tls,
                     struct diag *diag)
{
    for (size_t i = 1; i < context->pair_count; i++) {
        const struct tls_pair_context *pair = &context->pairs[i];
        const struct tls_pair *conf = &tls->others[i - 1];
        for (size_t k = 0; k < pair->name_count; k++) {
            const struct tls_pair_context *by = taken_by(context, i, pair->names[k]);
            if (by != NULL)
                diag_add(diag, DIAG_WARNING, conf->place,
                         "certificate \"%.*s\" is never shown for '%.*s': \"%.*s\" comes first, "
                         "with a key of the same kind (%s)",
                         SLICE_ARG(conf->certificate), SLICE_ARG(pair->names[k]),
                         SLICE_ARG(tls->others[by - &context->pairs[1]].certificate),
                         EVP_PKEY_get0_type_name(pair->key));
        }
    }
}

int tls_choice_begin(struct tls_context *context)
{
    SSL_CTX *ssl = context->pairs[0].ssl;
    (void)SSL_CTX_set_tlsext_servername_callback(ssl, any_name);
    SSL_CTX_set_cert_cb(ssl, choose, context);
    return join_default(context);
}
