#include "filters/file/signature.h"

#include "filters/base/octets.h"
#include "filters/file/compound.h"
#include "filters/file/package.h"

#define HEAD_BYTES      4096 /* of the content, where texts are looked for */
#define PDF_BYTES       1024 /* readers look for "%PDF-" so far */
#define FAT_COUNT_MAX   43   /* programs in one Mach-O file; Java's versions begin above */
#define DISK_FOOTER     512  /* of a fixed virtual disk */
#define TAR_HEAD        512
#define TAR_SUM         148 /* where the sum stands in it */
#define TAR_SUM_BYTES   8
#define INTERPRETER_MAX 128

#define OF(name) SLICE_INIT(name)

/* Containers that are looked into stand here as well, as what they are where nothing more is seen;
 * see also refined. The first that fits is taken. */
static const struct {
    size_t offset;
    struct slice magic, type;
} rows[] = {
    /* programs */
    {0,
     OF("\x7F"
        "ELF"),
     OF("application/x-executable")},
    {0, OF("\xFE\xED\xFA\xCE"), OF("application/x-mach-binary")},
    {0, OF("\xFE\xED\xFA\xCF"), OF("application/x-mach-binary")},
    {0, OF("\xCE\xFA\xED\xFE"), OF("application/x-mach-binary")},
    {0, OF("\xCF\xFA\xED\xFE"), OF("application/x-mach-binary")},
    {0, OF("MZ"), OF("application/x-dosexec")},
    {0, OF("\xCA\xFE\xBA\xBE"), OF("application/java-vm")},
    {0, OF("\0asm\1\0\0\0"), OF("application/wasm")},
    {0, OF("dex\n0"), OF("application/vnd.android.dex")},
    {0, OF("\x4C\0\0\0\1\x14\2\0\0\0\0\0\xC0\0\0\0\0\0\0\x46"), OF("application/x-ms-shortcut")},
    {0, OF("ITSF"), OF("application/vnd.ms-htmlhelp")},
    {0, OF("FWS"), OF("application/vnd.adobe.flash.movie")},
    {0, OF("CWS"), OF("application/vnd.adobe.flash.movie")},
    {0, OF("ZWS"), OF("application/vnd.adobe.flash.movie")},
    /* documents */
    {0, OF("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), OF("application/x-ole-storage")},
    {0, OF("\xE4\x52\x5C\x7B\x8C\xD8\xA7\x4D\xAE\xB1\x53\x78\xD0\x29\x96\xD3"),
     OF("application/onenote")},
    {0, OF("{\\rt"), OF("application/rtf")}, /* Word does not ask for the f */
    {0, OF("%!PS"), OF("application/postscript")},
    {0, OF("\xC5\xD0\xD3\xC6"), OF("application/postscript")},
    {0, OF("\x78\x9F\x3E\x22"), OF("application/vnd.ms-tnef")},
    {0, OF("!BDN"), OF("application/vnd.ms-outlook-pst")},
    {4, OF("Standard Jet DB"), OF("application/x-msaccess")},
    {4, OF("Standard ACE DB"), OF("application/x-msaccess")},
    {0, OF("SQLite format 3\0"), OF("application/vnd.sqlite3")},
    /* archives and disks */
    {0, OF("PK\3\4"), OF("application/zip")},
    {0, OF("PK\5\6"), OF("application/zip")},
    {0, OF("PK\7\x08PK\3\4"), OF("application/zip")},
    {0, OF("PK00PK\3\4"), OF("application/zip")},
    {0, OF("Rar!\x1A\7"), OF("application/vnd.rar")},
    {0, OF("RE~^"), OF("application/vnd.rar")},
    {0, OF("7z\xBC\xAF\x27\x1C"), OF("application/x-7z-compressed")},
    {0, OF("\x1F\x8B\x08"), OF("application/gzip")},
    {0, OF("BZh"), OF("application/x-bzip2")},
    {0,
     OF("\xFD"
        "7zXZ\0"),
     OF("application/x-xz")},
    {0, OF("\x28\xB5\x2F\xFD"), OF("application/zstd")},
    {0, OF("\x04\x22\x4D\x18"), OF("application/x-lz4")},
    {0, OF("LZIP\1"), OF("application/x-lzip")},
    {0, OF("\x5D\0\0\x80\0"), OF("application/x-lzma")},
    {0, OF("\x5D\0\0\0\4"), OF("application/x-lzma")},
    {0, OF("\x1F\x9D"), OF("application/x-compress")},
    {0, OF("MSCF\0\0\0\0"), OF("application/vnd.ms-cab-compressed")},
    {7, OF("**ACE**"), OF("application/x-ace-compressed")},
    {0, OF("\x60\xEA"), OF("application/x-arj")},
    {2, OF("-lh"), OF("application/x-lzh-compressed")},
    {2, OF("-lz"), OF("application/x-lzh-compressed")},
    {257, OF("ustar"), OF("application/x-tar")},
    {0, OF("070701"), OF("application/x-cpio")},
    {0, OF("070702"), OF("application/x-cpio")},
    {0, OF("070707"), OF("application/x-cpio")},
    {0, OF("!<arch>\ndebian"), OF("application/vnd.debian.binary-package")},
    {0, OF("!<arch>\n"), OF("application/x-archive")},
    {0, OF("\xED\xAB\xEE\xDB"), OF("application/x-rpm")},
    {0, OF("xar!"), OF("application/x-xar")},
    {0, OF("MSWIM\0\0\0"), OF("application/x-ms-wim")},
    {32769, OF("CD001"), OF("application/x-iso9660-image")},
    {32769, OF("BEA01"), OF("application/x-iso9660-image")}, /* UDF */
    {0, OF("conectix"), OF("application/x-vhd")},
    {0, OF("vhdxfile"), OF("application/x-vhdx")},
    {0, OF("KDMV"), OF("application/x-vmdk")},
    /* images */
    {0, OF("\x89PNG\r\n\x1A\n"), OF("image/png")},
    {0, OF("\xFF\xD8\xFF"), OF("image/jpeg")},
    {0, OF("GIF87a"), OF("image/gif")},
    {0, OF("GIF89a"), OF("image/gif")},
    {0, OF("II*\0"), OF("image/tiff")},
    {0, OF("MM\0*"), OF("image/tiff")},
    {0, OF("8BPS\0"), OF("image/vnd.adobe.photoshop")},
    {0, OF("\0\0\1\0"), OF("image/vnd.microsoft.icon")},
    {0, OF("\xD7\xCD\xC6\x9A\0\0"), OF("image/wmf")},
    {40, OF(" EMF"), OF("image/emf")},
    {0, OF("\0\0\0\x0CjP  \r\n\x87\n"), OF("image/jp2")},
    {0, OF("gimp xcf "), OF("image/x-xcf")},
    {0, OF("AT&TFORM"), OF("image/vnd.djvu")},
    /* sound, films, fonts */
    {0, OF("ID3"), OF("audio/mpeg")},
    {0, OF("\xFF\xFB"), OF("audio/mpeg")},
    {0, OF("\xFF\xF3"), OF("audio/mpeg")},
    {0, OF("\xFF\xF2"), OF("audio/mpeg")},
    {0, OF("fLaC"), OF("audio/flac")},
    {0, OF("OggS\0"), OF("application/ogg")},
    {0, OF("MThd\0\0\0\6"), OF("audio/midi")},
    {0, OF("#!AMR"), OF("audio/amr")},
    {0, OF("\x1A\x45\xDF\xA3"), OF("video/matroska")},
    {0, OF("\0\0\1\xBA"), OF("video/mpeg")},
    {0, OF("\0\0\1\xB3"), OF("video/mpeg")},
    {0, OF("FLV\1"), OF("video/x-flv")},
    {0, OF("\x30\x26\xB2\x75\x8E\x66\xCF\x11"), OF("video/x-ms-asf")},
    {0, OF("\0\1\0\0\0"), OF("font/ttf")},
    {0, OF("OTTO\0"), OF("font/otf")},
    {0, OF("wOFF"), OF("font/woff")},
    {0, OF("wOF2"), OF("font/woff2")},
    /* texts that say what they are */
    {0, OF("-----BEGIN PGP MESSAGE-----"), OF("application/pgp-encrypted")},
    {0, OF("-----BEGIN PGP SIGNATURE-----"), OF("application/pgp-signature")},
    {0, OF("-----BEGIN PGP PUBLIC KEY BLOCK-----"), OF("application/pgp-keys")},
};

/* Chunked files and boxed ones: what stands at 8 says which. */
static const struct {
    struct slice outer; /* at 0; or at 4 when it is "ftyp" */
    struct slice inner, type;
} inners[] = {
    {OF("RIFF"), OF("WAVE"), OF("audio/vnd.wave")}, {OF("RIFF"), OF("AVI "), OF("video/x-msvideo")},
    {OF("RIFF"), OF("WEBP"), OF("image/webp")},     {OF("RIFF"), OF("ACON"), OF("image/x-ani")},
    {OF("FORM"), OF("AIF"), OF("audio/aiff")},      {OF("ftyp"), OF("qt  "), OF("video/quicktime")},
    {OF("ftyp"), OF("avi"), OF("image/avif")},      {OF("ftyp"), OF("hei"), OF("image/heic")},
    {OF("ftyp"), OF("hev"), OF("image/heic")},      {OF("ftyp"), OF("mif1"), OF("image/heif")},
    {OF("ftyp"), OF("M4A"), OF("audio/mp4")},       {OF("ftyp"), OF("3g"), OF("video/3gpp")},
    {OF("ftyp"), OF(""), OF("video/mp4")},
};

/* What a text begins with, blanks and a byte order mark aside, letters compared without case. */
static const struct {
    struct slice start, type;
} texts[] = {
    {OF("<!doctype html"), OF("text/html")},
    {OF("<html"), OF("text/html")},
    {OF("<head"), OF("text/html")},
    {OF("<body"), OF("text/html")},
    {OF("<title"), OF("text/html")},
    {OF("<script"), OF("text/html")},
    {OF("<iframe"), OF("text/html")},
    {OF("<meta "), OF("text/html")},
    {OF("<hta:"), OF("text/html")},
    {OF("<svg"), OF("image/svg+xml")},
    {OF("<job"), OF("text/x-wsf")},
    {OF("<package"), OF("text/x-wsf")},
    {OF("@echo off"), OF("text/x-msdos-batch")},
    {OF("[InternetShortcut]"), OF("application/x-mswinurl")},
    {OF("REGEDIT4"), OF("text/x-ms-regedit")},
    {OF("Windows Registry Editor"), OF("text/x-ms-regedit")},
    {OF("BEGIN:VCARD"), OF("text/vcard")},
    {OF("BEGIN:VCALENDAR"), OF("text/calendar")},
};

static const struct {
    struct slice interpreter, type;
} interpreters[] = {
    {OF("python"), OF("text/x-python")}, {OF("perl"), OF("text/x-perl")},
    {OF("ruby"), OF("text/x-ruby")},     {OF("php"), OF("text/x-php")},
    {OF("node"), OF("text/javascript")}, {OF("awk"), OF("text/x-awk")},
    {OF("tclsh"), OF("text/x-tcl")},     {OF("wish"), OF("text/x-tcl")},
    {OF("lua"), OF("text/x-lua")},       {OF("pwsh"), OF("text/x-powershell")},
    {OF(""), OF("text/x-shellscript")},
};

/* Kinds whose members are not read here, or cannot be. */
static const struct slice closed[] = {
    OF("application/vnd.rar"),
    OF("application/x-7z-compressed"),
    OF("application/gzip"),
    OF("application/x-bzip2"),
    OF("application/x-xz"),
    OF("application/zstd"),
    OF("application/x-lz4"),
    OF("application/x-lzip"),
    OF("application/x-lzma"),
    OF("application/x-compress"),
    OF("application/vnd.ms-cab-compressed"),
    OF("application/x-ace-compressed"),
    OF("application/x-arj"),
    OF("application/x-lzh-compressed"),
    OF("application/x-tar"),
    OF("application/x-cpio"),
    OF("application/vnd.debian.binary-package"),
    OF("application/x-archive"),
    OF("application/x-rpm"),
    OF("application/x-xar"),
    OF("application/x-ms-wim"),
    OF("application/x-iso9660-image"),
    OF("application/x-vhd"),
    OF("application/x-vhdx"),
    OF("application/x-vmdk"),
};

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* The offset of ${text} in the first ${limit_bytes} of ${s}, or SLICE_NOT_FOUND. */
static size_t find_text(struct slice s, struct slice text, size_t limit_bytes)
{
    const char *at;

    s = slice_first(s, limit_bytes);
    at = s.len > 0 ? (const char *)memmem(s.ptr, s.len, text.ptr, text.len) : NULL;
    return at != NULL ? (size_t)(at - s.ptr) : SLICE_NOT_FOUND;
}

/* A program of DOS, or of Windows when the header that it points to is there. */
static struct slice program_type(struct slice content, struct slice type)
{
    struct slice at = slice_from(content, 60);

    if (at.len >= 4 && slice_starts(slice_from(content, octets_le32(at)), SLICE("PE\0\0")))
        return SLICE("application/vnd.microsoft.portable-executable");
    return type;
}

/* Several programs of Apple in one file begin like a Java class; how many they are stands where
 * that has its version. */
static struct slice java_type(struct slice content, struct slice type)
{
    struct slice count = slice_first(slice_from(content, 4), 4);

    if (slice_starts(count, SLICE("\0\0\0")) && count.len == 4 && (unsigned char)count.ptr[3] > 0 &&
        (unsigned char)count.ptr[3] < FAT_COUNT_MAX)
        return SLICE("application/x-mach-binary");
    return type;
}

static struct slice video_type(struct slice content, struct slice type)
{
    bool web = find_text(content, SLICE("webm"), HEAD_BYTES) != SLICE_NOT_FOUND;

    return web ? SLICE("video/webm") : type;
}

/* Two octets are little: the size of the header after them must fit (at most 2600). */
static struct slice arj_type(struct slice content, struct slice type)
{
    struct slice size = slice_from(content, 2);

    return size.len >= 2 && octets_le16(size) >= 30 && octets_le16(size) <= 2600 ? type
                                                                                 : SLICE_NONE;
}

static struct slice lzh_type(struct slice content, struct slice type)
{
    struct slice end = slice_from(content, 6);

    return slice_starts(end, SLICE("-")) ? type : SLICE_NONE;
}

/* As many pictures as the head of an icon says: more than none. */
static struct slice icon_type(struct slice content, struct slice type)
{
    struct slice count = slice_from(content, 4);

    return count.len > 16 && octets_le16(count) > 0 && octets_le16(count) < 256 &&
                   content.ptr[9] == 0
               ? type
               : SLICE_NONE;
}

static struct slice bzip2_type(struct slice content, struct slice type)
{
    struct slice level = slice_from(content, 3);

    return level.len > 0 && *level.ptr >= '1' && *level.ptr <= '9' ? type : SLICE_NONE;
}

static struct slice ole_type(struct slice content, struct slice type)
{
    (void)type; /* compound_type says it where nothing more is known */
    return compound_type(content);
}

static struct slice flash_type(struct slice content, struct slice type)
{
    struct slice version = slice_from(content, 3);

    return version.len > 0 && *version.ptr > 0 && *version.ptr < ' ' ? type : SLICE_NONE;
}

/* Types for which more than the magic is looked at. */
static const struct {
    struct slice type;
    struct slice (*look)(struct slice content, struct slice type);
} refined[] = {
    {OF("application/x-dosexec"), program_type},
    {OF("application/java-vm"), java_type},
    {OF("video/matroska"), video_type},
    {OF("application/x-arj"), arj_type},
    {OF("application/x-lzh-compressed"), lzh_type},
    {OF("image/vnd.microsoft.icon"), icon_type},
    {OF("application/x-bzip2"), bzip2_type},
    {OF("application/x-ole-storage"), ole_type},
    {OF("application/vnd.adobe.flash.movie"), flash_type},
};

static struct slice refine(struct slice content, struct slice type)
{
    for (size_t i = 0; i < COUNT(refined); i++)
        if (slice_equal(type, refined[i].type))
            return refined[i].look(content, type);
    return type;
}

static struct slice magic_type(struct slice content)
{
    struct slice type = SLICE_NONE;

    for (size_t i = 0; i < COUNT(rows) && type.len == 0; i++)
        if (slice_starts(slice_from(content, rows[i].offset), rows[i].magic))
            type = refine(content, rows[i].type);
    return type;
}

static struct slice inner_type(struct slice content)
{
    for (size_t i = 0; i < COUNT(inners); i++) {
        size_t at = slice_equal(inners[i].outer, SLICE("ftyp")) ? 4 : 0;

        if (content.len >= 12 && slice_starts(slice_from(content, at), inners[i].outer) &&
            slice_starts(slice_from(content, 8), inners[i].inner))
            return inners[i].type;
    }
    return SLICE_NONE;
}

/* "BM" is little: the two reserved fields must be empty, and the size of what follows known. */
static struct slice bitmap_type(struct slice content)
{
    static const unsigned char sizes[] = {12, 40, 52, 56, 64, 108, 124};
    struct slice head = slice_first(content, 18);

    if (head.len == 18 && slice_starts(head, SLICE("BM")) &&
        slice_equal(slice_first(slice_from(head, 6), 4), SLICE("\0\0\0\0")) &&
        octets_le32(slice_from(head, 14)) < 256 &&
        memchr(sizes, (int)octets_le32(slice_from(head, 14)), sizeof(sizes)) != NULL)
        return SLICE("image/bmp");
    return SLICE_NONE;
}

static struct slice script_type(struct slice text)
{
    struct slice line = slice_first(text, slice_find(slice_first(text, INTERPRETER_MAX), '\n'));

    line = slice_first(line, INTERPRETER_MAX);
    for (size_t i = 0; i < COUNT(interpreters); i++)
        if (find_text(line, interpreters[i].interpreter, line.len) != SLICE_NOT_FOUND)
            return interpreters[i].type;
    return SLICE_NONE;
}

static struct slice xml_type(struct slice text)
{
    if (find_text(text, SLICE("<svg"), HEAD_BYTES) != SLICE_NOT_FOUND)
        return SLICE("image/svg+xml");
    if (find_text(text, SLICE("<html"), HEAD_BYTES) != SLICE_NOT_FOUND)
        return SLICE("application/xhtml+xml");
    return SLICE("text/xml");
}

static struct slice text_type(struct slice content)
{
    struct slice text = slice_first(content, HEAD_BYTES);

    if (slice_starts(text, SLICE("\xEF\xBB\xBF")))
        text = slice_from(text, 3);
    if (slice_starts(text, SLICE("#!")))
        return script_type(text);
    while (text.len > 0 && (ascii_is_blank(*text.ptr) || *text.ptr == '\r' || *text.ptr == '\n'))
        text = slice_from(text, 1);
    if (slice_starts_case(text, SLICE("<?xml")))
        return xml_type(text);
    for (size_t i = 0; i < COUNT(texts); i++)
        if (slice_starts_case(text, texts[i].start))
            return texts[i].type;
    return SLICE_NONE;
}

/* The oldest archives of tapes have no signature, but a sum of the octets of their head, its own
 * counted as blanks: in octal, with blanks before or behind. */
static bool is_old_tar(struct slice content)
{
    struct slice head = slice_first(content, TAR_HEAD);
    uint32_t said = 0, sum = 0;
    size_t digits = 0;

    if (head.len < TAR_HEAD || *head.ptr == '\0')
        return false;
    for (size_t i = 0; i < TAR_HEAD; i++) {
        bool own = i >= TAR_SUM && i < TAR_SUM + TAR_SUM_BYTES;
        char c = head.ptr[i];

        sum += own ? ' ' : (unsigned char)c;
        if (own && c >= '0' && c <= '7') {
            said = said * 8 + (uint32_t)(c - '0');
            digits++;
        }
    }
    return digits > 3 && said == sum;
}

/* A disk of fixed size says what it is at its end. */
static bool ends_as_disk(struct slice content)
{
    return content.len > DISK_FOOTER &&
           slice_starts(slice_from(content, content.len - DISK_FOOTER), SLICE("conectix"));
}

static struct slice content_type(struct slice content)
{
    struct slice type = magic_type(content);

    if (type.len == 0)
        type = inner_type(content);
    if (type.len == 0)
        type = bitmap_type(content);
    if (type.len == 0)
        type = text_type(content);
    if (type.len == 0 && find_text(content, SLICE("%PDF-"), PDF_BYTES) != SLICE_NOT_FOUND)
        type = SLICE("application/pdf");
    if (type.len == 0 && is_old_tar(content))
        type = SLICE("application/x-tar");
    if (type.len == 0 && ends_as_disk(content))
        type = SLICE("application/x-vhd");
    return type;
}

struct slice signature_of(struct slice content, const struct slice *members, size_t count)
{
    struct slice type = content_type(content);

    if (slice_equal(type, SLICE("application/zip")) || (type.len == 0 && count > 0))
        return package_type(content, members, count);
    return type;
}

bool signature_archive(struct slice type)
{
    for (size_t i = 0; i < COUNT(closed); i++)
        if (slice_equal(type, closed[i]))
            return true;
    return false;
}
