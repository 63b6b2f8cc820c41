/* A folder of certificates and keys, made by openssl(1). */
#ifndef TESTS_UNIT_PROXY_NET_CERTIFICATES_H
#define TESTS_UNIT_PROXY_NET_CERTIFICATES_H

#include "filters/base/slice.h"
#include "tests/unit/proxy/net/ground.h"

#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLDER_MAX 64

/* shell(folder, script): runs it there. */
static inline void shell(const char *folder, const char *script)
{
    char command[4096];
    char name[] = "sh", flag[] = "-c";
    char *const arguments[] = {name, flag, command, NULL};
    pid_t child;
    int status;
    assert_true(snprintf(command, sizeof(command), "cd %s && %s", folder, script) <
                (int)sizeof(command));
    assert_int_equal(posix_spawnp(&child, "sh", NULL, NULL, arguments, environ), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static inline void folder_make(char folder[FOLDER_MAX])
{
    (void)snprintf(folder, FOLDER_MAX, "/tmp/postern-tls-XXXXXX");
    assert_non_null(mkdtemp(folder));
}

static inline void folder_remove(const char *folder)
{
    shell(folder, "rm -r $PWD");
}

static inline struct slice path_in(const char *folder, const char *name, char out[128])
{
    (void)snprintf(out, 128, "%s/%s", folder, name);
    return slice_str(out);
}

/* certificate_make(folder, days): mx.pem and mx.key, of mx.example. */
static inline void certificate_make(const char *folder, unsigned days)
{
    char script[512];
    (void)snprintf(script, sizeof(script),
                   "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days %u "
                   "-subj /CN=mx.example -addext subjectAltName=DNS:mx.example -keyout mx.key "
                   "-out mx.pem 2>log",
                   days);
    shell(folder, script);
}

#endif
