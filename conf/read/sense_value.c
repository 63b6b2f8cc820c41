/* sense_value: texts, lists and patterns that are like no value of the field they stand at. */
#include "conf/config.h"
#include "conf/listener_conf.h"
#include "conf/listener_tls.h"
#include "conf/policy.h"
#include "conf/read/sense.h"
#include "conf/spelling.h"
#include "filters/match/pattern.h"
#include "filters/match/wildcard.h"
#include "filters/rules/rule.h"

static struct slice field_name(const struct condition *condition)
{
    return field_get(condition->field)->name;
}

/* --- patterns -----------------------------------------------------------------------------------
 */

/* Whether what stands at ${at} is optional by what follows it. */
static bool is_optional(struct slice source, size_t after)
{
    return after < source.len && memchr("?*{", source.ptr[after], 3) != NULL;
}

/* Where a bracket expression that begins at ${at} ends: at its "]". */
static size_t class_end(struct slice source, size_t at)
{
    size_t i = at + 1;

    if (i < source.len && source.ptr[i] == '^')
        i++;
    for (i++; i < source.len && source.ptr[i] != ']'; i++)
        if (source.ptr[i] == '\\')
            i++;
    return i;
}

/* Whether every match must hold one of ${chars}, or one of ${escapes} behind a backslash, as far as
 * is plain to see: outside of groups and brackets, not optional, in a pattern without alternatives.
 */
static bool demands(const struct matcher *matcher, const char *chars, const char *escapes)
{
    struct slice source = matcher->text;
    bool found = false;
    int depth = 0;

    if ((matcher->pattern_flags & PATTERN_EXTENDED) != 0)
        return false;
    for (size_t i = 0; i < source.len; i++) {
        char c = source.ptr[i];
        bool escaped = c == '\\' && i + 1 < source.len;
        const char *set = escaped ? escapes : chars;

        if (escaped)
            c = source.ptr[++i];
        else if (c == '[')
            i = class_end(source, i);
        else
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        if ((!escaped && c == '|' && depth == 0) || (escaped && c == 'Q'))
            return false;
        found = found ||
                (depth == 0 && c != '\0' && strchr(set, c) != NULL && !is_optional(source, i + 1));
    }
    return found;
}

/* "Subject:" in front of a value that has no name in it. */
static bool names_header(struct slice text, struct slice name)
{
    struct slice rest = slice_from(text, name.len);

    return slice_starts_case(text, name) && rest.len > 0 && *rest.ptr == ':';
}

static bool one_line(enum field_id field)
{
    return field == FIELD_RAW_BODY || field == FIELD_HEADER || field == FIELD_RAW_HEADER ||
           field == FIELD_HEADER_LINE;
}

static void check_pattern(struct sense *sense, const struct condition *condition,
                          const struct matcher *matcher)
{
    struct slice field = field_name(condition);

    if (shape_class(condition->field) == CLASS_DOMAIN && demands(matcher, "@", "@"))
        sense_say(sense, matcher->place,
                  "'%.*s' is a domain, in which no \"@\" stands: the pattern never matches; leave "
                  "the \"@\" out, or ask for the whole address",
                  SLICE_ARG(field));
    if (one_line(condition->field) && demands(matcher, "\n\r", "nrR"))
        sense_say(sense, matcher->place,
                  "'%.*s' is one line at a time, without its end: a pattern with a line end in it "
                  "never matches",
                  SLICE_ARG(field));
    if (condition->name.len > 0 && slice_starts(matcher->text, SLICE("^")) &&
        names_header(slice_from(matcher->text, 1), condition->name))
        sense_say(sense, matcher->place,
                  "the value of a header field does not begin with its name: leave \"%.*s:\" out, "
                  "or ask for 'header_line'",
                  SLICE_ARG(condition->name));
}

/* --- texts --------------------------------------------------------------------------------------
 */

static bool has_line_end(struct slice text)
{
    return slice_find(text, '\n') != SLICE_NOT_FOUND || slice_find(text, '\r') != SLICE_NOT_FOUND;
}

