/* visit_kit: a service for tests, from a configuration given as text. */
#ifndef TESTS_UNIT_PROXY_AS_MILTER_VISIT_KIT_H
#define TESTS_UNIT_PROXY_AS_MILTER_VISIT_KIT_H

#include "proxy/as_milter/service.h"

struct visit_kit {
    char folder[64];
    char file[96], audit[96];
    struct config *config;
    struct service *service;
    char records[65536], log[8192];
};

/* visit_kit_begin(kit, rules): `milter` is given, audit and log go into files; ${rules} are further
 * settings. visit_kit_rewrite(kit, rules): the same file anew. visit_kit_records(kit): closes the
 * service and returns all that the audit has got. visit_kit_log(kit): the same of the log.
 * visit_kit_end(kit): the folder goes too. */
void visit_kit_begin(struct visit_kit *kit, const char *rules);
void visit_kit_rewrite(struct visit_kit *kit, const char *rules);
const char *visit_kit_records(struct visit_kit *kit);
const char *visit_kit_log(struct visit_kit *kit);
void visit_kit_end(struct visit_kit *kit);

#endif
