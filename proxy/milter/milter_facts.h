/* milter_facts: what a milter can be told beside the commands: the macros (MILTER 6), and the
 * ESMTP parameters of MAIL and RCPT.
 */
#ifndef PROXY_MILTER_MILTER_FACTS_H
#define PROXY_MILTER_MILTER_FACTS_H

#include "filters/base/slice.h"

struct milter_macro {
    struct slice name, value; /* the name without braces */
};

/* As known now. An empty one has no value, and is not sent. */
struct milter_facts {
    struct slice hostname;                  /* j */
    struct slice version;                   /* v, Z: our name and version */
    struct slice queue_id;                  /* i; from MAIL on */
    struct slice origin;                    /* _; empty: client_name [client_addr] */
    struct slice date;                      /* b: as in a Date field */
    struct slice protocol;                  /* r: SMTP, ESMTP, LMTP */
    struct slice helo;                      /* s */
    struct slice time;                      /* t: 202611211230, in UTC */
    struct slice client_name;               /* forward-confirmed, or "unknown" */
    struct slice client_ptr;                /* reverse name, confirmed or not */
    struct slice client_addr, client_port;  /* without brackets */
    struct slice client_resolve;            /* OK, FORGED, TEMP, FAIL */
    struct slice client_connections;        /* number of them now */
    struct slice daemon_name;               /* the listener's */
    struct slice daemon_addr, daemon_port;  /* where it listens */
    struct slice if_name, if_addr;          /* where the client came in */
    struct slice tls_version, cipher;       /* TLSv1.3, and its cipher */
    struct slice cipher_bits, tls_sni;      /* 256; the name asked for */
    struct slice cert_subject, cert_issuer; /* of a verified client certificate */
    struct slice auth_type, auth_authen;    /* mechanism, login */
    struct slice auth_ssf, auth_author;     /* key length; identity acted for */
    struct slice mail_mailer, mail_host;    /* how the sender would be reached */
    struct slice mail_addr;                 /* empty: the sender of the event */
    struct slice rcpt_mailer, rcpt_host;    /* how the recipient is; of a refused one "error"
                                             * and the enhanced code */
    struct slice rcpt_addr;                 /* empty: the recipient of the event; of a refused
                                             * one the text of the reply */
    struct slice msg_id, msg_size;          /* Message-ID; octets, from the end of data on */
    const struct milter_macro *given; /* by a person, for tools: they come before all of these; one
                                       * that no list names goes with the client's */
    size_t given_count;
    const struct slice *params; /* of this MAIL or RCPT, each as written: "SIZE=100" */
    size_t param_count;
};

/* milter_facts_macro(facts, name): the value of the macro ${name}, written without braces; empty
 * when there is none, or no such macro. */
struct slice milter_facts_macro(const struct milter_facts *facts, struct slice name);

#endif
