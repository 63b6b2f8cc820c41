#include "filters/file/package.h"

#include "tests/unit/support.h"

#define OOXML "application/vnd.openxmlformats-officedocument."
#define LOCAL "PK\3\4\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x08\0\0\0mimetype"

#define MEMBERS 4

static const struct {
    const char *names[MEMBERS];
    const char *type;
} rows[] = {
    {{"a.txt"}, "application/zip"},
    {{"[Content_Types].xml"}, "application/zip"},
    {{"word/document.xml"}, "application/zip"},
    {{"[Content_Types].xml", "word/document.xml"}, OOXML "wordprocessingml.document"},
    {{"word/document.xml", "[Content_Types].xml"}, OOXML "wordprocessingml.document"},
    {{"[CONTENT_TYPES].XML", "Word\\document.xml"}, OOXML "wordprocessingml.document"},
    {{"[Content_Types].xml", "xl/workbook.xml"}, OOXML "spreadsheetml.sheet"},
    {{"[Content_Types].xml", "ppt/presentation.xml"}, OOXML "presentationml.presentation"},
    {{"[Content_Types].xml", "visio/document.xml"}, "application/vnd.ms-visio.drawing"},
    {{"[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"},
     "application/vnd.ms-word.document.macroenabled.12"},
    {{"[Content_Types].xml", "xl/vbaProject.bin"},
     "application/vnd.ms-excel.sheet.macroenabled.12"},
    {{"[Content_Types].xml", "xl/workbook.bin"},
     "application/vnd.ms-excel.sheet.binary.macroenabled.12"},
    {{"[Content_Types].xml", "ppt/vbaProject.bin"},
     "application/vnd.ms-powerpoint.presentation.macroenabled.12"},
    {{"[Content_Types].xml", "word/vbaProject.bin.old"}, OOXML "wordprocessingml.document"},
    {{"META-INF/MANIFEST.MF", "a.class"}, "application/java-archive"},
    {{"META-INF/MANIFEST.MF", "AndroidManifest.xml"}, "application/vnd.android.package-archive"},
    {{"META-INF/MANIFEST.MF", "[Content_Types].xml", "word/a"}, OOXML "wordprocessingml.document"},
    {{"META-INF/MANIFEST.MFX", "xl"}, "application/zip"},
    {{"[Content_Types].xml.bak", "word/document.xml"}, "application/zip"},
};

static void by_members(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice members[MEMBERS];
        size_t count = 0;

        for (; count < MEMBERS && rows[i].names[count] != NULL; count++)
            members[count] = slice_str(rows[i].names[count]);
        assert_row_slice(package_type(SLICE("PK\3\4"), members, count), slice_str(rows[i].type),
                         rows[i].type, i);
    }
}

static void by_what_is_said(void **state)
{
    static const struct {
        struct slice content;
        const char *type;
    } files[] = {
        {SLICE_INIT(LOCAL "application/vnd.oasis.opendocument.textPK"),
         "application/vnd.oasis.opendocument.text"},
        {SLICE_INIT(LOCAL "application/vnd.oasis.opendocument.text-templatePK"),
         "application/vnd.oasis.opendocument.text-template"},
        {SLICE_INIT(LOCAL "application/vnd.oasis.opendocument.spreadsheet"),
         "application/vnd.oasis.opendocument.spreadsheet"},
        {SLICE_INIT(LOCAL "application/epub+zip"), "application/epub+zip"},
        {SLICE_INIT(LOCAL "application/epub+zi"), "application/zip"},
        {SLICE_INIT(LOCAL "image/png"), "application/zip"},
        {SLICE_INIT(LOCAL), "application/zip"},
        {SLICE_INIT("PK\3\4"), "application/zip"},
    };
    struct guard guard;

    (void)state;
    guard_init(&guard, BUFSIZ);
    for (size_t i = 0; i < COUNT_OF(files); i++)
        assert_row_slice(package_type(guard_copy(&guard, files[i].content), NULL, 0),
                         slice_str(files[i].type), files[i].type, i);
    guard_fini(&guard);
}

/* Only what is stored can be read there. */
static void deflated(void **state)
{
    char file[] = LOCAL "application/epub+zip";

    (void)state;
    file[8] = 8;
    assert_text(package_type(slice_make(file, sizeof(file) - 1), NULL, 0), "application/zip");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_members),
        cmocka_unit_test(by_what_is_said),
        cmocka_unit_test(deflated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
