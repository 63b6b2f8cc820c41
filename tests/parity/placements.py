"""The three places where a policy judges: each plays a case and says what came of it, in the same words."""

import json
import os
import re
import subprocess
import time

import harness
import milter
from kit import client, dns, gateway, tls, upstream
from kit.words import unescape
from script import REFUSAL

PATIENCE = 20  # seconds for a reply or a record, on a busy machine
OTHER_PORT = gateway.LISTENER_PORT + 1  # of the listener "out"
LISTENER = 'proxy_protocol = [ "127.0.0.0/8" ]; tls = { mode = "starttls"; certificate = "%s/gw.pem"; ' \
    'key = "%s/gw.key"; client_certificate = "request"; client_ca = "%s/ca.pem"; };'


def parameters(case):
    """Those of MAIL."""
    words = [f"SIZE={case.facts['size']}"] if "size" in case.facts else []
    return words + ([] if all(a.isascii() for a in [case.facts["from"], *case.recipients]) else ["SMTPUTF8"])


class Trouble(Exception):
    """A placement did what no placement may."""


def blank():
    return {
        "verdict": "continue", "replies": {}, "header": None, "body": None, "sender": None, "recipients": [], "quarantine": None,
        "archived": None, "rules": [], "score": 0.0, "tags": [], "would": "", "logs": [], "delay": 0,
    }


def wait_until(found, what):
    until = time.monotonic() + PATIENCE
    while not found():
        if time.monotonic() > until:
            raise Trouble(f"waited in vain for {what}")
        time.sleep(0.005)


def verdict_text(kind, decider, stage):
    """A message that nobody held up has the verdict "continue", whatever its MTA says."""
    if decider in ("upstream", None) and kind in ("accept", "continue"):
        return "continue"
    return f"{kind} by {decider} at {stage}"


def would_text(story):
    """Of (rule, verdict): each that held, and how it would have ended the list."""
    return ", ".join(f"{verdict} by {rule}" for rule, verdict in story)


def heard_in_record(record, into):
    """What the audit record tells; that of the proxy and that of the milter are the same."""
    by = record["decided_by"] or {}
    into["verdict"] = verdict_text(
        record["verdict"], by.get("rule") or next(iter(by), None), record["stage"])
    into["rules"], into["score"] = sorted(record["rules"]), float(record["score"])
    into["tags"] = sorted(record["tags"])
    into["archived"] = "yes" if "archived" in record else None
    into["would"] = would_text(
        (entry["rule"], entry.get("verdict", "continue")) for entry in record["would"] if "edit" not in entry)


