/* newline: what becomes of bare line ends, per listener (postern.conf(5), bare_newline). */
#ifndef FILTERS_BASE_NEWLINE_H
#define FILTERS_BASE_NEWLINE_H

enum newline_mode {
    NEWLINE_NORMALIZE, /* a bare LF becomes CRLF, a bare CR or a NUL a space */
    NEWLINE_REJECT,    /* the message or command is refused */
    NEWLINE_ALLOW,     /* as normalize; LF.LF, CRLF.LF and LF.CRLF end data too */
};

#endif
