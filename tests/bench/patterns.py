"""patterns: many patterns looked for in one pass, beside PCRE2 alone, in the same process.

The keywords, and the text, are made of syllables, so that some come near; nothing is drawn anew
from run to run. SpamAssassin's patterns are those of Debian's package, where it is.
"""

import glob
import itertools
import os
import random
import re
import subprocess
from collections import namedtuple

import unpacked

COUNT = 1000
TEXT_BYTES = 1 << 20
PACKAGE = "spamassassin"
RULES = "/usr/share/spamassassin"
SYLLABLES = "ca si no vi ag ra lot ter win prix med ic pil bon us cash deal rol ex loan deb cre dit".split()
FILLERS = "the of and to in for please find our meeting report from last week with all best".split()

# Microseconds, of all patterns one by one, and of the rules judged; how many have no literal.
Figures = namedtuple("Figures", "alone together count bare")


def keywords():
    words = ("".join(parts) for parts in itertools.product(SYLLABLES[:11], SYLLABLES, SYLLABLES[5:9]))
    return [f"i\t\\b{word}\\b" for word in itertools.islice(words, COUNT)]


def text():
    """Words of mail, some of them of the keywords' syllables, in lines."""
    chance = random.Random(1)
    lines, size = [], 0
    while size < TEXT_BYTES:
        words = chance.choices(FILLERS, k=10) + ["".join(chance.choices(SYLLABLES, k=2))]
        chance.shuffle(words)
        lines.append(" ".join(words))
        size += len(lines[-1]) + 1
    return "\n".join(lines)


def header():
    """2 KB, with other names than the rules ask for, and Subjects."""
    fields = [f"Received: from host{i}.example.net (host{i}.example.net [192.0.2.{i}]) by mx{i}.example.org; Mon, 4 Mar 2024"
              for i in range(14)]
    return "\n".join(fields + ["Subject: the minutes of our meeting", "From: Anna <anna@example.org>"])


def spamassassin():
    """Flags and sources of its body patterns, or none."""
    folder = unpacked.path(PACKAGE, RULES)
    found = []
    for name in sorted(glob.glob(os.path.join(folder if os.path.isdir(folder) else RULES, "*.cf"))):
        with open(name, encoding="utf-8", errors="replace") as file:
            found += re.findall(r"^\s*body\s+\w+\s+/(.*)/([a-z]*)\s*(?:#.*)?$", file.read(), re.MULTILINE)
    return [f"{flags}\t{source}" for source, flags in found]


def measure(program, folder, field, content, patterns, *how):
    paths = [os.path.join(folder, name) for name in ("text", "patterns")]
    for path, what in zip(paths, (content, "\n".join(patterns))):
        with open(path, "w", encoding="utf-8", errors="replace") as file:
            file.write(what)
    done = subprocess.run([program, field, *paths, *how], stdout=subprocess.PIPE, text=True, check=True)
    return Figures(*(float(word) for word in done.stdout.split()))


def run(program, folder):
    """(title, figures, bytes) of each case."""
    lines = text()
    whole = lines.replace("\n", " ")
    yield f"{COUNT:,} keywords, 1 MiB as one text", measure(program, folder, "raw_header", whole, keywords()), len(whole)
    yield f"{COUNT:,} keywords, 1 MiB line by line", measure(program, folder, "raw_body", lines, keywords()), len(lines)
    yield f"{COUNT:,} keywords of a list, 1 MiB", measure(program, folder, "raw_header", whole, keywords(), "list"), len(whole)
    yield f"{COUNT:,} header rules, 2 KB", measure(program, folder, "header_line", header(), keywords()), len(header())
    patterns = spamassassin()
    if patterns:
        title = f"SpamAssassin's {len(patterns)} patterns"
        yield title, measure(program, folder, "raw_body", lines, patterns), len(lines)
