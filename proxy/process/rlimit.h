/* rlimit: how much of the system this process may have (getrlimit(2)). */
#ifndef PROXY_PROCESS_RLIMIT_H
#define PROXY_PROCESS_RLIMIT_H

#include <stdint.h>

#define RLIMIT_ALL UINT64_MAX /* whatever can be had */

/* rlimit_descriptors(wanted): allows this process so many file descriptors at once, or as many as
 * can be had: the hard limit is raised, too, where that is permitted. Nothing is ever lowered.
 * Returns how many it may have now, UINT_MAX for more than that; 0: the system does not say. */
unsigned rlimit_descriptors(uint64_t wanted);

#endif
