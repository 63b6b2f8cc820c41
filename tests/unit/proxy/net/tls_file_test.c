/* tls_file: what a file is that is no certificate, or no key. */
#include "proxy/net/tls_file.h"
#include "tests/unit/proxy/net/ground.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BEGIN(label) "-----BEGIN " label "-----\n"
#define END(label)   "-----END " label "-----\n"
#define PEM(label)   BEGIN(label) "AAAA\n" END(label)
#define EXCHANGED    "are certificate and key exchanged?"

/* ${certificate} and ${key}: a part of what is said where that is wanted; NULL: nothing is. */
static const struct {
    struct slice content;
    const char *certificate, *key;
} rows[] = {
    {SLICE_INIT(PEM("CERTIFICATE")), NULL, EXCHANGED},
    {SLICE_INIT(PEM("TRUSTED CERTIFICATE")), NULL, EXCHANGED},
    {SLICE_INIT(PEM("X509 CERTIFICATE")), NULL, EXCHANGED},
    {SLICE_INIT(PEM("PRIVATE KEY")), EXCHANGED, NULL},
    {SLICE_INIT(PEM("EC PRIVATE KEY")), EXCHANGED, NULL},
    {SLICE_INIT(PEM("CERTIFICATE") PEM("RSA PRIVATE KEY")), NULL, NULL},
    {SLICE_INIT(PEM("PUBLIC KEY")), "something else than a cert", "something else than a private"},
    {SLICE_INIT(PEM("DH PARAMETERS") PEM("PRIVATE KEY")), EXCHANGED, NULL},
    {SLICE_INIT(PEM("CERTIFICATE REQUEST")), "a request (CSR), not", "a request (CSR), and no"},
    {SLICE_INIT(PEM("NEW CERTIFICATE REQUEST")), "a request (CSR), not", "a request (CSR), and no"},
    {SLICE_INIT(PEM("ENCRYPTED PRIVATE KEY")), EXCHANGED, "passphrase"},
    {SLICE_INIT(BEGIN("RSA PRIVATE KEY") "Proc-Type: 4,ENCRYPTED\nAAAA\n" END("RSA PRIVATE KEY")),
     EXCHANGED, "passphrase"},
    {SLICE_INIT(PEM("OPENSSH PRIVATE KEY")), EXCHANGED, "a key of OpenSSH"},
    {SLICE_INIT(BEGIN("CERTIFICATE") "AAAA\n"), "cut short", EXCHANGED},
    {SLICE_INIT(BEGIN("PRIVATE KEY") "AAAA\n"), EXCHANGED, "cut short"},
    {SLICE_INIT("-----BEGIN CERTIFICATE----- \r\nAA\r\n-----END CERTIFICATE-----\r\n"), NULL,
     EXCHANGED},
    {SLICE_INIT(BEGIN("RSA PRIVATE KEY") "Proc-Type: 4,ENCRYPTED\r\n" END("RSA PRIVATE KEY")),
     EXCHANGED, "passphrase"},
    {SLICE_INIT(" " PEM("CERTIFICATE")), "no certificate in PEM", "no key in PEM"},
    {SLICE_INIT(PEM("")), "no certificate in PEM", "no key in PEM"},
    {SLICE_INIT("-----BEGIN "), "no certificate in PEM", "no key in PEM"},
    {SLICE_INIT("hello\n"), "no certificate in PEM", "no key in PEM"},
    {SLICE_INIT("\x30\x82\x01\x02\x30\x00"), "openssl x509 -inform DER -in ",
     "openssl pkey -inform DER -in "},
    {SLICE_INIT("\x30\x03\x02\x01\x00"), "openssl x509 -inform DER", "openssl pkey -inform DER"},
    {SLICE_INIT("\x30\x03\x02\x01\x03"), "openssl pkcs12", "openssl pkcs12"},
    {SLICE_INIT("\x30\x82\x01\x02\x02\x01\x03"), "openssl pkcs12", "openssl pkcs12"},
    {SLICE_INIT("\x30\x05\x30\x03\x03\x01\x00"), "openssl x509 -inform DER",
     "openssl pkey -inform DER"},
    {SLICE_INIT("\x30\x02\x02\x01"), "openssl x509 -inform DER", "openssl pkey -inform DER"},
    {SLICE_INIT("\x30\x03\x04\x01\x00"), "no certificate in PEM", "no key in PEM"},
    {SLICE_INIT("\x31\x03\x02\x01\x00"), "no certificate in PEM", "no key in PEM"},
    {SLICE_INIT("\x30\x01\x02"), "no certificate in PEM", "no key in PEM"},
    {SLICE_INIT("\x30\xff\x02\x02"), "no certificate in PEM", "no key in PEM"},
};

