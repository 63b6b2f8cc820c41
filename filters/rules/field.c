/* field: the table of postern-rules(7), "Conditions". */
#include "filters/rules/field.h"

#include <assert.h>

enum trait { NAMED = 1, OF_RECIPIENT = 2, IN_TEXT = 4, OF_NAMES = 8, LOOKED_UP = 16, CONTENT = 32 };

_Static_assert(FIELD_COUNT <= 64, "struct rule_plan has a bit for each field");

#define ROW(name, kind, known, traits)                                                             \
    {                                                                                              \
        SLICE_INIT(name), FIELD_TYPE_##kind, STAGE_##known, ((traits)&NAMED) != 0,                 \
            ((traits)&OF_RECIPIENT) != 0, ((traits)&OF_NAMES) != 0, ((traits)&IN_TEXT) != 0,       \
            ((traits) & (LOOKED_UP | CONTENT)) != 0, ((traits)&CONTENT) != 0                       \
    }

/* clang-format off: one row, one line */
static const struct field_info FIELDS[FIELD_COUNT] = {
    [FIELD_CLIENT] = ROW("client", ADDRESS, CONNECT, IN_TEXT),
    [FIELD_CLIENT_PORT] = ROW("client_port", NUMBER, CONNECT, IN_TEXT),
    [FIELD_CLIENT_NAME] = ROW("client_name", TEXT, CONNECT, OF_NAMES | IN_TEXT | LOOKED_UP),
    [FIELD_LISTENER] = ROW("listener", TEXT, CONNECT, IN_TEXT),
    [FIELD_HELO] = ROW("helo", TEXT, HELO, OF_NAMES | IN_TEXT),
    [FIELD_TLS] = ROW("tls", BOOL, MAIL, IN_TEXT),
    [FIELD_TLS_VERSION] = ROW("tls_version", TEXT, MAIL, IN_TEXT),
    [FIELD_TLS_CIPHER] = ROW("tls_cipher", TEXT, MAIL, IN_TEXT),
    [FIELD_TLS_NAME] = ROW("tls_name", TEXT, MAIL, OF_NAMES | IN_TEXT),
    [FIELD_CLIENT_CERT] = ROW("client_cert", TEXT, MAIL, IN_TEXT),
    [FIELD_AUTH] = ROW("auth", TEXT, MAIL, IN_TEXT),
    [FIELD_SENDER] = ROW("sender", TEXT, MAIL, OF_NAMES | IN_TEXT),
    [FIELD_SENDER_DOMAIN] = ROW("sender_domain", TEXT, MAIL, OF_NAMES | IN_TEXT),
    [FIELD_RECIPIENT] = ROW("recipient", TEXT, RCPT, OF_RECIPIENT | OF_NAMES | IN_TEXT),
    [FIELD_RECIPIENT_DOMAIN] =
        ROW("recipient_domain", TEXT, RCPT, OF_RECIPIENT | OF_NAMES | IN_TEXT),
    [FIELD_RECIPIENT_COUNT] = ROW("recipient_count", NUMBER, DATA, IN_TEXT),
    [FIELD_SIZE] = ROW("size", NUMBER, MAIL, IN_TEXT),
    [FIELD_HEADER] = ROW("header", TEXT, HEADER, NAMED),
    [FIELD_RAW_HEADER] = ROW("raw_header", BYTES, HEADER, NAMED),
    [FIELD_HEADER_LINE] = ROW("header_line", TEXT, HEADER, 0),
    [FIELD_MISSING_HEADER] = ROW("missing_header", PRESENCE, HEADER, NAMED),
    [FIELD_HEADER_AMBIGUOUS] = ROW("header_ambiguous", BOOL, HEADER, IN_TEXT),
    [FIELD_FROM_ADDRESS] = ROW("from_address", TEXT, HEADER, OF_NAMES | IN_TEXT),
    [FIELD_FROM_DOMAIN] = ROW("from_domain", TEXT, HEADER, OF_NAMES | IN_TEXT),
    [FIELD_FROM_NAME] = ROW("from_name", TEXT, HEADER, IN_TEXT),
    [FIELD_REPLY_TO_ADDRESS] = ROW("reply_to_address", TEXT, HEADER, OF_NAMES | IN_TEXT),
    [FIELD_REPLY_TO_DOMAIN] = ROW("reply_to_domain", TEXT, HEADER, OF_NAMES | IN_TEXT),
    [FIELD_LOOKALIKE] = ROW("lookalike", LIST, HEADER, 0),
    [FIELD_HOPS] = ROW("hops", NUMBER, HEADER, IN_TEXT),
    [FIELD_RAW_BODY] = ROW("raw_body", BYTES, MESSAGE, 0),
    [FIELD_BODY] = ROW("body", TEXT, MESSAGE, CONTENT),
    [FIELD_HIDDEN_TEXT] = ROW("hidden_text", TEXT, MESSAGE, CONTENT),
    [FIELD_ATTACHMENT] = ROW("attachment", TEXT, MESSAGE, IN_TEXT | CONTENT),
    [FIELD_ATTACHMENT_TYPE] = ROW("attachment_type", TEXT, MESSAGE, IN_TEXT | CONTENT),
    [FIELD_ATTACHMENT_SIZE] = ROW("attachment_size", NUMBER, MESSAGE, IN_TEXT | CONTENT),
    [FIELD_ARCHIVE_MEMBER] = ROW("archive_member", TEXT, MESSAGE, IN_TEXT | CONTENT),
    [FIELD_ARCHIVE_ENCRYPTED] = ROW("archive_encrypted", TEXT, MESSAGE, IN_TEXT | CONTENT),
    [FIELD_LINK] = ROW("link", TEXT, MESSAGE, IN_TEXT | CONTENT),
    [FIELD_LINK_HOST] = ROW("link_host", TEXT, MESSAGE, OF_NAMES | IN_TEXT | CONTENT),
    [FIELD_LINK_MISMATCH] = ROW("link_mismatch", BOOL, MESSAGE, IN_TEXT | CONTENT),
    [FIELD_MIME_AMBIGUOUS] = ROW("mime_ambiguous", BOOL, MESSAGE, IN_TEXT | CONTENT),
    [FIELD_SCORE] = ROW("score", NUMBER, CONNECT, IN_TEXT),
    [FIELD_TAG] = ROW("tag", TEXT, CONNECT, 0),
};
/* clang-format on */

