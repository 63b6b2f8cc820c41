"""A dialogue file, read: settings first, then the steps in order. `run --help` shows the format."""

import re

STEP = re.compile(r"(C|S)(\d?)([:!]|(?= )) ?(.*)|(U)()([<>!]|(?= )) ?(.*)|(M)(\d?)(<|(?= )) ?(.*)")
BLOCK = re.compile(r"(config|listener|relay|reload|file [\w.-]+|U (?:content|envelope)(?: \d+)?):")
SETTING = re.compile(r"(variants|secrets|discards|unacknowledged|patience): *(.+)")
OTHER = re.compile(r"(pause|audit|log|install|upstream|milter|dns|gateway|remove|make|kept|archived) ?:? *(.*)")
VARIANTS = ("plain", "hold", "spool", "split", "upsplit", "workers")


class BadDialogue(Exception):
    pass


class Step:
    def __init__(self, line, kind, text, who=""):
        self.line, self.kind, self.text, self.who = line, kind, text, who
        self.block = []


class Dialogue:
    def __init__(self, path):
        self.path = path
        self.config = self.listener = self.relay = ""
        self.variants = ["plain"]
        self.discards = self.unacknowledged = 0
        self.secrets = []
        self.patience = 10
        self.steps = []
        with open(path, encoding="utf-8") as lines:
            self.read(lines.read().split("\n"))
        if not self.steps:
            raise BadDialogue(f"{path}: no steps")

    def read(self, lines):
        block = None
        for number, line in enumerate(lines, 1):
            if line != line.rstrip():
                self.bad(number, "blanks at the end of the line: write \\x20")
            if line.startswith("  ") and block is not None:
                block.append(line.strip())
            elif line and not line.startswith("#"):
                block = self.take(number, line)
        for name in ("config", "listener", "relay"):
            text = [s for s in self.steps if s.kind == name]
            setattr(self, name, "".join(line + "\n" for s in text for line in s.block))
        self.steps = [s for s in self.steps if s.kind not in ("config", "listener", "relay")]

    def take(self, number, line):
        """One line at the margin; returns the list its indented lines go to, if it may have any."""
        if match := BLOCK.fullmatch(line):
            step = Step(number, *(match.group(1).split(" ", 1) + [""])[:2])
        elif match := SETTING.fullmatch(line):
            self.set(number, *match.groups())
            return None
        elif match := STEP.fullmatch(line):
            side, who, mark, text = [g for g in match.groups() if g is not None]
            step = Step(number, side + mark, text, who)
        elif match := OTHER.fullmatch(line):
            step = Step(number, match.group(1), match.group(2))
        else:
            self.bad(number, f"cannot read: {line}")
        self.steps.append(step)
        return step.block

    def set(self, number, name, value):
        if name == "variants":
            self.variants = value.split()
            if not set(self.variants) <= set(VARIANTS):
                self.bad(number, f"variants are {' '.join(VARIANTS)}")
        elif name == "secrets":
            self.secrets = value.split()
        else:
            setattr(self, name, int(value))

    def bad(self, number, text):
        raise BadDialogue(f"{self.path}:{number}: {text}")
