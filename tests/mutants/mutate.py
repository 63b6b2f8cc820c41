"""Ways to break one line of C so that it still compiles, as a slip of the hand would."""

import re

# What is wrong, what is searched in the line without its comments and literals, what stands there instead.
SLIPS = (
    ("a bound", r"(?<![-<>=])<(?![<=])(?= )", "<="),
    ("a bound", r"(?<![-<>=])>(?![>=])(?= )", ">="),
    ("a bound", r"(?<![<])<=", "<"),
    ("a bound", r"(?<![>])>=", ">"),
    ("a test turned", r"==", "!="),
    ("a test turned", r"!=", "=="),
    ("a test turned", r"(?<=\bif \()(?=[\w.>*\[\]-]+(?:\([^()]*\))?\)(?: \{)?$)", "!"),
    ("and, or", r"&&", "||"),
    ("and, or", r"\|\|", "&&"),
    ("one off", r"(?<= )\+ 1\b", "+ 0"),
    ("one off", r"(?<= )- 1\b", "- 0"),
    ("an answer", r"\breturn true;", "return false;"),
    ("an answer", r"\breturn false;", "return true;"),
    ("an answer", r"\breturn 0;", "return -1;"),
    ("an answer", r"\breturn -1;", "return 0;"),
    ("a flag", r"= true;", "= false;"),
    ("a flag", r"= false;", "= true;"),
)
# A whole statement on a line of its own: a call, an assignment. A declaration begins with two words.
STATEMENT = re.compile(r"^(\s+)(?!return\b|break\b|case\b|default\b|goto\b|else\b|do\b)"
                       r"((?:\(void\))?[\w.>*\[\]-]+(?:\([^;{}]*\)| [-+|&]?= [^;{}]+|\+\+|--);)$")
OPENED = re.compile(r"[;{}:]\s*$|\)\s*$|\belse\s*$|^\s*$")


class Mutant:
    """Line ${number} of ${path}, from 1, said otherwise."""

    def __init__(self, path, number, what, before, after):
        self.path, self.number, self.what, self.before, self.after = path, number, what, before, after

    def __str__(self):
        return f"{self.path}:{self.number}: {self.what}: {self.before.strip()}  =>  {self.after.strip()}"

    def key(self):
        """The same wherever the line stands in its file."""
        return self.path, self.before.strip(), self.after.strip()

    def apply(self, text):
        lines = text.split("\n")
        lines[self.number - 1] = self.after
        return "\n".join(lines)


def of_line(path, number, line, plain, above):
    """The mutants of one line, of which ${plain} is the text without comments and literals; ${above} is the one before."""
    if plain.lstrip().startswith(("#", "static const", "extern", "_Static_assert", "assert")):
        return
    statement = STATEMENT.match(plain)
    if statement and OPENED.search(above):
        yield Mutant(path, number, "a statement lost", line, statement.group(1) + ";" + line[len(plain.rstrip()) :])
    for what, pattern, instead in SLIPS:
        for found in re.finditer(pattern, plain):
            yield Mutant(path, number, what, line, line[: found.start()] + instead + line[found.end() :])


def of_file(path, text, plain):
    """All mutants of a file; ${plain} as source.blank gives it. Only lines inside functions."""
    lines, above, inside = text.split("\n"), "", False
    for number, (line, bare) in enumerate(zip(lines, plain.split("\n")), 1):
        if bare.startswith("{"):
            inside = True
        elif bare.startswith("}"):
            inside = False
        elif inside and bare.strip():
            yield from of_line(path, number, line, bare, above)
        above = bare
