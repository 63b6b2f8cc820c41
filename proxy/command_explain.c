/* postern explain: judges one message offline, and says why it comes out as it does; or only shows
 * what rules see of it. */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "conf/config.h"
#include "conf/file.h"
#include "conf/limits.h"
#include "conf/policy.h"
#include "conf/read/config_load.h"
#include "conf/spelling.h"
#include "proxy/commands.h"
#include "proxy/explain/report.h"
#include "proxy/explain/view_json.h"
#include "proxy/explain/view_text.h"
#include "proxy/options.h"
#include "proxy/problems.h"
#include "proxy/smtp/command.h"

#define MESSAGE_BYTES_MAX ((size_t)1024 * 1024 * 1024)
#define OUTPUT_BYTES_MAX  ((size_t)256 * 1024 * 1024)
#define ARENA_BLOCK_BYTES 4096

struct options {
    const char *config; /* NULL: not said */
    const char *client, *helo, *listener, *policy, *message;
    struct slice sender;      /* ptr NULL: not said */
    struct slice *recipients; /* room for as many as there are arguments */
    size_t recipient_count;
    struct slice *facts; /* NAME=VALUE, likewise */
    size_t fact_count;
    bool view, json;
};

/* One run: what is made, in the order it is made. */
struct run {
    const struct options *options;
    struct arena arena;
    struct diag diag;
    struct config *config; /* NULL: none was read */
    struct limits limits;  /* of a view */
    struct bytes message;  /* normalised */
    struct explanation_request request;
};

static void usage(FILE *out)
{
    (void)fprintf(
        out,
        "usage: postern explain [-c FILE] [--client ADDRESS] [--helo NAME] [--from SENDER]\n"
        "           [--rcpt RECIPIENT]... [--listener NAME] [--policy NAME]\n"
        "           [--fact NAME=VALUE]... [--json] [MESSAGE]\n"
        "       postern explain --view [-c FILE] [--json] MESSAGE\n\n"
        "Judges one message as the gateway would and prints every rule that was tried, what\n"
        "matched where, the edits as a diff, and the reply. Nothing is sent anywhere.\n\n"
        "  MESSAGE            a file with the message; \"-\": standard input; without it only the\n"
        "                     envelope is judged\n"
        "  -c FILE            the configuration; default " CONFIG_DEFAULT_FILE "\n"
        "  --client ADDRESS   the client's IP address; default " ORIGIN_CLIENT "\n"
        "  --helo NAME        the name it gives; default: it gives none\n"
        "  --from SENDER      envelope sender, \"\" for a bounce; default: the message's "
        "Return-Path\n"
        "                     or From\n"
        "  --rcpt RECIPIENT   envelope recipient, may be repeated; default: the message's first "
        "To\n"
        "  --listener NAME    where it arrives; its policy is taken; default: the first\n"
        "  --policy NAME      the policy, whatever the listener says\n"
        "  --fact NAME=VALUE  client, client_port, listener, helo, auth (the login), size (as\n"
        "                     declared at MAIL), tls, tls_version, tls_cipher, tls_name or\n"
        "                     client_cert\n"
        "  --view             judges nothing, but prints what rules see of the message: header,\n"
        "                     parts, decoded texts, attachments, links, and what is ambiguous;\n"
        "                     of the configuration only the limits count, and without -c there\n"
        "                     need be none\n"
        "  --json             one JSON object for programs\n"
        "  --help             this text\n\n"
        "Exit code 0 whatever the verdict; 64: wrong arguments; 66: no such message; 78: the\n"
        "configuration has errors.\n");
}

/* --- options --- */

/* Addresses may come as a client says them; what the gateway would refuse is judged all the same,
 * as it stands within brackets. */
static struct slice plain(const char *address)
{
    struct slice s = slice_str(address);
    struct command_path path;

    if (command_parse_path(s, SLICE_NONE, true, &path) == PATH_OK && path.param_count == 0)
        return path.address;
    if (s.len >= 2 && s.ptr[0] == '<' && s.ptr[s.len - 1] == '>')
        s = slice_make(s.ptr + 1, s.len - 2);
    return s;
}

