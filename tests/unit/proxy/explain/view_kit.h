/* view_kit: a message with a bit of each, for tests of what is shown of it. */
#ifndef TESTS_UNIT_PROXY_EXPLAIN_VIEW_KIT_H
#define TESTS_UNIT_PROXY_EXPLAIN_VIEW_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "conf/limits.h"
#include "proxy/explain/view.h"

#define VIEW_MESSAGE                                                                               \
    "From: =?utf-8?q?J=C3=BCrg?= <j@a.test>\r\n"                                                   \
    "Reply-To: k@b.test\r\n"                                                                       \
    "Subject: a\r\n b\r\n"                                                                         \
    "Content-Type: multipart/mixed; boundary=B\r\n"                                                \
    "\r\n"                                                                                         \
    "--B\r\n"                                                                                      \
    "Content-Type: text/html; charset=utf-8\r\n"                                                   \
    "Content-Transfer-Encoding: quoted-printable\r\n"                                              \
    "\r\n"                                                                                         \
    "<a href=3D\"http://c.test/x\">http://d.test</a>=\r\n"                                         \
    "<i style=3D\"display:none\">secret</i>\r\n"                                                   \
    "--B\r\n"                                                                                      \
    "Content-Type: application/octet-stream; name=good.txt\r\n"                                    \
    "Content-Disposition: attachment; filename=evil.exe\r\n"                                       \
    "Content-Transfer-Encoding: base64\r\n"                                                        \
    "\r\n"                                                                                         \
    "TVo=\r\n"                                                                                     \
    "--B--\r\n"

/* view_begin(view, message): read within the usual limits, which must go well. */
static inline void view_begin(struct view *view, struct slice message)
{
    const struct limits limits = limits_default();

    assert_int_equal(view_make(view, message, &limits), 0);
}

/* view_shows(write, message, wanted): what ${write} makes of it. */
static inline void view_shows(void (*write)(struct view *view, struct bytes *out),
                              struct slice message, const char *wanted)
{
    struct view view;
    struct bytes out;

    view_begin(&view, message);
    bytes_init(&out, 1 << 20);
    write(&view, &out);
    bytes_append_char(&out, '\0');
    assert_int_equal(bytes_end(&out), 0);
    assert_string_equal(out.data, wanted);
    bytes_fini(&out);
    view_end(&view);
}

#endif
