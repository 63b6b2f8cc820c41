/*
 * A milter that wants to hear all of a message and changes nothing: what is left is the cost of
 * asking. Usage: idle_milter inet:PORT@127.0.0.1
 */
#include <stdio.h>
#include <sysexits.h>

#include <libmilter/mfapi.h>

static sfsistat heard(SMFICTX *context)
{
    (void)context;
    return SMFIS_CONTINUE;
}

static sfsistat heard_connect(SMFICTX *context, char *host, _SOCK_ADDR *address)
{
    (void)host;
    (void)address;
    return heard(context);
}

static sfsistat heard_text(SMFICTX *context, char *text)
{
    (void)text;
    return heard(context);
}

static sfsistat heard_address(SMFICTX *context, char **words)
{
    (void)words;
    return heard(context);
}

static sfsistat heard_header(SMFICTX *context, char *name, char *value)
{
    (void)name;
    (void)value;
    return heard(context);
}

static sfsistat heard_body(SMFICTX *context, unsigned char *chunk, size_t length)
{
    (void)chunk;
    (void)length;
    return heard(context);
}

int main(int count, char **words)
{
    char name[] = "idle";
    struct smfiDesc milter = {
        .xxfi_name = name,
        .xxfi_version = SMFI_VERSION,
        .xxfi_connect = heard_connect,
        .xxfi_helo = heard_text,
        .xxfi_envfrom = heard_address,
        .xxfi_envrcpt = heard_address,
        .xxfi_data = heard,
        .xxfi_header = heard_header,
        .xxfi_eoh = heard,
        .xxfi_body = heard_body,
        .xxfi_eom = heard,
    };

    if (count != 2) {
        fprintf(stderr, "usage: %s inet:PORT@127.0.0.1\n", words[0]);
        return EX_USAGE;
    }
    if (smfi_register(milter) == MI_FAILURE || smfi_setconn(words[1]) == MI_FAILURE) {
        return EX_CONFIG;
    }
    return smfi_main() == MI_SUCCESS ? EX_OK : EX_UNAVAILABLE;
}