static void check_header_text(struct sense *sense, const struct condition *condition,
                              const struct matcher *matcher)
{
    struct slice text = matcher->text;

    if (condition->name.len > 0 && names_header(text, condition->name))
        sense_say(sense, matcher->place,
                  "the value of a header field does not begin with its name: leave \"%.*s:\" out, "
                  "or ask for 'header_line'",
                  SLICE_ARG(condition->name));
    if (condition->field == FIELD_HEADER_LINE && !wildcard_present(text) &&
        slice_find(text, ':') == SLICE_NOT_FOUND)
        sense_say(sense, matcher->place,
                  "'header_line' is never \"%.*s\": it is a whole field, \"Name: value\"; write "
                  "\"*%.*s*\" for a part of it",
                  SLICE_ARG(text), SLICE_ARG(text));
    if (one_line(condition->field) && has_line_end(text))
        sense_say(sense, matcher->place,
                  "'%.*s' is one line at a time, without its end: a text with a line end in it is "
                  "never there",
                  SLICE_ARG(field_name(condition)));
    if ((one_line(condition->field) || condition->name.len > 0) &&
        slice_trim(text).len < text.len && condition->field != FIELD_RAW_BODY &&
        !wildcard_present(text))
        sense_say(sense, matcher->place,
                  "'%.*s' is never \"%.*s\": blanks around a value are not part of it; leave them "
                  "out",
                  SLICE_ARG(field_name(condition)), SLICE_ARG(text));
}

/* Below 1.2 the gateway speaks no TLS; an MTA that it is a milter of may. */
static void check_version(struct sense *sense, const struct matcher *matcher)
{
    static const char *const VERSIONS[] = {"1.3", "1.2", "1.1", "1.0"};
    const struct config *config = sense->build->config;
    bool milter = config->milter.given && config->milter.policy == sense->policy;

    for (size_t i = 0; i < (milter ? 4 : 2); i++)
        if (wildcard_match(matcher->text, slice_str(VERSIONS[i])))
            return;
    sense_say(sense, matcher->place, "'tls_version' is never \"%.*s\": write \"1.2\" or \"1.3\"",
              SLICE_ARG(matcher->text));
}

/* A listener of another policy, or of none, never asks this one. */
static void check_listener(struct sense *sense, const struct matcher *matcher)
{
    const struct config *config = sense->build->config;
    const struct listener_conf *other = config_listener(config, matcher->text);
    struct spelling spelling;
    size_t count = 0;

    spelling_init(&spelling, matcher->text);
    for (size_t i = 0; i < config->listener_count; i++) {
        const struct listener_conf *listener = &config->listeners[i];

        if (listener->policy != sense->policy)
            continue;
        if (wildcard_match(matcher->text, listener->name))
            return;
        spelling_try(&spelling, listener->name);
        count++;
    }
    if (count == 0 || (config->milter.given && config->milter.policy == sense->policy))
        return; /* nobody knows what the MTA calls itself */
    if (other != NULL)
        sense_say(sense, matcher->place,
                  "'listener' is never \"%.*s\": that one has the policy '%.*s', and this rule is "
                  "of policy '%.*s'",
                  SLICE_ARG(matcher->text), SLICE_ARG(other->policy->name),
                  SLICE_ARG(sense->policy->name));
    else
        sense_say(sense, matcher->place,
                  "'listener' is never \"%.*s\": no listener of policy '%.*s' has that name%s",
                  SLICE_ARG(matcher->text), SLICE_ARG(sense->policy->name),
                  spelling_hint(&spelling, sense->build->arena));
}

/* What a person may have wanted who wrote that: with its words, where they are known. */
static struct slice advice(struct sense *sense, const struct condition *condition,
                           struct slice text, enum shape shape)
{
    static const char *const WHOLE[FIELD_COUNT] = {
        [FIELD_SENDER_DOMAIN] = "sender",
        [FIELD_RECIPIENT_DOMAIN] = "recipient",
        [FIELD_FROM_DOMAIN] = "from_address",
        [FIELD_REPLY_TO_DOMAIN] = "reply_to_address",
    };
    struct arena *arena = sense->build->arena;
    const char *whole = WHOLE[condition->field];

