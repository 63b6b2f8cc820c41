/* mta_scene: one session of an MTA, and what an MTA says in it. */
#ifndef TESTS_UNIT_PROXY_AS_MILTER_MTA_SCENE_H
#define TESTS_UNIT_PROXY_AS_MILTER_MTA_SCENE_H

#include "proxy/as_milter/mta_content.h"
#include "proxy/as_milter/mta_envelope.h"
#include "proxy/as_milter/mta_message.h"
#include "proxy/as_milter/mta_session.h"
#include "tests/unit/proxy/as_milter/mta_kit.h"
#include "tests/unit/support.h"

/* A rule for each event. */
#define RULES                                                                                      \
    "rules = ("                                                                                    \
    "{ name = \"client\"; when = { client = \"192.0.2.66\"; }; then = { reject = \"No\"; }; },"    \
    "{ name = \"helo\"; when = { helo = \"bad\"; }; then = { tempfail = \"Wait\"; }; },"           \
    "{ name = \"slow\"; when = { helo = \"slow\"; }; then = { delay = \"5m\"; }; },"               \
    "{ name = \"mail\"; when = { sender = \"bad@x\"; }; then = { reject = \"No\"; }; },"           \
    "{ name = \"hang\"; when = { sender = \"hang@x\"; }; then = { disconnect = \"Bye\"; }; },"     \
    "{ name = \"rcpt\"; when = { recipient = \"bad@y\"; }; then = { reject = \"No\"; }; },"        \
    "{ name = \"drop\"; when = { recipient = \"drop@y\"; }; then = { discard = true; }; },"        \
    "{ name = \"many\"; when = { recipient_count = \"> 2\"; }; then = { reject = \"No\"; }; },"    \
    "{ name = \"subject\"; when = { header = { Subject = \"bad\"; }; };"                           \
    "  then = { reject = \"No\"; }; },"                                                            \
    "{ name = \"body\"; when = { raw_body = \"bad\"; }; then = { reject = \"No\"; }; },"           \
    "{ name = \"login\"; when = { auth = \"bob\"; }; then = { add_header = { X = \"bob\"; }; }; "  \
    "},"                                                                                           \
    "{ name = \"tls\"; when = { tls_version = \"1.3\"; tls_cipher = \"C\"; client_cert = \"S\"; "  \
    "};"                                                                                           \
    "  then = { add_header = { X = \"tls\"; }; }; } );"

/* Name and value, one after the other. */
static inline const char *get_macro(void *ctx, const char *name)
{
    for (const char *const *at = ctx; at != NULL && at[0] != NULL; at += 2)
        if (strcmp(at[0], name) == 0)
            return at[1];
    return NULL;
}

struct scene {
    struct mta_kit kit;
    struct mta_session *session;
    struct mta_macros macros;
};

static inline void begin(struct scene *s, const char *settings)
{
    mta_kit_begin(&s->kit, settings);
    s->session = mta_session_create(s->kit.service);
    assert_non_null(s->session);
    s->macros = (struct mta_macros){get_macro, NULL};
}

static inline void end(struct scene *s)
{
    mta_session_destroy(s->session, NULL);
    mta_kit_end(&s->kit);
}

/* Ends the session; the records must hold each of the texts up to NULL. */
static inline void finish(struct scene *s, const char *const *texts)
{
    mta_session_destroy(s->session, NULL);
    const char *records = mta_kit_records(&s->kit);
    for (size_t i = 0; texts[i] != NULL; i++)
        if (strstr(records, texts[i]) == NULL)
            fail_msg("no %s in %s", texts[i], records);
    mta_kit_end(&s->kit);
}

static inline enum answer_kind connect_from(struct scene *s, const char *client)
{
    struct address address;

    assert_int_equal(address_parse(slice_str(client), &address), 0);
    return mta_session_connect(s->session, &s->macros, &address).kind;
}

static inline enum answer_kind mail(struct scene *s, const char *sender)
{
    const char *const argv[] = {sender, "SIZE=10", NULL};

    return mta_envelope_mail(s->session, &s->macros, argv).kind;
}

static inline enum answer_kind rcpt(struct scene *s, const char *recipient)
{
    const char *const argv[] = {recipient, NULL};

    return mta_envelope_rcpt(s->session, &s->macros, argv).kind;
}

static inline void start(struct scene *s)
{
    assert_int_equal(connect_from(s, "192.0.2.1"), ANSWER_CONTINUE);
    assert_int_equal(mta_session_helo(s->session, "good").kind, ANSWER_CONTINUE);
    assert_int_equal(mail(s, "<a@x>"), ANSWER_CONTINUE);
    assert_int_equal(rcpt(s, "<u@y>"), ANSWER_CONTINUE);
}

static inline enum answer_kind message_end(struct scene *s)
{
    return mta_content_end(s->session, &s->macros).kind;
}

#endif
