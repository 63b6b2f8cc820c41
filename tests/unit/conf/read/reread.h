/* reread: for the tests of the second reading: a text that libconfig is said to have refused. */
#ifndef TESTS_UNIT_CONF_READ_REREAD_H
#define TESTS_UNIT_CONF_READ_REREAD_H

#include "tests/unit/conf/read/load.h"

/* reread(text, said, line, load): has syntax_explain explain ${text}, of which libconfig has said
 * ${said} in ${line}; load->problems is what it explains. */
void reread(const char *text, const char *said, unsigned line, struct load *load);

#endif
