/* PROTOCOL X01 to X03, R121 to R124: the PROXY header, well-formed or not, in every cut. */
#include "proxy/smtp/proxy_header.h"

#include "tests/unit/support.h"

#define SIG "\r\n\r\n\0\r\nQUIT\n"
#define ADDR4                                                                                      \
    "\xc0\x00\x02\x07\xcb\x00\x71\x01\x12\x67\x00\x19" /* 192.0.2.7:4711, 203.0.113.1:25 */
#define CRC  "\x06\xd5\xe8\xca"                        /* before TLV */
#define TLV  "\x05\0\x02id"
#define V6A  "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"
#define V6B  "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
#define MAP4 "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\x00\x02\x07"

#define READY PROXY_HEADER_READY
#define MORE  PROXY_HEADER_MORE
#define BAD   PROXY_HEADER_BAD

/* ${source} and ${destination} are empty where nobody is named. */
static const struct row {
    struct slice input;
    enum proxy_header_result result;
    const char *source, *destination;
    size_t left; /* octets behind the header */
} rows[] = {
    {SLICE_INIT("PROXY TCP4 192.0.2.7 203.0.113.1 4711 25\r\n"), READY, "192.0.2.7:4711",
     "203.0.113.1:25", 0},
    {SLICE_INIT("PROXY TCP4 192.0.2.7 203.0.113.1 4711 25\r\nEHLO a\r\n"), READY, "192.0.2.7:4711",
     "203.0.113.1:25", 8},
    {SLICE_INIT("PROXY TCP4 192.0.2.7 203.0.113.1 1980 99\r\n"), READY, "192.0.2.7:1980",
     "203.0.113.1:99", 0},
    {SLICE_INIT("PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n"), READY, "255.255.255.255:65535",
     "0.0.0.0:0", 0},
    {SLICE_INIT("PROXY TCP6 2001:db8::7 2001:db8::1 4711 25\r\n"), READY, "[2001:db8::7]:4711",
     "[2001:db8::1]:25", 0},
    {SLICE_INIT("PROXY TCP6 2001:0DB8:0000:0000:0000:0000:0000:0007 ::1 4711 25\r\n"), READY,
     "[2001:db8::7]:4711", "[::1]:25", 0},
    {SLICE_INIT("PROXY TCP6 ::ffff:192.0.2.7 ::1 4711 25\r\n"), READY, "192.0.2.7:4711", "[::1]:25",
     0},
    {SLICE_INIT("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
     READY, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
     "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", 0},
    {SLICE_INIT("PROXY UNKNOWN\r\n"), READY, "", "", 0},
    {SLICE_INIT("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\nX"),
     READY, "", "", 1}, /* 107 octets */

    {SLICE_INIT(""), MORE, "", "", 0},
    {SLICE_INIT("PRO"), MORE, "", "", 0},
    {SLICE_INIT("PROXY TCP4 192.0.2.7"), MORE, "", "", 0},
    {SLICE_INIT("PROXY TCP4 192.0.2.7 203.0.113.1 4711 25\r"), MORE, "", "", 0},

    {SLICE_INIT("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 655355\r\n"),
     BAD, "", "", 0}, /* 108 octets */
    {SLICE_INIT("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 655355"),
     BAD, "", "", 0},
    {SLICE_INIT("PROXY UNKNOWN\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY UNKNOWN\n\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY TCP4 192.0.2.7 203.0.113.1 4294967321 25\r\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY UNKNOWN\rX"), BAD, "", "", 0},
    {SLICE_INIT("PROXY UNKNOWN a\0b\r\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY UNKNOWNS\r\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY\r\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY \r\n"), BAD, "", "", 0},
    {SLICE_INIT("proxy UNKNOWN\r\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY unknown\r\n"), BAD, "", "", 0},
    {SLICE_INIT(" PROXY UNKNOWN\r\n"), BAD, "", "", 0},
    {SLICE_INIT("EHLO client.example\r\n"), BAD, "", "", 0},
    {SLICE_INIT("\n"), BAD, "", "", 0},
    {SLICE_INIT("\0"), BAD, "", "", 0},
    {SLICE_INIT("PROXY UDP4 192.0.2.7 203.0.113.1 4711 25\r\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY TCP5 192.0.2.7 203.0.113.1 4711 25\r\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY TCP4 2001:db8::7 2001:db8::1 4711 25\r\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY TCP6 192.0.2.7 203.0.113.1 4711 25\r\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY TCP6 [2001:db8::7] 2001:db8::1 4711 25\r\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY TCP6 fe80::1%eth0 2001:db8::1 4711 25\r\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY TCP4 192.0.02.7 203.0.113.1 4711 25\r\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY TCP4 192.0.2 203.0.113.1 4711 25\r\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY TCP4 192.0.2.256 203.0.113.1 4711 25\r\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY TCP4 192.0.2.7 203.0.113.1 04711 25\r\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY TCP4 192.0.2.7 203.0.113.1 65536 25\r\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY TCP4 192.0.2.7 203.0.113.1 4711 00\r\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY TCP4 192.0.2.7 203.0.113.1 4711 -1\r\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY TCP4 192.0.2.7 203.0.113.1 4711 2/\r\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY TCP4 192.0.2.7 203.0.113.1 4711 2:\r\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY TCP4 192.0.2.7 203.0.113.1 4711 +1\r\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY TCP4 192.0.2.7 203.0.113.1 4711\r\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY TCP4 192.0.2.7 203.0.113.1 4711 25 \r\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY TCP4 192.0.2.7 203.0.113.1 4711 25 x\r\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY TCP4  192.0.2.7 203.0.113.1 4711 25\r\n"), BAD, "", "", 0},
    {SLICE_INIT("PROXY TCP4\t192.0.2.7 203.0.113.1 4711 25\r\n"), BAD, "", "", 0},

    {SLICE_INIT(SIG "\x21\x11\0\x0c" ADDR4), READY, "192.0.2.7:4711", "203.0.113.1:25", 0},
    {SLICE_INIT(SIG "\x21\x11\0\x0c" ADDR4 "EHLO"), READY, "192.0.2.7:4711", "203.0.113.1:25", 4},
    {SLICE_INIT(SIG "\x21\x21\0\x24" V6A V6B "\x12\x67\0\x19"), READY, "[2001:db8::7]:4711",
     "[2001:db8::1]:25", 0},
    {SLICE_INIT(SIG "\x21\x21\0\x24" MAP4 V6B "\x12\x67\0\x19"), READY, "192.0.2.7:4711",
     "[2001:db8::1]:25", 0},
    {SLICE_INIT(SIG "\x21\x11\0\x14" ADDR4 "\x04\0\0"
                    "\xe0\0\x02xy"),
     READY, "192.0.2.7:4711", "203.0.113.1:25", 0}, /* a NOOP and an unknown TLV */
    {SLICE_INIT(SIG "\x21\x11\0\x0f" ADDR4 "\x04\0\0"), READY, "192.0.2.7:4711", "203.0.113.1:25",
     0},
    {SLICE_INIT(SIG "\x20\0\0\0"), READY, "", "", 0},
    {SLICE_INIT(SIG "\x20\x11\0\x0c" ADDR4), READY, "", "", 0},
    {SLICE_INIT(SIG "\x20\xff\0\x03"
                    "\xff\xff\xff"
                    "X"),
     READY, "", "", 1}, /* nothing in a LOCAL header is looked at */
    {SLICE_INIT(SIG "\x21\0\0\0"), READY, "", "", 0},
    {SLICE_INIT(SIG "\x21\0\0\x04"
                    "\x04\0\x01"
                    "a"),
     READY, "", "", 0},

    {SLICE_INIT(SIG), MORE, "", "", 0},
    {SLICE_INIT("\r\n\r\n"), MORE, "", "", 0},
    {SLICE_INIT(SIG "\x21\x11\0"), MORE, "", "", 0},
    {SLICE_INIT(SIG "\x21\x11\0\x0c\xc0"), MORE, "", "", 0},
    {SLICE_INIT(SIG "\x21\x11\x0f\xf0"), MORE, "", "", 0}, /* 4096 octets in all */

    {SLICE_INIT(SIG "\x21\x11\x0f\xf1"), BAD, "", "", 0},
    {SLICE_INIT(SIG "\x20\0\xff\xff"), BAD, "", "", 0},
    {SLICE_INIT("\r\n\r\n\0\r\nQUIT\r"), BAD, "", "", 0},
    {SLICE_INIT("\r\nEHLO"), BAD, "", "", 0},
    {SLICE_INIT(SIG "\x11"), BAD, "", "", 0},
    {SLICE_INIT(SIG "\x31"), BAD, "", "", 0},
    {SLICE_INIT(SIG "\x22"), BAD, "", "", 0},
    {SLICE_INIT(SIG "\x2f"), BAD, "", "", 0},
    {SLICE_INIT(SIG "\x21\x11\0\x0b\xc0\x00\x02\x07\xcb\x00\x71\x01\x12\x67\x00"), BAD, "", "", 0},
    {SLICE_INIT(SIG "\x21\x21\0\x0c" ADDR4), BAD, "", "", 0},
    {SLICE_INIT(SIG "\x21\x31\0\x0c" ADDR4), BAD, "", "", 0},
    {SLICE_INIT(SIG "\x21\x12\0\x0c" ADDR4), BAD, "", "", 0},
    {SLICE_INIT(SIG "\x21\x01\0\0"), BAD, "", "", 0},
    {SLICE_INIT(SIG "\x21\x41\0\0"), BAD, "", "", 0},
    {SLICE_INIT(SIG "\x21\x11\0\x0e" ADDR4 "\x04\0"), BAD, "", "", 0},
    {SLICE_INIT(SIG "\x21\x11\0\x10" ADDR4 "\x04\0\x02"
                    "a"),
     BAD, "", "", 0},
    {SLICE_INIT(SIG "\x21\x11\0\x13" ADDR4 "\x03\0\x04\0\0\0\0"), BAD, "", "", 0},
    {SLICE_INIT(SIG "\x21\x11\0\x0f" ADDR4 "\x03\0\0"), BAD, "", "", 0},
};

/* Feeds ${input} cut by cut until it is decided. */
static enum proxy_header_result read_cut(struct guard *guard, struct slice input, size_t cut,
                                         struct proxy_header *header, size_t *consumed)
{
    enum proxy_header_result result = MORE;

    *header = (struct proxy_header){.proxied = false};
    for (size_t at = 0; at < input.len && result == MORE;) {
        at = cut_end(cut, at, input.len);
        result = proxy_header_read(guard_copy(guard, slice_first(input, at)), header, consumed);
    }
    return result;
}

static void check_end(const struct address *got, const char *want, struct slice input)
{
    char text[ADDRESS_TEXT_MAX];

    if (!slice_equal(address_port_text(got, text), slice_str(want)))
        support_print("input", input);
    assert_slice(address_port_text(got, text), slice_str(want));
}

static void every_row_in_every_cut(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 512);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct row *row = &rows[i];

        for (size_t cut = 0; cut < cut_count(row->input.len); cut++) {
            struct proxy_header header;
            size_t consumed = 0;
            bool named = row->source[0] != '\0';

            assert_input(read_cut(&guard, row->input, cut, &header, &consumed) == row->result,
                         row->input, cut);
            if (row->result != READY)
                continue;
            assert_input(consumed == row->input.len - row->left, row->input, cut);
            assert_input(header.proxied == named, row->input, cut);
            if (named) {
                check_end(&header.source, row->source, row->input);
                check_end(&header.destination, row->destination, row->input);
            }
        }
    }
    guard_fini(&guard);
}

