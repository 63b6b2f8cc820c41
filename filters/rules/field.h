/* field: the facts a condition can name, as one table (postern-rules(7), "Conditions"). */
#ifndef FILTERS_RULES_FIELD_H
#define FILTERS_RULES_FIELD_H

#include "filters/base/must_use.h"
#include "filters/event.h"

enum field_id {
    FIELD_CLIENT,
    FIELD_CLIENT_PORT,
    FIELD_CLIENT_NAME,
    FIELD_LISTENER,
    FIELD_HELO,
    FIELD_TLS,
    FIELD_TLS_VERSION,
    FIELD_TLS_CIPHER,
    FIELD_TLS_NAME,
    FIELD_CLIENT_CERT,
    FIELD_AUTH,
    FIELD_SENDER,
    FIELD_SENDER_DOMAIN,
    FIELD_RECIPIENT,
    FIELD_RECIPIENT_DOMAIN,
    FIELD_RECIPIENT_COUNT,
    FIELD_SIZE,
    FIELD_HEADER,
    FIELD_RAW_HEADER,
    FIELD_HEADER_LINE,
    FIELD_MISSING_HEADER,
    FIELD_HEADER_AMBIGUOUS,
    FIELD_FROM_ADDRESS,
    FIELD_FROM_DOMAIN,
    FIELD_FROM_NAME,
    FIELD_REPLY_TO_ADDRESS,
    FIELD_REPLY_TO_DOMAIN,
    FIELD_LOOKALIKE,
    FIELD_HOPS,
    FIELD_RAW_BODY,
    FIELD_BODY,
    FIELD_HIDDEN_TEXT,
    FIELD_ATTACHMENT,
    FIELD_ATTACHMENT_TYPE,
    FIELD_ATTACHMENT_SIZE,
    FIELD_ARCHIVE_MEMBER,
    FIELD_ARCHIVE_ENCRYPTED,
    FIELD_LINK,
    FIELD_LINK_HOST,
    FIELD_LINK_MISMATCH,
    FIELD_MIME_AMBIGUOUS,
    FIELD_SCORE,
    FIELD_TAG,
    FIELD_COUNT,
};

enum field_type {
    FIELD_TYPE_TEXT,    /* decoded, UTF-8 */
    FIELD_TYPE_BYTES,   /* raw: patterns match bytes */
    FIELD_TYPE_ADDRESS, /* an IP address */
    FIELD_TYPE_NUMBER,
    FIELD_TYPE_BOOL,
    FIELD_TYPE_LIST,     /* lookalike: no matcher but the name of a list, never negated */
    FIELD_TYPE_PRESENCE, /* missing_header: no matcher, only a header's name */
};

struct field_info {
    struct slice name;
    enum field_type type;
    enum stage stage;  /* the earliest at which it can be known. size: as declared with SIZE=,
                        * in truth at message; score and tag: when the rules above are decided; of
                        * TLS: at connect already when the session begins in it */
    bool named;        /* a group of header names (header, raw_header, missing_header) */
    bool of_recipient; /* has one value per recipient */
    bool of_names;     /* mail addresses, domains or host names: a text alone is a list entry */
    bool in_text;      /* `${field}` may name it: at most one value, or the first */
    bool looked_up;    /* no event tells it: it is asked for (filters/eval/question.h) */
    bool of_content;   /* ... with all others that say what the message contains, in one question */
};

/* field_get(id): the row of that field. Never NULL for an id below FIELD_COUNT. */
const struct field_info *field_get(enum field_id id);

/* field_unreadable(id), field_looked_up(id): whether its values may be such that nobody can read
 * them (on_failure.content); whether they may be such that nobody knows them (on_failure.lookup).
 */
bool field_unreadable(enum field_id id);
bool field_looked_up(enum field_id id);

/* field_find(name, id): finds a field by name. Returns 1; or 0 when there is none such; or -1 when
 * the manual names it but this build does not know it yet (dnsbl, rate, ...). */
MUST_USE int field_find(struct slice name, enum field_id *id);

#endif
