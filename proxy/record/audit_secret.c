/* audit_secret: a text may name the very address that is to be concealed: what a server answered, a
 * rule's words. */
#include "conf/audit_conf.h"
#include "filters/base/reply.h"
#include "proxy/record/audit.h"

static bool contains(struct slice text, struct slice word)
{
    for (; word.len > 0 && text.len >= word.len; text = slice_from(text, 1))
        if (slice_starts_case(text, word))
            return true;
    return false;
}

static bool names_sender(const struct audit_record *record, const struct audit_conf *conf,
                         struct slice text)
{
    return conf->sender != PRIVACY_PLAIN && contains(text, record->sender);
}

static bool names_recipient(const struct audit_record *record, const struct audit_conf *conf,
                            struct slice text)
{
    if (conf->recipients == PRIVACY_PLAIN)
        return false;
    for (size_t i = 0; i < record->recipient_count; i++)
        if (contains(text, record->recipients[i].address))
            return true;
    return false;
}

bool audit_secret(const struct audit_record *record, const struct audit_conf *conf,
                  struct slice text)
{
    return names_sender(record, conf, text) || names_recipient(record, conf, text);
}

/* It may name any other by an address: one that took its place, say. */
bool audit_secret_recipient(const struct audit_record *record, const struct audit_conf *conf,
                            const struct audit_recipient *recipient)
{
    struct slice reply = recipient->reply;
    bool names = slice_find(reply, '@') != SLICE_NOT_FOUND || contains(reply, recipient->address);
    return names_sender(record, conf, reply) || (conf->recipients != PRIVACY_PLAIN && names);
}

struct slice audit_secret_codes(struct slice reply)
{
    struct reply_text parts = reply_split(reply);
    if (parts.enhanced.len > 0)
        return slice_first(reply, (size_t)(parts.enhanced.ptr - reply.ptr) + parts.enhanced.len);
    return slice_first(reply, 3);
}
