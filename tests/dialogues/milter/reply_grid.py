"""Every answer of a milter at every stage (MILTER 3): what the client hears of it, whether the message is delivered,
and whether the milter hears of the next one on the same connection.

Covers ML02, ML03, ML06, MILTER 3, 7.
"""

import signal
import time

from kit import milter
from kit.client import Client
from kit.gateway import LISTENER_PORT, UPSTREAM_PORT, Gateway
from kit.upstream import Upstream
from kit.words import Failure

SECONDS = 20
STAGES = ("CONNECT", "HELO", "MAIL", "RCPT", "DATA", "HEADER", "EOH", "BODY", "EOM")
GREETING, CONTENT = STAGES[:2], STAGES[5:]
SETTINGS = """
milters = ( { name = "one"; address = "@MILTER@"; command_timeout = "5s"; content_timeout = "5s"; } );
limits = { errors = 100000; };
"""
ENVELOPE = (b"MAIL FROM:<a@client.example>\r\n", b"RCPT TO:<b@example.org>\r\n", b"DATA\r\n")
MESSAGE = b"Subject: x\r\n\r\ntext\r\n.\r\n"

REFUSALS = {  # the answer: how the refusal begins
    "reject": b"550 5.7.1 Command rejected",
    "tempfail": b"451 4.7.1 Service unavailable",
    "reply 554 5.7.9 because": b"554 5.7.9 because",
    "reply 452 4.3.9 full %%": b"452 4.3.9 full %",
    "reply 550-5.1.1 one\\r\\n550 5.1.1 two": b"550 5.1.1 two",
    "shutdown": b"421 4.7.0 Closing",
    "connfail": b"421 4.7.0 Closing",
    "reply 421 4.7.9 away": b"421 4.7.9 away",
}
FAULTS = (  # what is no answer at all: the milter has failed
    "reply 250 2.0.0 no", "reply 55x 5.7.1 no", "reply 550 4.7.1 no", "reply 550-5.1.1 one\\r\\n551 5.1.1 two",
    "raw \\0\\0\\0\\x06y550 5",
)
EDITS = ("add X-A: 1", "insert 0 X-A: 1", "change 1 Subject: y", "body new\\r\\n", "sender <x@y.test>", "rcpt <x@y.test>",
         "rcpt-par <x@y.test> NOTIFY=NEVER", "unrcpt <b@example.org>", "quarantine why")


def wanted(stage, answer):
    """The beginning of the last reply, and how many messages go on."""
    refusal = REFUSALS.get(answer)
    if answer in FAULTS or answer in EDITS:  # changes are asked for at the end, with a final word behind them
        refusal = b"451 4.7.1"
    if refusal and stage == "CONNECT":  # in place of a greeting there are but two codes (RFC 5321, 3.1)
        refusal = (b"421" if refusal[:1] == b"4" else b"554") + refusal[3:]
    if refusal:
        return refusal, 0
    if answer == "discard":
        return b"250", int(stage in GREETING)
    if answer == "skip" and stage == "EOM":
        return b"451 4.7.1", 0
    return b"250", 1


def answers(stage):
    yield from ("continue", "accept", "discard", "skip", "progress & progress & continue", "progress & accept")
    yield from REFUSALS
    yield from FAULTS
    if stage != "EOM":
        yield from EDITS


class Stand:
    def __init__(self, binary, host):
        self.host = host
        self.gateway = Gateway(binary, host, SETTINGS)
        self.upstream = Upstream(host, UPSTREAM_PORT, lambda mark, data: None)
        self.milter = milter.Milter(host, milter.PORT)
        self.milter.options = (6, 0x1FF, 0x400)  # it may skip
        self.upstream.listen()
        self.gateway.start()

    def stop(self):
        self.gateway.stop()
        self.upstream.stop()
        self.milter.stop()

    def delivered(self):
        return sum(t.accepted for t in self.upstream.transactions())

    def message(self, client, until, reply):
        """Goes on from ${reply} as long as nothing is refused; the last reply."""
        for sent in (*ENVELOPE, MESSAGE):
            if not reply or reply[-1][:1] not in (b"2", b"3"):
                break
            client.send(sent)
            reply = client.reply(until)
        return reply[-1] if reply else b"nothing"

    def complaint(self, stage, answer):
        before = self.delivered()
        self.milter.rules = {(stage, 0): answer.split(" & ")}
        client = Client("", (self.host, LISTENER_PORT), lambda mark, data: None)
        client.connect()
        try:
            until = time.monotonic() + SECONDS
            reply = client.reply(until)
            if reply and reply[-1][:1] == b"2":
                client.send(b"EHLO client.example\r\n")
                reply = client.reply(until)
            last = self.message(client, until, reply)
            reply, count = wanted(stage, answer)
            if not last.startswith(reply):
                return f"expected {reply}, got {last}"
            if self.delivered() - before != count:
                return f"{self.delivered() - before} delivered after {last}"
            if last.startswith(b"421"):
                return None if client.closed(until) else "the connection stays"
            return None if stage in GREETING else self.next_one(client, until)
        finally:
            client.close()

    def next_one(self, client, until):
        """Whatever the milter has said of one message, it hears of the next."""
        before = self.delivered()
        self.milter.rules = {}
        client.send(b"RSET\r\n")
        with self.milter.changed:
            self.milter.heard.clear()
        last = self.message(client, until, client.reply(until))
        if not last.startswith(b"250") or self.delivered() != before + 1:
            return f"the next message: {last}"
        with self.milter.changed:
            heard = "EOM" in self.milter.heard
        return None if heard else "the next message was not shown"


def play(binary, host):
    """By stage: None, or what failed (the first few)."""
    stand = None
    try:
        stand = Stand(binary, host)
        for stage in STAGES:
            wrong = [f"{answer}: {text}" for answer in answers(stage) if (text := stand.complaint(stage, answer))]
            yield stage, "\n  ".join(wrong[:8]) or None
        stand.gateway.signal(signal.SIGTERM)
        stand.gateway.exits()
        yield "upstream", "\n  ".join(stand.upstream.faults) or None
    except Failure as failure:
        yield "gateway", f"expected {failure.expected}, got {failure.got}"
    finally:
        if stand:
            stand.stop()


def cells(binary, host):
    yield from play(binary, host)