class Proxy:
    """`postern proxy` between a client of ours and the scripted upstream."""

    def __init__(self, binary, host, script):
        self.host, self.taken = host, 0
        folder = tls.folder()
        settings = LISTENER % (folder, folder, folder)
        config = (f'listeners = ( {{ address = "{host}:{gateway.LISTENER_PORT}"; name = "test"; {settings} }},'
                  f' {{ address = "{host}:{OTHER_PORT}"; name = "out"; {settings} {script.out} }} );\n') + script.config
        self.names = dns.Server(host)
        for line in script.dns:
            self.names.take(line)
        self.upstream = upstream.Upstream(host, gateway.UPSTREAM_PORT, lambda *_: None)
        self.upstream.offers.append("AUTH PLAIN")
        self.upstream.listen()
        self.gateway = gateway.Gateway(binary, host, config)
        self.file = self.gateway.file

    def start(self):
        self.gateway.start()

    def stop(self):
        self.gateway.signal(15)
        self.gateway.exits()

    def clean(self):
        self.gateway.stop()
        self.upstream.stop()
        self.names.stop()

    def play(self, case):
        seen, logged = blank(), len(self.gateway.log)
        before, sent = self.kept(), len(self.upstream.done)
        port = OTHER_PORT if case.facts["listener"] == "out" else gateway.LISTENER_PORT
        talk = client.Client("", (self.host, port), lambda *_: None)
        for number, recipient in enumerate(case.recipients, self.upstream.count("RCPT") + 1):
            if recipient in case.refused:
                self.upstream.script["RCPT", number] = REFUSAL
        start = time.monotonic()
        try:
            self.talk(talk, case, seen)
        finally:
            talk.close()
        seen["delay"] = time.monotonic() - start
        heard_in_record(self.record(), seen)
        self.look_upstream(case, seen, sent)
        self.look_aside(seen, before)
        self.await_log(case, logged)
        seen["logs"] = self.gateway.log[logged:]
        return seen

    def await_log(self, case, logged):
        """The log comes through another pipe than the records."""
        for text in case.outcome("proxy")["logs"]:
            wait_until(lambda t=text: any(t in line for line in self.gateway.log[logged:]), f"the log to say {text}")

    def record(self):
        wait_until(lambda: len(self.gateway.audit) > self.taken, "an audit record of the proxy")
        records = self.gateway.records()[self.taken :]
        self.taken += len(records)
        if len(records) != 1:
            raise Trouble(f"{len(records)} records of one session")
        return records[0]

    def talk(self, talk, case, seen):
        facts = case.facts
        family, to = ("TCP6", "::1") if ":" in facts["client"] else ("TCP4", "127.0.0.1")
        talk.send(f"PROXY {family} {facts['client']} {to} {facts['port']} 25\r\n".encode())
        if not self.hear(talk, "connect", seen) or not self.say(talk, f"EHLO {facts['helo']}", "helo", seen):
            return
        if "tls" in facts:
            self.say(talk, "STARTTLS", "tls", seen)
            words = dict(word.split("=") for word in facts["tls"].split() if "=" in word)
            talk.secure(words)
            self.say(talk, f"EHLO {facts['helo']}", "helo", seen)
        if "auth" in facts:
            secret = subprocess.run(["base64", "-w0"], input=b"\0" + facts["auth"].encode() + b"\0secret",
                                    stdout=subprocess.PIPE, check=True).stdout.decode()
            self.say(talk, f"AUTH PLAIN {secret}", "auth", seen)
        words = [""] + parameters(case)
        if not self.say(talk, f"MAIL FROM:<{facts['from']}>{' '.join(words)}", "mail", seen):
            return
        good = [self.say(talk, f"RCPT TO:<{r}>", f"rcpt {r}", seen) for r in case.recipients]
        if any(good) and self.say(talk, "DATA", "data", seen):
            talk.send(harness.stuff(case.header + b"\r\n" + case.body))
            self.hear(talk, "content", seen)
        if not talk.at_end:
            talk.send(b"QUIT\r\n")
            talk.reply(time.monotonic() + PATIENCE)

    def say(self, talk, line, stage, seen):
        talk.send(unescape(line) + b"\r\n")
        return self.hear(talk, stage, seen)

    def hear(self, talk, stage, seen):
        """Whether it was a good reply; others are noted."""
        lines = talk.reply(time.monotonic() + PATIENCE)
        if lines is None:
            raise Trouble(f"no reply at {stage}")
        if lines[0][:1] in b"23":
            return True
        seen["replies"][stage] = [line.decode() for line in lines]
        return False

    def look_upstream(self, case, seen, sent):
        done = self.upstream.done[sent:]
        if len(done) > 1:
            raise Trouble(f"{len(done)} messages upstream")
        for message in done:
            self.take_content(bytes(message.content).replace(b"\r\n.", b"\r\n"), case, seen)
            seen["sender"] = path(message.sender)
            seen["recipients"] = sorted(path(line) for line in message.recipients)

    def take_content(self, content, case, seen):
        seen["header"], seen["body"] = parts(content)

    def kept(self):
        mail = os.path.join(self.gateway.dir, "state", "quarantine", "mail")
        names = os.listdir(mail) if os.path.isdir(mail) else []
        return {os.path.join(mail, name) for name in names}

    def look_aside(self, seen, before):
        for name in self.kept() - before:
            with open(name, "rb") as file:
                record, _, content = file.read().partition(b"\n")
            record = json.loads(record)
            seen["quarantine"] = record["reason"]
            if seen["verdict"].startswith("quarantine"):
                seen["header"], seen["body"] = parts(content)
                seen["sender"] = record["sender"]
                seen["recipients"] = sorted(r["address"] for r in record["recipients"])


def path(command):
    """The address in a MAIL or RCPT command."""
    return command.partition(b"<")[2].partition(b">")[0].decode()


def parts(content):
    """The header and the body."""
    header, _, body = (b"\r\n" + content).partition(b"\r\n\r\n")
    return header[2:] + (b"\r\n" if header else b""), body