static int take_option(struct options *options, int c)
{
    switch (c) {
    case 'c': options->config = optarg; return 0;
    case 'a': options->client = optarg; return 0;
    case 'e': options->helo = optarg; return 0;
    case 'f': options->sender = plain(optarg); return 0;
    case 'r': options->recipients[options->recipient_count++] = plain(optarg); return 0;
    case 'l': options->listener = optarg; return 0;
    case 'p': options->policy = optarg; return 0;
    case 'F': options->facts[options->fact_count++] = slice_str(optarg); return 0;
    case 'v': options->view = true; return 0;
    case 'j': options->json = true; return 0;
    default: return -1;
    }
}

/* Returns -1 to go on, or the exit code. */
static int parse_options(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {{"client", required_argument, NULL, 'a'},
                                          {"helo", required_argument, NULL, 'e'},
                                          {"from", required_argument, NULL, 'f'},
                                          {"rcpt", required_argument, NULL, 'r'},
                                          {"listener", required_argument, NULL, 'l'},
                                          {"policy", required_argument, NULL, 'p'},
                                          {"fact", required_argument, NULL, 'F'},
                                          {"view", no_argument, NULL, 'v'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};

    for (int c; (c = options_next(argc, argv, ":c:h", longs)) != -1;) {
        if (c == 'h') {
            usage(stdout);
            return EX_OK;
        }
        if (take_option(options, c) < 0) {
            usage(stderr);
            return EX_USAGE;
        }
    }
    if (optind + 1 < argc) {
        (void)fprintf(stderr, "postern explain: one message at a time, not '%s' too\n",
                      argv[optind + 1]);
        return EX_USAGE;
    }
    options->message = optind < argc ? argv[optind] : NULL;
    if (options->view && options->message == NULL) {
        (void)fprintf(stderr, "postern explain: --view of which message?\n");
        return EX_USAGE;
    }
    return -1;
}

/* --- configuration, listener, policy --- */

static int load(struct run *run)
{
    const char *path = run->options->config;
    struct diag *diag = &run->diag;

    run->config =
        config_load(path != NULL ? path : CONFIG_DEFAULT_FILE, CONFIG_NEEDS_NOTHING, NULL, diag);
    run->request.config = run->config;
    if (run->config != NULL)
        return EX_OK; /* warnings are the business of check */
    problems_print(diag);
    return EX_CONFIG;
}

/* To read a message takes limits and nothing else. */
static int load_limits(struct run *run)
{
    int status = run->options->config != NULL ? load(run) : EX_OK;

    run->limits = run->config != NULL ? run->config->limits : limits_default();
    return status;
}

static int no_such(struct run *run, const char *what, const char *name,
                   const struct spelling *spelling)
{
    (void)fprintf(stderr, "postern explain: there is no %s '%s'%s\n", what, name,
                  spelling_hint(spelling, &run->arena));
    return EX_USAGE;
}

static int choose_listener(struct run *run)
{
    const struct config *config = run->config;
    const char *name = run->options->listener;
    struct spelling spelling;

    run->request.listener = config->listener_count > 0 ? &config->listeners[0] : NULL;
    if (name == NULL)
        return EX_OK;
    run->request.listener = config_listener(config, slice_str(name));
    if (run->request.listener != NULL)
        return EX_OK;
    spelling_init(&spelling, slice_str(name));
    for (size_t i = 0; i < config->listener_count; i++)
        spelling_try(&spelling, config->listeners[i].name);
    return no_such(run, "listener", name, &spelling);
}

static int choose_policy(struct run *run)
{
    const struct config *config = run->config;
    const struct listener_conf *listener = run->request.listener;
    const char *name = run->options->policy;
    struct spelling spelling;

    run->request.policy = listener != NULL ? listener->policy : &config->policies[0];
    if (name == NULL)
        return EX_OK;
    run->request.policy = config_policy(config, slice_str(name));
    if (run->request.policy != NULL)
        return EX_OK;
    spelling_init(&spelling, slice_str(name));
    for (size_t i = 0; i < config->policy_count; i++)
        spelling_try(&spelling, config->policies[i].name);
    return no_such(run, "policy", name, &spelling);
}

/* --- facts --- */

static int set_fact(struct run *run, struct slice name, struct slice value)
{
    const char *error = origin_set(&run->request.input.origin, name, value);

    if (error == NULL)
        return EX_OK;
    if (error == ORIGIN_UNKNOWN)
        (void)fprintf(stderr, "postern explain: a fact is %s, not '%.*s'\n", error,
                      SLICE_ARG(name));
    else if (error == ORIGIN_LATER)
        (void)fprintf(stderr, "postern explain: the fact '%.*s' is %s\n", SLICE_ARG(name), error);
    else
        (void)fprintf(stderr, "postern explain: %.*s must be %s, not '%.*s'\n", SLICE_ARG(name),
                      error, SLICE_ARG(value));
    return EX_USAGE;
}

static int set_origin(struct run *run)
{
    const struct options *options = run->options;
    const struct listener_conf *listener = run->request.listener;

    origin_init(&run->request.input.origin);
    if (listener != NULL)
        run->request.input.origin.listener = listener->name;
    if (options->client != NULL && set_fact(run, SLICE("client"), slice_str(options->client)) != 0)
        return EX_USAGE;
    if (options->helo != NULL && set_fact(run, SLICE("helo"), slice_str(options->helo)) != 0)
        return EX_USAGE;
    for (size_t i = 0; i < options->fact_count; i++) {
        struct slice fact = options->facts[i];
        size_t equals = slice_find(fact, '=');

        if (equals == SLICE_NOT_FOUND) {
            (void)fprintf(stderr, "postern explain: --fact is NAME=VALUE, not '%.*s'\n",
                          SLICE_ARG(fact));
            return EX_USAGE;
        }
        if (set_fact(run, slice_first(fact, equals), slice_from(fact, equals + 1)) != 0)
            return EX_USAGE;
    }
    return EX_OK;
}

/* --- the message --- */

static int read_message(struct run *run)
{
    const char *path = run->options->message;
    struct bytes raw;
    struct slice whole;
    const char *error;

    if (path == NULL)
        return EX_OK;
    bytes_init(&raw, MESSAGE_BYTES_MAX);
    error = file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, &raw);
    if (error == NULL &&
        (bytes_take(&raw, &whole) < 0 || trial_normalise(whole, &run->message) < 0 ||
         bytes_reserve(&run->message, 1) == NULL)) /* never NULL, even if empty */
        error = "it is too large";
    bytes_fini(&raw);
    run->request.input.message = bytes_slice(&run->message);
    if (error == NULL)
        return EX_OK;
    (void)fprintf(stderr, "postern explain: cannot read the message '%s': %s\n", path, error);
    return EX_NOINPUT;
}

