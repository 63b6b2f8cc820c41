/* mismatch: see mismatch.h. */
#include "filters/link/mismatch.h"

#include "filters/base/hostname.h"
#include "filters/base/registrable.h"
#include "filters/link/host.h"

static const struct slice WWW = SLICE_INIT("www.");

/* Between words, and around what is quoted. */
static bool is_between(char c)
{
    return (unsigned char)c <= ' ' || slice_find(SLICE("<>\"'()[]{},;|"), c) != SLICE_NOT_FOUND;
}

/* Takes the next word off ${rest}; empty at the end. */
static struct slice next_word(struct slice *rest)
{
    size_t start = 0, end;
    struct slice word;

    while (start < rest->len && is_between(rest->ptr[start]))
        start++;
    for (end = start; end < rest->len && !is_between(rest->ptr[end]);)
        end++;
    word = slice_part(*rest, start, end);
    *rest = slice_from(*rest, end);
    return word;
}

/* Up to what cannot be in a host as people write it. */
static struct slice up_to_path(struct slice s)
{
    size_t end = 0;

    while (end < s.len && slice_find(SLICE("/\\:?#!"), s.ptr[end]) == SLICE_NOT_FOUND)
        end++;
    while (end > 0 && s.ptr[end - 1] == '.')
        end--;
    return slice_first(s, end);
}

/* Where the text behind "://" begins in ${word}, or SLICE_NOT_FOUND. */
static size_t behind_scheme(struct slice word)
{
    const char *at = word.len > 0 ? memmem(word.ptr, word.len, "://", 3) : NULL;

    return at != NULL ? (size_t)(at - word.ptr) + 3 : SLICE_NOT_FOUND;
}

/* The part of ${word} that may be a host; whether it is certainly meant as one. */
static struct slice candidate(struct slice word, bool *meant)
{
    size_t start = behind_scheme(word);
    struct slice host = up_to_path(start == SLICE_NOT_FOUND ? word : slice_from(word, start));
    size_t at = slice_find_last(host, '@');

    *meant = start != SLICE_NOT_FOUND || slice_starts_case(word, WWW);
    if (at == SLICE_NOT_FOUND)
        return host;
    return *meant ? slice_from(host, at + 1) : SLICE_NONE; /* else it is a mail address */
}

static bool is_domain(struct slice host)
{
    return !host_is_address(host) && hostname_valid(host) && registrable_listed(host);
}

static bool same_owner(struct slice a, struct slice b)
{
    struct slice a_domain = registrable_domain(a), b_domain = registrable_domain(b);

    return slice_equal(a, b) || (a_domain.len > 0 && slice_equal(a_domain, b_domain));
}

/* Whether ${word} names another host than ${host}; ${room} is for its host. */
static int judge(struct slice word, struct slice host, struct bytes *room, bool *mismatch)
{
    bool meant;
    struct slice named = candidate(word, &meant);

    *mismatch = false;
    if (named.len < 3 || named.len > HOST_WRITTEN_MAX)
        return 0;
    bytes_clear(room);
    if (host_append(named, room) != 0)
        return -1;
    named = bytes_slice(room);
    *mismatch = named.len > 0 && (meant || is_domain(named)) && !same_owner(named, host);
    return 0;
}

int mismatch_read(struct slice shown, struct slice host, bool *mismatch)
{
    struct bytes room;
    int result = 0;

    *mismatch = false;
    if (host.len == 0)
        return 0;
    bytes_init(&room, (size_t)HOST_WRITTEN_MAX * 8);
    for (struct slice rest = shown; result == 0 && !*mismatch && rest.len > 0;) {
        struct slice word = next_word(&rest);

        if (word.len > 0)
            result = judge(word, host, &room, mismatch);
    }
    bytes_fini(&room);
    return result;
}
