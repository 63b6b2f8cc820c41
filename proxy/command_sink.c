/* postern sink: a small honest upstream for trials and tests: accepts mail, writes a Maildir. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "filters/base/endpoint.h"
#include "proxy/commands.h"
#include "proxy/net/listener.h"
#include "proxy/net/sockaddr.h"
#include "proxy/options.h"
#include "proxy/process/rlimit.h"
#include "proxy/sink/sink_session.h"

#define HOSTNAME_BYTES 256
#define ERROR_BYTES    512

struct options {
    struct endpoint listen;
    const char *maildir;
    bool lmtp;
};

static void usage(FILE *out)
{
    (void)fprintf(out, "usage: postern sink --listen ADDRESS --maildir DIR [--lmtp]\n\n"
                       "A small upstream for trials: takes any mail and writes a Maildir.\n\n"
                       "  --listen ADDRESS  127.0.0.1:2526, [::1]:2526 or unix:/path; port 0: any\n"
                       "  --maildir DIR     made when it is not there\n"
                       "  --lmtp            speak LMTP: a reply to each recipient of a message\n"
                       "  --help            this text\n\n"
                       "Says on which address it listens when it is ready, then each stored\n"
                       "message on stderr. SIGTERM and SIGINT end it.\n");
}

static int parse_listen(const char *text, struct endpoint *out)
{
    *out = (struct endpoint){.text = slice_str(text)};
    if (strncmp(text, "unix:", 5) == 0 && text[5] != '\0') {
        out->address.family = ADDRESS_UNIX;
        out->path = slice_str(text + 5);
        return 0;
    }
    return address_parse_port(out->text, &out->address);
}

/* parse_options(argc, argv, out): -1 to go on, or the exit code. */
static int parse_options(int argc, char **argv, struct options *out)
{
    static const struct option longs[] = {{"listen", required_argument, NULL, 'l'},
                                          {"maildir", required_argument, NULL, 'm'},
                                          {"lmtp", no_argument, NULL, 'L'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    const char *address = NULL;
    *out = (struct options){.maildir = NULL};
    for (int c; (c = options_next(argc, argv, ":l:m:h", longs)) != -1;) {
        switch (c) {
        case 'l': address = optarg; break;
        case 'm': out->maildir = optarg; break;
        case 'L': out->lmtp = true; break;
        case 'h': usage(stdout); return EX_OK;
        default: usage(stderr); return EX_USAGE;
        }
    }
    if (optind < argc || address == NULL || out->maildir == NULL) {
        usage(stderr);
        return EX_USAGE;
    }
    if (parse_listen(address, &out->listen) != 0) {
        (void)fprintf(stderr, "postern sink: '%s' is no address with a port\n", address);
        return EX_USAGE;
    }
    return -1;
}

static void accepted(void *ctx, int fd, const struct address *peer)
{
    struct sink_shared *shared = ctx;
    if (sink_session_create(shared, fd, peer) != 0)
        log_write(shared->log, LOG_LEVEL_ERROR, "out of memory for a connection");
}

static void stop(void *ctx)
{
    loop_stop(ctx);
}

/* Says where we listen, with the port that the system chose for 0. */
static void announce(const struct endpoint *listen, int fd)
{
    struct sockaddr_storage storage = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof(storage);
    char text[ADDRESS_TEXT_MAX];
    struct slice shown = listen->text;
    if (listen->address.family != ADDRESS_UNIX &&
        getsockname(fd, (struct sockaddr *)&storage, &size) == 0) {
        struct address address = sockaddr_to_address(&storage);
        shown = address_port_text(&address, text);
    }
    (void)printf("listening on %.*s\n", SLICE_ARG(shown));
    (void)fflush(stdout);
}

static int serve(struct sink_shared *shared, const struct endpoint *listen)
{
    char error[ERROR_BYTES] = "";
    int status = EX_OSERR;
    struct loop_watch *term = loop_signal_create(shared->loop, SIGTERM, stop, shared->loop);
    struct loop_watch *interrupt = loop_signal_create(shared->loop, SIGINT, stop, shared->loop);
    struct listener *listener = NULL;
    if (term == NULL || interrupt == NULL)
        goto out;
    int fd = listener_open(listen, error, sizeof(error));
    if (fd < 0) {
        (void)fprintf(stderr, "postern sink: %s\n", error);
        status = EX_UNAVAILABLE;
        goto out;
    }
    listener = listener_create(shared->loop, fd, accepted, shared);
    if (listener == NULL)
        goto out;
    announce(listen, fd);
    if (loop_run(shared->loop) == 0)
        status = EX_OK;
    while (shared->sessions != NULL)
        sink_session_drop(shared->sessions);

out:
    listener_destroy(listener);
    loop_watch_destroy(interrupt);
    loop_watch_destroy(term);
    return status;
}

static int run(const struct options *options)
{
    const struct log_conf log_conf = {.to = SLICE("stderr"), .level = LOG_LEVEL_INFO};
    char error[ERROR_BYTES] = "", hostname[HOSTNAME_BYTES] = "localhost";
    struct sink_shared shared = {.hostname = slice_str(hostname), .lmtp = options->lmtp};
    int status = EX_OSERR;

    if (gethostname(hostname, sizeof(hostname) - 1) == 0)
        shared.hostname = slice_str(hostname);
    shared.maildir = maildir_open(options->maildir, error, sizeof(error));
    if (shared.maildir == NULL) {
        status = EX_CANTCREAT;
        goto out;
    }
    shared.log = log_create(&log_conf, error, sizeof(error));
    if (shared.log == NULL)
        goto out;
    shared.loop = loop_create();
    if (shared.loop == NULL)
        (void)snprintf(error, sizeof(error), "no event loop: %s", strerror(errno));
    else
        status = serve(&shared, &options->listen);

out:
    if (error[0] != '\0')
        (void)fprintf(stderr, "postern sink: %s\n", error);
    loop_destroy(shared.loop);
    log_destroy(shared.log);
    maildir_close(shared.maildir);
    return status;
}

int command_sink(int argc, char **argv)
{
    struct options options;
    int status = parse_options(argc, argv, &options);
    if (status >= 0)
        return status;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)rlimit_descriptors(RLIMIT_ALL);
    return run(&options);
}
