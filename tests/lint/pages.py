"""The pages that comments, tests and other pages cite, and what each of them has: rows, sections, headings, settings."""

import glob
import os
import re

import source

DOC = "packaging/doc"
MAN = "packaging/man"
ROW = re.compile(r"(ML|[A-Z])(\d+)")
NUMBERED = {"PROTOCOL": "protocol.md", "MILTER": "milter.md"}  # cited by a section's number
NAMED = {"DESIGN": "design.md"}  # ... by its heading in quotes
MANUALS = ("postern", "postern.conf", "postern-rules", "postern-recipes", "postern-milter-probe")


def document(name):
    return source.read(DOC, name)


def rows():
    """Letters -> the numbers, as written, of the rows in the first column of protocol.md's tables."""
    found = {}
    for cell in re.findall(r"^\| ([A-Z][^|]*) \|", document("protocol.md"), re.MULTILINE):
        for letters, number in re.findall(r"\b(ML|[A-Z])(\d+)\b", cell):
            found.setdefault(letters, set()).add(number)
    return found


def sections(name):
    """The numbers of a document's headings: "1.1" of "### 1.1 Smuggling"."""
    return set(re.findall(r"^#+ (\d+(?:[.]\d+)*)\b", document(name), re.MULTILINE))


def headings(path):
    """A page's headings in small letters, without their numbers; a Markdown page or a manual page."""
    text = source.read(".", path)
    if path.endswith(".md"):
        found = re.findall(r"^#+ (?:[\d.]+ )?(.+)$", text, re.MULTILINE)
    else:
        found = re.findall(r'^[.]S[hs] "?([^"\n]+)"?$', text, re.MULTILINE)
    return {heading.lower() for heading in found}


def manual(name):
    """The path of a manual page."""
    return glob.glob(os.path.join(MAN, name + ".[0-9]"))[0]


def settings(name):
    """What a manual page has an item for, and the words of its headings."""
    path = manual(name)
    items = " ".join(re.findall(r"^[.](?:It|Ic) (.+)$", source.read(".", path), re.MULTILINE))
    return set(re.findall(r"[a-z_]+", items + " " + " ".join(headings(path))))


def paths():
    """Every Markdown page of the tree."""
    return ["README.md"] + sorted(glob.glob(DOC + "/*.md")) + source.files(".", ends=(".md",))
