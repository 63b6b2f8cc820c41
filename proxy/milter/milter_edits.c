/* milter_edits: the changes a milter wants, looked at one by one and staged until its final answer
 * (MILTER 3; PROTOCOL ML04, ML05). */
#include "proxy/milter/milter_edits.h"

#include "conf/limits.h"
#include "conf/milter_conf.h"
#include "filters/base/mailbox.h"
#include "proxy/milter/milter_state.h"
#include "proxy/milter/wire/packet_header.h"

static const char TOO_MANY[] = "it makes more changes than are taken";

/* Which of its rights a change needs. */
static unsigned needed(enum packet_reply_kind kind)
{
    switch (kind) {
    case PACKET_REPLY_ADD_HEADER:
    case PACKET_REPLY_INSERT_HEADER:
    case PACKET_REPLY_CHANGE_HEADER: return MILTER_MAY_HEADERS;
    case PACKET_REPLY_REPLACE_BODY: return MILTER_MAY_BODY;
    case PACKET_REPLY_CHANGE_SENDER: return MILTER_MAY_SENDER;
    case PACKET_REPLY_ADD_RECIPIENT:
    case PACKET_REPLY_ADD_RECIPIENT_PARAMS:
    case PACKET_REPLY_REMOVE_RECIPIENT: return MILTER_MAY_RECIPIENTS;
    case PACKET_REPLY_QUARANTINE:
    case PACKET_REPLY_SHUTDOWN:
    case PACKET_REPLY_ACCEPT:
    case PACKET_REPLY_CONTINUE:
    case PACKET_REPLY_DISCARD:
    case PACKET_REPLY_CONN_FAIL:
    case PACKET_REPLY_OPTNEG:
    case PACKET_REPLY_PROGRESS:
    case PACKET_REPLY_REJECT:
    case PACKET_REPLY_SKIP:
    case PACKET_REPLY_TEMPFAIL:
    case PACKET_REPLY_REPLYCODE: break;
    }
    return MILTER_MAY_QUARANTINE;
}

static const char *judge(const struct milter *m, enum packet_reply_kind kind)
{
    unsigned need = needed(kind);

    if ((m->options.actions & packet_reply_action(kind)) == 0)
        return "it makes a change that was not agreed";
    if ((m->conf->may & need) != 0)
        return NULL;
    switch ((enum milter_may)need) {
    case MILTER_MAY_HEADERS: return "it changes the header, which its 'may' does not allow";
    case MILTER_MAY_BODY: return "it changes the body, which its 'may' does not allow";
    case MILTER_MAY_SENDER: return "it changes the sender, which its 'may' does not allow";
    case MILTER_MAY_RECIPIENTS: return "it changes recipients, which its 'may' does not allow";
    case MILTER_MAY_QUARANTINE: break;
    }
    return "it quarantines the message, which its 'may' does not allow";
}

static const char *stage(struct milter *m, const struct edit *edit)
{
    struct edit copy = *edit;

    copy.by = m->conf->name;
    return edit_list_add(&m->staged.edits, &m->message, &copy) == 0 ? NULL : TOO_MANY;
}

/* --- header --- */

static const char *take_header(struct milter *m, const struct packet_reply *reply)
{
    bool leading_space = (m->options.steps & PACKET_STEP_LEADING_SPACE) != 0;
    struct edit edit = {.kind = EDIT_ADD_HEADER, .above = true};
    int wanted = 1;

    edit.name = arena_copy(&m->message, reply->name);
    edit.value = packet_header_from_milter(&m->message, reply->value, leading_space);
    if (edit.name.ptr == NULL || edit.value.ptr == NULL)
        return TOO_MANY;
    if (reply->kind == PACKET_REPLY_INSERT_HEADER) {
        edit.kind = EDIT_INSERT_HEADER;
        edit.index = reply->index;
        edit.counts_ours = true; /* though no milter sees it */
    } else if (reply->kind == PACKET_REPLY_CHANGE_HEADER) {
        edit.kind = reply->value.len > 0 ? EDIT_CHANGE_HEADER : EDIT_DELETE_HEADER;
        edit.index = reply->index > 0 ? reply->index : 1;
    }
    if (m->conf->header_index == MILTER_STYLE_SENDMAIL)
        wanted = milter_index_edit(m, &edit);
    if (wanted < 0)
        return TOO_MANY;
    return wanted > 0 ? stage(m, &edit) : NULL;
}

/* --- envelope --- */

static struct slice without_brackets(struct slice address)
{
    address = slice_trim(address);
    if (address.len >= 2 && address.ptr[0] == '<' && address.ptr[address.len - 1] == '>')
        address = slice_trim(slice_make(address.ptr + 1, address.len - 2));
    return mailbox_undotted(address);
}

static bool is_address(const struct milter *m, struct slice address)
{
    return mailbox_valid(address, m->utf8) || mailbox_local(address, m->utf8);
}

/* Whether the upstream takes its parameters is found out by who writes the envelope. */
static const char *take_address(struct milter *m, const struct packet_reply *reply)
{
    struct slice address = without_brackets(reply->value);
    struct edit edit = {.kind = EDIT_ADD_RECIPIENT};

    if (reply->kind == PACKET_REPLY_CHANGE_SENDER)
        edit.kind = EDIT_SET_SENDER;
    if (reply->kind == PACKET_REPLY_REMOVE_RECIPIENT)
        edit.kind = EDIT_REMOVE_RECIPIENT;
    if (!is_address(m, address) && !(edit.kind == EDIT_SET_SENDER && address.len == 0))
        return "it sends an address that is none";
    edit.value = arena_copy(&m->message, address);
    edit.params = arena_copy(&m->message, reply->parameters);
    return edit.value.ptr != NULL && edit.params.ptr != NULL ? stage(m, &edit) : TOO_MANY;
}

