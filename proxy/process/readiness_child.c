#include "proxy/process/readiness_child.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXT_MAX 8192 /* of one problem */

/* A problem on its way, followed by the file's name and the text. */
struct head {
    enum diag_level level;
    unsigned line;
    size_t file_len; /* 0: none */
    size_t text_len;
};

/* --- the child --- */

static void tell(FILE *out, const struct problem *problem)
{
    struct slice file = slice_str(problem->place.file);
    const struct head head = {.level = problem->level,
                              .line = problem->place.line,
                              .file_len = file.len,
                              .text_len = problem->text.len};
    (void)fwrite(&head, sizeof head, 1, out); /* how it ended, its exit code tells */
    if (file.len > 0)
        (void)fwrite(file.ptr, 1, file.len, out);
    (void)fwrite(problem->text.ptr, 1, problem->text.len, out);
}

/* Ends the process without what the parent has registered for its own end. */
static void be_child(int fd, void (*look)(const void *ctx, struct diag *diag), const void *ctx)
{
    struct diag diag;
    FILE *out = fdopen(fd, "w");
    if (out == NULL)
        _exit(1);
    diag_init(&diag);
    look(ctx, &diag);
    for (const struct problem *problem = diag.first; problem != NULL; problem = problem->next)
        tell(out, problem);
    _exit(fclose(out) == 0 ? 0 : 1);
}

/* --- the parent --- */

static bool read_text(FILE *in, size_t length, char *out, size_t size)
{
    if (length >= size || fread(out, 1, length, in) != length)
        return false;
    out[length] = '\0';
    return true;
}

static void hear(FILE *in, struct diag *diag)
{
    char file[PATH_MAX], text[TEXT_MAX];
    struct head head;
    while (fread(&head, sizeof head, 1, in) == 1 &&
           read_text(in, head.file_len, file, sizeof file) &&
           read_text(in, head.text_len, text, sizeof text)) {
        struct place place = {head.file_len > 0 ? file : NULL, head.line};
        diag_add(diag, head.level, place, "%s", text);
    }
}

static int wait_for(pid_t child)
{
    int status = 0;
    pid_t ended;
    do
        ended = waitpid(child, &status, 0);
    while (ended < 0 && errno == EINTR);
    if (ended == child && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    errno = ECHILD;
    return -1;
}

int readiness_in_child(void (*look)(const void *ctx, struct diag *diag), const void *ctx,
                       struct diag *diag)
{
    int ends[2];
    (void)fflush(NULL); /* or both would write what waits */
    if (pipe(ends) != 0)
        return -1;
    pid_t child = fork();
    if (child == 0) {
        (void)close(ends[0]);
        be_child(ends[1], look, ctx);
    }
    (void)close(ends[1]);
    FILE *in = child > 0 ? fdopen(ends[0], "r") : NULL;
    if (in != NULL) {
        hear(in, diag);
        (void)fclose(in);
    } else {
        (void)close(ends[0]);
    }
    return child > 0 ? wait_for(child) : -1;
}
