/* dot: see dot.h. A security parser: PROTOCOL rows S01 to S13 are its tests.
 *
 * Two speeds. Ordinary text is passed over in windows, sixteen bytes at a time and without
 * branches: the cost does not depend on how long the lines are. A window in which anything needs a
 * hand (a dot at a line start, a bare CR or LF, a NUL) is walked byte by byte by a state machine.
 * The machine alone is right; the windows only skip what it would leave as it is.
 *
 * Bytes whose meaning depends on the next one are held: a state says which. They stand just before
 * the current position, in this block or at the end of the one before; in the latter case they are
 * handed out from static text.
 */
#include "proxy/smtp/dot.h"

#define WINDOW_BYTES 128
#define STEP_SLICES  2 /* a step hands out two at most, or one and leaves a run */

enum dot_state {
    AT_TEXT,       /* inside a line */
    AT_START,      /* at the start of a line that follows CRLF, or of the data */
    AT_SOFT_START, /* at the start of a line that follows a bare LF */
    HELD_CR,       /* from here on something is held */
    HELD_DOT,      /* "." at a line start */
    HELD_SOFT_DOT, /* the same after a bare LF */
    HELD_DOT_CR,
    HELD_SOFT_DOT_CR,
};

static const struct slice line_end = SLICE_INIT("\r\n");
static const struct slice blank = SLICE_INIT(" ");
static const struct slice dot_line = SLICE_INIT(".\r\n");

/* The block being read. What stands between ${run} and the held bytes is handed out as it is, by
 * the next flush. */
struct walk {
    const char *data;
    size_t len;
    size_t at;         /* the next byte */
    size_t run;        /* where the run began */
    size_t slow_until; /* no window is tried before */
    enum dot_state state;
    struct dot_slices *out;
};

static void walk_init(struct walk *w, struct slice input, int state, struct dot_slices *out)
{
    *w = (struct walk){.data = input.ptr, .len = input.len, .out = out};
    w->state = (enum dot_state)state;
    out->count = 0;
}

static void push(struct walk *w, struct slice s)
{
    w->out->items[w->out->count++] = s;
}

/* Hands out the run up to ${end}. */
static void flush(struct walk *w, size_t end)
{
    if (end > w->run)
        push(w, slice_make(w->data + w->run, end - w->run));
}

/* Where the held bytes begin; 0 if that is before this block. */
static size_t held_start(const struct walk *w)
{
    size_t held = 0;

    switch (w->state) {
    case AT_TEXT:
    case AT_START:
    case AT_SOFT_START: held = 0; break;
    case HELD_CR:
    case HELD_DOT:
    case HELD_SOFT_DOT: held = 1; break;
    case HELD_DOT_CR:
    case HELD_SOFT_DOT_CR: held = 2; break;
    }
    return w->at > held ? w->at - held : 0;
}

/* Hands out ${text} in place of the held bytes and the next ${eaten} ones. */
static void replace(struct walk *w, struct slice text, size_t eaten)
{
    flush(w, held_start(w));
    if (text.len > 0)
        push(w, text);
    w->at += eaten;
    w->run = w->at;
}

/* Loops over single bytes are vectorised by some compilers in some versions (measured: 0.7 to 15
 * GB/s); vector types are by all, and know no instruction set. */
typedef signed char lanes __attribute__((vector_size(16)));

static lanes load(const char *p)
{
    lanes v;

    memcpy(&v, p, sizeof(v));
    return v;
}

/* Whether nothing in ${p}, WINDOW_BYTES and one to look ahead, needs a hand, given that its first
 * byte does not. A byte is CR exactly if the next one is LF: that excludes bare ones of both kinds.
 */
static bool window_clean(const char *p)
{
    lanes bad = {0};
    uint64_t halves[2];

    for (size_t i = 0; i < WINDOW_BYTES; i += sizeof(lanes)) {
        lanes c = load(p + i);
        lanes next = load(p + i + 1);

        bad |= (c == '\0') | ((c == '\r') ^ (next == '\n')) | ((c == '\n') & (next == '.'));
    }
    memcpy(halves, &bad, sizeof(halves));
    return (halves[0] | halves[1]) == 0;
}

/* Passes over clean windows; afterwards the state machine goes on for some bytes at least. */
static void skip_windows(struct walk *w)
{
    char first = w->data[w->at];

    if (first == '\n' || (first == '.' && w->state != AT_TEXT))
        return;
    while (w->len - w->at > WINDOW_BYTES && window_clean(w->data + w->at)) {
        w->at += WINDOW_BYTES;
        /* A CR stays together with its LF. */
        if (w->data[w->at - 1] == '\r')
            w->at--;
        w->state = AT_TEXT; /* at a line start too: the next byte was seen to be no dot */
    }
    w->slow_until = w->at + WINDOW_BYTES;
}

/* Passes over what is the same in any line, up to where a window is tried again. */
static void skip_text(struct walk *w)
{
    size_t end = w->slow_until < w->len ? w->slow_until : w->len;

    while (w->at < end && (unsigned char)w->data[w->at] > '\r')
        w->at++;
}

static bool wants_more(const struct walk *w)
{
    return w->at < w->len && w->out->count + STEP_SLICES <= DOT_SLICES;
}

/* One byte inside a line, or at the start of one where it is no dot. */
static void step_text(struct walk *w, char c)
{
    if (c == '\r') {
        w->at++;
        w->state = HELD_CR;
    } else if (c == '\n') {
        replace(w, line_end, 1);
        w->state = AT_SOFT_START;
    } else {
        w->state = AT_TEXT;
        if (c == '\0')
            replace(w, blank, 1);
        else
            w->at++;
    }
}

