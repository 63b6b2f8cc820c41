/* tls_context: what is wrong with certificates, keys and authorities is said as it is. The files
 * are made by openssl(1) in a folder of their own. */
#include "conf/config.h"
#include "conf/listener_conf.h"
#include "conf/listener_tls.h"
#include "conf/upstream_conf.h"
#include "conf/upstream_tls.h"
#include "proxy/net/tls_store.h"
#include "tests/unit/proxy/net/certificates.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#define NEW_KEY "-newkey ec -pkeyopt ec_paramgen_curve:P-256"

static const char MAKE[] =
    "exec 2>log\n"
    "openssl req -x509 " NEW_KEY " -nodes -days 30 -subj /CN=a -keyout a.key -out a.pem\n"
    "openssl req -x509 " NEW_KEY " -nodes -days 30 -subj /CN=b -keyout b.key -out b.pem\n"
    "openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=r -keyout r.key -out r.pem\n"
    "openssl req -x509 -newkey rsa:512 -nodes -days 30 -subj /CN=w -keyout w.key -out w.pem\n"
    "openssl req -new -key a.key -subj /CN=a -out a.csr\n"
    "openssl x509 -in a.pem -outform DER -out a.der\n"
    "openssl pkey -in a.key -outform DER -out a.keyder\n"
    "openssl pkcs12 -export -in a.pem -inkey a.key -passout pass:x -out a.p12\n"
    "openssl pkey -in a.key -aes256 -passout pass:x -out locked.key\n"
    "openssl rsa -in r.key -traditional -aes256 -passout pass:x -out old.key\n"
    "openssl pkey -in a.key -pubout -out a.pub\n"
    "printf -- '-----BEGIN OPENSSH PRIVATE KEY-----\\nAA==\\n' >ssh.key\n"
    "printf -- '-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----\\n' >broken.pem\n"
    "sed /END/d a.pem >cut.pem; sed /END/d a.key >cut.key\n"
    "printf -- '-----BEGIN PRIVATE KEY-----\\nAAAA\\n-----END PRIVATE KEY-----\\n' >broken.key\n"
    "cat b.pem a.pem >order.pem; cat a.pem b.pem >chain.pem; cat a.key a.pem >both.pem\n"
    ": >empty; echo hello >text; printf '\\060' >short; mkdir folder; mkfifo pipe\n";

struct scene {
    char folder[FOLDER_MAX];
};

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    folder_make(s->folder);
    shell(s->folder, MAKE);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    folder_remove(s->folder);
    free(s);
    return 0;
}

/* The problems without the folder's name. */
struct told {
    const char *folder;
    char text[2048];
};

static void collect(void *ctx, struct slice line)
{
    struct told *told = ctx;
    struct slice folder = slice_str(told->folder);
    size_t used = strlen(told->text);
    while (line.len > 0 && used + 2 < sizeof(told->text)) {
        size_t pass = slice_starts(line, folder) ? folder.len + 1 : 0;
        if (pass == 0)
            told->text[used++] = *line.ptr;
        line = slice_from(line, pass > 0 ? pass : 1);
    }
    told->text[used++] = '\n';
    told->text[used] = '\0';
}

static void assert_problems(const struct scene *s, const struct diag *diag, const char *wanted)
{
    struct told told = {.folder = s->folder};
    diag_print(diag, collect, &told);
    assert_string_equal(told.text, wanted);
}

/* --- certificate and key --- */

#define CERTIFICATE(name) "error: cannot use the certificate \"" name "\": "
#define KEY(name)         "error: cannot use the key \"" name "\": "

