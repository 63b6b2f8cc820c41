/* caught_syslog: syslog(3) in the place of the C library's, which keeps what it is told. For one
 * source of a program; it undefines _FORTIFY_SOURCE, which would call something else, before any
 * header does. */
#ifndef TESTS_UNIT_PROXY_RECORD_CAUGHT_SYSLOG_H
#define TESTS_UNIT_PROXY_RECORD_CAUGHT_SYSLOG_H

#ifdef _FEATURES_H
#error "caught_syslog.h must be the first header"
#endif
#undef _FORTIFY_SOURCE

#include "tests/unit/support.h"

#include <syslog.h>

static struct {
    char name[32]; /* of openlog */
    int facility;
    char lines[512]; /* each with its priority before it */
    size_t len;
} caught;

void openlog(const char *name, int options, int facility)
{
    (void)options;
    (void)snprintf(caught.name, sizeof(caught.name), "%s", name);
    caught.facility = facility;
}

__attribute__((format(printf, 2, 0))) static inline void
caught_keep(int priority, const char *format, va_list arguments)
{
    char *at = caught.lines + caught.len;
    size_t room = sizeof(caught.lines) - caught.len;
    int head = snprintf(at, room, "%d ", priority);
    int text = vsnprintf(at + head, room - (size_t)head, format, arguments);
    caught.len += (size_t)(head + text);
    caught.len += (size_t)snprintf(at + head + text, 2, "\n");
}

void syslog(int priority, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    caught_keep(priority, format, arguments);
    va_end(arguments);
}

/* What a fortified library makes of it. */
void __syslog_chk(int priority, int flag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void __syslog_chk(int priority, int flag, const char *format, ...)
{
    va_list arguments;
    (void)flag;
    va_start(arguments, format);
    caught_keep(priority, format, arguments);
    va_end(arguments);
}

#endif
