/* facts: see facts.h. */
#include "conf/facts.h"

#include "conf/unit.h"
#include "filters/field.h"

const char FACTS_UNKNOWN[] = "one of client, client_port, listener, helo, size";
const char FACTS_LATER[] = "in the manual of a later version; this build does not have it yet";

void facts_init(struct facts *facts)
{
    *facts = (struct facts){.declared_size = EVENT_SIZE_UNKNOWN};
    (void)address_parse(SLICE(FACTS_CLIENT), &facts->client); /* a literal of ours */
}

/* The port stays. */
static const char *set_client(struct facts *facts, struct slice value)
{
    struct address client;

    if (address_parse(value, &client) < 0)
        return "an IP address such as 192.0.2.1 or 2001:db8::1";
    client.port = facts->client.port;
    facts->client = client;
    return NULL;
}

static const char *set_port(struct facts *facts, struct slice value)
{
    uint64_t port;

    if (unit_size(value, &port) < 0 || port == 0 || port > UINT16_MAX)
        return "a port from 1 to 65535";
    facts->client.port = (uint16_t)port;
    return NULL;
}

static const char *set_listener(struct facts *facts, struct slice value)
{
    facts->listener = value;
    return NULL;
}

static const char *set_helo(struct facts *facts, struct slice value)
{
    facts->helo = value;
    return NULL;
}

static const char *set_size(struct facts *facts, struct slice value)
{
    uint64_t size;

    if (unit_size(value, &size) < 0)
        return "a size such as 5000 or 20M";
    facts->declared_size = (int64_t)size;
    return NULL;
}

const char *facts_set(struct facts *facts, struct slice name, struct slice value)
{
    static const struct {
        struct slice name;
        const char *(*set)(struct facts *facts, struct slice value);
    } SETTERS[] = {
        {SLICE_INIT("client"), set_client},     {SLICE_INIT("client_port"), set_port},
        {SLICE_INIT("listener"), set_listener}, {SLICE_INIT("helo"), set_helo},
        {SLICE_INIT("size"), set_size},
    };
    enum field_id field;

    for (size_t i = 0; i < sizeof(SETTERS) / sizeof(*SETTERS); i++)
        if (slice_equal(SETTERS[i].name, name))
            return SETTERS[i].set(facts, value);
    return field_find(name, &field) < 0 ? FACTS_LATER : FACTS_UNKNOWN;
}
