/* origin: see origin.h. */
#include "conf/origin.h"

#include <assert.h>

#include "conf/unit.h"
#include "filters/base/hostname.h"
#include "filters/rules/field.h"

const char ORIGIN_UNKNOWN[] = "one of client, client_port, client_name, listener, helo, auth, "
                              "size, tls, tls_version, tls_cipher, "
                              "tls_name, client_cert";
const char ORIGIN_LATER[] = "in the manual of a later version; this build does not have it yet";

void origin_init(struct origin *origin)
{
    *origin = (struct origin){.declared_size = EVENT_SIZE_UNKNOWN};
    int parsed = address_parse(SLICE(ORIGIN_CLIENT), &origin->client);
    assert(parsed == 0); /* a literal of ours */
}

/* The port stays. */
static const char *set_client(struct origin *origin, struct slice value)
{
    struct address client;

    if (address_parse(value, &client) < 0)
        return "an IP address such as 192.0.2.1 or 2001:db8::1";
    client.port = origin->client.port;
    origin->client = client;
    return NULL;
}

static const char *set_port(struct origin *origin, struct slice value)
{
    uint64_t port;

    if (unit_size(value, &port) < 0 || port == 0 || port > UINT16_MAX)
        return "a port from 1 to 65535";
    origin->client.port = (uint16_t)port;
    return NULL;
}

static const char *set_client_name(struct origin *origin, struct slice value)
{
    if (!hostname_valid(value))
        return "a host name such as mail.example.org, or unknown";
    origin->client_name = value;
    return NULL;
}

static const char *set_listener(struct origin *origin, struct slice value)
{
    origin->listener = value;
    return NULL;
}

static const char *set_helo(struct origin *origin, struct slice value)
{
    origin->helo = value;
    return NULL;
}

static const char *set_auth(struct origin *origin, struct slice value)
{
    origin->auth = value.ptr != NULL ? value : SLICE("");
    return NULL;
}

static const char *set_size(struct origin *origin, struct slice value)
{
    uint64_t size;

    if (unit_size(value, &size) < 0)
        return "a size such as 5000 or 20M";
    origin->declared_size = (int64_t)size;
    return NULL;
}

static const char *set_tls(struct origin *origin, struct slice value)
{
    if (!slice_equal(value, SLICE("true")) && !slice_equal(value, SLICE("false")))
        return "true or false";
    origin->tls.active = slice_equal(value, SLICE("true"));
    return NULL;
}

static const char *set_tls_version(struct origin *origin, struct slice value)
{
    origin->tls.active = true;
    origin->tls.version = value;
    return NULL;
}

static const char *set_tls_cipher(struct origin *origin, struct slice value)
{
    origin->tls.active = true;
    origin->tls.cipher = value;
    return NULL;
}

static const char *set_tls_name(struct origin *origin, struct slice value)
{
    origin->tls.active = true;
    origin->tls.name = value;
    return NULL;
}

static const char *set_client_cert(struct origin *origin, struct slice value)
{
    origin->tls.active = true;
    origin->tls.client_cert = value;
    return NULL;
}

const char *origin_set(struct origin *origin, struct slice name, struct slice value)
{
    static const struct {
        struct slice name;
        const char *(*set)(struct origin *origin, struct slice value);
    } SETTERS[] = {
        {SLICE_INIT("client"), set_client},
        {SLICE_INIT("client_port"), set_port},
        {SLICE_INIT("client_name"), set_client_name},
        {SLICE_INIT("listener"), set_listener},
        {SLICE_INIT("helo"), set_helo},
        {SLICE_INIT("auth"), set_auth},
        {SLICE_INIT("size"), set_size},
        {SLICE_INIT("tls"), set_tls},
        {SLICE_INIT("tls_version"), set_tls_version},
        {SLICE_INIT("tls_cipher"), set_tls_cipher},
        {SLICE_INIT("tls_name"), set_tls_name},
        {SLICE_INIT("client_cert"), set_client_cert},
    };
    enum field_id field;

    for (size_t i = 0; i < sizeof(SETTERS) / sizeof(*SETTERS); i++)
        if (slice_equal(SETTERS[i].name, name))
            return SETTERS[i].set(origin, value);
    return field_find(name, &field) < 0 ? ORIGIN_LATER : ORIGIN_UNKNOWN;
}
