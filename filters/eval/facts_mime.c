/* facts_mime: see facts_mime.h. */
#include "filters/eval/facts_mime.h"

#include "filters/eval/facts_take.h"
#include "filters/eval/questions.h"

/* Which values of the content ${field} has, or CONTENT_FACTS: it has none. */
static enum content_fact fact_of(enum field_id field)
{
    static const struct {
        enum field_id field;
        enum content_fact fact;
    } FACTS[] = {
        {FIELD_BODY, CONTENT_BODY},
        {FIELD_HIDDEN_TEXT, CONTENT_HIDDEN_TEXT},
        {FIELD_ATTACHMENT, CONTENT_ATTACHMENT},
        {FIELD_ATTACHMENT_TYPE, CONTENT_ATTACHMENT_TYPE},
        {FIELD_ATTACHMENT_SIZE, CONTENT_ATTACHMENT_SIZE},
        {FIELD_ARCHIVE_MEMBER, CONTENT_ARCHIVE_MEMBER},
        {FIELD_ARCHIVE_ENCRYPTED, CONTENT_ARCHIVE_ENCRYPTED},
        {FIELD_LINK, CONTENT_LINK},
        {FIELD_LINK_HOST, CONTENT_LINK_HOST},
    };

    for (size_t i = 0; i < sizeof(FACTS) / sizeof(*FACTS); i++)
        if (FACTS[i].field == field)
            return FACTS[i].fact;
    return CONTENT_FACTS;
}

static struct content_values values_of(const struct eval *e, enum field_id field)
{
    const struct content *content = questions_content(e);
    enum content_fact fact = fact_of(field);

    if (content == NULL || fact == CONTENT_FACTS)
        return (struct content_values){.count = 0};
    return content->values[fact];
}

/* --- hosts ------------------------------------------------------------------------------------ */

/* Whether a host name may have two spellings. */
static bool is_international(struct slice host)
{
    for (size_t i = 0; i < host.len; i++)
        if ((unsigned char)host.ptr[i] > 0x7F ||
            slice_starts_case(slice_from(host, i), SLICE("xn--")))
            return true;
    return false;
}

/* The forms of ${host}, kept for the message. NULL when memory is out. */
static const struct comparable *make_forms(struct eval *e, struct slice host)
{
    struct slice address = arena_format(&e->work, "@%.*s", SLICE_ARG(host));
    struct comparable *forms = arena_alloc(&e->work, sizeof(*forms)), whole;

    if (address.ptr == NULL || forms == NULL || facts_take_address(e, address, &whole) != 0)
        return NULL;
    *forms = comparable_domain(&whole);
    return forms;
}

/* Host number ${index} in the forms in which it is compared, if it has more than one. 0, or -1 when
 * memory is out. */
static int compare_host(struct eval *e, struct content_values hosts, size_t index,
                        struct value *value)
{
    const struct comparable **kept = e->m->host_forms;

    if (!is_international(value->text))
        return 0;
    if (kept == NULL)
        kept = e->m->host_forms = arena_alloc(&e->work, hosts.count * sizeof(*kept));
    if (kept == NULL)
        return -1;
    if (kept[index] == NULL)
        kept[index] = make_forms(e, value->text);
    if (kept[index] == NULL)
        return -1;
    value->forms = *kept[index];
    value->text = value->forms.text;
    return 0;
}

/* --- the fields ------------------------------------------------------------------------------- */

int facts_mime_values(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                      size_t *cursor, struct value *value)
{
    struct content_values values = values_of(e, leaf->field);
    size_t index = at->only > 0 ? at->only - 1 : *cursor;

    if (index >= values.count || (at->only > 0 && *cursor > 0))
        return 0;
    ++*cursor;
    value->text = values.items[index].text;
    value->number = (double)values.items[index].number;
    value->clean = true;
    if (leaf->field == FIELD_LINK_HOST && compare_host(e, values, index, value) != 0)
        return -1;
    return 1;
}

const struct content_value *facts_mime_item(const struct eval *e, enum field_id field,
                                            size_t cursor)
{
    struct content_values values = values_of(e, field);

    return cursor < values.count ? &values.items[cursor] : NULL;
}

bool facts_mime_mismatch(const struct eval *e)
{
    const struct content *content = questions_content(e);

    return content != NULL && content->link_mismatch;
}

bool facts_mime_ambiguous(const struct eval *e)
{
    const struct content *content = questions_content(e);

    return content != NULL && content->doubt_count > 0;
}

struct slice facts_mime_text(const struct eval *e, enum field_id field)
{
    struct content_values values = values_of(e, field);
    bool holds;

    if (questions_content(e) == NULL)
        return SLICE_NONE;
    if (fact_of(field) != CONTENT_FACTS)
        return values.count > 0 ? values.items[0].text : SLICE_NONE;
    holds = field == FIELD_LINK_MISMATCH ? facts_mime_mismatch(e) : facts_mime_ambiguous(e);
    return holds ? SLICE("true") : SLICE("false");
}

struct question facts_mime_question(const struct eval *e)
{
    (void)e;
    return (struct question){.kind = QUESTION_CONTENT};
}
