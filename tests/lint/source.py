"""What the lint scripts share: the list of source files, and C without its comments and strings."""

import os
import re

CODE = ("filters", "conf", "proxy", "tests")


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