/* Words of the language that this build does not judge: an error that says so helps more than
 * "unknown". */
static const struct slice ABSENT[] = {
    SLICE_INIT("dnsbl"),
    SLICE_INIT("rate"),
    SLICE_INIT("greylisted"),
};

static const struct slice STAGE_NAMES[] = {
    [STAGE_CONNECT] = SLICE_INIT("connect"), [STAGE_HELO] = SLICE_INIT("helo"),
    [STAGE_MAIL] = SLICE_INIT("mail"),       [STAGE_RCPT] = SLICE_INIT("rcpt"),
    [STAGE_DATA] = SLICE_INIT("data"),       [STAGE_HEADER] = SLICE_INIT("header"),
    [STAGE_MESSAGE] = SLICE_INIT("message"),
};

const struct field_info *field_get(enum field_id id)
{
    assert(id < FIELD_COUNT);
    return &FIELDS[id];
}

bool field_unreadable(enum field_id id)
{
    bool of_mailboxes = id >= FIELD_FROM_ADDRESS && id <= FIELD_LOOKALIKE;

    return of_mailboxes || FIELDS[id].of_content;
}

bool field_looked_up(enum field_id id)
{
    return FIELDS[id].looked_up && !FIELDS[id].of_content;
}

int field_find(struct slice name, enum field_id *id)
{
    for (unsigned i = 0; i < FIELD_COUNT; i++) {
        if (slice_equal(FIELDS[i].name, name)) {
            *id = (enum field_id)i;
            return 1;
        }
    }
    for (size_t i = 0; i < sizeof(ABSENT) / sizeof(*ABSENT); i++)
        if (slice_equal(ABSENT[i], name))
            return -1;
    return 0;
}

struct slice stage_name(enum stage stage)
{
    return STAGE_NAMES[stage];
}
