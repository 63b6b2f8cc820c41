/* mta_message: see mta_message.h. */
#include "proxy/as_milter/mta_message.h"

#include "conf/config.h"
#include "conf/limits.h"
#include "proxy/as_milter/mta_record.h"
#include "proxy/as_milter/mta_state.h"

void mta_message_begin(struct mta_session *s)
{
    const struct limits *limits = &s->config->limits;

    s->m = (struct mta_message){.declared_size = EVENT_SIZE_UNKNOWN};
    arena_init(&s->m.arena, MTA_BLOCK_BYTES, MTA_ARENA_BYTES);
    bytes_init(&s->m.block, limits->header_bytes);
    spool_init(&s->m.spool, limits->memory_per_message_bytes, limits->spool_dir.ptr);
}

void mta_message_forget(struct mta_session *s)
{
    if (s->eval != NULL)
        eval_reset(s->eval);
    reading_forget(&s->m.readings);
    arena_fini(&s->m.arena);
    bytes_fini(&s->m.block);
    spool_fini(&s->m.spool);
    mta_message_begin(s);
}

void mta_message_abort(struct mta_session *s)
{
    mta_record_message(s);
    mta_message_forget(s);
}
