#include "tests/unit/proxy/as_milter/mta_kit.h"
#include "conf/config.h"

#include <stdlib.h>

#include "conf/read/config_load.h"
#include "proxy/as_milter/mta_session.h"
#include "tests/unit/support.h"

void mta_kit_rewrite(struct mta_kit *kit, const char *rules)
{
    FILE *file = fopen(kit->file, "w");

    assert_non_null(file);
    (void)fprintf(file,
                  "hostname = \"gw.test\"; milter = { address = \"inet:1@127.0.0.1\"; };\n"
                  "audit = { file = \"%s\"; }; log = { to = \"%s/log\"; };\n%s",
                  kit->audit, kit->folder, rules);
    assert_int_equal(fclose(file), 0);
}

void mta_kit_begin(struct mta_kit *kit, const char *rules)
{
    struct diag diag;
    char error[256] = "";

    (void)snprintf(kit->folder, sizeof(kit->folder), "/tmp/postern-session-XXXXXX");
    assert_non_null(mkdtemp(kit->folder));
    (void)snprintf(kit->file, sizeof(kit->file), "%s/conf", kit->folder);
    (void)snprintf(kit->audit, sizeof(kit->audit), "%s/audit", kit->folder);
    mta_kit_rewrite(kit, rules);
    diag_init(&diag);
    kit->config = config_load(kit->file, CONFIG_NEEDS_MILTER, NULL, &diag);
    if (kit->config == NULL)
        fail_msg("%.*s", SLICE_ARG(diag.first->text));
    diag_fini(&diag);
    kit->service = service_create(kit->config, error, sizeof(error));
    assert_string_equal(error, "");
}

static void close_service(struct mta_kit *kit)
{
    if (kit->service == NULL)
        return;
    (void)service_close(kit->service);
    mta_session_end_all(kit->service, "the service was stopped");
    service_end(kit->service);
    free(kit->service); /* no thread of libmilter's is here to ask it */
    kit->service = NULL;
}

static const char *read_all(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
    return text;
}

const char *mta_kit_records(struct mta_kit *kit)
{
    close_service(kit);
    return read_all(kit->audit, kit->records, sizeof(kit->records));
}

const char *mta_kit_log(struct mta_kit *kit)
{
    char path[96];

    close_service(kit);
    (void)snprintf(path, sizeof(path), "%s/log", kit->folder);
    return read_all(path, kit->log, sizeof(kit->log));
}

void mta_kit_end(struct mta_kit *kit)
{
    char log[96];

    close_service(kit);
    config_unref(kit->config);
    (void)snprintf(log, sizeof(log), "%s/log", kit->folder);
    (void)unlink(log);
    (void)unlink(kit->audit);
    (void)unlink(kit->file);
    assert_int_equal(rmdir(kit->folder), 0);
}
