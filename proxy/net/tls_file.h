/* tls_file: what is wrong with a file that should hold a certificate, a key or authorities.
 *
 * OpenSSL says "system lib" and "PEM lib". Whoever has named the wrong file needs to hear what it
 * is instead. Looks at the file only, not into the keys; never waits for a file that is a pipe.
 */
#ifndef PROXY_NET_TLS_FILE_H
#define PROXY_NET_TLS_FILE_H

#include "filters/base/slice.h"

enum tls_file {
    TLS_FILE_CERTIFICATE,
    TLS_FILE_KEY,
    TLS_FILE_AUTHORITIES,
};

#define TLS_FILE_PROBLEM_MAX 512

/* tls_file_usable(path, out): whether it is a file that this process may read, with something in
 * it; if not, ${out} gets half a sentence that says what it is ("it is empty"). ${path} is
 * NUL-terminated. Blocking file I/O. */
bool tls_file_usable(struct slice path, char out[TLS_FILE_PROBLEM_MAX]);

/* tls_file_explain(path, wanted, out): the same for one that is usable and yet not what is wanted:
 * DER, a key in place of a certificate, locked with a passphrase. false: nothing of that kind is to
 * be seen, and ${out} is as it was. */
bool tls_file_explain(struct slice path, enum tls_file wanted, char out[TLS_FILE_PROBLEM_MAX]);

#endif
