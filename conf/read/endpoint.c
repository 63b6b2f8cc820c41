/* endpoint: see endpoint.h. */
#include "conf/read/endpoint.h"

#include <sys/un.h>

#include "conf/read/setting.h"
#include "filters/base/endpoint.h"
#include "filters/base/hostname.h"

static const char WANTED[] =
    "an address with port such as \"127.0.0.1:25\" or \"[::1]:25\", or \"unix:/path\"";
static const char WANTED_REMOTE[] = "an address with port such as \"127.0.0.1:25\" or "
                                    "\"mail.example.org:25\", or \"unix:/path\"";

bool endpoint_read_unix(struct build *build, const config_setting_t *s, struct slice path,
                        struct endpoint *endpoint)
{
    struct sockaddr_un socket_address;

    if (path.len == 0) {
        setting_error(build, s, "\"unix:\" and a path, such as \"unix:/run/mta\"");
        return false;
    }
    endpoint->address.family = ADDRESS_UNIX;
    endpoint->path = build_path(build, setting_place(build, s), path);
    if (endpoint->path.len < sizeof(socket_address.sun_path))
        return endpoint->path.ptr != NULL;
    diag_add(build->diag, DIAG_ERROR, setting_place(build, s),
             "'%s': the path of a unix socket is at most %zu bytes long, this one has %zu",
             setting_label(s), sizeof(socket_address.sun_path) - 1, endpoint->path.len);
    return false;
}

/* Whether ${text} is a host's name and a port. */
static bool names_host(struct slice text)
{
    size_t colon = slice_find_last(text, ':');
    struct slice host = slice_first(text, colon);

    if (colon == SLICE_NOT_FOUND || slice_find(host, ':') != SLICE_NOT_FOUND)
        return false;
    for (size_t i = 0; i < host.len; i++)
        if (ascii_is_letter(host.ptr[i]))
            return true;
    return false;
}

static bool parse(struct build *build, struct slice text, struct address *address)
{
    const struct slice local = SLICE("localhost:");
    struct slice literal;

    if (!slice_starts_case(text, local))
        return address_parse_port(text, address) == 0;
    literal = arena_format(build->arena, "127.0.0.1:%.*s", SLICE_ARG(slice_from(text, local.len)));
    return literal.ptr != NULL && address_parse_port(literal, address) == 0;
}

/* The port, and the name for later. */
static bool read_host(struct build *build, struct endpoint *endpoint)
{
    size_t colon = slice_find_last(endpoint->text, ':');
    struct slice host = slice_first(endpoint->text, colon);
    struct slice port = slice_from(endpoint->text, colon + 1);
    struct slice literal = arena_format(build->arena, "0.0.0.0:%.*s", SLICE_ARG(port));

    if (!hostname_valid(host) || literal.ptr == NULL ||
        address_parse_port(literal, &endpoint->address) != 0)
        return false;
    endpoint->address.family = ADDRESS_NONE;
    endpoint->host = build_text(build, host);
    return endpoint->host.ptr != NULL;
}

bool endpoint_read(struct build *build, const config_setting_t *setting, struct endpoint *endpoint,
                   bool listener)
{
    const char *wanted = listener ? WANTED : WANTED_REMOTE;
    bool named, known;

    if (!setting_text(build, setting, wanted, &endpoint->text))
        return false;
    if (slice_starts(endpoint->text, SLICE("unix:")))
        return endpoint_read_unix(build, setting, slice_from(endpoint->text, 5), endpoint);
    named = names_host(endpoint->text);
    known = parse(build, endpoint->text, &endpoint->address) ||
            (named && !listener && read_host(build, endpoint));
    if (known && (listener || endpoint->address.port != 0))
        return true;
    if (known)
        setting_error(build, setting, "an address with a port from 1 to 65535");
    else if (named && listener)
        diag_add(build->diag, DIAG_ERROR, setting_place(build, setting),
                 "'%s' must be a numeric address such as \"192.0.2.1:25\": a listener has no name, "
                 "as in \"%.*s\"",
                 setting_label(setting), SLICE_ARG(endpoint->text));
    else
        setting_error(build, setting, wanted);
    return false;
}
