/* limits: see limits.h. */
#include "conf/read/limits.h"

#include "conf/audit_conf.h"
#include "conf/config.h"
#include "conf/limits.h"
#include "conf/log_conf.h"
#include "conf/on_failure.h"
#include "conf/read/setting.h"
#include "conf/timeouts.h"
#include "filters/verdict.h"

#define KIB       UINT64_C(1024)
#define MIB       (1024 * KIB)
#define GIB       (1024 * MIB)
#define SECOND_MS 1000
#define DAY_MS    (86400 * SECOND_MS)

#define LIMIT_COUNT_MAX 1000000 /* of anything counted: far above use, far below overflow */
#define MIME_DEPTH_MAX  1000    /* who reads a message goes down into each part */

/* clang-format off: one row, one line */
static const struct setting_row LIMITS[] = {
    {SETTING("connections", COUNT), SETTING_AT(struct limits, connections), .min = 1,
     .max = LIMIT_COUNT_MAX},
    {SETTING("connections_per_client", COUNT), SETTING_AT(struct limits, connections_per_client), 1,
     LIMIT_COUNT_MAX},
    {SETTING("recipients", COUNT), SETTING_AT(struct limits, recipients), .min = 1,
     .max = LIMIT_COUNT_MAX},
    {SETTING("message", SIZE), SETTING_AT(struct limits, message_bytes), .min = KIB,
     .max = 1024 * GIB},
    {SETTING("header", SIZE), SETTING_AT(struct limits, header_bytes), .min = KIB, .max = GIB},
    {SETTING("header_fields", COUNT), SETTING_AT(struct limits, header_fields), .min = 1,
     .max = LIMIT_COUNT_MAX},
    {SETTING("mime_depth", COUNT), SETTING_AT(struct limits, mime_depth), .min = 1,
     .max = MIME_DEPTH_MAX},
    {SETTING("mime_parts", COUNT), SETTING_AT(struct limits, mime_parts), .min = 1,
     .max = LIMIT_COUNT_MAX},
    /* RFC 5321, 4.5.3.1.4: at least 512 octets must be taken */
    {SETTING("command_line", SIZE), SETTING_AT(struct limits, command_line_bytes), .min = 512,
     .max = 64 * KIB},
    {SETTING("data_rate", COUNT), SETTING_AT(struct limits, data_rate), .min = 0,
     .max = LIMIT_COUNT_MAX},
    {SETTING("errors", COUNT), SETTING_AT(struct limits, errors), .min = 1, .max = LIMIT_COUNT_MAX},
    {SETTING("junk_commands", COUNT), SETTING_AT(struct limits, junk_commands), .min = 1,
     .max = LIMIT_COUNT_MAX},
    {SETTING("memory_per_message", SIZE), SETTING_AT(struct limits, memory_per_message_bytes),
     16 * KIB, GIB},
    {SETTING("spool_dir", PATH), SETTING_AT(struct limits, spool_dir)},
    {SETTING("match_time_rule", TIME), SETTING_AT(struct limits, match_time_rule_ms), .min = 1,
     .max = DAY_MS},
    {SETTING("match_time_message", TIME), SETTING_AT(struct limits, match_time_message_ms), 1,
     DAY_MS},
    {SETTING("content_time", TIME), SETTING_AT(struct limits, content_time_ms), .min = 1,
     .max = DAY_MS},
    {.name = NULL},
};

static const struct setting_row TIMEOUTS[] = {
    {SETTING("command", TIME), SETTING_AT(struct timeouts, command_ms), .min = 1, .max = DAY_MS},
    {SETTING("data", TIME), SETTING_AT(struct timeouts, data_ms), .min = 1, .max = DAY_MS},
    {SETTING("end_of_data", TIME), SETTING_AT(struct timeouts, end_of_data_ms), .min = 1,
     .max = DAY_MS},
    {SETTING("greeting", TIME), SETTING_AT(struct timeouts, greeting_ms), .min = 1, .max = DAY_MS},
    {SETTING("connect", TIME), SETTING_AT(struct timeouts, connect_ms), .min = 1, .max = DAY_MS},
    {SETTING("noop", TIME), SETTING_AT(struct timeouts, noop_ms), .min = 1, .max = DAY_MS},
    {SETTING("drain", TIME), SETTING_AT(struct timeouts, drain_ms), .min = 0, .max = DAY_MS},
    {SETTING("keepalive", TIME), SETTING_AT(struct timeouts, keepalive_ms), .min = 1,
     .max = DAY_MS},
    {.name = NULL},
};
/* clang-format on */

