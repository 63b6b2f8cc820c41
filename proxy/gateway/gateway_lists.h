/* gateway_lists: list files that have changed are taken in without being asked. */
#ifndef PROXY_GATEWAY_GATEWAY_LISTS_H
#define PROXY_GATEWAY_GATEWAY_LISTS_H

struct gateway;

/* gateway_lists_look(g): looks whether list files have changed and rest, and sets its timer again;
 * then the configuration is loaded by a thread, for a list of a million entries takes a second, and
 * served when it has no errors and only lists have changed. Else the old lists stay, and the log
 * says why, once. */
void gateway_lists_look(void *g);

/* gateway_lists_stop(g): waits for that thread; what it has loaded is dropped. */
void gateway_lists_stop(struct gateway *g);

#endif
