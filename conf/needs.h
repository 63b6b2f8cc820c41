/* needs: which program a configuration is for. */
#ifndef CONF_NEEDS_H
#define CONF_NEEDS_H

/* What the caller cannot do without. */
enum config_needs {
    CONFIG_NEEDS_NOTHING,
    CONFIG_NEEDS_ADVICE, /* nothing; what the programs would refuse is a note */
    CONFIG_NEEDS_PROXY,  /* listeners and upstreams */
    CONFIG_NEEDS_MILTER, /* `milter`; what only the proxy uses is passed over with a note */
};

#endif