/* A UNIX connection names two paths, which say nothing about a client. */
static void unix_connections_name_nobody(void **state)
{
    char input[16 + 216] = SIG "\x21\x31\0\xd8";
    struct proxy_header header;
    size_t consumed;

    (void)state;
    assert_int_equal(proxy_header_read(slice_make(input, sizeof(input)), &header, &consumed),
                     READY);
    assert_int_equal(consumed, sizeof(input));
    assert_false(header.proxied);
}

/* As the protocol's reference implementation computes it. */
static void a_checksum_is_checked(void **state)
{
    char input[] = SIG "\x21\x11\0\x18" ADDR4 "\x03\0\x04" CRC TLV;
    struct slice whole = slice_make(input, sizeof(input) - 1);
    struct proxy_header header;
    size_t consumed;

    (void)state;
    assert_int_equal(proxy_header_read(whole, &header, &consumed), READY);
    assert_true(header.proxied);
    for (size_t i = 16; i < whole.len; i++) {
        bool checksum_gone = i == 16 + 12; /* its TLV is another now */

        input[i] ^= 1;
        assert_int_equal(proxy_header_read(whole, &header, &consumed), checksum_gone ? READY : BAD);
        input[i] ^= 1;
    }
}

static const struct {
    const char *source, *destination; /* NULL: a unix socket */
    const char *v1;
    struct slice v2;
} written[] = {
    {"192.0.2.7:4711", "203.0.113.1:25", "PROXY TCP4 192.0.2.7 203.0.113.1 4711 25\r\n",
     SLICE_INIT(SIG "\x21\x11\0\x0c" ADDR4)},
    {"[2001:db8::7]:4711", "[2001:db8::1]:25", "PROXY TCP6 2001:db8::7 2001:db8::1 4711 25\r\n",
     SLICE_INIT(SIG "\x21\x21\0\x24" V6A V6B "\x12\x67\0\x19")},
    {"192.0.2.7:4711", "[2001:db8::1]:25", "PROXY TCP6 ::ffff:192.0.2.7 2001:db8::1 4711 25\r\n",
     SLICE_INIT(SIG "\x21\x21\0\x24" MAP4 V6B "\x12\x67\0\x19")},
    {NULL, "203.0.113.1:25", "PROXY UNKNOWN\r\n", SLICE_INIT(SIG "\x20\0\0\0")},
    {"192.0.2.7:4711", NULL, "PROXY UNKNOWN\r\n", SLICE_INIT(SIG "\x20\0\0\0")},
};

