#include "proxy/inspect/reader.h"

#include "conf/config.h"
#include "filters/message/draft.h"
#include "proxy/process/thread.h"

#define NS_PER_MS UINT64_C(1000000)

static bool given_up(void *ctx)
{
    return crew_given_up(ctx);
}

/* On a thread of the crew. */
static void work(struct crew_job *job, void *ctx)
{
    struct reader *reader = ctx;
    reader->order.given_up = given_up;
    reader->order.ctx = job;
    reading_make(reader->due, &reader->order);
}

static void worked(void *ctx)
{
    struct reader *reader = ctx;
    reader->done = true;
    reader->wake(reader->ctx);
}

/* Where there is no room for one job more the message is refused for now, as where memory is out.
 */
static void begin_job(struct reader *reader)
{
    const struct crew_order order = {
        .work = work, .loop = reader->loop, .done = worked, .ctx = reader};
    reader->done = false;
    reader->job = crew_begin(reader->crew, &order);
    if (reader->job == NULL)
        *reader->due = (struct reading){.made = true, .result = CONTENT_MEMORY};
}

/* Returns whether it is known now. */
static bool read_at_once(struct reader *reader)
{
    bool short_of_time = reader->config->limits.content_time_ms * NS_PER_MS > READER_AT_ONCE_NS;
    if (reader->order.body.len > READER_AT_ONCE_BYTES)
        return false;
    reader->order.time_ns = short_of_time ? READER_AT_ONCE_NS : 0;
    reading_make(reader->due, &reader->order);
    reader->order.time_ns = 0;
    if (reader->due->result != CONTENT_OVER || !short_of_time)
        return true;
    *reader->due = (struct reading){.made = false};
    return false;
}

static void begin(struct reader *reader, const struct draft *draft, bool final)
{
    reader->order = (struct reading_order){.limits = &reader->config->limits,
                                           .header = draft_header(draft),
                                           .body = draft->body,
                                           .clock_ns = thread_cpu_ns};
    reader->due = reading_due(&reader->readings, &reader->order, final ? draft : NULL);
    if (!reader->due->made && !read_at_once(reader))
        begin_job(reader);
}

static void end_job(struct reader *reader)
{
    crew_part(reader->job);
    reader->job = NULL;
}

bool reader_answer(struct reader *reader, struct eval *eval, const struct draft *draft, bool final)
{
    if (!reading_asked(eval))
        return true;
    if (reader->job == NULL)
        begin(reader, draft, final);
    if (reader_busy(reader))
        return false;
    end_job(reader);
    reading_tell(reader->due, eval);
    return true;
}

bool reader_busy(const struct reader *reader)
{
    return reader->job != NULL && !reader->done;
}

void reader_reset(struct reader *reader)
{
    end_job(reader);
    reading_forget(&reader->readings);
}
