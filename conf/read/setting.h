/* setting: typed, checked reading of libconfig's settings, as tables.
 *
 * A group of settings is described by rows: name, kind, where the value goes, what is allowed. One
 * function reads any such group and finds unknown names, wrong types and values out of range, so
 * that every error reads the same and none is forgotten.
 */
#ifndef CONF_READ_SETTING_H
#define CONF_READ_SETTING_H

#include "conf/audit_conf.h"
#include "conf/limits.h"
#include "conf/listener_conf.h"
#include "conf/listener_tls.h"
#include "conf/log_conf.h"
#include "conf/milter_conf.h"
#include "conf/on_failure.h"
#include "conf/read/build.h"
#include "conf/resolver_conf.h"
#include "conf/sample.h"
#include "conf/spelling.h"
#include "conf/timeouts.h"
#include "conf/upstream_conf.h"
#include "filters/rules/rule.h"

enum setting_kind {
    SETTING_OTHER, /* known; read by the caller */
    SETTING_LATER, /* in the manual of a later version; accepted only as ${none} or empty */
    SETTING_TEXT,  /* struct slice; not empty */
    SETTING_PATH,  /* struct slice; made absolute unless it is one of ${words} */
    SETTING_BOOL,
    SETTING_COUNT,  /* unsigned: a whole number */
    SETTING_SIZE,   /* size_t or uint64_t, in bytes: a whole number or "512K" */
    SETTING_TIME,   /* unsigned, in ms: "30s" */
    SETTING_CHOICE, /* an enum: one of ${choices} */
};

#define CHOICE_LATER (-1) /* as a choice's value: in the manual of a later version */

struct choice { /* a table of them ends in a NULL name */
    const char *name;
    int value;
};

struct setting_row { /* a table of them ends in a NULL name */
    const char *name;
    enum setting_kind kind;
    size_t offset, width; /* of the member in the target: SETTING_AT; width 0: nowhere */
    uint64_t min, max;
    const struct choice *choices;
    const char *none;
    const char *const *words; /* ends in NULL */
};

/* The beginning of a row, and the member it fills. */
#define SETTING(setting_name, setting_kind) .name = (setting_name), .kind = SETTING_##setting_kind
#define SETTING_AT(type, member)                                                                   \
    .offset = offsetof(type, member), .width = sizeof(((type *)NULL)->member)

/* setting_place(build, s): where it stands. */
struct place setting_place(const struct build *build, const config_setting_t *s);

/* setting_label(s): its name, or that of the nearest setting around it that has one.
 * NUL-terminated; lives as long as
 * ${s}. */
const char *setting_label(const config_setting_t *s);

/* setting_error(build, s, wanted): records "'label' must be ${wanted}, not ..." with what ${s} is.
 */
void setting_error(struct build *build, const config_setting_t *s, const char *wanted);

/* setting_later(build, s, name): records that ${name} is not built yet. */
void setting_later(struct build *build, const config_setting_t *s, const char *name);

/* setting_read(build, group, rows, target): reads every member of ${group} by its row into
 * ${target}; a ${group} that is none is an error. NULL for ${group}: nothing to read. Members of
 * the kind OTHER are left to the caller. */
void setting_read(struct build *build, const config_setting_t *group,
                  const struct setting_row *rows, void *target);

/* setting_whole(s): whether ${s} and all below it have their names and texts: libconfig 1.5 goes on
 * when it has no memory for one, and what was written would be read as nothing. */
bool setting_whole(const config_setting_t *s);

/* setting_member(group, name): that member, or NULL (also when ${group} is NULL or no group). */
const config_setting_t *setting_member(const config_setting_t *group, const char *name);

/* setting_string(s, text): whether ${s} is a string, and its text, borrowed from libconfig. */
bool setting_string(const config_setting_t *s, struct slice *text);

/* setting_text(build, s, wanted, text): a copy of the string in the arena; false after an error
 * with ${wanted}. */
bool setting_text(struct build *build, const config_setting_t *s, const char *wanted,
                  struct slice *text);

/* setting_count(s), setting_item(s, i): the items of "a value or a list of them": a list's or
 * array's elements, or the one value itself. */
size_t setting_count(const config_setting_t *s);
const config_setting_t *setting_item(const config_setting_t *s, size_t i);

/* setting_list(build, group, name, count): the member ${name}, which must be a list of groups:
 * NULL, with an error if it is there and is none, else the list, its length in ${count}. */
const config_setting_t *setting_list(struct build *build, const config_setting_t *group,
                                     const char *name, size_t *count);

/* setting_texts(build, s, wanted, texts, count): copies of one string or a list of them. false
 * after an error. */
bool setting_texts(struct build *build, const config_setting_t *s, const char *wanted,
                   const struct slice **texts, size_t *count);

#endif
