#include "proxy/net/tls_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/file.h"

#define FILE_BYTES_MAX (1 << 20) /* looked at; bundles of authorities have a quarter of it */

static bool say(char out[TLS_FILE_PROBLEM_MAX], const char *text)
{
    (void)snprintf(out, TLS_FILE_PROBLEM_MAX, "%s", text);
    return false;
}

/* --- whether there is anything --- */

static bool say_errno(char out[TLS_FILE_PROBLEM_MAX], int error)
{
    const struct passwd *user = error == EACCES ? getpwuid(geteuid()) : NULL;
    if (error == ENOENT)
        return say(out, "there is no such file");
    if (user == NULL)
        return say(out, strerror(error));
    (void)snprintf(out, TLS_FILE_PROBLEM_MAX, "the user '%s' may not read it (%s)", user->pw_name,
                   strerror(error));
    return false;
}

bool tls_file_usable(struct slice path, char out[TLS_FILE_PROBLEM_MAX])
{
    struct stat found;
    if (stat(path.ptr, &found) != 0)
        return say_errno(out, errno);
    if (S_ISDIR(found.st_mode))
        return say(out, "it is a folder: name the file in it");
    if (!S_ISREG(found.st_mode))
        return say(out, "it is no plain file");
    if (faccessat(AT_FDCWD, path.ptr, R_OK, AT_EACCESS) != 0)
        return say_errno(out, errno);
    return found.st_size > 0 || say(out, "it is empty");
}

/* --- what it holds --- */

/* The kinds of PEM (RFC 7468) that are met here. */
struct content {
    size_t certificates, keys, locked_keys, requests, others;
    size_t begins, ends; /* of all kinds */
    bool ssh;            /* a key as ssh-keygen writes it */
};

static void count_label(struct content *content, struct slice label)
{
    static const struct slice KEY = SLICE_INIT("PRIVATE KEY");
    bool key = label.len >= KEY.len && slice_equal(slice_from(label, label.len - KEY.len), KEY);
    if (slice_equal(label, SLICE("CERTIFICATE")) ||
        slice_equal(label, SLICE("TRUSTED CERTIFICATE")) ||
        slice_equal(label, SLICE("X509 CERTIFICATE")))
        content->certificates++;
    else if (slice_equal(label, SLICE("OPENSSH PRIVATE KEY")))
        content->ssh = true;
    else if (slice_equal(label, SLICE("ENCRYPTED PRIVATE KEY")))
        content->locked_keys++;
    else if (key)
        content->keys++;
    else if (slice_equal(label, SLICE("CERTIFICATE REQUEST")) ||
             slice_equal(label, SLICE("NEW CERTIFICATE REQUEST")))
        content->requests++;
    else
        content->others++;
}

/* As OpenSSL takes it: blanks and a CR may stand behind it, and nothing in front. */
static struct slice pem_line(struct slice line)
{
    while (line.len > 0 && (unsigned char)line.ptr[line.len - 1] <= ' ')
        line.len--;
    return line;
}

static struct content read_content(struct slice text)
{
    const struct slice begin = SLICE("-----BEGIN "), end = SLICE("-----");
    struct content content = {0};
    while (text.len > 0) {
        struct slice whole = slice_first(text, slice_find(text, '\n'));
        struct slice line = pem_line(whole);
        text = slice_from(text, whole.len + 1);
        if (slice_equal(line, SLICE("Proc-Type: 4,ENCRYPTED"))) /* in the key that began */
            content.locked_keys++;
        content.ends += slice_starts(line, SLICE("-----END "));
        content.begins += slice_starts(line, begin);
        if (slice_starts(line, begin) && line.len > begin.len + end.len)
            count_label(&content, slice_make(line.ptr + begin.len, line.len - begin.len - end.len));
    }
    return content;
}

static bool has_pem(const struct content *content)
{
    return content->certificates + content->keys + content->locked_keys + content->requests +
                   content->others >
               0 ||
           content->ssh;
}

/* --- DER (X.690) --- */

