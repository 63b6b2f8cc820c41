/* milter_say: the events of a session, as commands (MILTER 2). */
#ifndef PROXY_MILTER_MILTER_SAY_H
#define PROXY_MILTER_MILTER_SAY_H

struct milter;

/* milter_say_event(m): says the event of the job, with its macros, unless the milter wants none of
 * it. Where no answer comes the job ends at once. */
void milter_say_event(struct milter *m);

/* milter_say_unknown(m): the same for the line of the job. */
void milter_say_unknown(struct milter *m);

#endif
