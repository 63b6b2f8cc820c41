/* milter_facts: see milter_facts.h. */
#include "proxy/milter/milter_facts.h"

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

#define MACRO(macro_name, member)                                                                  \
    {                                                                                              \
        SLICE_INIT(macro_name), offsetof(struct milter_facts, member)                              \
    }

static const struct {
    struct slice name;
    size_t offset;
} macros[] = {
    MACRO("j", hostname),
    MACRO("v", version),
    MACRO("Z", version),
    MACRO("i", queue_id),
    MACRO("_", origin),
    MACRO("b", date),
    MACRO("r", protocol),
    MACRO("s", helo),
    MACRO("t", time),
    MACRO("client_name", client_name),
    MACRO("client_ptr", client_ptr),
    MACRO("client_addr", client_addr),
    MACRO("client_port", client_port),
    MACRO("client_resolve", client_resolve),
    MACRO("client_connections", client_connections),
    MACRO("daemon_name", daemon_name),
    MACRO("daemon_addr", daemon_addr),
    MACRO("daemon_port", daemon_port),
    MACRO("if_name", if_name),
    MACRO("if_addr", if_addr),
    MACRO("tls_version", tls_version),
    MACRO("cipher", cipher),
    MACRO("cipher_bits", cipher_bits),
    MACRO("tls_sni", tls_sni),
    MACRO("cert_subject", cert_subject),
    MACRO("cert_issuer", cert_issuer),
    MACRO("auth_type", auth_type),
    MACRO("auth_authen", auth_authen),
    MACRO("auth_ssf", auth_ssf),
    MACRO("auth_author", auth_author),
    MACRO("mail_mailer", mail_mailer),
    MACRO("mail_host", mail_host),
    MACRO("mail_addr", mail_addr),
    MACRO("rcpt_mailer", rcpt_mailer),
    MACRO("rcpt_host", rcpt_host),
    MACRO("rcpt_addr", rcpt_addr),
    MACRO("msg_id", msg_id),
    MACRO("msg_size", msg_size),
};

struct slice milter_facts_macro(const struct milter_facts *facts, struct slice name)
{
    struct slice value = SLICE_NONE;

    for (size_t i = 0; i < facts->given_count; i++)
        if (slice_equal(facts->given[i].name, name))
            return facts->given[i].value;
    for (size_t i = 0; i < COUNT_OF(macros); i++)
        if (slice_equal(macros[i].name, name))
            memcpy(&value, (const char *)facts + macros[i].offset, sizeof(value));
    return value;
}