static int starved(void)
{
    (void)fprintf(stderr, "postern explain: out of memory, or the output cannot be written\n");
    return EX_OSERR;
}

/* The header of the message, for its addresses. Returns 0 or -1. */
static int parse_header(struct run *run, struct header *header)
{
    struct slice message = run->request.input.message;
    struct header_scan scan = {.scanned = 0};
    struct header_end end;

    if (header_scan(&scan, message, true, &end) != 1)
        return -1; /* cannot be: it is complete */
    return header_parse(header, slice_first(message, end.fields_end), true, &run->arena);
}

/* The first address in the first field of that name; ptr NULL when there is none, "" for "<>". */
static struct slice first_address(struct run *run, const struct header *header, struct slice name)
{
    size_t at = header_find(header, name, 0);
    struct slice address;

    if (at == SLICE_NOT_FOUND)
        return SLICE_NONE;
    if (slice_equal(slice_trim(header->fields[at].value), SLICE("<>")))
        return SLICE("");
    size_t found = header_mailboxes(header->fields[at].value, &run->arena, &address, 1);
    return found > 0 && found != HEADER_MAILBOXES_FAILED ? address : SLICE_NONE;
}

/* Takes the first of the named fields that has an address. */
static struct slice guess(struct run *run, const struct header *header, const char *const *names,
                          const char **from)
{
    for (; *names != NULL; names++) {
        struct slice address = first_address(run, header, slice_str(*names));

        if (address.ptr == NULL)
            continue;
        *from = *names;
        return address;
    }
    return SLICE_NONE;
}

