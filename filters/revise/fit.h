/* fit: a text that is put into a part, as the octets of that part's charset.
 */
#ifndef FILTERS_REVISE_FIT_H
#define FILTERS_REVISE_FIT_H

#include "filters/base/bytes.h"
#include "filters/base/must_use.h"
#include "filters/content/content.h"

enum fit_result {
    FIT_DONE,
    FIT_UNFIT,  /* a character of it is not in that charset, or the part may not have its octets */
    FIT_MEMORY, /* ${out} has failed, or this machine does not know the charset */
};

/* fit_ascii(part, octets): whether ASCII that is put among ${octets}, the text of ${part}, is read
 * as that: not in UTF-16, be it declared or said by a byte order mark. */
MUST_USE enum fit_result fit_ascii(const struct content_part *part, struct slice octets);

/* fit_text(part, seven_bit, text, out): appends ${text}, UTF-8, as ${part} writes text. With
 * ${seven_bit} it may have no octet above 127. HTML can name any character: what does not fit
 * becomes a reference ("&#252;"). */
MUST_USE enum fit_result fit_text(const struct content_part *part, bool seven_bit,
                                  struct slice text, struct bytes *out);

/* fit_change(part, seven_bit, octets, before, after, out): appends ${octets}, of which ${before} is
 * the text, changed to say ${after}: lines that do not differ, and what others begin and end with,
 * keep their octets, what is between is fit_text. FIT_UNFIT also when it is not known which octets
 * say what. */
MUST_USE enum fit_result fit_change(const struct content_part *part, bool seven_bit,
                                    struct slice octets, struct slice before, struct slice after,
                                    struct bytes *out);

#endif
