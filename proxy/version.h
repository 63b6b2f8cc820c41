/* version: the version of Postern, here and nowhere else. */
#ifndef PROXY_VERSION_H
#define PROXY_VERSION_H

#define POSTERN_VERSION "0.8.0"

#endif
