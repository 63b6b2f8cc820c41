/* postern milter-probe: tells one session to any milter, as an MTA would, and shows what it says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "conf/file.h"
#include "conf/milter_address.h"
#include "conf/origin.h"
#include "conf/unit.h"
#include "proxy/commands.h"
#include "proxy/explain/trial.h"
#include "proxy/milter/wire/packet_macros.h"
#include "proxy/options.h"
#include "proxy/probe/probe_report.h"

#define MESSAGE_BYTES_MAX  ((size_t)256 * 1024 * 1024)
#define OUTPUT_BYTES_MAX   ((size_t)1024 * 1024 * 1024)
#define TIMEOUT_DEFAULT_MS 30000U
#define TIMEOUT_MAX_MS     (3600U * 1000)
#define REPEAT_MAX         10000
#define CLIENT_PORT        40000
#define NAME_BYTES         256
#define DATE_BYTES         64

static const struct slice BUILT_IN = SLICE_INIT("From: Probe <sender@example.com>\r\n"
                                                "To: Postmaster <recipient@example.org>\r\n"
                                                "Subject: A message to probe a milter with\r\n"
                                                "Message-ID: <probe@example.com>\r\n"
                                                "MIME-Version: 1.0\r\n"
                                                "Content-Type: text/plain; charset=utf-8\r\n"
                                                "\r\n"
                                                "Nothing is the matter with this message.\r\n"
                                                "\r\n"
                                                "It says so twice.\r\n");

struct options {
    struct probe_request request;
    struct slice *recipients;    /* room for as many as there are arguments */
    struct milter_macro *macros; /* likewise */
    size_t macro_count;
    const char *file;
    bool json, verbose;
};

static void usage(FILE *out)
{
    (void)fprintf(
        out,
        "usage: postern milter-probe [OPTIONS] ADDRESS [MESSAGE]\n\n"
        "Speaks to any milter as an MTA would, and prints what was negotiated, each step with its\n"
        "answer and time, and the edits as a diff.\n\n"
        "  ADDRESS              where it listens: inet:8891@127.0.0.1, inet:127.0.0.1:8891,\n"
        "                       inet6:8891@::1, unix:/path or local:/path\n"
        "  MESSAGE              a file with the message; \"-\": standard input; default: a "
        "harmless one\n"
        "  --client ADDRESS     the client's IP address; default " ORIGIN_CLIENT "\n"
        "  --client-name NAME   its name in the DNS; default: it has none\n"
        "  --helo NAME          the name it gives; default client.example.com\n"
        "  --from SENDER        envelope sender, \"\" for a bounce; default sender@example.com\n"
        "  --rcpt RECIPIENT     may be repeated; default recipient@example.org\n"
        "  --auth LOGIN         the client has logged in\n"
        "  --tls VERSION/CIPHER it came in TLS: TLSv1.3/TLS_AES_256_GCM_SHA384\n"
        "  --hostname NAME      the MTA's own name; default: this machine's\n"
        "  --macro NAME=VALUE   the value of a macro; may be repeated\n"
        "  --macros STYLE       postfix (default) or sendmail: whose macros are sent unasked\n"
        "  --protocol VERSION   offered, 2 to 6; default 6\n"
        "  --timeout TIME       for each answer: 500ms, 30s, 5m; default 30s\n"
        "  --until STAGE        the last to be told: connect, helo, mail, rcpt or data\n"
        "  --repeat NUMBER      so many messages on one connection\n"
        "  --verbose            with the macros of each command\n"
        "  --json               one JSON object for programs\n"
        "  --help               this text\n\n"
        "Exit code 0 when the milter behaved, whatever its verdict; 64: wrong arguments; 65: the\n"
        "message does not fit the protocol; 66: no such message; 69: the milter cannot be "
        "reached;\n"
        "75: it gave no answer in time; 76: it broke the protocol.\n");
}

/* --- options --- */

static int wrong(const char *option, const char *value, const char *wanted)
{
    (void)fprintf(stderr, "postern milter-probe: %s must be %s, not '%s'\n", option, wanted, value);
    return EX_USAGE;
}

