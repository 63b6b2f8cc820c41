/* said: what code under test says on one of its standard streams.
 *
 *     struct said said;
 *     said_begin(&said, stderr);
 *     ...
 *     assert_text(said_end(&said), "postern: no\n");
 */
#ifndef TESTS_UNIT_SAID_H
#define TESTS_UNIT_SAID_H

#include "tests/unit/support.h"

#include <fcntl.h>

#define SAID_BYTES_MAX 65536

struct said {
    FILE *stream;
    int kept; /* where the stream went before */
    int file;
    char text[SAID_BYTES_MAX];
};

/* said_begin(said, stream): what is written to ${stream} is heard here, until said_end. */
static inline void said_begin(struct said *said, FILE *stream)
{
    said->stream = stream;
    assert_int_equal(fflush(stream), 0);
    said->kept = dup(fileno(stream));
    said->file = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    assert_true(said->kept >= 0 && said->file >= 0);
    assert_true(dup2(said->file, fileno(stream)) >= 0);
}

/* said_end(said): the text; ${said}'s, and NUL-terminated there. */
static inline struct slice said_end(struct said *said)
{
    assert_int_equal(fflush(said->stream), 0);
    assert_true(dup2(said->kept, fileno(said->stream)) >= 0);
    ssize_t length = pread(said->file, said->text, sizeof said->text, 0);
    assert_true(length >= 0 && (size_t)length < sizeof said->text);
    assert_int_equal(close(said->kept) | close(said->file), 0);
    said->text[length] = '\0';
    return slice_make(said->text, (size_t)length);
}

#endif
