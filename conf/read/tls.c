/* tls: see tls.h. */
#include "conf/read/tls.h"

#include "conf/listener_conf.h"
#include "conf/listener_tls.h"
#include "conf/read/setting.h"
#include "conf/upstream_conf.h"
#include "conf/upstream_tls.h"
#include "filters/base/address.h"

static const struct choice MODES[] = {
    {"off", TLS_OFF},
    {"starttls", TLS_STARTTLS},
    {"implicit", TLS_IMPLICIT},
    {"passthrough", TLS_PASSTHROUGH},
    {NULL, 0},
};

static const struct choice CLIENT_CERTIFICATES[] = {
    {"none", CLIENT_CERTIFICATE_NONE},
    {"request", CLIENT_CERTIFICATE_REQUEST},
    {"require", CLIENT_CERTIFICATE_REQUIRE},
    {NULL, 0},
};

/* Older ones are not offered to choose (RFC 8996). */
static const struct choice VERSIONS[] = {{"1.2", TLS_1_2}, {"1.3", TLS_1_3}, {NULL, 0}};

static const struct setting_row LISTENER_ROWS[] = {
    {SETTING("mode", CHOICE), SETTING_AT(struct listener_tls, mode), .choices = MODES},
    {SETTING("certificate", PATH), SETTING_AT(struct listener_tls, pair.certificate)},
    {SETTING("key", PATH), SETTING_AT(struct listener_tls, pair.key)},
    {SETTING("certificates", OTHER)},
    {SETTING("required", BOOL), SETTING_AT(struct listener_tls, required)},
    {SETTING("client_certificate", CHOICE), SETTING_AT(struct listener_tls, client_certificate),
     .choices = CLIENT_CERTIFICATES},
    {SETTING("client_ca", PATH), SETTING_AT(struct listener_tls, client_ca)},
    {SETTING("min_version", CHOICE), SETTING_AT(struct listener_tls, min_version),
     .choices = VERSIONS},
    {.name = NULL},
};

static const struct setting_row PAIR_ROWS[] = {
    {SETTING("names", OTHER)},
    {SETTING("certificate", PATH), SETTING_AT(struct tls_pair, certificate)},
    {SETTING("key", PATH), SETTING_AT(struct tls_pair, key)},
    {.name = NULL},
};

/* Whether ${pair} is whole; an error says what is missing. */
static bool whole(struct build *build, const struct tls_pair *pair)
{
    if (pair->certificate.len > 0 && pair->key.len > 0)
        return true;
    diag_add(build->diag, DIAG_ERROR, pair->place, "TLS needs a 'certificate' and a 'key': %s",
             pair->certificate.len > 0 ? "the key is missing"
             : pair->key.len > 0       ? "the certificate is missing"
                                       : "both are missing");
    return false;
}

static void read_pair(struct build *build, const config_setting_t *group, struct tls_pair *pair)
{
    static const char WANTED[] = "a host name or a list of them, such as \"mail.example.org\"";
    const config_setting_t *names = setting_member(group, "names");

    pair->place = setting_place(build, group);
    setting_read(build, group, PAIR_ROWS, pair);
    if (!config_setting_is_group(group) || !whole(build, pair))
        return;
    if (names == NULL || setting_count(names) == 0)
        diag_add(build->diag, DIAG_ERROR, pair->place,
                 "a certificate among 'certificates' needs 'names', which clients ask for it by");
    else
        (void)setting_texts(build, names, WANTED, &pair->names, &pair->name_count);
}

static void read_pairs(struct build *build, const config_setting_t *s, struct listener_tls *tls)
{
    size_t count;
    const config_setting_t *list = setting_list(build, s, "certificates", &count);
    struct tls_pair *pairs = build_alloc(build, count, sizeof(*pairs));

    if (pairs == NULL)
        return;
    for (size_t i = 0; i < count; i++)
        read_pair(build, setting_item(list, i), &pairs[i]);
    tls->others = pairs;
    tls->other_count = count;
}

/* Who takes no part in TLS has nothing to show in it and nothing to demand. */
static void refuse_our_own(struct build *build, const config_setting_t *s)
{
    static const char *const names[] = {"certificate",        "key",       "certificates",
                                        "client_certificate", "client_ca", "min_version"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const config_setting_t *found = setting_member(s, names[i]);

        if (found != NULL)
            diag_add(build->diag, DIAG_ERROR, setting_place(build, found),
                     "'%s' does not go with mode = \"passthrough\": TLS is between the client and "
                     "the upstream, which shows its own certificate; take it out, or use mode = "
                     "\"starttls\"",
                     names[i]);
    }
}

void tls_read_listener(struct build *build, const config_setting_t *s, struct listener_tls *tls)
{
    if (s == NULL)
        return;
    tls->pair.place = setting_place(build, s);
    setting_read(build, s, LISTENER_ROWS, tls);
    if (!config_setting_is_group(s))
        return;
    read_pairs(build, s, tls);
    if (tls->mode == TLS_OFF && tls->required)
        diag_add(build->diag, DIAG_ERROR, tls->pair.place,
                 "'required' needs a mode other than \"off\"");
    if (tls->mode == TLS_PASSTHROUGH)
        refuse_our_own(build, s);
    if (tls->mode == TLS_OFF || tls->mode == TLS_PASSTHROUGH)
        return;
    (void)whole(build, &tls->pair);
    if (tls->client_certificate != CLIENT_CERTIFICATE_NONE && tls->client_ca.len == 0)
        diag_add(build->diag, DIAG_ERROR, tls->pair.place,
                 "'client_certificate' needs 'client_ca', the file of the authorities that are "
                 "trusted with clients");
}