static const struct choice FAILURES[] = {
    {"tempfail", VERDICT_TEMPFAIL},
    {"reject", VERDICT_REJECT},
    {"continue", VERDICT_CONTINUE},
    {NULL, 0},
};

#define FAILURE(setting, member)                                                                   \
    SETTING(setting, CHOICE), SETTING_AT(struct on_failure, member), .choices = FAILURES
static const struct setting_row ON_FAILURE[] = {
    {FAILURE("default", by_default)}, {FAILURE("regex", regex)},     {FAILURE("milter", milter)},
    {FAILURE("lookup", lookup)},      {FAILURE("content", content)}, {.name = NULL},
};

static const struct choice PRIVACY[] = {
    {"plain", PRIVACY_PLAIN},
    {"hash", PRIVACY_HASH},
    {"omit", PRIVACY_OMIT},
    {NULL, 0},
};

static const char *const AUDIT_WORDS[] = {"-", "syslog", NULL};
static const char *const LOG_WORDS[] = {"stderr", "syslog", NULL};

#define FIELD(setting, member)                                                                     \
    SETTING(setting, CHOICE), SETTING_AT(struct audit_conf, member), .choices = PRIVACY
static const struct setting_row AUDIT[] = {
    {SETTING("file", PATH), SETTING_AT(struct audit_conf, file), .words = AUDIT_WORDS},
    {FIELD("subject", subject)},
    {FIELD("recipients", recipients)},
    {FIELD("sender", sender)},
    {.name = NULL},
};

static const struct choice LEVELS[] = {
    {"error", LOG_LEVEL_ERROR},
    {"warning", LOG_LEVEL_WARNING},
    {"info", LOG_LEVEL_INFO},
    {"debug", LOG_LEVEL_DEBUG},
    {NULL, 0},
};

static const struct setting_row LOG[] = {
    {SETTING("to", PATH), SETTING_AT(struct log_conf, to), .words = LOG_WORDS},
    {SETTING("level", CHOICE), SETTING_AT(struct log_conf, level), .choices = LEVELS},
    {.name = NULL},
};

static const struct timeouts TIMEOUTS_DEFAULT = {
    .command_ms = 300 * SECOND_MS,
    .data_ms = 180 * SECOND_MS,
    .end_of_data_ms = 570 * SECOND_MS,
    .greeting_ms = 30 * SECOND_MS,
    .connect_ms = 30 * SECOND_MS,
    .drain_ms = 30 * SECOND_MS,
    .keepalive_ms = 30 * SECOND_MS,
    .noop_ms = 60 * SECOND_MS,
};

/* A `default` that is written holds for every kind of failure that is not, but for two, which have
 * defaults of their own: name servers of others fail every day, and a message that nobody can read
 * will be none better tomorrow, nor is it one to let pass. */
static void on_failure_read(struct build *build, const config_setting_t *group)
{
    struct on_failure *out = &build->config->on_failure;
    struct on_failure written = {.by_default = VERDICT_TEMPFAIL};

    setting_read(build, group, ON_FAILURE, &written);
    *out = (struct on_failure){written.by_default, written.by_default, written.by_default,
                               VERDICT_CONTINUE, VERDICT_REJECT};
    if (setting_member(group, "regex") != NULL)
        out->regex = written.regex;
    if (setting_member(group, "milter") != NULL)
        out->milter = written.milter;
    if (setting_member(group, "lookup") != NULL)
        out->lookup = written.lookup;
    if (setting_member(group, "content") != NULL)
        out->content = written.content;
}

void limits_read(struct build *build, const config_setting_t *root)
{
    struct config *config = build->config;

    config->limits = limits_default();
    config->timeouts = TIMEOUTS_DEFAULT;
    config->audit = (struct audit_conf){.file = SLICE("-")};
    config->log = (struct log_conf){.to = SLICE("stderr"), .level = LOG_LEVEL_INFO};
    setting_read(build, setting_member(root, "limits"), LIMITS, &config->limits);
    setting_read(build, setting_member(root, "timeouts"), TIMEOUTS, &config->timeouts);
    setting_read(build, setting_member(root, "audit"), AUDIT, &config->audit);
    setting_read(build, setting_member(root, "log"), LOG, &config->log);
    on_failure_read(build, setting_member(root, "on_failure"));
}
