#include "proxy/milter/milter_facts.h"
#include "tests/unit/support.h"

static const struct milter_facts FACTS = {
    .hostname = SLICE_INIT("1"),
    .version = SLICE_INIT("2"),
    .queue_id = SLICE_INIT("3"),
    .origin = SLICE_INIT("4"),
    .date = SLICE_INIT("5"),
    .protocol = SLICE_INIT("6"),
    .helo = SLICE_INIT("7"),
    .time = SLICE_INIT("8"),
    .client_name = SLICE_INIT("9"),
    .client_ptr = SLICE_INIT("10"),
    .client_addr = SLICE_INIT("11"),
    .client_port = SLICE_INIT("12"),
    .client_resolve = SLICE_INIT("13"),
    .client_connections = SLICE_INIT("14"),
    .daemon_name = SLICE_INIT("15"),
    .daemon_addr = SLICE_INIT("16"),
    .daemon_port = SLICE_INIT("17"),
    .if_name = SLICE_INIT("18"),
    .if_addr = SLICE_INIT("19"),
    .tls_version = SLICE_INIT("20"),
    .cipher = SLICE_INIT("21"),
    .cipher_bits = SLICE_INIT("22"),
    .tls_sni = SLICE_INIT("23"),
    .cert_subject = SLICE_INIT("24"),
    .cert_issuer = SLICE_INIT("25"),
    .auth_type = SLICE_INIT("26"),
    .auth_authen = SLICE_INIT("27"),
    .auth_ssf = SLICE_INIT("28"),
    .auth_author = SLICE_INIT("29"),
    .mail_mailer = SLICE_INIT("30"),
    .mail_host = SLICE_INIT("31"),
    .mail_addr = SLICE_INIT("32"),
    .rcpt_mailer = SLICE_INIT("33"),
    .rcpt_host = SLICE_INIT("34"),
    .rcpt_addr = SLICE_INIT("35"),
    .msg_id = SLICE_INIT("36"),
    .msg_size = SLICE_INIT("37"),
};

static const char *const ROWS[][2] = {
    {"j", "1"},
    {"v", "2"},
    {"Z", "2"},
    {"i", "3"},
    {"_", "4"},
    {"b", "5"},
    {"r", "6"},
    {"s", "7"},
    {"t", "8"},
    {"client_name", "9"},
    {"client_ptr", "10"},
    {"client_addr", "11"},
    {"client_port", "12"},
    {"client_resolve", "13"},
    {"client_connections", "14"},
    {"daemon_name", "15"},
    {"daemon_addr", "16"},
    {"daemon_port", "17"},
    {"if_name", "18"},
    {"if_addr", "19"},
    {"tls_version", "20"},
    {"cipher", "21"},
    {"cipher_bits", "22"},
    {"tls_sni", "23"},
    {"cert_subject", "24"},
    {"cert_issuer", "25"},
    {"auth_type", "26"},
    {"auth_authen", "27"},
    {"auth_ssf", "28"},
    {"auth_author", "29"},
    {"mail_mailer", "30"},
    {"mail_host", "31"},
    {"mail_addr", "32"},
    {"rcpt_mailer", "33"},
    {"rcpt_host", "34"},
    {"rcpt_addr", "35"},
    {"msg_id", "36"},
    {"msg_size", "37"},
    {"J", ""},
    {"", ""},
    {"client", ""},
};

static void macros(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        assert_row_slice(milter_facts_macro(&FACTS, slice_str(ROWS[i][0])), slice_str(ROWS[i][1]),
                         ROWS[i][0], i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(macros)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