/* Addresses may come with the brackets that logs show. */
static struct slice unbracketed(const char *address)
{
    struct slice s = slice_str(address);

    if (s.len >= 2 && s.ptr[0] == '<' && s.ptr[s.len - 1] == '>')
        return slice_make(s.ptr + 1, s.len - 2);
    return s;
}

static int take_number(const char *option, unsigned max, unsigned min, unsigned *number)
{
    char *end;
    unsigned long value = strtoul(optarg, &end, 10);
    char wanted[64];

    if (ascii_is_digit(*optarg) && *end == '\0' && value >= min && value <= max) {
        *number = (unsigned)value;
        return EX_OK;
    }
    (void)snprintf(wanted, sizeof(wanted), "a number from %u to %u", min, max);
    return wrong(option, optarg, wanted);
}

static int take_timeout(struct probe_request *request)
{
    uint64_t ms;

    if (unit_time(slice_str(optarg), &ms) < 0 || ms == 0 || ms > TIMEOUT_MAX_MS)
        return wrong("--timeout", optarg, "a time such as \"30s\", at most an hour");
    request->timeout_ms = (unsigned)ms;
    return EX_OK;
}

static int take_tls(struct milter_facts *facts)
{
    struct slice text = slice_str(optarg);
    size_t slash = slice_find(text, '/');

    if (slash == SLICE_NOT_FOUND || slash == 0 || slash + 1 == text.len)
        return wrong("--tls", optarg, "VERSION/CIPHER, as in TLSv1.3/TLS_AES_256_GCM_SHA384");
    facts->tls_version = slice_first(text, slash);
    facts->cipher = slice_from(text, slash + 1);
    return EX_OK;
}

static int take_macro(struct options *options)
{
    struct slice text = slice_str(optarg);
    size_t equals = slice_find(text, '=');
    struct milter_macro *macro = &options->macros[options->macro_count];

    if (equals == SLICE_NOT_FOUND || equals == 0)
        return wrong("--macro", optarg, "NAME=VALUE");
    macro->name = packet_macros_bare(slice_first(text, equals));
    macro->value = slice_from(text, equals + 1);
    options->macro_count++;
    return EX_OK;
}

static int take_style(struct probe_request *request)
{
    if (strcmp(optarg, "sendmail") == 0)
        request->macros = MILTER_STYLE_SENDMAIL;
    else if (strcmp(optarg, "postfix") == 0)
        request->macros = MILTER_STYLE_POSTFIX;
    else
        return wrong("--macros", optarg, "\"postfix\" or \"sendmail\"");
    return EX_OK;
}

static int take_until(struct probe_request *request)
{
    for (enum stage stage = STAGE_CONNECT; stage <= STAGE_DATA; stage++) {
        if (!slice_equal(slice_str(optarg), stage_name(stage)))
            continue;
        request->until = stage;
        return EX_OK;
    }
    return wrong("--until", optarg, "connect, helo, mail, rcpt or data");
}

static int take_client(struct probe_request *request)
{
    if (address_parse(slice_str(optarg), &request->client) == 0)
        return EX_OK;
    return wrong("--client", optarg, "an IP address");
}

static int take_option(struct options *options, int c)
{
    struct probe_request *request = &options->request;

    switch (c) {
    case 'a': return take_client(request);
    case 'n': request->facts.client_name = slice_str(optarg); return EX_OK;
    case 'e': request->helo = slice_str(optarg); return EX_OK;
    case 'f': request->sender = unbracketed(optarg); return EX_OK;
    case 'r': options->recipients[request->recipient_count++] = unbracketed(optarg); return EX_OK;
    case 'l': request->facts.auth_authen = slice_str(optarg); return EX_OK;
    case 't': return take_tls(&request->facts);
    case 'H': request->facts.hostname = slice_str(optarg); return EX_OK;
    case 'm': return take_macro(options);
    case 's': return take_style(request);
    case 'p':
        return take_number("--protocol", PACKET_VERSION_MAX, PACKET_VERSION_MIN, &request->version);
    case 'T': return take_timeout(request);
    case 'u': return take_until(request);
    case 'N': return take_number("--repeat", REPEAT_MAX, 1, &request->repeat);
    case 'v': options->verbose = true; return EX_OK;
    case 'j': options->json = true; return EX_OK;
    default: usage(stderr); return EX_USAGE;
    }
}