static void put(const char *path, struct slice content)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    write_all(fd, content);
    assert_int_equal(close(fd), 0);
}

static void judge(const char *path, enum tls_file wanted, const char *want, size_t row)
{
    char said[TLS_FILE_PROBLEM_MAX] = "untouched";
    assert_row(tls_file_explain(slice_str(path), wanted, said) == (want != NULL), said, row);
    assert_row(strstr(said, want != NULL ? want : "untouched") != NULL, said, row);
}

static void test_what_it_holds(void **state)
{
    char path[] = "/tmp/postern-tls-file-XXXXXX";
    int fd = mkstemp(path);
    (void)state;
    assert_int_equal(close(fd), 0);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        put(path, rows[i].content);
        judge(path, TLS_FILE_CERTIFICATE, rows[i].certificate, i);
        judge(path, TLS_FILE_AUTHORITIES, rows[i].certificate, i);
        judge(path, TLS_FILE_KEY, rows[i].key, i);
    }
    assert_int_equal(unlink(path), 0);
    judge(path, TLS_FILE_KEY, NULL, COUNT_OF(rows));
}

/* Of a file that is larger than any of its kind the beginning is looked at. */
static void test_a_large_one(void **state)
{
    char path[] = "/tmp/postern-tls-file-XXXXXX";
    char block[4096] = "\x30\x03\x02\x01\x03";
    int fd = mkstemp(path);
    (void)state;
    for (size_t i = 0; i <= (1U << 20) / sizeof(block); i++)
        write_all(fd, slice_make(block, sizeof(block)));
    assert_int_equal(close(fd), 0);
    judge(path, TLS_FILE_KEY, "openssl pkcs12", 0);
    assert_int_equal(unlink(path), 0);
}

static void usable(const char *path, const char *want)
{
    char said[TLS_FILE_PROBLEM_MAX] = "";
    bool good = tls_file_usable(slice_str(path), said);
    assert_string_equal(said, want);
    assert_int_equal(good, want[0] == '\0');
}

/* A pipe is not opened: nobody may ever write to it. */
static void test_whether_there_is_one(void **state)
{
    char folder[] = "/tmp/postern-tls-file-XXXXXX";
    char file[64];
    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(file, sizeof(file), "%s/file", folder);
    usable(file, "there is no such file");
    usable(folder, "it is a folder: name the file in it");
    assert_int_equal(mkfifo(file, 0600), 0);
    usable(file, "it is no plain file");
    assert_int_equal(unlink(file), 0);
    put(file, SLICE_NONE);
    usable(file, "it is empty");
    put(file, SLICE("x"));
    usable(file, "");
    char below[80];
    (void)snprintf(below, sizeof(below), "%s/x", file);
    usable(below, "Not a directory");
    assert_int_equal(unlink(file), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void test_what_may_not_be_read(void **state)
{
    char path[] = "/tmp/postern-tls-file-XXXXXX";
    char said[TLS_FILE_PROBLEM_MAX];
    (void)state;
    if (geteuid() == 0)
        skip_because("root reads everything");
    int fd = mkstemp(path);
    write_all(fd, SLICE("x"));
    assert_int_equal(fchmod(fd, 0), 0);
    assert_int_equal(close(fd), 0);
    assert_false(tls_file_usable(slice_str(path), said));
    assert_non_null(strstr(said, "may not read it (Permission denied)"));
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_it_holds),
        cmocka_unit_test(test_a_large_one),
        cmocka_unit_test(test_whether_there_is_one),
        cmocka_unit_test(test_what_may_not_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
