/* needs: what `proxy` and `milter` cannot do without, as far as the file alone tells. The rest is
 * the machine's: proxy/net/readiness. */
#ifndef CONF_READ_NEEDS_H
#define CONF_READ_NEEDS_H

#include "conf/needs.h"
#include "conf/read/build.h"

struct config_file;

/* needs_check(build, root, needs): what the program that loads it cannot do without: errors; notes
 * for CONFIG_NEEDS_ADVICE. When all is read. */
void needs_check(struct build *build, const config_setting_t *root, enum config_needs needs);

/* needs_places(build, root): where the settings stand that name something of the machine. */
void needs_places(struct build *build, const config_setting_t *root);

/* needs_file(build, file): that file was read; its path is copied. needs_sources(build): those of
 * the source were. */
void needs_file(struct build *build, const struct config_file *file);
void needs_sources(struct build *build);

#endif