static int take_endpoint(const char *address, struct endpoint *endpoint)
{
    struct sockaddr_un socket_address;

    if (milter_address_parse(slice_str(address), false, endpoint) &&
        (endpoint->address.family != ADDRESS_UNIX ||
         (endpoint->path.len > 0 && endpoint->path.len < sizeof(socket_address.sun_path))))
        return EX_OK;
    return wrong("ADDRESS", address, MILTER_ADDRESS_WANTED);
}

/* Returns -1 to go on, or the exit code. */
static int parse_options(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {
        {"client", required_argument, NULL, 'a'},   {"client-name", required_argument, NULL, 'n'},
        {"helo", required_argument, NULL, 'e'},     {"from", required_argument, NULL, 'f'},
        {"rcpt", required_argument, NULL, 'r'},     {"auth", required_argument, NULL, 'l'},
        {"tls", required_argument, NULL, 't'},      {"hostname", required_argument, NULL, 'H'},
        {"macro", required_argument, NULL, 'm'},    {"macros", required_argument, NULL, 's'},
        {"protocol", required_argument, NULL, 'p'}, {"timeout", required_argument, NULL, 'T'},
        {"until", required_argument, NULL, 'u'},    {"repeat", required_argument, NULL, 'N'},
        {"verbose", no_argument, NULL, 'v'},        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},           {NULL, 0, NULL, 0}};

    for (int c; (c = options_next(argc, argv, ":vh", longs)) != -1;) {
        if (c == 'h') {
            usage(stdout);
            return EX_OK;
        }
        if (take_option(options, c) != EX_OK)
            return EX_USAGE;
    }
    if (optind == argc || optind + 2 < argc) {
        usage(stderr);
        return EX_USAGE;
    }
    options->file = argv[optind + 1]; /* NULL ends them */
    return take_endpoint(argv[optind], &options->request.endpoint) == EX_OK ? -1 : EX_USAGE;
}

/* --- what nobody said --- */

static struct slice domain_of(struct slice address)
{
    return slice_from(address, slice_find_last(address, '@') + 1);
}

/* Texts that the request's facts point to. */
struct texts {
    char hostname[NAME_BYTES], client[ADDRESS_TEXT_MAX], date[DATE_BYTES], time[DATE_BYTES];
};

static void complete_facts(struct probe_request *request, struct texts *texts)
{
    struct milter_facts *facts = &request->facts;
    time_t seconds = time(NULL);
    struct tm now = {.tm_year = 0};

    if (facts->hostname.len == 0 && gethostname(texts->hostname, sizeof(texts->hostname)) == 0) {
        texts->hostname[sizeof(texts->hostname) - 1] = '\0';
        facts->hostname = slice_str(texts->hostname);
    }
    (void)gmtime_r(&seconds, &now);
    facts->date = slice_make(
        texts->date, strftime(texts->date, DATE_BYTES, "%a, %d %b %Y %H:%M:%S +0000", &now));
    facts->time = slice_make(texts->time, strftime(texts->time, DATE_BYTES, "%Y%m%d%H%M", &now));
    facts->version = SLICE("Postern");
    facts->protocol = facts->auth_authen.len > 0 ? SLICE("ESMTPA") : SLICE("ESMTP");
    facts->helo = request->helo;
    facts->client_resolve = facts->client_name.len > 0 ? SLICE("OK") : SLICE("FAIL");
    if (facts->client_name.len == 0)
        facts->client_name = SLICE("unknown");
    facts->client_ptr = facts->client_name;
    facts->client_addr = address_text(&request->client, texts->client);
    facts->client_port = SLICE("40000");
    facts->client_connections = SLICE("1");
    facts->daemon_name = facts->if_name = facts->hostname;
    facts->daemon_addr = facts->if_addr = SLICE("127.0.0.1");
    facts->daemon_port = SLICE("25");
    if (facts->auth_authen.len > 0)
        facts->auth_type = SLICE("PLAIN");
    facts->mail_mailer = facts->rcpt_mailer = SLICE("smtp");
    facts->mail_host = domain_of(request->sender);
    facts->rcpt_host = domain_of(request->recipients[0]);
}