static struct address address_or_unix(const char *text)
{
    struct address address = {.family = ADDRESS_UNIX};

    if (text != NULL)
        assert_int_equal(address_parse_port(slice_str(text), &address), 0);
    return address;
}

static void headers_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(written); i++) {
        struct address source = address_or_unix(written[i].source);
        struct address destination = address_or_unix(written[i].destination);
        struct bytes out;

        bytes_init(&out, 256);
        assert_int_equal(proxy_header_write_v1(&out, &source, &destination), 0);
        assert_row_slice(bytes_slice(&out), slice_str(written[i].v1), written[i].v1, 1);
        bytes_clear(&out);
        assert_int_equal(proxy_header_write_v2(&out, &source, &destination), 0);
        assert_row_slice(bytes_slice(&out), written[i].v2, written[i].v1, 2);
        bytes_fini(&out);
    }
}

static void no_room_to_write(void **state)
{
    struct address address = address_or_unix("192.0.2.7:4711");
    struct bytes out;

    (void)state;
    bytes_init(&out, 12);
    assert_int_equal(proxy_header_write_v1(&out, &address, &address), -1);
    bytes_clear(&out);
    assert_int_equal(proxy_header_write_v2(&out, &address, &address), -1);
    bytes_fini(&out);
}

static void beginnings(void **state)
{
    static const struct {
        struct slice input;
        bool begun;
    } inputs[] = {
        {SLICE_INIT("PROXY TCP4 192.0.2.7"), true},
        {SLICE_INIT("PROXY nonsense\n"), true},
        {SLICE_INIT("PROXY\r\n"), false},
        {SLICE_INIT("proxy TCP4"), false},
        {SLICE_INIT("EHLO PROXY TCP4"), false},
        {SLICE_INIT("\r\n\r\n\0\r\nQUIT\n"), true},
        {SLICE_INIT("\r\n\r\n\0\r\nQUIT\n\x21\x11"), true},
        {SLICE_INIT("\r\n\r\n\0\r\nQUIT"), false},
        {SLICE_INIT("\r\n\r\nQUIT\r\n"), false},
        {SLICE_INIT("\r\n"), false},
        {SLICE_INIT(""), false},
    };
    struct guard guard;

    (void)state;
    guard_init(&guard, 64);
    for (size_t i = 0; i < COUNT_OF(inputs); i++)
        assert_input(proxy_header_begun(guard_copy(&guard, inputs[i].input)) == inputs[i].begun,
                     inputs[i].input, i);
    guard_fini(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_in_every_cut), cmocka_unit_test(unix_connections_name_nobody),
        cmocka_unit_test(a_checksum_is_checked),  cmocka_unit_test(headers_written),
        cmocka_unit_test(no_room_to_write),       cmocka_unit_test(beginnings),
    };

    return cmocka_run_group_tests_name("proxy_header", tests, NULL, NULL);
}
