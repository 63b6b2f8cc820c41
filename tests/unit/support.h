/* support: what the unit tests share, and the way to cmocka.
 *
 * A parser's row is run in several cuts: whole, byte by byte, and split at each point. Its bytes
 * stand in a guard buffer, which ends where memory ends, so that one byte read too far is a crash:
 *
 *     for (size_t cut = 0; cut < cut_count(input.len); cut++)
 *         for (size_t at = 0, end; at < input.len; at = end) {
 *             end = cut_end(cut, at, input.len);
 *             feed(parser, guard_copy(&guard, slice_part(input, at, end)));
 *         }
 */
#ifndef TESTS_UNIT_SUPPORT_H
#define TESTS_UNIT_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "filters/base/slice.h"

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

/* skip_because(reason): ends the test without a verdict; tests/run collects the reasons. */
#define skip_because(reason)                                                                       \
    do {                                                                                           \
        (void)printf("# skipped: %s\n", (reason));                                                 \
        skip();                                                                                    \
    } while (0)

/* --- a buffer that ends at an unreadable page --- */

struct guard {
    char *map;
    size_t room; /* bytes before the unreadable page */
};

/* guard_init(guard, size): room for ${size} bytes at least. */
static inline void guard_init(struct guard *guard, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    guard->room = (size / page + 1) * page;
    guard->map = (char *)mmap(NULL, guard->room + page, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(guard->map != MAP_FAILED);
    assert_int_equal(mprotect(guard->map + guard->room, page, PROT_NONE), 0);
}

static inline void guard_fini(struct guard *guard)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    assert_int_equal(munmap(guard->map, guard->room + page), 0);
}

/* guard_copy(guard, s): a copy of ${s} whose end is the end of memory; good until the next call. */
static inline struct slice guard_copy(struct guard *guard, struct slice s)
{
    char *at = guard->map + guard->room - s.len;

    assert_true(s.len <= guard->room);
    if (s.len > 0)
        memcpy(at, s.ptr, s.len);
    return slice_make(at, s.len);
}

/* --- cuts --- */

/* cut_count(len): how many ways of cutting ${len} bytes there are: 0 is whole, 1 byte by byte, each
 * other one a split in two. */
static inline size_t cut_count(size_t len)
{
    return len > 1 ? len + 1 : 1;
}

/* cut_end(cut, at, len): where the piece that begins at ${at} ends. */
static inline size_t cut_end(size_t cut, size_t at, size_t len)
{
    if (cut == 1)
        return at + 1;
    return cut > 1 && at < cut - 1 ? cut - 1 : len;
}

/* --- slices in assertions --- */

static inline void support_print(const char *label, struct slice s)
{
    print_error("  %s (%zu bytes) \"", label, s.len);
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if (c >= ' ' && c <= '~')
            print_error("%c", c);
        else
            print_error("\\x%02x", (unsigned)c);
    }
    print_error("\"\n");
}

static inline void support_assert_slice(struct slice got, struct slice want, const char *what,
                                        const char *file, int line)
{
    if (slice_equal(got, want))
        return;
    print_error("%s\n", what);
    support_print("got ", got);
    support_print("want", want);
    _fail(file, line);
}

/* assert_slice(got, want): both hold the same bytes. */
#define assert_slice(got, want) support_assert_slice((got), (want), #got, __FILE__, __LINE__)

/* assert_text(got, literal): the same for a literal without NUL. */
#define assert_text(got, literal)                                                                  \
    support_assert_slice((got), slice_str(literal), #got, __FILE__, __LINE__)

/* assert_row(condition, name, cut): a condition that tells the row it did not hold for. */
#define assert_row(condition, name, cut)                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            print_error("row \"%s\", cut %zu: %s\n", (name), (size_t)(cut), #condition);           \
            _fail(__FILE__, __LINE__);                                                             \
        }                                                                                          \
    } while (0)

/* assert_input(condition, input, cut): the same, where the input tells the row best. */
#define assert_input(condition, input, cut)                                                        \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            print_error("cut %zu: %s\n", (size_t)(cut), #condition);                               \
            support_print("input", (input));                                                       \
            _fail(__FILE__, __LINE__);                                                             \
        }                                                                                          \
    } while (0)

/* assert_row_slice(got, want, name, cut): assert_slice that tells the row. */
#define assert_row_slice(got, want, name, cut)                                                     \
    do {                                                                                           \
        char row_text[160];                                                                        \
        (void)snprintf(row_text, sizeof(row_text), "row \"%s\", cut %zu: %s", (name),              \
                       (size_t)(cut), #got);                                                       \
        support_assert_slice((got), (want), row_text, __FILE__, __LINE__);                         \
    } while (0)

#endif
