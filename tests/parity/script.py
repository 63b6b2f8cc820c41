"""The text of a .parity file: settings, and cases that share them. `run --help` says how it is written."""

from kit.words import unescape

FACTS = ("client", "port", "name", "helo", "listener", "auth", "tls", "from", "size", "rcpt", "refused")
EXPECTED = ("verdict", "sender", "recipients", "rules", "score", "tags", "quarantine", "archived", "would", "log", "delay")
BLOCKS = ("message", "header", "body")
PLACEMENTS = ("proxy", "milter", "explain")
DEFAULTS = {"client": "192.0.2.1", "port": "4711", "helo": "client.test", "listener": "test", "from": "a@b.test"}
REFUSAL = "550 5.1.1 Unknown here"
MESSAGE = ["Subject: hello", "", "hi"]


class BadScript(Exception):
    """The file cannot be read: where, and why."""


def octets(lines):
    return b"".join(unescape(line) + b"\r\n" for line in lines)


class Case:
    def __init__(self, name, line):
        self.name, self.line = name, line
        self.facts, self.recipients = dict(DEFAULTS), []
        self.refused = []  # by the upstream or the MTA, not by us
        self.message = MESSAGE
        self.wanted = {placement: {} for placement in PLACEMENTS}

    def take(self, key, value, block):
        """One line and what is below it."""
        for placement in PLACEMENTS:
            if key.startswith(placement + " "):
                return self.expect([placement], key[len(placement) + 1 :], value, block, True)
        if key in ("rcpt", "refused"):
            self.recipients.append(value)
            self.refused += [value] if key == "refused" else []
        elif key == "message":
            self.message = block
        elif key in FACTS:
            self.facts[key] = value
        else:
            return self.expect(PLACEMENTS, key, value, block, False)
        return True

    def expect(self, placements, key, value, block, own):
        """What is said of one placement counts there, whatever is said of all."""
        if key not in EXPECTED and key not in BLOCKS and not key.startswith("reply "):
            return False
        for placement in placements:
            wanted = self.wanted[placement]
            known, values = wanted.get(key, (own, []))
            if known and not own:
                continue
            values = values if known == own else []
            wanted[key] = (own, block if key in BLOCKS else values + [value])
        return True

    def finish(self):
        self.recipients = self.recipients or ["u@example.org"]
        at = self.message.index("") if "" in self.message else len(self.message)
        self.header, self.body = octets(self.message[:at]), octets(self.message[at + 1 :])

    def outcome(self, placement):
        """What shall be seen there."""
        said = {key: values for key, (_, values) in self.wanted[placement].items()}
        verdict = said.get("verdict", ["continue"])[0]
        passes = verdict.split(" ")[0] in ("continue", "accept", "quarantine")
        rule = verdict.split(" ")[2:3] if " by rule" not in verdict else []
        replies = {key[6:]: lines for key, lines in said.items() if key.startswith("reply ")}
        kept = [r for r in self.recipients if f"rcpt {r}" not in replies and r not in self.refused]
        if placement == "proxy":
            replies.update({f"rcpt {r}": [REFUSAL] for r in self.refused})
        text = {key: said[key][0] for key in EXPECTED if key in said}
        names = {key: text[key].split() for key in ("recipients", "rules", "tags") if key in text}
        return {
            "verdict": verdict,
            "replies": {stage: lines for stage, lines in replies.items() if lines != ["none"]},
            "header": octets(said["header"]) if "header" in said else self.header if passes else None,
            "body": octets(said["body"]) if "body" in said else self.body if passes else None,
            "sender": text.get("sender", self.facts["from"]).replace("<>", "") if passes else None,
            "recipients": sorted(names.get("recipients", kept if passes else [])),
            "quarantine": text.get("quarantine"),
            "archived": text.get("archived"),
            "rules": sorted(names.get("rules", rule)),
            "score": float(text.get("score", 0)),
            "tags": sorted(names.get("tags", [])),
            "would": text.get("would", ""),
            "logs": said.get("log", []),
            "delay": int(text.get("delay", 0)),
        }


class Script:
    def __init__(self, path):
        self.path, self.config, self.cases, self.dns = path, "", [], []
        self.out = ""  # settings of the listener "out"
        self.refused = None  # what `postern milter` says of these settings, if it does not take them
        with open(path, encoding="utf-8") as file:
            lines = list(enumerate(file.read().split("\n"), 1))
        while lines:
            number, line = lines.pop(0)
            if not line.strip() or line.startswith("#"):
                continue
            block = []
            while lines and lines[0][1].startswith("  "):
                block.append(lines.pop(0)[1][2:])
            self.take(number, line, block)
        for case in self.cases:
            case.finish()

    def take(self, number, line, block):
        key, colon, value = line.partition(":")
        value = value.strip()
        if not colon:
            raise BadScript(f"{self.path}:{number}: not a line of a script: {line}")
        if key == "config":
            self.config = "\n".join(block) + "\n"
        elif key == "milter refuses":
            self.refused = value
        elif key == "out":
            self.out = value
        elif key == "dns":
            self.dns.append(value)
        elif key == "case":
            self.cases.append(Case(value, number))
        elif not self.cases:
            raise BadScript(f"{self.path}:{number}: '{key}' before the first case")
        else:
            if key.split(" ")[-1] in BLOCKS:
                block = [text[1:] for text in block]
            if not self.cases[-1].take(key, value, block):
                raise BadScript(f"{self.path}:{number}: what is '{key}'?")
