/* show: see show.h. */
#include "proxy/depot/show.h"

#include <stdio.h>
#include <sysexits.h>

#include "proxy/explain/printable.h"
#include "proxy/record/stamp.h"

#define IDS_BLOCK_BYTES 65536
#define IDS_BYTES_MAX   ((size_t)1 << 30)
#define ALL_SHOWN       20 /* recipients in a list; more are counted */

static int print(const struct bytes *out)
{
    bool failed = bytes_end(out) != 0 || fwrite(out->data, 1, out->len, stdout) != out->len;
    return failed ? EX_IOERR : EX_OK;
}

static int print_slice(struct slice text)
{
    return fwrite(text.ptr, 1, text.len, stdout) == text.len ? EX_OK : EX_IOERR;
}

static void append_time(struct bytes *out, int64_t time_us)
{
    char text[STAMP_BYTES_MAX];
    bytes_append(out, stamp_text(time_us, text));
}

/* --- list --- */

static void append_address(struct bytes *out, struct slice address)
{
    bytes_append_char(out, '<');
    printable_append(out, address);
    bytes_append_char(out, '>');
}

static void append_reason(struct bytes *out, struct slice by, struct slice reason)
{
    printable_append(out, by);
    if (reason.len > 0)
        bytes_append(out, SLICE(": "));
    printable_append(out, reason);
}

/* Nothing of one that is kept, as all are but copies of what is or was under way. */
static struct slice state_name(enum depot_state state)
{
    switch (state) {
    case DEPOT_KEPT: break;
    case DEPOT_UNDER_WAY: return SLICE("under way");
    case DEPOT_UNCONFIRMED: return SLICE("unconfirmed");
    }
    return SLICE_NONE;
}

/* The record as it stands in the file, and what does not stand there. */
static void append_json(struct bytes *out, const struct depot_entry *entry)
{
    struct slice state = state_name(entry->state);
    size_t end = slice_find_last(entry->line, '}');
    if (state.len == 0 || end == SLICE_NOT_FOUND) {
        bytes_append(out, entry->line);
    } else {
        bytes_append(out, slice_first(entry->line, end));
        bytes_format(out, ",\"state\":\"%.*s\"}", SLICE_ARG(state));
    }
    bytes_append_char(out, '\n');
}

static void append_summary(struct bytes *out, const struct depot_entry *entry)
{
    const struct depot_record *record = &entry->record;
    struct slice state = state_name(entry->state);
    printable_append(out, record->id);
    bytes_append(out, SLICE("  "));
    append_time(out, record->time_us);
    bytes_format(out, "  %ju  %.*s%s", (uintmax_t)record->size_bytes, SLICE_ARG(state),
                 state.len > 0 ? "  " : "");
    append_address(out, record->sender);
    bytes_append(out, SLICE(" ->"));
    for (size_t i = 0; i < record->recipient_count && i < ALL_SHOWN; i++) {
        bytes_append_char(out, ' ');
        append_address(out, record->recipients[i].address);
    }
    if (record->recipient_count > ALL_SHOWN)
        bytes_format(out, " and %zu more", record->recipient_count - ALL_SHOWN);
    bytes_append(out, SLICE("  "));
    append_reason(out, record->by, record->reason);
    bytes_append_char(out, '\n');
}

static int list_one(const struct depot_request *request, const char *id)
{
    struct depot_entry entry;
    struct bytes out;
    enum depot_result result = depot_open(&entry, request->dir, id, false);
    if (result == DEPOT_ABSENT)
        return EX_OK; /* it has gone meanwhile */
    if (result != DEPOT_OK)
        return request_error(request, id, result);
    bytes_init(&out, SIZE_MAX);
    if (request->json)
        append_json(&out, &entry);
    else
        append_summary(&out, &entry);
    int status = print(&out);
    bytes_fini(&out);
    depot_close(&entry);
    return status;
}

