/* keeper: one thread that brings messages into the depots, quarantine and archive, so that a slow
 * disk never stalls mail.
 *
 * A session hands over what it has and waits; the keeper writes, one message after another, and
 * tells the session's loop. What waits is bounded: when there is more than the disk can take, a
 * session hears so at once and tells its client to come again. Its job stays with the session until
 * it is known whether the message stays, so that this needs no memory any more.
 *
 * Now and then the thread looks for messages that are older than the configuration wants them, and
 * removes them.
 */
#ifndef PROXY_DEPOT_KEEPER_H
#define PROXY_DEPOT_KEEPER_H

#include "filters/base/must_use.h"
#include "proxy/depot/depot.h"
#include "proxy/net/loop.h"
#include "proxy/net/spool.h"
#include "proxy/record/log.h"

struct config;
struct depot_conf;
struct keeper;
struct keeper_job;

#define KEEPER_JOBS_MAX 256

#define KEEPER_DESCRIPTORS         3 /* the message being stored, and directories */
#define KEEPER_PENDING_DESCRIPTORS 1 /* of each copy, until its message is answered */

/* What is to be stored. keeper_store takes over all that holds memory. */
struct keeper_order {
    struct config *config;          /* a reference is taken */
    const struct depot_conf *depot; /* of it: where to */
    struct slice id;
    struct bytes line;   /* from depot_format */
    struct bytes header; /* goes before the content; may be empty */
    struct spool spool;  /* the content ... */
    size_t start;        /* ... from here on */
    bool pending;        /* a copy of what also goes upstream */
};

/* What becomes of a copy when its message is answered. */
enum keeper_fate {
    KEEPER_REMOVE,
    KEEPER_KEEP,  /* a pending one is as any other from now on */
    KEEPER_LEAVE, /* a pending one is unconfirmed: nobody knows whether its message arrived */
};

/* keeper_open(keeper, log, config, error, error_size): makes the directories of those depots that
 * rules of ${config} use: what they may need at any moment must be there, as whom we run; and
 * *${keeper}, if that is NULL, with its thread. ${log} must outlive it. 0, or -1 and a sentence. */
MUST_USE int keeper_open(struct keeper **keeper, struct log *log, const struct config *config,
                         char *error, size_t error_size);

/* keeper_follow(keeper, config): from now on messages go when ${config} says that they are too old,
 * of which a reference is taken. */
void keeper_follow(struct keeper *keeper, struct config *config);

/* keeper_stop(keeper): finishes what waits, tells its sessions' loops, and ends the thread; from
 * then on it stores nothing. While those loops still run. keeper_destroy(keeper): frees it; after
 * the loops are gone. NULL: nothing. */
void keeper_stop(struct keeper *keeper);
void keeper_destroy(struct keeper *keeper);

/* keeper_store(keeper, order, loop, done, ctx): has it stored; ${done} is called on ${loop}'s
 * thread, later. Returns a job that ends with keeper_part, or NULL when too much waits or memory is
 * out: ${order} is then as it was. On ${loop}'s thread, as all below. */
struct keeper_job *keeper_store(struct keeper *keeper, struct keeper_order *order,
                                struct loop *loop, void (*done)(void *ctx), void *ctx);

/* keeper_done(job): whether what was asked last has come to its end. */
bool keeper_done(const struct keeper_job *job);

/* keeper_take(job, spool): after it was stored, or not: gives the content back into ${spool}, whose
 * own is given up. Returns 0 (it is stored), or errno. keeper_left(job): whether it is not, and
 * what was written of it could not be removed again. */
MUST_USE int keeper_take(struct keeper_job *job, struct spool *spool);
bool keeper_left(const struct keeper_job *job);

/* keeper_settle(job, fate): that becomes of what is stored; ${done} is called when it has been done
 * or could not be, which is logged. Once. keeper_done holds at once where nothing is to be done. */
void keeper_settle(struct keeper_job *job, enum keeper_fate fate);

/* keeper_part(job, fate): its session leaves it, in any state: ${done} is not called any more. That
 * becomes of what was or will be stored, as with keeper_settle, whose word holds if there was one.
 * NULL: nothing. */
void keeper_part(struct keeper_job *job, enum keeper_fate fate);

#endif
