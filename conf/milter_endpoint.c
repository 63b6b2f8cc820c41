/* milter_endpoint: where a milter is, in the two notations that mail administrators know:
 * libmilter's, with the port first, and Postfix's, with the host first. */
#include "conf/setting.h"

static const char WANTED[] = "a milter's address such as \"inet:8899@127.0.0.1\", "
                             "\"inet6:8899@::1\" or \"unix:/path\"";

#define PORT_TEXT_MAX 5

static bool is_port(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return s.len > 0 && s.len <= PORT_TEXT_MAX;
}

static struct slice without_brackets(struct slice host)
{
    if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        return slice_make(host.ptr + 1, host.len - 2);
    return host;
}

/* ${text} is "port@host", "host:port" or "port". false when it is none of them. */
static bool split(struct slice text, struct slice *host, struct slice *port)
{
    size_t at = slice_find(text, '@');
    size_t colon = slice_find_last(text, ':');

    *host = SLICE_NONE;
    *port = text;
    if (at != SLICE_NOT_FOUND) {
        *port = slice_first(text, at);
        *host = slice_from(text, at + 1);
    } else if (colon != SLICE_NOT_FOUND) {
        *host = slice_first(text, colon);
        *port = slice_from(text, colon + 1);
    }
    *host = without_brackets(*host);
    return is_port(*port) && (host->len > 0 || text.len == port->len);
}

/* How it is written, and for what. */
struct notation {
    bool six, listener;
};

/* The numeric address meant by ${host}: without one every address of the family to listen on, or
 * this machine to connect to. */
static struct slice numeric(struct slice host, struct notation notation)
{
    if (host.len == 0 && notation.listener)
        return notation.six ? SLICE("::") : SLICE("0.0.0.0");
    if (host.len == 0 || slice_equal_case(host, SLICE("localhost")))
        return notation.six ? SLICE("::1") : SLICE("127.0.0.1");
    return host;
}

static bool read_inet(struct build *build, const config_setting_t *s, struct slice text,
                      struct notation notation, struct endpoint *endpoint)
{
    struct slice host, port, whole;

    if (!split(text, &host, &port)) {
        setting_error(build, s, WANTED);
        return false;
    }
    host = numeric(host, notation);
    if (slice_find(host, ':') != SLICE_NOT_FOUND)
        whole = arena_format(build->arena, "[%.*s]:%.*s", SLICE_ARG(host), SLICE_ARG(port));
    else
        whole = arena_format(build->arena, "%.*s:%.*s", SLICE_ARG(host), SLICE_ARG(port));
    if (whole.ptr == NULL)
        build_out_of_memory(build);
    else if (address_parse_port(whole, &endpoint->address) != 0 || endpoint->address.port == 0)
        setting_error(build, s, WANTED);
    else
        return true;
    return false;
}

bool milter_endpoint_read(struct build *build, const config_setting_t *s, struct endpoint *endpoint,
                          bool listener)
{
    struct slice text;
    size_t colon;

    if (!setting_text(build, s, WANTED, &endpoint->text))
        return false;
    text = endpoint->text;
    colon = slice_find(text, ':');
    if (colon != SLICE_NOT_FOUND) {
        struct slice kind = slice_first(text, colon);
        struct slice rest = slice_from(text, colon + 1);

        if (slice_equal_case(kind, SLICE("unix")) || slice_equal_case(kind, SLICE("local")))
            return endpoint_read_unix(build, s, rest, endpoint);
        if (slice_equal_case(kind, SLICE("inet")))
            return read_inet(build, s, rest, (struct notation){false, listener}, endpoint);
        if (slice_equal_case(kind, SLICE("inet6")))
            return read_inet(build, s, rest, (struct notation){true, listener}, endpoint);
    }
    return read_inet(build, s, text, (struct notation){false, listener}, endpoint);
}
