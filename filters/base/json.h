/* json: a small writer of one-line JSON, for the audit record and `explain --json`.
 *
 * Our own because it stands on the hot path and its input is hostile: bytes that are not UTF-8 are
 * shown as \xNN, as in the log: JSON has no way to write a byte (utf8_shown_byte). Every control
 * character and every other that deceives (utf8_deceives) is escaped, so that nothing a client
 * sends can end the line or the string, or shows as what it is not. The writer keeps the commas;
 * the caller keeps the nesting right (asserted).
 */
#ifndef FILTERS_BASE_JSON_H
#define FILTERS_BASE_JSON_H

#include "filters/base/bytes.h"

#define JSON_DEPTH_MAX  16
#define JSON_STRING_MAX 1024 /* bytes of one string value from the wire; the rest becomes "..." */

struct json {
    struct bytes *out;
    unsigned depth;
    bool stored; /* to be read back by a program of ours: what is UTF-8 stays what it is, and what
                  * looks like a shown byte too. Set after json_init */
    bool comma[JSON_DEPTH_MAX]; /* a value stands before on this level */
};

/* json_init(j, out): begins one value; appends to ${out}, whose ${failed} tells of trouble. */
void json_init(struct json *j, struct bytes *out);

/* Each takes the member's name (a literal of ours, with nothing in it to escape), or NULL inside
 * an array or at the top. */
void json_object(struct json *j, const char *name);
void json_array(struct json *j, const char *name);
void json_end_object(struct json *j);
void json_end_array(struct json *j);
void json_string(struct json *j, const char *name, struct slice value); /* cut at JSON_STRING_MAX */
void json_text(struct json *j, const char *name, struct slice value); /* never cut; our own texts */
void json_integer(struct json *j, const char *name, int64_t value);
/* Up to 6 decimals, no exponent; null when it is no finite number. */
void json_number(struct json *j, const char *name, double value);
void json_bool(struct json *j, const char *name, bool value);
void json_null(struct json *j, const char *name);

#endif
