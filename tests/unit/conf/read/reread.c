/* reread: see reread.h. */
#include "tests/unit/conf/read/reread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "conf/read/syntax.h"

void reread(const char *text, const char *said, unsigned line, struct load *load)
{
    const struct syntax_error error = {said, line};
    struct source source;
    struct arena arena;
    char path[128];

    load_file(load, "postern.conf", text);
    (void)snprintf(path, sizeof(path), "%s/postern.conf", load->folder);
    diag_fini(&load->diag);
    arena_init(&arena, 1024, 1 << 20);
    assert_int_equal(source_read(&source, path, &arena, &load->diag), 0);
    syntax_explain(&source, &error, &load->diag);
    load_print(load);
    source_fini(&source);
    arena_fini(&arena);
}
