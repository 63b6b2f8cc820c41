/* What is said to a milter is waited for, each command for its time (MILTER 7; PROTOCOL ML01). */
#include "filters/verdict.h"
#include "tests/unit/proxy/milter/scene.h"

#define MESSAGE "Subject: hi\r\n", SLICE("hello\r\n")

/* Killed and hung at every command; the offer, too (ML01). */
static void killed_and_hung(void **state)
{
    static const char codes[] = "OCHMRTLNBE";

    (void)state;
    for (size_t i = 0; codes[i] != '\0'; i++) {
        for (unsigned hung = 0; hung < 2; hung++) {
            const struct play_line lines[] = {{codes[i], 0, hung ? "" : "!"}, {.say = NULL}};
            struct scene s;

            scene_begin(&s, lines);
            s.conf.command_timeout_ms = s.conf.content_timeout_ms = hung ? 100 : 20000;
            (void)scene_envelope(&s);
            assert_int_equal(scene_message(&s, MESSAGE).kind, VERDICT_TEMPFAIL);
            assert_string_equal(milter_failure(s.milter),
                                hung ? "it does not answer in time" : "it closed the connection");
            assert_int_equal(milter_fault(s.milter),
                             hung ? MILTER_FAULT_SILENT : MILTER_FAULT_LOST);
            scene_end(&s);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_and_hung),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
