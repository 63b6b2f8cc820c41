/* mta_kit: a service for tests, from a configuration given as text. */
#ifndef TESTS_UNIT_PROXY_AS_MILTER_MTA_KIT_H
#define TESTS_UNIT_PROXY_AS_MILTER_MTA_KIT_H

#include "proxy/as_milter/service.h"

struct mta_kit {
    char folder[64];
    char file[96], audit[96];
    struct config *config;
    struct service *service;
    char records[65536], log[8192];
};

/* mta_kit_begin(kit, rules): `milter` is given, audit and log go into files; ${rules} are further
 * settings. mta_kit_rewrite(kit, rules): the same file anew. mta_kit_records(kit): closes the
 * service and returns all that the audit has got. mta_kit_log(kit): the same of the log.
 * mta_kit_end(kit): the folder goes too. */
void mta_kit_begin(struct mta_kit *kit, const char *rules);
void mta_kit_rewrite(struct mta_kit *kit, const char *rules);
const char *mta_kit_records(struct mta_kit *kit);
const char *mta_kit_log(struct mta_kit *kit);
void mta_kit_end(struct mta_kit *kit);

#endif
