/* doubt: see doubt.h. */
#include "filters/mime/doubt.h"

static const char *const TEXTS[DOUBTS] = {
    [DOUBT_STRAY] = "a line in a part's header that is no field",
    [DOUBT_COLON] = "blanks before the colon of a MIME field",
    [DOUBT_TYPES] = "several types for one part",
    [DOUBT_ENCODINGS] = "several transfer encodings for one part",
    [DOUBT_DISPOSITIONS] = "several dispositions for one part",
    [DOUBT_TYPE] = "a type that is no type",
    [DOUBT_ENCODING] = "a transfer encoding that not all readers know",
    [DOUBT_JUNK] = "text among parameters that is no parameter",
    [DOUBT_REPEATED] = "a parameter with several values",
    [DOUBT_COMMENT] = "a comment among parameters",
    [DOUBT_QUOTES] = "quotes that do not fit in a parameter",
    [DOUBT_BLANKS] = "blanks in a parameter without quotes",
    [DOUBT_ESCAPE] = "a backslash in a parameter",
    [DOUBT_PIECES] = "a parameter whose pieces do not fit",
    [DOUBT_NAMES] = "names of different kinds for one part",
    [DOUBT_CHARSETS] = "several charsets for one part",
    [DOUBT_BOUNDARY] = "a boundary that not all readers undo",
    [DOUBT_NO_BOUNDARY] = "a multipart without a boundary",
    [DOUBT_CONTAINER] = "an encoded multipart",
    [DOUBT_NO_DELIMITER] = "a multipart whose boundary never comes",
    [DOUBT_NO_END] = "a multipart without its last delimiter",
    [DOUBT_AGAIN] = "a delimiter after the last",
    [DOUBT_NESTED] = "two nested multiparts with one boundary",
    [DOUBT_PREFIX] = "a line that goes on after a boundary",
    [DOUBT_BELOW] = "a header below an empty line",
    [DOUBT_LEAF] = "a boundary that comes in what is no multipart",
    [DOUBT_MESSAGE] = "a message that not all readers open, or open so",
    [DOUBT_READERS] = "parts that only some readers find",
    [DOUBT_BASE64] = "base64 that readers end or mend differently",
    [DOUBT_QUOTED] = "quoted-printable that readers mend differently",
    [DOUBT_CHARSET] = "an unknown charset",
    [DOUBT_ASCII] = "a text that reads otherwise without its charset",
    [DOUBT_FILE] = "a file written out in a text",
    [DOUBT_TNEF] = "a container that only some readers open",
};

const char *doubt_text(enum doubt doubt)
{
    return TEXTS[doubt];
}