    if ((shape == SHAPE_MAILBOX || shape == SHAPE_WILD_AT) && whole != NULL)
        return arena_format(arena, "write \"%.*s\", or ask for '%s'",
                            SLICE_ARG(slice_from(text, slice_find_last(text, '@') + 1)), whole);
    if (shape == SHAPE_REGEX)
        return arena_format(arena, "write \"/%.*s/\"", SLICE_ARG(text));
    return slice_str(shape_advice(shape, shape_class(condition->field)));
}

static void check_shape(struct sense *sense, const struct condition *condition,
                        const struct matcher *matcher)
{
    enum value_class class = shape_class(condition->field);
    enum shape shape = shape_of(matcher->text);

    if (class == CLASS_TEXT && shape_regex(matcher->text))
        sense_say(sense, matcher->place,
                  "'%.*s' is compared with \"%.*s\" as a whole value, which looks like a pattern "
                  "without slashes: write \"/%.*s/\"",
                  SLICE_ARG(field_name(condition)), SLICE_ARG(matcher->text),
                  SLICE_ARG(matcher->text));
    if (shape_holds(shape, class, false) &&
        !(shape == SHAPE_EMPTY && condition->field == FIELD_RECIPIENT))
        return;
    sense_say(sense, matcher->place, "'%.*s' is never \"%.*s\": it is %s, not %s; %.*s",
              SLICE_ARG(field_name(condition)), SLICE_ARG(matcher->text), shape_class_noun(class),
              shape_noun(shape), SLICE_ARG(advice(sense, condition, matcher->text, shape)));
}

static void check_text(struct sense *sense, const struct condition *condition,
                       const struct matcher *matcher)
{
    if (condition->field == FIELD_LISTENER)
        check_listener(sense, matcher);
    else if (condition->field == FIELD_TLS_VERSION)
        check_version(sense, matcher);
    else if (condition->field != FIELD_TAG)
        check_shape(sense, condition, matcher);
    check_header_text(sense, condition, matcher);
}

/* --- matchers -----------------------------------------------------------------------------------
 */

/* Whether it matches whatever the value is. */
static bool matches_all(const struct matcher *matcher)
{
    if (matcher->kind == MATCHER_PATTERN)
        return slice_equal(matcher->text, SLICE(".*")) || slice_equal(matcher->text, SLICE("^"));
    return matcher->kind == MATCHER_WILDCARD && matcher->text.len > 0 &&
           wildcard_match(matcher->text, SLICE(""));
}

static void check_not(struct sense *sense, const struct condition *condition,
                      const struct matcher *matcher)
{
    struct slice field = field_name(condition);

    for (size_t i = 0; i < matcher->inner_count; i++) {
        if (!matches_all(&matcher->inner[i]))
            continue;
        if (condition->name.len > 0)
            sense_say(sense, matcher->place,
                      "{ not = \"%.*s\"; } never holds, for every value is that; for a field that "
                      "is not there write missing_header = \"%.*s\"",
                      SLICE_ARG(matcher->inner[i].text), SLICE_ARG(condition->name));
        else
            sense_say(sense, matcher->place,
                      "{ not = \"%.*s\"; } never holds, for every value is that; for no value "
                      "write not = { %.*s = \"*\"; }",
                      SLICE_ARG(matcher->inner[i].text), SLICE_ARG(field));
        return;
    }
}

static void check_matcher(struct sense *sense, const struct condition *condition,
                          const struct matcher *matcher, unsigned depth)
{
    if (matcher->kind == MATCHER_LIST)
        sense_list(sense, condition, matcher);
    if (matcher->kind == MATCHER_PATTERN)
        check_pattern(sense, condition, matcher);
    if (matcher->kind == MATCHER_WILDCARD)
        check_text(sense, condition, matcher);
    if (matcher->kind == MATCHER_NOT && depth == 0)
        check_not(sense, condition, matcher);
    for (size_t i = 0; i < matcher->inner_count; i++)
        check_matcher(sense, condition, &matcher->inner[i], depth + 1);
}