#define DER_SEQUENCE 0x30
#define DER_INTEGER  0x02
#define PFX_VERSION  3 /* RFC 7292, 4 */

/* What the outer sequence begins with, after its length. */
static struct slice der_inside(struct slice text)
{
    size_t head = 2;
    if (text.len > 1 && ((unsigned char)text.ptr[1] & 0x80) != 0)
        head += (unsigned char)text.ptr[1] & 0x7F;
    return slice_from(text, head);
}

/* The command that makes PEM of it, its beginning; NULL: it is no DER. */
static const char *der_command(struct slice text, enum tls_file wanted)
{
    struct slice inside = der_inside(text);
    bool number = slice_starts(inside, SLICE("\x02\x01")) && inside.len > 2;
    if (text.len < 4 || *text.ptr != DER_SEQUENCE || inside.len == 0)
        return NULL;
    if (number && inside.ptr[2] == PFX_VERSION)
        return "openssl pkcs12 -nodes";
    if (*inside.ptr != DER_INTEGER && *inside.ptr != DER_SEQUENCE)
        return NULL;
    return wanted == TLS_FILE_KEY ? "openssl pkey -inform DER" : "openssl x509 -inform DER";
}

static void explain_binary(struct slice path, struct slice text, enum tls_file wanted,
                           char out[TLS_FILE_PROBLEM_MAX])
{
    const char *command = der_command(text, wanted);
    if (command != NULL)
        (void)snprintf(out, TLS_FILE_PROBLEM_MAX,
                       "it is in DER, and PEM is needed: %s -in %.*s -out NEW", command,
                       SLICE_ARG(path));
    else
        (void)say(out, wanted == TLS_FILE_KEY
                           ? "it holds no key in PEM: no line begins with -----BEGIN"
                           : "it holds no certificate in PEM: no line begins with -----BEGIN");
}

/* --- the wrong thing --- */

static const char *instead_of_certificate(const struct content *content)
{
    if (content->certificates > 0)
        return NULL;
    if (content->requests > 0)
        return "it holds a request (CSR), not the certificate that an authority made of it";
    if (content->keys + content->locked_keys > 0 || content->ssh)
        return "it holds a private key and no certificate: are certificate and key exchanged?";
    return "it holds something else than a certificate";
}

static const char *instead_of_key(const struct content *content)
{
    if (content->locked_keys > 0)
        return "it is locked with a passphrase, and nobody is there to type it: openssl pkey -in "
               "OLD -out NEW writes it without";
    if (content->ssh)
        return "it is a key of OpenSSH: ssh-keygen -p -m PEM -f FILE turns it into PEM";
    if (content->keys > 0)
        return NULL;
    if (content->certificates > 0)
        return "it holds a certificate and no private key: are certificate and key exchanged?";
    if (content->requests > 0)
        return "it holds a request (CSR), and no private key";
    return "it holds something else than a private key";
}

static bool explain_text(struct slice path, struct slice text, enum tls_file wanted,
                         char out[TLS_FILE_PROBLEM_MAX])
{
    struct content content = read_content(text);
    if (!has_pem(&content)) {
        explain_binary(path, text, wanted, out);
        return true;
    }
    const char *problem =
        wanted == TLS_FILE_KEY ? instead_of_key(&content) : instead_of_certificate(&content);
    if (problem == NULL && content.begins != content.ends)
        problem = "it is cut short: a line that begins with -----BEGIN or -----END is missing";
    if (problem != NULL)
        (void)say(out, problem);
    return problem != NULL;
}

bool tls_file_explain(struct slice path, enum tls_file wanted, char out[TLS_FILE_PROBLEM_MAX])
{
    struct bytes text;
    bytes_init(&text, FILE_BYTES_MAX);
    const char *error = file_read(path.ptr, &text); /* what does not fit is not looked at */
    struct slice read = slice_make(text.data, text.len);
    bool explained = (error == NULL || read.len > 0) && explain_text(path, read, wanted, out);
    bytes_wipe(&text); /* it may be a key */
    bytes_fini(&text);
    return explained;
}