class Field:
    """A field as it is told; ${blank} stands before its colon and is not told."""

    def __init__(self, name, value, blank=b""):
        self.name, self.value, self.blank = name, value, blank

    def octets(self):
        return self.name + self.blank + b":" + self.value.replace(b"\n", b"\r\n") + b"\r\n"


FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")


def split(header):
    """The header as Postfix has it, and what it takes for body: from the first line on that is no field."""
    at = 0
    for line in header.split(b"\r\n")[:-1]:
        if not FIELD.match(line) and (at == 0 or line[:1] not in b" \t"):
            break
        at += len(line) + 2
    return header[:at], header[at:]


def fields_of(header):
    """The fields as an MTA tells them: lines of folded ones end in LF."""
    fields = []
    for line in header.split(b"\r\n")[:-1]:
        if line[:1] in b" \t" and fields:
            fields[-1].value += b"\n" + line
        else:
            name, _, value = line.partition(b":")
            bare = name.rstrip(b" \t")
            fields.append(Field(bare, value, name[len(bare) :]))
    return fields


class Milter:
    """`postern milter`, and the MTA before it, which does what it says as Postfix does."""

    NO = {b"C": 0x1, b"H": 0x2, b"M": 0x4, b"R": 0x8, b"B": 0x10, b"L": 0x20, b"N": 0x40, b"T": 0x200}
    QUIET = {b"C": 0x1000, b"H": 0x2000, b"M": 0x4000, b"R": 0x8000, b"B": 0x80000, b"L": 0x80, b"N": 0x40000,
             b"T": 0x10000}
    PLAIN = {b"r": ["550 5.7.1 Command rejected"], b"t": ["451 4.7.1 Service unavailable - try again later"]}

    def __init__(self, folder, script):
        self.program = milter.Milter(folder, script.config)
        self.taken = 0

    def play(self, case):
        seen, logged = blank(), len(self.program.log())
        start = time.monotonic()
        with milter.Mta(self.program) as mta:
            self.talk(mta.negotiate(), case, seen)
            mta.send(b"Q")
        seen["delay"] = time.monotonic() - start
        records = self.program.wait_records(self.taken + 1)[self.taken :]
        self.taken += len(records)
        if len(records) != 1:
            raise Trouble(f"{len(records)} records of one session")
        heard_in_record(records[0], seen)
        seen["logs"] = self.program.log()[logged:].split("\n")
        return seen

    def ask(self, mta, code, data, stage, seen):
        """Whether the session goes on after a command: what the MTA was not asked for is not sent."""
        if mta.steps & self.NO[code]:
            return True
        mta.send(code, data)
        if mta.steps & self.QUIET[code]:
            return True
        return self.note(self.answer(mta), stage, seen)

    def answer(self, mta):
        while True:
            code, data = mta.read()
            if code != b"p":
                return code, data

    def note(self, answer, stage, seen):
        code, data = answer
        if code == b"y":
            seen["replies"][stage] = data[:-1].decode().replace("%%", "%").split("\r\n")
        elif code in self.PLAIN:
            seen["replies"][stage] = self.PLAIN[code]
        elif code == b"d":
            seen["discarded"] = True
        elif code not in (b"c", b"s"):
            raise Trouble(f"{code} at {stage}")
        return code in (b"c", b"s")

    def tell(self, mta, command, macros):
        mta.told(command, **{name: value for name, value in macros.items() if value})

    def talk(self, mta, case, seen):
        facts = case.facts
        self.tell(mta, b"C", {"{daemon_name}": facts["listener"], "{client_name}": facts.get("name")})
        host = facts.get("name", "unknown").encode()
        family = b"6" if ":" in facts["client"] else b"4"
        connection = host + b"\0" + family + int(facts["port"]).to_bytes(2, "big") + facts["client"].encode() + b"\0"
        if not self.ask(mta, b"C", connection, "connect", seen):
            return
        if not self.ask(mta, b"H", unescape(facts["helo"]) + b"\0", "helo", seen):
            return
        self.tell(mta, b"M", {"{auth_authen}": facts.get("auth"), **self.security(facts)})
        words = "".join(word + "\0" for word in parameters(case)).encode()
        if not self.ask(mta, b"M", f"<{facts['from']}>\0".encode() + words, "mail", seen):
            return
        good = [r for r in case.recipients if self.ask_recipient(mta, r, case, seen)]
        if good and self.ask(mta, b"T", b"", "data", seen):
            self.send_content(mta, case, good, seen)

    def ask_recipient(self, mta, recipient, case, seen):
        """What the MTA has refused itself it only tells."""
        refused = recipient in case.refused
        self.tell(mta, b"R", {"{rcpt_mailer}": "error" if refused else "smtp", "{rcpt_host}": "5.1.1",
                              "{rcpt_addr}": REFUSAL.partition(" 5.1.1 ")[2]})
        taken = self.ask(mta, b"R", f"<{recipient}>\0".encode(), f"rcpt {recipient}", seen)
        return taken and not refused

    def security(self, facts):
        if "tls" not in facts:
            return {}
        words = dict(word.split("=") for word in facts["tls"].split() if "=" in word)
        return {"{tls_version}": "TLSv1.3", "{cipher}": "TLS_AES_256_GCM_SHA384", "{tls_sni}": words.get("sni"),
                "{cert_subject}": CLIENT_SUBJECT if "cert" in words else None, "{verify}": "OK"}

    def send_content(self, mta, case, good, seen):
        header, below = split(case.header)
        body = below + b"\r\n" + case.body if below else case.body
        fields = fields_of(header)
        steps = [(b"L", field.name + b"\0" + field.value + b"\0") for field in fields]
        for code, data in steps + [(b"N", b"")] + ([(b"B", body)] if body else []):
            if not self.ask(mta, code, data, "content", seen):
                return
        edits, last = mta.end()
        while last[0] == b"p":
            more, last = mta.end()
            edits += more
        if self.note(last, "content", seen):
            self.apply(edits, fields, case, good, seen)
            new = [data for code, data in edits if code == b"b"]
            seen["header"], seen["body"] = seen["header"] + below, b"".join(new) if new else case.body

    def apply(self, edits, fields, case, good, seen):
        seen["sender"], recipients = case.facts["from"], list(good)
        for code, data in edits:
            if code in b"him":
                self.edit_header(fields, code, data)
            elif code == b"e":
                seen["sender"] = path(data)
            elif code in b"+2":
                recipients += [path(data)] if path(data) not in recipients else []
            elif code == b"-":
                recipients = [r for r in recipients if r != path(data)]
            elif code == b"b":
                continue  # the body, piece by piece
            elif code == b"q":
                seen["quarantine"] = data[:-1].decode()
            else:
                raise Trouble(f"an edit {code}")
        seen["header"] = b"".join(field.octets() for field in fields)
        seen["recipients"] = sorted(recipients)

    def edit_header(self, fields, code, data):
        index = 0
        if code in b"im":
            index, data = int.from_bytes(data[:4], "big"), data[4:]
        name, value = data.split(b"\0")[:2]
        if code == b"h":
            fields.append(Field(name, value))
        elif code == b"i":
            fields.insert(max(index, 1) - 1, Field(name, value))
        else:
            self.change_header(fields, max(index, 1), name, value)

    def change_header(self, fields, index, name, value):
        same = [field for field in fields if field.name.lower() == name.lower()]
        if index > len(same):
            fields += [Field(name, value)] if value else []
        elif value:
            fields[fields.index(same[index - 1])] = Field(name, value)
        else:
            fields.remove(same[index - 1])


