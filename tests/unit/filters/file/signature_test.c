#include "filters/file/signature.h"

#include "tests/unit/support.h"

#define BLOCK 512

static struct slice type_of(struct slice content)
{
    struct guard guard;
    struct slice type;

    guard_init(&guard, content.len);
    type = signature_of(guard_copy(&guard, content), NULL, 0);
    guard_fini(&guard);
    return type;
}

/* What a file begins with; cut by its last octet it is something else. */
static const struct {
    struct slice content;
    const char *type;
} rows[] = {
    {SLICE_INIT("\x7F"
                "ELF"),
     "application/x-executable"},
    {SLICE_INIT("\xFE\xED\xFA\xCE"), "application/x-mach-binary"},
    {SLICE_INIT("\xCF\xFA\xED\xFE"), "application/x-mach-binary"},
    {SLICE_INIT("\0asm\1\0\0\0"), "application/wasm"},
    {SLICE_INIT("\x4C\0\0\0\1\x14\2\0\0\0\0\0\xC0\0\0\0\0\0\0\x46"), "application/x-ms-shortcut"},
    {SLICE_INIT("ITSF"), "application/vnd.ms-htmlhelp"},
    {SLICE_INIT("CWS\x0A"), "application/vnd.adobe.flash.movie"},
    {SLICE_INIT("\xE4\x52\x5C\x7B\x8C\xD8\xA7\x4D\xAE\xB1\x53\x78\xD0\x29\x96\xD3"),
     "application/onenote"},
    {SLICE_INIT("{\\rt"), "application/rtf"},
    {SLICE_INIT("%!PS"), "application/postscript"},
    {SLICE_INIT("%PDF-"), "application/pdf"},
    {SLICE_INIT("blank or not %PDF-"), "application/pdf"},
    {SLICE_INIT("\x78\x9F\x3E\x22"), "application/vnd.ms-tnef"},
    {SLICE_INIT("Rar!\x1A\7"), "application/vnd.rar"},
    {SLICE_INIT("7z\xBC\xAF\x27\x1C"), "application/x-7z-compressed"},
    {SLICE_INIT("\x1F\x8B\x08"), "application/gzip"},
    {SLICE_INIT("BZh9"), "application/x-bzip2"},
    {SLICE_INIT("\xFD"
                "7zXZ\0"),
     "application/x-xz"},
    {SLICE_INIT("\x28\xB5\x2F\xFD"), "application/zstd"},
    {SLICE_INIT("MSCF\0\0\0\0"), "application/vnd.ms-cab-compressed"},
    {SLICE_INIT("1234567**ACE**"), "application/x-ace-compressed"},
    {SLICE_INIT("\x60\xEA\x1E\0"), "application/x-arj"},
    {SLICE_INIT("\x1A\x20-lh5-"), "application/x-lzh-compressed"},
    {SLICE_INIT("!<arch>\ndebian"), "application/vnd.debian.binary-package"},
    {SLICE_INIT("vhdxfile"), "application/x-vhdx"},
    {SLICE_INIT("\x89PNG\r\n\x1A\n"), "image/png"},
    {SLICE_INIT("\xFF\xD8\xFF"), "image/jpeg"},
    {SLICE_INIT("GIF89a"), "image/gif"},
    {SLICE_INIT("\0\0\1\0\1\0\x20\x20\0\0\1\0\x20\0\0\0\0\0\0\0\0"), "image/vnd.microsoft.icon"},
    {SLICE_INIT("BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"), "image/bmp"},
    {SLICE_INIT("RIFF\0\0\0\0WEBP"), "image/webp"},
    {SLICE_INIT("RIFF\0\0\0\0WAVE"), "audio/vnd.wave"},
    {SLICE_INIT("RIFF\0\0\0\0AVI "), "video/x-msvideo"},
    {SLICE_INIT("\0\0\0\x20"
                "ftypheic"),
     "image/heic"},
    {SLICE_INIT("\0\0\0\x20"
                "ftypqt  "),
     "video/quicktime"},
    {SLICE_INIT("\0\0\0\x20"
                "ftypisom"),
     "video/mp4"},
    {SLICE_INIT("<!DOCTYPE html"), "text/html"},
    {SLICE_INIT("\xEF\xBB\xBF\r\n <Script"), "text/html"},
    {SLICE_INIT("<?xml"), "text/xml"},
    {SLICE_INIT("<?xml version=\"1.0\"?>\n<svg"), "image/svg+xml"},
    {SLICE_INIT("@echo off"), "text/x-msdos-batch"},
    {SLICE_INIT("[InternetShortcut]"), "application/x-mswinurl"},
    {SLICE_INIT("-----BEGIN PGP MESSAGE-----"), "application/pgp-encrypted"},
};

static void beginnings(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice whole = rows[i].content;

        assert_row_slice(type_of(whole), slice_str(rows[i].type), rows[i].type, i);
        for (size_t len = 0; len < whole.len; len++)
            assert_row(!slice_equal(type_of(slice_first(whole, len)), slice_str(rows[i].type)) ||
                           len + 4 >= whole.len,
                       rows[i].type, len);
    }
}