static const char *take_quarantine(struct milter *m, struct slice reason)
{
    struct edit edit = {.kind = EDIT_QUARANTINE, .value = arena_copy(&m->message, reason)};

    return edit.value.ptr != NULL ? stage(m, &edit) : TOO_MANY;
}

/* --- body --- */

/* ${what} with the spool's reason. */
static const char *why_lost(struct milter *m, const char *what)
{
    struct slice why = spool_reason(&m->staged.body, &m->message);
    struct slice text = arena_format(&m->message, "%s: %.*s", what, SLICE_ARG(why));

    return text.ptr != NULL ? text.ptr : what;
}

static const char *keep(struct milter *m, struct slice part)
{
    struct spool *body = &m->staged.body;

    if (body->size_bytes + part.len > m->limits->message_bytes)
        return "its new body is larger than limits.message";
    return spool_append(body, part) == 0 ? NULL : why_lost(m, "its new body cannot be kept");
}

/* Appends ${s}, which has no line end, with its NULs as spaces: as content of clients becomes. */
static void write_text(struct bytes *out, struct slice s)
{
    size_t nul;

    while ((nul = slice_find(s, '\0')) != SLICE_NOT_FOUND) {
        bytes_append(out, slice_first(s, nul));
        bytes_append_char(out, ' ');
        s = slice_from(s, nul + 1);
    }
    bytes_append(out, s);
}

/* Where the next CR or LF stands; the length of ${s} when there is none. */
static size_t line_end(struct slice s)
{
    size_t at = 0;

    while (at < s.len && s.ptr[at] != '\r' && s.ptr[at] != '\n')
        at++;
    return at;
}

/* A bare LF becomes CRLF, a bare CR a space: nothing bare may reach the upstream. A CR may be the
 * last of one piece, and its LF the first of the next: ${carriage}. */
static void write_lines(struct bytes *out, struct slice s, bool *carriage)
{
    while (s.len > 0) {
        size_t at = line_end(s);

        if (*carriage && s.ptr[0] != '\n')
            bytes_append_char(out, ' ');
        *carriage = false;
        write_text(out, slice_first(s, at));
        if (at == s.len)
            return;
        *carriage = s.ptr[at] == '\r';
        if (!*carriage)
            bytes_append(out, SLICE("\r\n"));
        s = slice_from(s, at + 1);
    }
}

static const char *keep_lines(struct milter *m, struct slice piece)
{
    const char *wrong = "its new body cannot be kept";
    struct slice whole;
    struct bytes lines;

    bytes_init(&lines, 2 * piece.len + 1);
    write_lines(&lines, piece, &m->staged.carriage);
    if (bytes_take(&lines, &whole) == 0)
        wrong = keep(m, whole);
    bytes_fini(&lines);
    return wrong;
}

static const char *take_body(struct milter *m, struct slice piece)
{
    struct edit edit = {.kind = EDIT_REPLACE_BODY};
    const char *wrong = NULL;

    if (m->staged.body_over)
        return "it goes on with the new body after other changes";
    if (!m->staged.body_begun) {
        m->staged.body_begun = true;
        m->staged.body_edit = m->staged.edits.count;
        wrong = stage(m, &edit);
    }
    return wrong == NULL ? keep_lines(m, piece) : wrong;
}

/* --- all --- */

const char *milter_edits_take(struct milter *m, const struct packet_reply *reply)
{
    const char *wrong = judge(m, reply->kind);
    unsigned need = needed(reply->kind);

    if (wrong != NULL)
        return wrong;
    if (need == MILTER_MAY_BODY)
        return take_body(m, reply->value);
    m->staged.body_over = m->staged.body_begun;
    switch ((enum milter_may)need) {
    case MILTER_MAY_HEADERS: return take_header(m, reply);
    case MILTER_MAY_SENDER:
    case MILTER_MAY_RECIPIENTS: return take_address(m, reply);
    case MILTER_MAY_QUARANTINE: return take_quarantine(m, reply->value);
    case MILTER_MAY_BODY: break;
    }
    return NULL;
}

const char *milter_edits_finish(struct milter *m)
{
    struct milter_staged *staged = &m->staged;
    const char *wrong = NULL;
    struct slice body;

    if (!staged->body_begun)
        return NULL;
    if (staged->carriage)
        wrong = keep(m, SLICE(" "));
    if (wrong == NULL && spool_view(&staged->body, &body) != 0)
        wrong = why_lost(m, "its new body cannot be read back");
    if (wrong == NULL)
        staged->edits.items[staged->body_edit].value = body;
    return wrong;
}

void milter_edits_drop(struct milter *m)
{
    struct milter_staged *staged = &m->staged;

    spool_reset(&staged->body);
    staged->edits = (struct edit_list){.items = NULL};
    staged->counting = (struct milter_counting){.fields = NULL};
    staged->body_begun = staged->body_over = staged->carriage = false;
    staged->body_edit = 0;
}
