#include "filters/file/package.h"

/* A local header up to the name "mimetype" (APPNOTE 4.3.7; OpenDocument 1.3, part 2, 3.3). */
#define LOCAL_BYTES    30
#define LOCAL_METHOD   8
#define MIMETYPE_BYTES 128

#define OF(name) SLICE_INIT(name)
#define ODF      "application/vnd.oasis.opendocument."
#define OOXML    "application/vnd.openxmlformats-officedocument."

/* What "mimetype" may say; a longer one before what it begins with. */
static const struct slice said[] = {
    OF(ODF "text-template"),
    OF(ODF "text-master"),
    OF(ODF "text-web"),
    OF(ODF "text"),
    OF(ODF "spreadsheet-template"),
    OF(ODF "spreadsheet"),
    OF(ODF "presentation-template"),
    OF(ODF "presentation"),
    OF(ODF "graphics-template"),
    OF(ODF "graphics"),
    OF(ODF "chart"),
    OF(ODF "formula"),
    OF(ODF "image"),
    OF(ODF "base"),
    OF("application/epub+zip"),
};

enum mark {
    MARK_TYPES = 1 << 0, /* [Content_Types].xml: an Open Packaging file (ECMA-376, part 2) */
    MARK_WORD = 1 << 1,
    MARK_EXCEL = 1 << 2,
    MARK_POWERPOINT = 1 << 3,
    MARK_VISIO = 1 << 4,
    MARK_MACRO = 1 << 5,
    MARK_BINARY = 1 << 6,
    MARK_JAVA = 1 << 7,
    MARK_ANDROID = 1 << 8,
};

static const struct {
    struct slice name;
    bool whole; /* else what it begins with */
    unsigned marks;
} names[] = {
    {OF("[Content_Types].xml"), true, MARK_TYPES},
    {OF("word/vbaProject.bin"), true, MARK_WORD | MARK_MACRO},
    {OF("xl/vbaProject.bin"), true, MARK_EXCEL | MARK_MACRO},
    {OF("ppt/vbaProject.bin"), true, MARK_POWERPOINT | MARK_MACRO},
    {OF("xl/workbook.bin"), true, MARK_EXCEL | MARK_BINARY},
    {OF("word/"), false, MARK_WORD},
    {OF("xl/"), false, MARK_EXCEL},
    {OF("ppt/"), false, MARK_POWERPOINT},
    {OF("visio/"), false, MARK_VISIO},
    {OF("META-INF/MANIFEST.MF"), true, MARK_JAVA},
    {OF("AndroidManifest.xml"), true, MARK_ANDROID},
};

/* The first row all of whose marks were seen is the type. */
static const struct {
    unsigned marks;
    struct slice type;
} types[] = {
    {MARK_ANDROID, OF("application/vnd.android.package-archive")},
    {MARK_TYPES | MARK_WORD | MARK_MACRO, OF("application/vnd.ms-word.document.macroenabled.12")},
    {MARK_TYPES | MARK_EXCEL | MARK_BINARY,
     OF("application/vnd.ms-excel.sheet.binary.macroenabled.12")},
    {MARK_TYPES | MARK_EXCEL | MARK_MACRO, OF("application/vnd.ms-excel.sheet.macroenabled.12")},
    {MARK_TYPES | MARK_POWERPOINT | MARK_MACRO,
     OF("application/vnd.ms-powerpoint.presentation.macroenabled.12")},
    {MARK_TYPES | MARK_WORD, OF(OOXML "wordprocessingml.document")},
    {MARK_TYPES | MARK_EXCEL, OF(OOXML "spreadsheetml.sheet")},
    {MARK_TYPES | MARK_POWERPOINT, OF(OOXML "presentationml.presentation")},
    {MARK_TYPES | MARK_VISIO, OF("application/vnd.ms-visio.drawing")},
    {MARK_JAVA, OF("application/java-archive")},
};

/* ${row} is one of names[]: a slash of ${name} may be either. */
static bool name_begins(struct slice name, struct slice row)
{
    if (name.len < row.len)
        return false;
    for (size_t i = 0; i < row.len; i++) {
        char c = name.ptr[i] == '\\' ? '/' : ascii_lower(name.ptr[i]);

        if (c != ascii_lower(row.ptr[i]))
            return false;
    }
    return true;
}

static unsigned name_marks(struct slice name)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (name_begins(name, names[i].name) && (!names[i].whole || name.len == names[i].name.len))
            return names[i].marks;
    return 0;
}

/* What the first member says, where it is stored and called so. */
static struct slice type_said(struct slice content)
{
    struct slice head = slice_first(content, LOCAL_BYTES + MIMETYPE_BYTES);
    struct slice text = slice_from(head, LOCAL_BYTES);

    if (!slice_starts(head, SLICE("PK\3\4")) || !slice_starts(text, SLICE("mimetype")) ||
        !slice_starts(slice_from(head, LOCAL_METHOD), SLICE("\0\0")))
        return SLICE_NONE;
    text = slice_from(text, sizeof("mimetype") - 1);
    for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++)
        if (slice_starts(text, said[i]))
            return said[i];
    return SLICE_NONE;
}

struct slice package_type(struct slice content, const struct slice *members, size_t count)
{
    struct slice type = type_said(content);
    unsigned marks = 0;

    if (type.len > 0)
        return type;
    for (size_t i = 0; i < count; i++)
        marks |= name_marks(members[i]);
    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
        if ((marks & types[i].marks) == types[i].marks)
            return types[i].type;
    return SLICE("application/zip");
}
