/* example: for the tests of what explain says: one message judged under a configuration from a
 * text. */
#ifndef TESTS_UNIT_PROXY_EXPLAIN_EXAMPLE_H
#define TESTS_UNIT_PROXY_EXPLAIN_EXAMPLE_H

#include "proxy/explain/explanation.h"
#include "tests/unit/conf/read/load.h"

struct example {
    struct load load;
    struct slice recipients[2];
    struct explanation_request request;
    struct explanation explanation;
};

/* What a message is judged by here: a few rules of each kind, none of which is about its body. */
#define EXAMPLE_RULES                                                                              \
    "rules = (\n"                                                                                  \
    "  { name = \"far\"; when = { recipient_domain = { not = \"example.org\"; }; };\n"             \
    "    then = { reject = \"550 5.7.1 Not ours\"; }; },\n"                                        \
    "  { name = \"mark\"; when = { header = { Subject = \"/off(er)/\"; }; };\n"                    \
    "    then = { set_header = { Subject = \"mail of ${helo}\"; }; tag = \"offer\"; }; },\n"       \
    "  { name = \"never\"; when = { helo = \"x.test\"; }; then = { discard = true; }; } );\n"

#define EXAMPLE_MESSAGE "From: a@far.test\r\nSubject: an offer\r\nX: 1\r\n\r\nHello.\r\n"

/* example_begin(e, conf, message): loads it, which must go well, and judges ${message}, NULL: none,
 * from a@far.test to u@example.org and v@other.test. example_end(e): gives all back. */
void example_begin(struct example *e, const char *conf, const char *message);
void example_end(struct example *e);

/* example_report(write, message, wanted): what ${write} makes of the example, without the folder of
 * its configuration, which has another name each time, must be ${wanted}. */
void example_report(void (*write)(const struct explanation *x, struct bytes *out),
                    const char *message, const char *wanted);

#endif