CLIENT_SUBJECT = "alice"


class Explain:
    """`postern explain --json`, a program for each case."""

    def __init__(self, binary, config):
        self.binary, self.config = binary, config

    def arguments(self, case):
        facts = case.facts
        given = {"client_port": facts["port"], "client_name": facts.get("name"), "auth": facts.get("auth"),
                 "size": facts.get("size")}
        if "tls" in facts:
            words = dict(word.split("=") for word in facts["tls"].split() if "=" in word)
            given.update({"tls": "true", "tls_version": "1.3", "tls_cipher": "TLS_AES_256_GCM_SHA384",
                          "tls_name": words.get("sni"), "client_cert": CLIENT_SUBJECT if "cert" in words else None})
        facts_given = [word for name, value in given.items() if value for word in ("--fact", f"{name}={value}")]
        named = [recipient for recipient in case.recipients if recipient not in case.refused]
        recipients = [word for recipient in named for word in ("--rcpt", recipient)]
        return ["--client", facts["client"], "--helo", unescape(facts["helo"]), "--listener", facts["listener"],
                "--from", facts["from"], *recipients, *facts_given]

    def play(self, case):
        result = subprocess.run(
            [self.binary, "explain", "-c", self.config, "--json", *self.arguments(case), "-"],
            input=case.header + b"\r\n" + case.body, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            timeout=PATIENCE, check=False)
        if result.returncode != 0 or result.stderr:
            raise Trouble(f"explain: {result.returncode} {result.stderr.decode()}")
        told = json.loads(result.stdout.decode("utf-8", "surrogateescape"))
        seen = blank()
        self.note_verdict(told, seen)
        self.note_results(told, seen)
        if told["verdict"] in ("continue", "accept", "quarantine"):
            self.note_edits(told, case, seen)
        return seen

    def note_verdict(self, told, seen):
        by, stage = told.get("by"), told.get("stage")
        seen["verdict"] = verdict_text(told["verdict"], by, stage)
        for recipient in told["recipients"]:
            if "reply" in recipient:
                seen["replies"]["rcpt " + recipient["address"]] = [recipient["reply"]]
            if recipient.get("verdict") == "quarantine":
                seen["quarantine"] = recipient["reason"]
        reply = told["reply"]
        if reply and reply[0][0] in "45" and stage != "rcpt":
            seen["replies"]["content" if stage in ("header", "message") else stage] = reply
        if told["verdict"] == "quarantine":
            seen["quarantine"] = told["reason"]

    def note_results(self, told, seen):
        fired = [r for r in told["rules"] + told["final_rules"] if r["outcome"] == "fired"]
        seen["rules"] = sorted(rule["name"] for rule in fired if rule["mode"] == "enforce")
        seen["score"], seen["tags"] = float(told["score"]), sorted(told["tags"])
        seen["logs"], seen["delay"] = told["logs"], told["delay_ms"] / 1000
        seen["would"] = would_text((entry["rule"], entry["verdict"]) for entry in told["would"]["rules"])

    def note_edits(self, told, case, seen):
        left = [r["address"] for r in told["recipients"] if r.get("verdict") in ("continue", "accept")]
        if told["verdict"] == "quarantine" and not left:
            left = [r["address"] for r in told["recipients"] if r.get("verdict") == "quarantine"]
        envelope = [f"MAIL FROM:<{case.facts['from']}>"] + [f"RCPT TO:<{r}>" for r in left]
        after = [line.encode() for line in patch(envelope, told["envelope_diff"])]
        seen["sender"], seen["recipients"] = path(after[0]), sorted(path(line) for line in after[1:])
        lines = case.header.decode("utf-8", "surrogateescape").split("\r\n")[:-1]
        text = "".join(line + "\r\n" for line in patch(lines, told["header_diff"]))
        seen["header"] = text.encode("utf-8", "surrogateescape")
        lines = case.body.decode("utf-8", "surrogateescape").split("\r\n")[:-1]
        seen["body"] = as_shown("\r\n".join([*patch(lines, told["body_diff"]), ""]))
        if any("kept in the archive" in note for note in told["notes"]):
            seen["archived"] = "yes"


def shown(line):
    """As JSON has it: an octet that is no UTF-8 stands as \\xNN."""
    return "".join(f"\\x{ord(c) - 0xDC00:02x}" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in line)


def as_shown(text):
    """Octets, or what stands for them, as lines of JSON."""
    text = text if isinstance(text, str) else text.decode("utf-8", "surrogateescape")
    return shown(text).encode()


def patch(lines, diff):
    """${lines} after a unified diff."""
    after, at = [], 0
    for line in diff:
        if line.startswith("@@"):
            start, count = line.split(" ")[1][1:].split(",")
            begin = int(start) - (count != "0")
            after += lines[at:begin]
            at = begin
        elif line[0] == "+":
            after.append(line[1:])
        else:
            if at >= len(lines) or shown(lines[at]) != line[1:]:
                raise Trouble(f"a diff that does not fit: {line!r}")
            after += [lines[at]] if line[0] == " " else []
            at += 1
    return after + lines[at:]