/* --- facts that are never there -----------------------------------------------------------------
 */

static bool gives_tls(const struct listener_conf *listener)
{
    return listener->tls.mode == TLS_STARTTLS || listener->tls.mode == TLS_IMPLICIT;
}

static bool gives(const struct listener_conf *listener, enum field_id field)
{
    if (field == FIELD_AUTH)
        return listener->auth != AUTH_OFF;
    if (field < FIELD_TLS || field > FIELD_CLIENT_CERT)
        return true;
    return gives_tls(listener) && (field != FIELD_CLIENT_CERT ||
                                   listener->tls.client_certificate != CLIENT_CERTIFICATE_NONE);
}

/* Whether some session of the policy can have a value of ${field}. */
static bool is_given(const struct sense *sense, enum field_id field)
{
    const struct config *config = sense->build->config;
    size_t count = 0;

    if (config->milter.given && config->milter.policy == sense->policy)
        return true;
    for (size_t i = 0; i < config->listener_count; i++) {
        if (config->listeners[i].policy != sense->policy)
            continue;
        if (gives(&config->listeners[i], field))
            return true;
        count++;
    }
    return count == 0;
}

/* `tls = false` holds without. */
static bool wants_value(const struct condition *condition)
{
    for (size_t i = 0; i < condition->matcher_count; i++)
        if (condition->field == FIELD_TLS && !condition->matchers[i].boolean)
            return false;
    return true;
}

static void check_given(struct sense *sense, const struct condition *condition)
{
    const char *why = "speaks TLS";

    if (is_given(sense, condition->field) || !wants_value(condition))
        return;
    if (condition->field == FIELD_AUTH)
        why = "lets clients log in";
    if (condition->field == FIELD_CLIENT_CERT)
        why = "asks for certificates of clients";
    sense_say(sense, condition->place, "'%.*s' never holds: no listener of policy '%.*s' %s",
              SLICE_ARG(field_name(condition)), SLICE_ARG(sense->policy->name), why);
}

/* Names of header fields are compared as they are. */
static void check_name(struct sense *sense, const struct condition *condition)
{
    if (!wildcard_present(condition->name))
        return;
    sense_say(sense, condition->place,
              "no header field has the name \"%.*s\", for names have no wildcards here; write "
              "header_line = \"%.*s: *\"",
              SLICE_ARG(condition->name), SLICE_ARG(condition->name));
}

/* A text that is compared as it stands, and so is equal to no other. */
static bool is_plain(const struct matcher *matcher, enum field_id field)
{
    bool part = shape_class(field) == CLASS_MAILBOX &&
                slice_find(matcher->text, '@') == SLICE_NOT_FOUND; /* a domain, for the whole */

    return matcher->kind == MATCHER_WILDCARD && !wildcard_present(matcher->text) && !part;
}

/* { not = "a"; }, { not = "b"; }: one of them is always true. */
static bool denies_one(const struct matcher *matcher, enum field_id field)
{
    return matcher->kind == MATCHER_NOT && matcher->inner_count == 1 &&
           is_plain(&matcher->inner[0], field);
}

static void check_negations(struct sense *sense, const struct condition *condition)
{
    const struct matcher *first = NULL;

    for (size_t i = 0; i < condition->matcher_count; i++) {
        const struct matcher *matcher = &condition->matchers[i];

        if (!denies_one(matcher, condition->field))
            continue;
        if (first == NULL)
            first = matcher;
        else if (!slice_equal_case(first->inner[0].text, matcher->inner[0].text)) {
            sense_say(sense, matcher->place,
                      "'%.*s' always holds: one of the list is enough, and two negations cannot "
                      "both be false; for \"none of these\" write { not = ( \"...\", \"...\" ); }",
                      SLICE_ARG(field_name(condition)));
            return;
        }
    }
}

void sense_value(struct sense *sense, const struct condition *condition, bool positive)
{
    check_name(sense, condition);
    if (positive)
        check_given(sense, condition);
    check_negations(sense, condition);
    for (size_t i = 0; i < condition->matcher_count; i++)
        check_matcher(sense, condition, &condition->matchers[i], 0);
}