static const struct {
    const char *certificate, *key, *problems;
} PAIRS[] = {
    {"a.pem", "a.key", ""},
    {"chain.pem", "a.key", ""},
    {"both.pem", "both.pem", ""},
    {"none.pem", "none.key",
     CERTIFICATE("none.pem") "there is no such file\n" KEY("none.key") "there is no such file\n"},
    {"folder", "a.key", CERTIFICATE("folder") "it is a folder: name the file in it\n"},
    {"pipe", "pipe",
     CERTIFICATE("pipe") "it is no plain file\n" KEY("pipe") "it is no plain file\n"},
    {"empty", "empty", CERTIFICATE("empty") "it is empty\n" KEY("empty") "it is empty\n"},
    {"a.pem/x", "a.key", CERTIFICATE("a.pem/x") "Not a directory\n"},
    {"text", "a.key",
     CERTIFICATE("text") "it holds no certificate in PEM: no line begins with -----BEGIN\n"},
    {"a.pem", "text", KEY("text") "it holds no key in PEM: no line begins with -----BEGIN\n"},
    {"short", "a.key",
     CERTIFICATE("short") "it holds no certificate in PEM: no line begins with -----BEGIN\n"},
    {"a.der", "a.key",
     CERTIFICATE("a.der") "it is in DER, and PEM is needed: openssl x509 -inform DER -in a.der "
                          "-out NEW\n"},
    {"a.pem", "a.keyder",
     KEY("a.keyder") "it is in DER, and PEM is needed: openssl pkey -inform DER -in a.keyder -out "
                     "NEW\n"},
    {"a.p12", "a.key",
     CERTIFICATE("a.p12") "it is in DER, and PEM is needed: openssl pkcs12 -nodes -in a.p12 -out "
                          "NEW\n"},
    {"a.key", "a.pem",
     CERTIFICATE("a.key") "it holds a private key and no certificate: are certificate and key "
                          "exchanged?\n"},
    {"a.pem", "a.pem",
     KEY("a.pem") "it holds a certificate and no private key: are certificate and key "
                  "exchanged?\n"},
    {"a.csr", "a.key",
     CERTIFICATE("a.csr") "it holds a request (CSR), not the certificate that an authority made of "
                          "it\n"},
    {"a.pem", "a.csr", KEY("a.csr") "it holds a request (CSR), and no private key\n"},
    {"a.pub", "a.key", CERTIFICATE("a.pub") "it holds something else than a certificate\n"},
    {"a.pem", "a.pub", KEY("a.pub") "it holds something else than a private key\n"},
    {"a.pem", "locked.key",
     KEY("locked.key") "it is locked with a passphrase, and nobody is there to type it: openssl "
                       "pkey -in OLD -out NEW writes it without\n"},
    {"r.pem", "old.key",
     KEY("old.key") "it is locked with a passphrase, and nobody is there to type it: openssl pkey "
                    "-in OLD -out NEW writes it without\n"},
    {"a.pem", "ssh.key",
     KEY("ssh.key") "it is a key of OpenSSH: ssh-keygen -p -m PEM -f FILE turns it into PEM\n"},
    {"a.pem", "b.key", KEY("b.key") "it belongs to another certificate than \"a.pem\"\n"},
    {"a.pem", "r.key", KEY("r.key") "it belongs to another certificate than \"a.pem\"\n"},
    {"order.pem", "a.key",
     CERTIFICATE("order.pem") "the server's own certificate must come first in it, before those of "
                              "its authorities\n"},
    {"cut.pem", "a.key",
     CERTIFICATE("cut.pem") "it is cut short: a line that begins with -----BEGIN or -----END is "
                            "missing\n"},
    {"a.pem", "cut.key",
     KEY("cut.key") "it is cut short: a line that begins with -----BEGIN or -----END is missing\n"},
    {"broken.pem", "a.key", CERTIFICATE("broken.pem") "it is damaged or not allowed (...)\n"},
    {"a.pem", "broken.key", KEY("broken.key") "it is damaged or not allowed (...)\n"},
    {"w.pem", "w.key", CERTIFICATE("w.pem") "it is damaged or not allowed (ee key too small)\n"},
};

/* What OpenSSL says of damage is its own affair. */
static void blur(struct told *told, const char *wanted)
{
    char *open = strchr(told->text, '(');
    if (strstr(wanted, "(...)") != NULL && open != NULL)
        (void)snprintf(open, sizeof(told->text) - (size_t)(open - told->text), "(...)\n");
}

static void test_pairs(void **state)
{
    struct scene *s = *state;
    for (size_t i = 0; i < sizeof(PAIRS) / sizeof(PAIRS[0]); i++) {
        char certificate[128], key[128];
        struct listener_conf listener = {.name = SLICE("l")};
        struct told told = {.folder = s->folder};
        struct diag diag;
        diag_init(&diag);
        listener.tls.mode = TLS_STARTTLS;
        listener.tls.pair.certificate = path_in(s->folder, PAIRS[i].certificate, certificate);
        listener.tls.pair.key = path_in(s->folder, PAIRS[i].key, key);
        struct tls_context *context = tls_context_listener(&listener, &diag);
        assert_int_equal(context == NULL, diag.errors > 0);
        tls_context_unref(context);
        diag_print(&diag, collect, &told);
        blur(&told, PAIRS[i].problems);
        assert_string_equal(told.text, PAIRS[i].problems);
        diag_fini(&diag);
    }
}

