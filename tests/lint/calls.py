"""What the sources define for each other and where they use it, read from their text alone.

In C one name is one thing across a program. So a word of one file that is a name which another file defines is a use
of it, unless it stands in a comment or a string, or names a member or a type.
"""

import os
import re

import source

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]*)"', re.M)
# At the start of a line: a function's head up to the brace of its body, an object up to its value or its end.
DEFINED = re.compile(
    r"^(?!static|extern|typedef|return|#)[A-Za-z_][\w \t*]*?[ *](\w+)(?:\([^;{}]*\)\n\{|(?:\[[^;=]*\])*(?:\s*=|;))", re.M)
INLINE = re.compile(r"^static inline [^;{}]*\n\{\n.*?^\}", re.M | re.S)
WORD = re.compile(r"(?<![\w.])(?<!->)(?<!struct )(?<!enum )(?<!union )[A-Za-z_]\w*")


class Unit:
    """A source and the header of the same name."""

    def __init__(self):
        self.defines = set()  # functions and objects that other files may use
        self.words = set()  # of the source
        self.inline = set()  # of the header's inline functions


def units(root, folders=source.PROGRAM):
    """Path without its end -> its unit."""
    found = {}
    for path in source.files(root, folders=folders):
        text = re.sub(r"(?m)^[ \t]*#[ \t]*include.*", "", source.blank(source.read(root, path)))
        unit = found.setdefault(os.path.splitext(path)[0], Unit())
        if path.endswith(".c"):
            unit.defines.update(DEFINED.findall(text))
            unit.words.update(WORD.findall(text))
        else:
            unit.inline.update(word for inline in INLINE.findall(text) for word in WORD.findall(inline))
    return found


def uses(found):
    """Path -> path of what it uses -> the names it uses, in order."""
    owner = {name: path for path, unit in found.items() for name in unit.defines}
    arrows = {path: {} for path in found}
    for path, unit in found.items():
        for name in sorted((unit.words | unit.inline) & owner.keys()):
            if owner[name] != path:
                arrows[path].setdefault(owner[name], []).append(name)
    return arrows


def includes(root, folders=source.PROGRAM):
    """Header -> the headers it includes."""
    headers = source.files(root, ends=(".h",), folders=folders)
    return {path: set(INCLUDE.findall(source.read(root, path))) & set(headers) for path in headers}


def circles(arrows):
    """The largest sets of nodes of which each reaches each other; ${arrows} is node -> the nodes it points at."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for end in arrows[node]:
            if end not in index:
                visit(end)
            if end in stack:
                low[node] = min(low[node], low[end])
        if low[node] == index[node]:
            at = stack.index(node)
            if len(stack) - at > 1:
                found.append(sorted(stack[at:]))
            del stack[at:]

    for node in sorted(arrows):
        if node not in index:
            visit(node)
    return sorted(found)