/* The byte after a CR inside a line. */
static void step_cr(struct walk *w, char c)
{
    if (c != '\n') {
        replace(w, blank, 0);
        w->state = AT_TEXT;
        return;
    }
    if (w->at == 0)
        replace(w, line_end, 1); /* the CR was in the block before */
    else
        w->at++;
    w->state = AT_START;
}

void dot_reader_init(struct dot_reader *reader, enum newline_mode mode)
{
    *reader = (struct dot_reader){.mode = mode, .state = AT_START};
}

void dot_reader_init_plain(struct dot_reader *reader)
{
    *reader = (struct dot_reader){.mode = NEWLINE_NORMALIZE, .state = AT_START, .plain = true};
}

static void end_data(struct dot_reader *reader, struct walk *w)
{
    replace(w, SLICE_NONE, 1);
    w->state = AT_START;
    reader->ended = true;
}

/* A line of nothing but a dot, one of whose line ends is bare: text, but for NEWLINE_ALLOW. */
static void step_bare_dot_line(struct dot_reader *reader, struct walk *w, enum dot_state next)
{
    reader->bare = true;
    if (reader->mode == NEWLINE_ALLOW) {
        end_data(reader, w);
        return;
    }
    replace(w, dot_line, 1);
    w->state = next;
}

/* The byte after a dot at a line start. */
static void step_dot(struct dot_reader *reader, struct walk *w, char c)
{
    if (c == '\r') {
        w->at++;
        w->state = w->state == HELD_DOT ? HELD_DOT_CR : HELD_SOFT_DOT_CR;
    } else if (c == '\n') {
        step_bare_dot_line(reader, w, AT_SOFT_START);
    } else {
        replace(w, SLICE_NONE, 0); /* more follows on the line: the dot was stuffed */
        w->state = AT_TEXT;
    }
}

/* The byte after a dot at a line start and a CR. */
static void step_dot_cr(struct dot_reader *reader, struct walk *w, char c)
{
    if (c != '\n') {
        reader->bare = true;
        replace(w, blank, 0);
        w->state = AT_TEXT;
    } else if (w->state == HELD_DOT_CR) {
        end_data(reader, w);
    } else {
        step_bare_dot_line(reader, w, AT_START);
    }
}

static void read_step(struct dot_reader *reader, struct walk *w)
{
    char c = w->data[w->at];

    switch (w->state) {
    case AT_START:
    case AT_SOFT_START:
        if (c == '.' && !reader->plain) {
            w->at++;
            w->state = w->state == AT_START ? HELD_DOT : HELD_SOFT_DOT;
            break;
        }
        /* fall through */
    case AT_TEXT:
        reader->bare |= c == '\n';
        reader->nul |= c == '\0';
        step_text(w, c);
        break;
    case HELD_CR:
        reader->bare |= c != '\n';
        step_cr(w, c);
        break;
    case HELD_DOT:
    case HELD_SOFT_DOT: step_dot(reader, w, c); break;
    case HELD_DOT_CR:
    case HELD_SOFT_DOT_CR: step_dot_cr(reader, w, c); break;
    }
}

size_t dot_read(struct dot_reader *reader, struct slice input, struct dot_slices *out)
{
    struct walk w;

    walk_init(&w, input, reader->state, out);
    while (!reader->ended && wants_more(&w)) {
        if (w.state < HELD_CR && w.at >= w.slow_until)
            skip_windows(&w);
        if (w.state == AT_TEXT)
            skip_text(&w);
        if (w.at < w.len)
            read_step(reader, &w);
    }
    flush(&w, held_start(&w));
    reader->state = (int)w.state;
    return w.at;
}

void dot_read_end(struct dot_reader *reader, struct dot_slices *out)
{
    out->count = 0;
    if (reader->state == HELD_CR) {
        reader->bare = true;
        out->items[out->count++] = blank;
    }
    reader->state = AT_START;
    reader->ended = true;
}

void dot_writer_init(struct dot_writer *writer)
{
    writer->state = AT_START;
}

static void write_step(struct walk *w)
{
    char c = w->data[w->at];

    if (w->state == HELD_CR) {
        step_cr(w, c);
    } else if (c == '.' && w->state != AT_TEXT) {
        w->at++;
        flush(w, w->at);
        w->run = w->at - 1; /* the dot once more */
        w->state = AT_TEXT;
    } else {
        step_text(w, c);
    }
}

size_t dot_write(struct dot_writer *writer, struct slice content, struct dot_slices *out)
{
    struct walk w;

    walk_init(&w, content, writer->state, out);
    while (wants_more(&w)) {
        if (w.state < HELD_CR && w.at >= w.slow_until)
            skip_windows(&w);
        if (w.state == AT_TEXT)
            skip_text(&w);
        if (w.at < w.len)
            write_step(&w);
    }
    flush(&w, held_start(&w));
    writer->state = (int)w.state;
    return w.at;
}

struct slice dot_write_end(struct dot_writer *writer)
{
    enum dot_state state = (enum dot_state)writer->state;

    dot_writer_init(writer);
    if (state == HELD_CR)
        return SLICE(" \r\n.\r\n"); /* a stray CR was the last byte */
    return state == AT_TEXT ? SLICE("\r\n.\r\n") : dot_line;
}
