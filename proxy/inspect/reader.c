#include "proxy/inspect/reader.h"

#include <stdlib.h>

#include "conf/config.h"
#include "filters/message/draft.h"
#include "proxy/process/thread.h"

#define NS_PER_MS UINT64_C(1000000)

/* What is known of the message under way. */
struct reader_message {
    const struct reader *reader;
    struct readings readings;
    struct reading *due; /* ... of them ${job} makes */
    struct reading_order order;
    struct crew_job *job; /* NULL: none */
    bool done;            /* ... has come to its end */
};

static bool given_up(void *ctx)
{
    return crew_given_up(ctx);
}

/* On a thread of the crew. */
static void work(struct crew_job *job, void *ctx)
{
    struct reader_message *message = ctx;
    message->order.given_up = given_up;
    message->order.ctx = job;
    reading_make(message->due, &message->order);
}

static void worked(void *ctx)
{
    struct reader_message *message = ctx;
    message->done = true;
    message->reader->wake(message->reader->ctx);
}

/* Where there is no room for one job more the message is refused for now, as where memory is out.
 */
static void begin_job(struct reader_message *message)
{
    const struct reader *reader = message->reader;
    const struct crew_order order = {
        .work = work, .loop = reader->loop, .done = worked, .ctx = message};
    message->done = false;
    message->job = crew_begin(reader->crew, &order);
    if (message->job == NULL)
        *message->due = (struct reading){.made = true, .result = CONTENT_MEMORY};
}

/* Returns whether it is known now. */
static bool read_at_once(struct reader_message *message)
{
    const struct limits *limits = message->order.limits;
    bool short_of_time = limits->content_time_ms * NS_PER_MS > READER_AT_ONCE_NS;
    if (message->order.body.len > READER_AT_ONCE_BYTES)
        return false;
    message->order.time_ns = short_of_time ? READER_AT_ONCE_NS : 0;
    reading_make(message->due, &message->order);
    message->order.time_ns = 0;
    if (message->due->result != CONTENT_OVER || !short_of_time)
        return true;
    *message->due = (struct reading){.made = false};
    return false;
}

static void begin(struct reader_message *message, const struct draft *draft, bool final)
{
    message->order = (struct reading_order){.limits = &message->reader->config->limits,
                                            .header = draft_header(draft),
                                            .body = draft->body,
                                            .clock_ns = thread_cpu_ns};
    message->due = reading_due(&message->readings, &message->order, final ? draft : NULL);
    if (!message->due->made && !read_at_once(message))
        begin_job(message);
}

static void end_job(struct reader_message *message)
{
    crew_part(message->job);
    message->job = NULL;
}

/* What nobody can begin to read. */
static bool answer_memory(struct eval *eval)
{
    const struct reading none = {.made = true, .result = CONTENT_MEMORY};
    reading_tell(&none, eval);
    return true;
}

bool reader_answer(struct reader *reader, struct eval *eval, const struct draft *draft, bool final)
{
    if (!reading_asked(eval))
        return true;
    if (reader->message == NULL)
        reader->message = calloc(1, sizeof *reader->message);
    if (reader->message == NULL)
        return answer_memory(eval);
    reader->message->reader = reader;
    if (reader->message->job == NULL)
        begin(reader->message, draft, final);
    if (reader_busy(reader))
        return false;
    end_job(reader->message);
    reading_tell(reader->message->due, eval);
    return true;
}

bool reader_busy(const struct reader *reader)
{
    return reader->message != NULL && reader->message->job != NULL && !reader->message->done;
}

void reader_reset(struct reader *reader)
{
    if (reader->message == NULL)
        return;
    end_job(reader->message);
    reading_forget(&reader->message->readings);
    free(reader->message);
    reader->message = NULL;
}
