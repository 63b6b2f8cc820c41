"""What the lint scripts share: the list of source files, and C without its comments and strings."""

import os
import re

PROGRAM = ("filters", "conf", "proxy")
CODE = (*PROGRAM, "tests")


def files(root, ends=(".c", ".h"), folders=CODE):
    """Paths below root, from the top and in order, of the files that end so."""
    found = []
    for folder in folders:
        for where, _, names in os.walk(os.path.join(root, folder)):
            found += [os.path.join(where, name) for name in names if name.endswith(ends)]
    return sorted(os.path.relpath(path, root) for path in found)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def blank(text):
    """The text with comments and literals made spaces, so that lines keep their numbers. Text after
    #include stays."""
    pattern = re.compile(
        r'/\*.*?\*/|//[^\n]*|^[ \t]*#[ \t]*include[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',
        re.DOTALL | re.MULTILINE,
    )

    def spaces(match):
        if match.group(0).lstrip().startswith("#"):
            return match.group(0)
        return re.sub(r"[^\n]", " ", match.group(0))

    return pattern.sub(spaces, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def functions(text):
    """(Name, first line, lines) of each function; the lines of its head count. clang-format has put the braces of its
    body at the start of a line."""
    lines = blank(text).split("\n")
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{" and start is None:
            start = number
            head = number - 1
            while head > 1 and re.match(r"[A-Za-z_\s].*[^;}]$", lines[head - 2]) and lines[head - 2].strip():
                head -= 1
            name = re.search(r"(\w+)\s*\(", " ".join(lines[head - 1 : number - 1]))
        elif line == "}" and start is not None:
            yield (name.group(1) if name else "?", head, number - head + 1)
            start = None
