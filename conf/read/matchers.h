/* matchers: what a value is compared with, checked against the field it stands at. */
#ifndef CONF_READ_MATCHERS_H
#define CONF_READ_MATCHERS_H

#include "conf/read/build.h"

struct field_info;
struct matcher;

/* matchers_read(build, setting, field, out, count): the matchers for a field in one setting: a
 * value or a list of them. */
void matchers_read(struct build *build, const config_setting_t *setting,
                   const struct field_info *field, const struct matcher **out, size_t *count);

#endif
