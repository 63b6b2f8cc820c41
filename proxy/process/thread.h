/* thread: a thread beside the main one. Signals are the main thread's: what happens to the process
 * is decided in one place, and a blocked SIGPIPE is only an EPIPE. */
#ifndef PROXY_PROCESS_THREAD_H
#define PROXY_PROCESS_THREAD_H

#include <pthread.h>
#include <stdint.h>

#include "filters/base/must_use.h"

/* thread_start(thread, run, ctx): starts ${run}(${ctx}) with all signals blocked; somebody joins
 * or detaches it. 0, or what pthread_create(3) says. */
MUST_USE int thread_start(pthread_t *thread, void *(*run)(void *ctx), void *ctx);

/* thread_cpu_ns(unused): how long the processor has worked for the calling thread: what others do
 * on a busy machine does not count. */
uint64_t thread_cpu_ns(void *unused);

#endif
