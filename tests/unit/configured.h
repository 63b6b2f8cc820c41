/* configured: a whole configuration from a text. */
#ifndef TESTS_UNIT_CONFIGURED_H
#define TESTS_UNIT_CONFIGURED_H

#include "conf/read/config_load.h"
#include "tests/unit/support.h"

#include <stdlib.h>

/* configured(text): the caller's reference; ${text} must be without errors. */
static inline struct config *configured(const char *text)
{
    char path[] = "/tmp/configured.XXXXXX";
    struct diag diag;
    int fd = mkstemp(path);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
    diag_init(&diag);
    struct config *config = config_load(path, CONFIG_NEEDS_NOTHING, NULL, &diag);
    assert_int_equal(unlink(path), 0);
    if (config == NULL)
        fail_msg("%.*s", SLICE_ARG(diag.first->text));
    diag_fini(&diag);
    return config;
}

#endif
