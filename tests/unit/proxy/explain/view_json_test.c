#include "proxy/explain/view_json.h"

#include "tests/unit/proxy/explain/view_kit.h"

static const char WHOLE[] =
    "{\"size\":461,\"header_ambiguous\":null,"
    "\"header\":[{\"line\":1,"
    "\"name\":\"From\",\"value\":\"J\xC3\xBC"
    "rg <j@a.test>\",\"length\":16},"
    "{\"line\":2,"
    "\"name\":\"Reply-To\",\"value\":\"k@b.test\",\"length\":8},"
    "{\"line\":3,"
    "\"name\":\"Subject\",\"value\":\"a b\",\"length\":3},"
    "{\"line\":5,"
    "\"name\":\"Content-Type\",\"value\":\"multipart/mixed; "
    "boundary=B\",\"length\":27}],\"header_left_out\":0,"
    "\"from_address\":{\"values\":[\"j@a.test\"],\"more\":false,\"unread\":false},"
    "\"from_name\":{\"values\":[\"J\xC3\xBC"
    "rg\"],\"more\":false,\"unread\":false},\"reply_to_address\":{\"values\":[\"k@b.test\"],"
    "\"more\":false,\"unread\":false},"
    "\"read\":true,"
    "\"doubts\":[{\"part\":3,\"why\":\"names of different kinds for one "
    "part\"}],\"doubts_left_out\":0,"
    "\"link_mismatch\":true,\"parts_left_out\":0,"
    "\"parts\":[{\"number\":1,\"parent\":null,\"depth\":0,"
    "\"line\":7,\"last_line\":19,"
    "\"type\":\"multipart/mixed\",\"shown_type\":null,\"charset\":\"\",\"encoding\":\"none\","
    "\"name\":null,\"size\":340,"
    "\"attachment\":false,\"shown\":false,\"html\":false,\"sealed\":false,\"encrypted\":false,"
    "\"other\":false,"
    "\"texts\":[],"
    "\"names\":[],"
    "\"types\":[],"
    "\"sizes\":[],\"archive_members\":[],\"archive_encrypted\":[],"
    "\"links\":[],\"link_hosts\":[],"
    "\"values_left_out\":0},"
    "{\"number\":2,\"parent\":1,\"depth\":1,"
    "\"line\":8,\"last_line\":12,"
    "\"type\":\"text/"
    "html\",\"shown_type\":null,\"charset\":\"utf-8\",\"encoding\":\"quoted-printable\","
    "\"name\":null,\"size\":77,"
    "\"attachment\":false,\"shown\":true,\"html\":true,\"sealed\":false,\"encrypted\":false,"
    "\"other\":false,"
    "\"texts\":[{\"view\":\"as written\",\"length\":77,\"text\":\"<a "
    "href=\\\"http://c.test/x\\\">http://d.test</a><i style=\\\"display:none\\\">secret</i>\"},"
    "{\"view\":\"visible text\",\"length\":13,\"text\":\"http://d.test\"},"
    "{\"view\":\"hidden text\",\"length\":6,\"text\":\"secret\"}],"
    "\"names\":[],"
    "\"types\":[],"
    "\"sizes\":[],\"archive_members\":[],\"archive_encrypted\":[],"
    "\"links\":[{\"value\":\"http://c.test/"
    "x\",\"other\":false,\"mismatch\":true}],\"link_hosts\":[{\"value\":\"c.test\",\"other\":false}"
    "],"
    "\"values_left_out\":0},"
    "{\"number\":3,\"parent\":1,\"depth\":1,"
    "\"line\":14,\"last_line\":18,"
    "\"type\":\"application/octet-stream\",\"shown_type\":\"application/"
    "x-dosexec\",\"charset\":\"\",\"encoding\":\"base64\","
    "\"name\":\"good.txt\",\"size\":2,"
    "\"attachment\":true,\"shown\":false,\"html\":false,\"sealed\":false,\"encrypted\":false,"
    "\"other\":false,"
    "\"texts\":[],"
    "\"names\":[{\"value\":\"good.txt\",\"other\":false},"
    "{\"value\":\"evil.exe\",\"other\":false}],"
    "\"types\":[{\"value\":\"application/x-dosexec\",\"other\":false},"
    "{\"value\":\"application/octet-stream\",\"other\":false}],"
    "\"sizes\":[{\"value\":\"2\",\"other\":false}],\"archive_members\":[],\"archive_encrypted\":[],"
    "\"links\":[],\"link_hosts\":[],"
    "\"values_left_out\":0}]}"
    "\n";

static void whole(void **state)
{
    (void)state;
    view_shows(view_json_write, SLICE(VIEW_MESSAGE), WHOLE);
}

static void not_read(void **state)
{
    struct limits limits = limits_default();
    struct view view;
    struct bytes out;

    (void)state;
    limits.mime_parts = 1;
    bytes_init(&out, 65536);
    assert_int_equal(view_make(&view, SLICE(VIEW_MESSAGE), &limits), 0);
    view_json_write(&view, &out);
    bytes_append_char(&out, '\0');
    assert_int_equal(bytes_end(&out), 0);
    assert_non_null(
        strstr(out.data, ",\"read\":false,\"why\":\"its structure is over a limit\"}\n"));
    view_end(&view);
    bytes_fini(&out);
}

/* A header that readers split differently, and a part that stands in what is decoded. */
static void odd(void **state)
{
    struct view view;
    struct bytes out;

    (void)state;
    bytes_init(&out, 65536);
    view_begin(&view, SLICE("A: =?x?\r\nstray\r\nContent-Type: message/rfc822\r\n"
                            "Content-Transfer-Encoding: base64\r\n\r\nQTogYgoKYwo=\r\n"));
    view_json_write(&view, &out);
    bytes_append_char(&out, '\0');
    assert_int_equal(bytes_end(&out), 0);
    assert_non_null(strstr(out.data, "\"header_ambiguous\":{\"line\":2,\"why\":\"no colon\"}"));
    assert_non_null(strstr(out.data, "\"line\":null,\"type\":\"text/plain\""));
    view_end(&view);
    bytes_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole),
        cmocka_unit_test(not_read),
        cmocka_unit_test(odd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