void tls_check_listener(struct build *build, const struct listener_conf *listener)
{
    const struct upstream_conf *upstream = listener->upstream;

    if (listener->tls.mode != TLS_PASSTHROUGH || upstream == NULL)
        return;
    if (upstream->tls.mode != UPSTREAM_TLS_OFF) {
        diag_add(build->diag, DIAG_ERROR, listener->tls.pair.place,
                 "mode = \"passthrough\" leaves TLS to the client and upstream '%.*s', so that one "
                 "must have tls = \"off\"",
                 SLICE_ARG(upstream->name));
        return;
    }
    diag_add(build->diag, DIAG_WARNING, listener->tls.pair.place,
             "listener '%.*s': mail that comes inside TLS is not judged: with mode = "
             "\"passthrough\" only the refusals of connect and helo hold for it, and the record "
             "says no more than that it passed",
             SLICE_ARG(listener->name));
}

/* Whether each of its addresses is one of this machine, as "localhost" is meant to be. */
static bool stays_here(const struct upstream_conf *upstream)
{
    for (size_t i = 0; i < upstream->endpoint_count; i++)
        if (!address_is_local(&upstream->endpoints[i].address) &&
            !slice_equal_case(upstream->endpoints[i].host, SLICE("localhost")))
            return false;
    return upstream->endpoint_count > 0;
}

void tls_check_auth(struct build *build, const struct listener_conf *listener)
{
    const struct upstream_conf *upstream = listener->upstream;

    if (listener->auth != AUTH_TLS_ONLY || upstream == NULL)
        return;
    if (listener->tls.mode == TLS_OFF)
        diag_add(build->diag, DIAG_WARNING, listener->place,
                 "listener '%.*s' never offers AUTH: auth = \"tls-only\" needs a 'tls' group with "
                 "mode = \"starttls\" or \"implicit\"",
                 SLICE_ARG(listener->name));
    else if (upstream->tls.mode == UPSTREAM_TLS_OFF && !stays_here(upstream))
        diag_add(build->diag, DIAG_WARNING, listener->place,
                 "listener '%.*s' does not offer AUTH where the password would go on in plain "
                 "text: auth = \"tls-only\" needs tls = \"required\" or \"verified\" in upstream "
                 "'%.*s', which has tls = \"off\" and is not on this machine",
                 SLICE_ARG(listener->name), SLICE_ARG(upstream->name));
    else if (upstream->tls.mode == UPSTREAM_TLS_OPPORTUNISTIC)
        diag_add(build->diag, DIAG_WARNING, listener->place,
                 "listener '%.*s' does not offer AUTH in sessions where upstream '%.*s', which has "
                 "tls = \"opportunistic\", is reached without TLS: for auth = \"tls-only\" set tls "
                 "= \"required\" or \"verified\" there",
                 SLICE_ARG(listener->name), SLICE_ARG(upstream->name));
}

/* Whether every address has a name of its own. */
static bool all_named(const struct upstream_conf *upstream)
{
    for (size_t i = 0; i < upstream->endpoint_count; i++)
        if (upstream->endpoints[i].host.len == 0)
            return false;
    return true;
}

void tls_check_upstream(struct build *build, const config_setting_t *group,
                        const struct upstream_conf *upstream)
{
    const struct upstream_tls *tls = &upstream->tls;
    struct place place = setting_place(build, group);
    bool verifies = tls->mode == UPSTREAM_TLS_VERIFIED ||
                    (tls->mode == UPSTREAM_TLS_IMPLICIT && tls->ca.len > 0);

    if ((tls->certificate.len > 0) != (tls->key.len > 0))
        diag_add(build->diag, DIAG_ERROR, place,
                 "'tls_certificate' and 'tls_key' go together: one of them is missing");
    if (tls->ca.len > 0 && !verifies && tls->mode != UPSTREAM_TLS_OFF)
        diag_add(build->diag, DIAG_WARNING, place,
                 "'tls_ca' has no effect: nothing is verified unless tls = \"verified\" or "
                 "\"implicit\"");
    if (tls->mode == UPSTREAM_TLS_IMPLICIT && tls->ca.len == 0)
        diag_add(
            build->diag, DIAG_WARNING, place,
            "nobody verifies the certificate of upstream '%.*s': tls = \"implicit\" does so only "
            "with 'tls_ca', a file of authorities or \"system\"",
            SLICE_ARG(upstream->name));
    if (verifies && tls->name.len == 0 && all_named(upstream))
        return; /* each by its own */
    if (verifies && tls->name.len == 0 && upstream->endpoint_count > 1)
        diag_add(build->diag, DIAG_ERROR, place,
                 "the certificates of several addresses can only be verified with 'tls_name', the "
                 "name in all of them");
    else if (verifies && tls->name.len == 0 && upstream->endpoint_count == 1 &&
             upstream->endpoints[0].address.family == ADDRESS_UNIX)
        diag_add(build->diag, DIAG_ERROR, place,
                 "the certificate of a server behind a unix socket can only be verified with "
                 "'tls_name', the name in it");
}