int show_list(const struct depot_request *request)
{
    struct arena arena;
    struct slice *ids;
    size_t count;
    int status = EX_OK;
    arena_init(&arena, IDS_BLOCK_BYTES, IDS_BYTES_MAX);
    if (depot_list(request->dir, &arena, &ids, &count) != 0)
        status = request_error(request, request->dir, DEPOT_ERROR);
    for (size_t i = 0; i < count; i++) {
        int one = list_one(request, ids[i].ptr);
        status = status == EX_OK ? one : status;
    }
    arena_fini(&arena);
    return status;
}

/* --- show --- */

static void append_field(struct bytes *out, const char *name, struct slice value)
{
    if (value.len == 0)
        return;
    bytes_format(out, "%-12s", name);
    printable_append(out, value);
    bytes_append_char(out, '\n');
}

static void append_path(struct bytes *out, const char *name, struct slice address,
                        struct slice params)
{
    bytes_format(out, "%-12s", name);
    append_address(out, address);
    if (params.len > 0)
        bytes_append_char(out, ' ');
    printable_append(out, params);
}

static void append_recipients(struct bytes *out, const struct depot_record *record)
{
    for (size_t i = 0; i < record->recipient_count; i++) {
        const struct depot_recipient *recipient = &record->recipients[i];
        append_path(out, "recipient", recipient->address, recipient->params);
        if (recipient->by.len > 0) {
            bytes_append(out, SLICE("  "));
            append_reason(out, recipient->by, recipient->reason);
        }
        bytes_append_char(out, '\n');
    }
}

static void append_record(struct bytes *out, const struct depot_entry *entry)
{
    const struct depot_record *record = &entry->record;
    char client[ADDRESS_TEXT_MAX];
    append_field(out, "id", record->id);
    append_field(out, "state", state_name(entry->state));
    bytes_append(out, SLICE("time        "));
    append_time(out, record->time_us);
    bytes_append_char(out, '\n');
    append_field(out, record->party == PARTY_MILTER ? "milter" : "rule", record->by);
    append_field(out, "reason", record->reason);
    append_field(out, "listener", record->listener);
    append_field(out, "policy", record->policy);
    append_field(out, "upstream", record->upstream);
    append_field(out, "destination", record->destination);
    append_field(out, "client", address_text(&record->client, client));
    append_field(out, "helo", record->helo);
    append_field(out, "auth", record->auth);
    append_path(out, "sender", record->sender, record->params);
    bytes_append_char(out, '\n');
    append_recipients(out, record);
    append_field(out, "from", record->from);
    append_field(out, "subject", record->subject);
    append_field(out, "message-id", record->message_id);
    bytes_format(out, "%-12s%ju bytes\n\n", "size", (uintmax_t)record->size_bytes);
}

/* Line by line, so that its line ends are the terminal's and nothing else in it is. */
static void append_message(struct bytes *out, struct slice message)
{
    while (message.len > 0) {
        struct slice line = slice_first(message, slice_find(message, '\n'));
        message = slice_from(message, line.len + 1);
        if (line.len > 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
        printable_append(out, line);
        bytes_append_char(out, '\n');
    }
}

static int show_text(const struct depot_entry *entry)
{
    struct bytes out;
    bytes_init(&out, SIZE_MAX);
    append_record(&out, entry);
    append_message(&out, entry->message);
    int status = print(&out);
    bytes_fini(&out);
    return status;
}

static int show_json(const struct depot_entry *entry)
{
    struct bytes out;
    bytes_init(&out, SIZE_MAX);
    append_json(&out, entry);
    int status = print(&out);
    bytes_fini(&out);
    return status;
}

int show_one(const struct depot_request *request, const char *id)
{
    struct depot_entry entry;
    enum depot_result result = depot_open(&entry, request->dir, id, false);
    int status;
    if (result != DEPOT_OK)
        return request_error(request, id, result);
    if (request->raw)
        status = print_slice(entry.message);
    else if (request->json)
        status = show_json(&entry);
    else
        status = show_text(&entry);
    depot_close(&entry);
    return status;
}