/* As root of a machine nobody is kept from reading anything. */
static void test_unreadable(void **state)
{
    struct scene *s = *state;
    char certificate[128], key[128];
    struct listener_conf listener = {.name = SLICE("l")};
    struct diag diag;
    if (geteuid() != 0)
        skip_because("only root can own what another one may not read");
    diag_init(&diag);
    shell(s->folder, "chmod 600 a.key && chmod 755 .");
    listener.tls.pair.certificate = path_in(s->folder, "a.pem", certificate);
    listener.tls.pair.key = path_in(s->folder, "a.key", key);
    assert_int_equal(seteuid(65534), 0);
    assert_null(tls_context_listener(&listener, &diag));
    assert_int_equal(seteuid(0), 0);
    assert_problems(s, &diag,
                    KEY("a.key") "the user 'nobody' may not read it (Permission denied)\n");
    diag_fini(&diag);
}

/* --- time --- */

/* A certificate whose time begins in ${days}, where there is one already, with its key. */
static void postpone(const char *path, const char *key_path, long days)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    assert_int_equal(fclose(file), 0);
    file = fopen(key_path, "r");
    assert_non_null(file);
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    assert_int_equal(fclose(file), 0);
    assert_non_null(certificate);
    assert_non_null(key);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), days * 86400 - 3600));
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(PEM_write_X509(file, certificate), 1);
    assert_int_equal(fclose(file), 0);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void test_not_valid_yet(void **state)
{
    struct scene *s = *state;
    char certificate[128], key[128];
    struct listener_conf listener = {.name = SLICE("l")};
    struct config config = {.listeners = &listener, .listener_count = 1};
    struct diag diag;
    diag_init(&diag);
    listener.tls.mode = TLS_STARTTLS;
    listener.tls.pair.certificate = path_in(s->folder, "a.pem", certificate);
    listener.tls.pair.key = path_in(s->folder, "a.key", key);
    postpone(certificate, key, 5);
    struct tls_store *store = tls_store_create(&config, &diag);
    assert_non_null(store);
    tls_store_unref(store);
    assert_problems(s, &diag,
                    "warning: certificate \"a.pem\" is not valid yet: its time begins in 5 days\n");
    diag_fini(&diag);
}

/* --- authorities --- */

static const struct {
    const char *file, *problems;
    bool clients; /* of a listener's clients, else of an upstream */
} AUTHORITIES[] = {
    {"a.pem", "", true},
    {"chain.pem", "", false},
    {"folder", "", false},
    {"folder", "it is a folder: name the file in it\n", true},
    {"none", "there is no such file\n", true},
    {"none", "there is no such file\n", false},
    {"empty", "it is empty\n", false},
    {"a.key", "it holds a private key and no certificate: are certificate and key exchanged?\n",
     false},
    {"a.der", "it is in DER, and PEM is needed: openssl x509 -inform DER -in a.der -out NEW\n",
     true},
    {"text", "it holds no certificate in PEM: no line begins with -----BEGIN\n", false},
};

static struct tls_context *make_clients(const struct scene *s, struct slice file, struct diag *diag)
{
    char certificate[128], key[128];
    struct listener_conf listener = {.name = SLICE("l")};
    listener.tls.client_certificate = CLIENT_CERTIFICATE_REQUIRE;
    listener.tls.client_ca = file;
    listener.tls.pair.certificate = path_in(s->folder, "a.pem", certificate);
    listener.tls.pair.key = path_in(s->folder, "a.key", key);
    return tls_context_listener(&listener, diag);
}

static struct tls_context *make_upstream(struct slice file, struct diag *diag)
{
    struct upstream_conf upstream = {.name = SLICE("u")};
    upstream.tls.mode = UPSTREAM_TLS_VERIFIED;
    upstream.tls.name = SLICE("x.test");
    upstream.tls.ca = file;
    return tls_context_upstream(&upstream, diag);
}

static void test_authorities(void **state)
{
    struct scene *s = *state;
    for (size_t i = 0; i < sizeof(AUTHORITIES) / sizeof(AUTHORITIES[0]); i++) {
        char path[128], wanted[512] = "";
        struct slice file = path_in(s->folder, AUTHORITIES[i].file, path);
        struct diag diag;
        diag_init(&diag);
        struct tls_context *context =
            AUTHORITIES[i].clients ? make_clients(s, file, &diag) : make_upstream(file, &diag);
        assert_int_equal(context == NULL, diag.errors > 0);
        tls_context_unref(context);
        if (AUTHORITIES[i].problems[0] != '\0')
            (void)snprintf(wanted, sizeof(wanted),
                           "error: cannot use the authorities in \"%s\": %s", AUTHORITIES[i].file,
                           AUTHORITIES[i].problems);
        assert_problems(s, &diag, wanted);
        diag_fini(&diag);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pairs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unreadable, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_valid_yet, setup, teardown),
        cmocka_unit_test_setup_teardown(test_authorities, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