/* Nothing that happens to begin a little alike. */
static void nothing_known(void **state)
{
    static const struct slice none[] = {
        SLICE_INIT(""),
        SLICE_INIT("Dear all,\r\n"),
        SLICE_INIT("BMW and others"),
        SLICE_INIT("BZhou wrote:"),
        SLICE_INIT("FWS is three letters"),
        SLICE_INIT("\x60\xEA\x1D\0"),
        SLICE_INIT("\x60\xEA\x29\x0A"),
        SLICE_INIT("a -lh5 is no flag"),
        SLICE_INIT("\0\0\1\0\0\0\x20\x20\0\0\1\0\x20\0\0\0\0\0\0\0\0"),
        SLICE_INIT("<htm"),
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(none); i++)
        assert_row(type_of(none[i]).ptr == NULL, none[i].ptr, i);
}

static void programs(void **state)
{
    char file[BLOCK] = "MZ";

    (void)state;
    assert_text(type_of(SLICE("MZ")), "application/x-dosexec");
    assert_text(type_of(slice_make(file, 64)), "application/x-dosexec");
    file[61] = 1;
    assert_text(type_of(slice_make(file, sizeof(file))), "application/x-dosexec");
    memcpy(file + 256, "PE\0", 4);
    assert_text(type_of(slice_make(file, sizeof(file))),
                "application/vnd.microsoft.portable-executable");
    assert_text(type_of(slice_make(file, 260)), "application/vnd.microsoft.portable-executable");
    assert_text(type_of(slice_make(file, 259)), "application/x-dosexec");
    file[63] = 0x7F;
    assert_text(type_of(slice_make(file, sizeof(file))), "application/x-dosexec");
    assert_text(type_of(SLICE("\xCA\xFE\xBA\xBE\0\0\0\x34")), "application/java-vm");
    assert_text(type_of(SLICE("\xCA\xFE\xBA\xBE\0\0\0\2")), "application/x-mach-binary");
}

static void scripts(void **state)
{
    (void)state;
    assert_text(type_of(SLICE("#!/bin/sh\npython")), "text/x-shellscript");
    assert_text(type_of(SLICE("#!/usr/bin/env python3\n")), "text/x-python");
    assert_text(type_of(SLICE("#!/usr/bin/perl -w")), "text/x-perl");
    assert_text(type_of(SLICE("#!")), "text/x-shellscript");
}

/* What stands further in, and at the end. */
static void further_in(void **state)
{
    static char file[32769 + 5];

    (void)state;
    memcpy(file + 32769, "CD001", 5);
    assert_text(type_of(slice_make(file, sizeof(file))), "application/x-iso9660-image");
    assert_null(type_of(slice_make(file, sizeof(file) - 1)).ptr);
    memset(file, 0, sizeof(file));
    memcpy(file + 257, "ustar", 5);
    assert_text(type_of(slice_make(file, BLOCK)), "application/x-tar");
    memset(file, 0, sizeof(file));
    memcpy(file + BLOCK, "conectix", 8);
    assert_text(type_of(slice_make(file, 2 * BLOCK)), "application/x-vhd");
    assert_null(type_of(slice_make(file, 2 * BLOCK - 1)).ptr);
    memset(file, ' ', sizeof(file));
    memcpy(file + 1020, "%PDF-", 5);
    assert_null(type_of(slice_make(file, sizeof(file))).ptr);
    memcpy(file + 1019, "%PDF-", 5);
    assert_text(type_of(slice_make(file, sizeof(file))), "application/pdf");
}

/* The sum of the head, its own field as blanks: 'a', and eight of those. */
static void old_tapes(void **state)
{
    char head[BLOCK] = "a";

    (void)state;
    assert_null(type_of(slice_make(head, sizeof(head))).ptr);
    (void)snprintf(head + 148, 8, "%06o", 'a' + 8 * ' ');
    assert_text(type_of(slice_make(head, sizeof(head))), "application/x-tar");
    assert_null(type_of(slice_make(head, sizeof(head) - 1)).ptr);
    head[0] = 'b';
    assert_null(type_of(slice_make(head, sizeof(head))).ptr);
}

static void archives_by_their_members(void **state)
{
    static const struct slice members[] = {SLICE_INIT("[Content_Types].xml"),
                                           SLICE_INIT("word/document.xml")};
    static const char word[] =
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

    (void)state;
    assert_text(signature_of(SLICE("PK\3\4"), NULL, 0), "application/zip");
    assert_text(signature_of(SLICE("PK\5\6"), NULL, 0), "application/zip");
    assert_text(signature_of(SLICE("PK\3\4"), members, 2), word);
    assert_text(signature_of(SLICE("something before it"), members, 2), word);
    assert_text(signature_of(SLICE("MZ"), members, 2), "application/x-dosexec");
    assert_text(signature_of(SLICE("\xFF\xD8\xFF"), members, 2), "image/jpeg");
}

static void compound_files(void **state)
{
    (void)state;
    assert_text(type_of(SLICE("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")), "application/x-ole-storage");
}

static void closed_archives(void **state)
{
    (void)state;
    assert_true(signature_archive(type_of(SLICE("Rar!\x1A\7"))));
    assert_true(signature_archive(type_of(SLICE("\x1F\x8B\x08"))));
    assert_true(signature_archive(SLICE("application/x-iso9660-image")));
    assert_false(signature_archive(SLICE("application/zip")));
    assert_false(signature_archive(SLICE("application/pdf")));
    assert_false(signature_archive(SLICE_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beginnings),
        cmocka_unit_test(nothing_known),
        cmocka_unit_test(programs),
        cmocka_unit_test(scripts),
        cmocka_unit_test(further_in),
        cmocka_unit_test(old_tapes),
        cmocka_unit_test(archives_by_their_members),
        cmocka_unit_test(compound_files),
        cmocka_unit_test(closed_archives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