/* What nobody said is taken from the message, and the report says so. */
static int set_envelope(struct run *run)
{
    static const char *const SENDERS[] = {"Return-Path", "From", NULL};
    static const char *const RECIPIENTS[] = {"To", "Cc", NULL};
    const struct options *options = run->options;
    struct explanation_request *request = &run->request;
    struct header header;

    request->input.sender = options->sender;
    request->input.recipients = options->recipients;
    request->input.recipient_count = options->recipient_count;
    if (parse_header(run, &header) < 0)
        return starved();
    if (options->sender.ptr == NULL)
        request->input.sender = guess(run, &header, SENDERS, &request->sender_from);
    if (options->recipient_count > 0)
        return EX_OK;
    options->recipients[0] = guess(run, &header, RECIPIENTS, &request->recipients_from);
    request->input.recipient_count = options->recipients[0].ptr != NULL ? 1 : 0;
    if (request->input.recipient_count == 1)
        return EX_OK;
    (void)fprintf(stderr, "postern explain: who is it for? Name a recipient with --rcpt\n");
    return EX_USAGE;
}

/* --- the run --- */

/* Prints it, if it is whole. */
static int tell(struct bytes *out)
{
    struct slice text;
    bool told = bytes_take(out, &text) == 0 && fwrite(text.ptr, 1, text.len, stdout) == text.len &&
                fflush(stdout) == 0;

    bytes_fini(out);
    return told ? EX_OK : starved();
}

static int show(struct run *run)
{
    struct view view;
    struct bytes out;

    bytes_init(&out, OUTPUT_BYTES_MAX);
    if (view_make(&view, run->request.input.message, &run->limits) != 0)
        bytes_fail(&out);
    else if (run->options->json)
        view_json_write(&view, &out);
    else
        view_text_write(&view, &out);
    view_end(&view);
    return tell(&out);
}

static int explain(struct run *run)
{
    struct explanation explanation;
    struct bytes out;

    bytes_init(&out, OUTPUT_BYTES_MAX);
    if (explanation_make(&explanation, &run->request) != 0)
        bytes_fail(&out);
    else if (run->options->json)
        report_json_write(&explanation, &out);
    else
        report_text_write(&explanation, &out);
    explanation_end(&explanation);
    return tell(&out);
}

typedef int run_step(struct run *run);

static int run_explain(const struct options *options)
{
    static run_step *const JUDGE[] = {load,         choose_listener, choose_policy, set_origin,
                                      read_message, set_envelope,    explain,       NULL};
    static run_step *const VIEW[] = {load_limits, read_message, show, NULL};
    run_step *const *steps = options->view ? VIEW : JUDGE;
    struct run run = {.options = options};
    int status = EX_OK;

    arena_init(&run.arena, ARENA_BLOCK_BYTES, OUTPUT_BYTES_MAX);
    diag_init(&run.diag);
    bytes_init(&run.message, 2 * MESSAGE_BYTES_MAX); /* each LF may become two bytes */
    for (; status == EX_OK && *steps != NULL; steps++)
        status = (*steps)(&run);
    bytes_fini(&run.message);
    config_unref(run.config);
    diag_fini(&run.diag);
    arena_fini(&run.arena);
    return status;
}

int command_explain(int argc, char **argv)
{
    struct options options = {.config = NULL};
    size_t room = (size_t)argc + 1;
    int status;

    options.recipients = calloc(room, sizeof(*options.recipients));
    options.facts = calloc(room, sizeof(*options.facts));
    if (options.recipients == NULL || options.facts == NULL)
        status = starved();
    else
        status = parse_options(argc, argv, &options);
    if (status < 0)
        status = run_explain(&options);
    free(options.facts);
    free(options.recipients);
    return status;
}
