#include "proxy/upstream/identity.h"

#include "proxy/smtp/proxy_header.h"

/* Room for all of a line but the values of NAME and HELO. */
#define OTHERS_MAX                                                                                 \
    (sizeof "XFORWARD NAME= PROTO=ESMTP HELO= SOURCE=REMOTE PORT=[UNAVAILABLE] ADDR=IPV6:\r\n" +   \
     ADDRESS_TEXT_MAX)
#define VALUE_MAX 255

/* Postfix documents both commands. In xtext both words are what they are. */
static const struct slice UNAVAILABLE = SLICE_INIT("[UNAVAILABLE]");
static const struct slice TEMPUNAVAIL = SLICE_INIT("[TEMPUNAVAIL]");

static void attribute(struct bytes *out, const char *name, struct slice value)
{
    bytes_format(out, " %s=", name);
    command_xtext(out, value);
}

static void attribute_name(struct bytes *out, const struct identity *identity)
{
    if (identity->name.len > 0)
        attribute(out, "NAME", identity->name);
    else
        attribute(out, "NAME", identity->name_later ? TEMPUNAVAIL : UNAVAILABLE);
}

/* The client chooses how long it is: it is cut rather than that the line would be too long to say
 * who the client is. */
static void attribute_helo(struct bytes *out, const struct identity *identity)
{
    size_t taken = OTHERS_MAX + (identity->name.len > 0 ? identity->name : TEMPUNAVAIL).len;
    size_t room = taken < IDENTITY_LINE_MAX ? IDENTITY_LINE_MAX - taken : 0;
    struct slice helo = command_xtext_fitting(identity->helo, room < VALUE_MAX ? room : VALUE_MAX);
    attribute(out, "HELO", helo.len > 0 ? helo : UNAVAILABLE);
}

static void attribute_port(struct bytes *out, const struct identity *identity)
{
    if (identity->client.port == 0)
        attribute(out, "PORT", UNAVAILABLE);
    else
        bytes_format(out, " PORT=%u", (unsigned)identity->client.port);
}

static void attribute_address(struct bytes *out, const struct identity *identity)
{
    char text[ADDRESS_TEXT_MAX];
    struct slice address = address_text(&identity->client, text);
    if (identity->client.family == ADDRESS_V4)
        attribute(out, "ADDR", address);
    else if (identity->client.family == ADDRESS_V6)
        bytes_format(out, " ADDR=IPV6:%.*s", SLICE_ARG(address));
    else
        attribute(out, "ADDR", UNAVAILABLE);
}

static int write_command(struct bytes *out, const char *verb, const struct identity *identity,
                         unsigned attributes)
{
    const unsigned known =
        IDENTITY_NAME | IDENTITY_PROTO | IDENTITY_HELO | IDENTITY_PORT | IDENTITY_ADDR;
    if ((attributes & known) == 0)
        return 0;
    bytes_append(out, slice_str(verb));
    if (attributes & IDENTITY_NAME)
        attribute_name(out, identity);
    if (attributes & IDENTITY_PROTO)
        attribute(out, "PROTO", identity->esmtp ? SLICE("ESMTP") : SLICE("SMTP"));
    if (attributes & IDENTITY_HELO)
        attribute_helo(out, identity);
    if (attributes & IDENTITY_SOURCE)
        attribute(out, "SOURCE", identity->local ? SLICE("LOCAL") : SLICE("REMOTE"));
    if (attributes & IDENTITY_PORT)
        attribute_port(out, identity);
    if (attributes & IDENTITY_ADDR)
        attribute_address(out, identity);
    bytes_append(out, SLICE("\r\n"));
    return bytes_end(out) == 0 ? 1 : -1;
}

int identity_xclient(struct bytes *out, const struct identity *identity, unsigned attributes)
{
    return write_command(out, "XCLIENT", identity, attributes & ~(unsigned)IDENTITY_SOURCE);
}

int identity_xforward(struct bytes *out, const struct identity *identity, unsigned attributes)
{
    /* Postfix knows TEMPUNAVAIL in XCLIENT alone; here it would refuse all that the command says.
     */
    struct identity told = *identity;
    told.name_later = false;
    return write_command(out, "XFORWARD", &told, attributes);
}

int identity_header(struct bytes *out, const struct identity *identity, enum identify how)
{
    switch (how) {
    case IDENTIFY_PROXY_V1:
        return proxy_header_write_v1(out, &identity->client, &identity->server) == 0 ? 1 : -1;
    case IDENTIFY_PROXY_V2:
        return proxy_header_write_v2(out, &identity->client, &identity->server) == 0 ? 1 : -1;
    case IDENTIFY_NONE:
    case IDENTIFY_XCLIENT:
    case IDENTIFY_XFORWARD: break;
    }
    return 0;
}