static void complete(struct options *options, struct texts *texts)
{
    struct probe_request *request = &options->request;

    if (request->recipient_count == 0)
        options->recipients[request->recipient_count++] = SLICE("recipient@example.org");
    request->recipients = options->recipients;
    request->facts.given = options->macros;
    request->facts.given_count = options->macro_count;
    request->client.port = CLIENT_PORT;
    complete_facts(request, texts);
}

/* --- the message --- */

static int read_message(const char *file, struct bytes *message)
{
    struct bytes raw;
    struct slice whole = BUILT_IN;
    const char *error;

    bytes_init(&raw, MESSAGE_BYTES_MAX);
    error = file == NULL ? NULL : file_read(strcmp(file, "-") == 0 ? "/dev/stdin" : file, &raw);
    if (error == NULL &&
        ((file != NULL && bytes_take(&raw, &whole) < 0) || trial_normalise(whole, message) < 0))
        error = "it is too large";
    bytes_fini(&raw);
    if (error == NULL)
        return EX_OK;
    (void)fprintf(stderr, "postern milter-probe: cannot read the message '%s': %s\n", file, error);
    return EX_NOINPUT;
}

/* --- the run --- */

static int exit_code(enum milter_fault fault)
{
    switch (fault) {
    case MILTER_FAULT_NONE: break;
    case MILTER_FAULT_UNREACHABLE: return EX_UNAVAILABLE;
    case MILTER_FAULT_SILENT: return EX_TEMPFAIL;
    case MILTER_FAULT_LOST:
    case MILTER_FAULT_PROTOCOL: return EX_PROTOCOL;
    case MILTER_FAULT_MESSAGE: return EX_DATAERR;
    }
    return EX_OK;
}

static int run_probe(const struct options *options)
{
    struct probe probe;
    struct bytes out;
    int status = EX_OSERR;

    bytes_init(&out, OUTPUT_BYTES_MAX);
    if (probe_run(&probe, &options->request) == 0) {
        if (options->json)
            probe_report_json(&probe, &out);
        else
            probe_report_text(&probe, options->verbose, &out);
        if (bytes_end(&out) == 0 && fwrite(out.data, 1, out.len, stdout) == out.len &&
            fflush(stdout) == 0)
            status = exit_code(probe.fault);
    }
    if (status == EX_OSERR)
        (void)fprintf(stderr,
                      "postern milter-probe: out of memory, or the output cannot be written\n");
    probe_end(&probe);
    bytes_fini(&out);
    return status;
}

static int run(struct options *options)
{
    struct bytes message;
    struct texts texts;
    int status;

    bytes_init(&message, 2 * MESSAGE_BYTES_MAX); /* each LF may become two bytes */
    complete(options, &texts);
    status = read_message(options->file, &message);
    if (status == EX_OK && bytes_take(&message, &options->request.message) < 0)
        status = EX_OSERR;
    if (status == EX_OK)
        status = run_probe(options);
    bytes_fini(&message);
    return status;
}

int command_milter_probe(int argc, char **argv)
{
    struct options options = {.request = {.version = PACKET_VERSION_MAX,
                                          .timeout_ms = TIMEOUT_DEFAULT_MS,
                                          .repeat = 1,
                                          .until = STAGE_MESSAGE,
                                          .helo = SLICE("client.example.com"),
                                          .sender = SLICE("sender@example.com")}};
    size_t room = (size_t)argc + 1;
    int status = EX_OSERR;

    if (address_parse(SLICE(ORIGIN_CLIENT), &options.request.client) != 0)
        return EX_SOFTWARE;
    options.recipients = calloc(room, sizeof(*options.recipients));
    options.macros = calloc(room, sizeof(*options.macros));
    if (options.recipients != NULL && options.macros != NULL)
        status = parse_options(argc, argv, &options);
    if (status < 0)
        status = run(&options);
    free(options.macros);
    free(options.recipients);
    return status;
}
