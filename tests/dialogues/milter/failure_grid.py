"""A milter that fails, in every way, at every stage, under each on_failure: what becomes of the session is what that
says, and a message that was not acknowledged is delivered nowhere.

Covers ML01, ML02, ML05, MILTER 8.
"""

import os
import re
import signal
import time

from kit import milter, oracle
from kit.client import Client
from kit.gateway import LISTENER_PORT, UPSTREAM_PORT, Gateway
from kit.upstream import Upstream
from kit.words import Failure, show

SECONDS = 20
STAGES = ("OPTIONS", "CONNECT", "HELO", "MAIL", "RCPT", "DATA", "HEADER", "EOH", "BODY", "EOM")
WAYS = {  # the scripted milter's actions
    "dies": ["close"],
    "hangs": ["silent"],
    "sends an empty frame": [r"raw \0\0\0\0"],
    "sends an endless frame": [r"raw \xff\xff\xff\xff"],
    "sends half a frame and dies": [r"raw \0\0\0\x09c", "close"],
    "sends half a frame and hangs": [r"raw \0\0\0\x09c"],
    "sends an unknown answer": [r"raw \0\0\0\x01!"],
    "sends an answer with data": [r"raw \0\0\0\x02cc"],
    "answers twice": [r"raw \0\0\0\x01c\0\0\0\x01c"],
}
LATE = {"dies within its changes": ["add X-Half: 1", "body half", "close"]}
SLOW = ("hangs", "sends half a frame and hangs")
SETTINGS = """
milters = ( { name = "one"; address = "@MILTER@"; on_failure = "%s"; command_timeout = "400ms"; content_timeout = "400ms"; } );
log = { level = "debug"; };
"""
DIALOGUE = (
    b"EHLO client.example\r\n", b"MAIL FROM:<a@client.example>\r\n", b"RCPT TO:<b@example.org>\r\n", b"DATA\r\n",
    b"Subject: x\r\n\r\ntext\r\n.\r\n",
)
REFUSED = {"tempfail": b"4", "reject": b"5", "shutdown": b"421"}
ACTIONS = [*REFUSED, "continue", "quarantine"]


def talk(host):
    """The last reply of a session that goes on as long as nothing is refused."""
    client = Client("", (host, LISTENER_PORT), lambda mark, data: None)
    client.connect()
    try:
        until = time.monotonic() + SECONDS
        reply = client.reply(until)
        for sent in DIALOGUE:
            if not reply or reply[-1][:1] not in (b"2", b"3"):
                break
            client.send(sent)
            reply = client.reply(until)
        return reply[-1] if reply else None
    finally:
        client.close()


class Stand:
    """A gateway with that on_failure, between an upstream and a milter."""

    def __init__(self, binary, host, action):
        self.host, self.action = host, action
        self.gateway = Gateway(binary, host, SETTINGS % action)
        self.upstream = Upstream(host, UPSTREAM_PORT, lambda mark, data: None)
        self.milter = milter.Milter(host, milter.PORT)
        self.upstream.listen()
        self.gateway.start()

    def stop(self):
        self.gateway.stop()
        self.upstream.stop()
        self.milter.stop()

    def delivered(self):
        return [t for t in self.upstream.transactions() if t.accepted]

    def kept(self):
        folder = os.path.join(self.gateway.dir, "state", "quarantine", "mail")
        return len(os.listdir(folder)) if os.path.isdir(folder) else 0

    def complaint(self, stage, actions, way):
        """What is wrong with one session, or None."""
        before, kept = len(self.delivered()), self.kept()
        self.milter.rules = {(stage, 0): actions}
        reply = talk(self.host)
        more, keeps = self.delivered()[before:], self.kept() - kept
        wanted = REFUSED.get(self.action, b"250")
        if way in LATE and self.action == "continue":
            wanted = b"4"  # what it had begun to change is no message to go on with
        if not reply or not reply.startswith(wanted):
            return f"expected {show(wanted)}, got {show(reply) if reply else 'nothing'}"
        if (len(more), keeps) != (wanted == b"250" and self.action == "continue", self.action == "quarantine"):
            return f"{len(more)} delivered, {keeps} kept after {show(reply)}"
        if more and not re.fullmatch(rb"Subject: x\r\nX-Postern-Unchecked: milter one\r\n\r\ntext\r\n",
                                     bytes(more[0].content)):
            return f"delivered {show(bytes(more[0].content))}"
        return None

    def healthy(self):
        self.milter.rules = {}
        before = len(self.delivered())
        reply = talk(self.host)
        if not reply or reply[:3] != b"250" or len(self.delivered()) != before + 1:
            raise Failure("a message of a later session is delivered", str(reply))

    def end(self):
        self.gateway.signal(signal.SIGTERM)
        self.gateway.exits()
        for connection in self.upstream.connections:
            oracle.judge_wire(bytes(connection.lines))
        return self.upstream.faults


def play(binary, host, action):
    """All stages and ways: None, or what failed (the first few)."""
    failures, stand = [], None
    try:
        stand = Stand(binary, host, action)
        for stage in STAGES:
            ways = dict(WAYS, **LATE) if stage == "EOM" else WAYS
            for way, actions in ways.items():
                if way == SLOW[1] and action != "tempfail":
                    continue  # as slow as the other, and no different
                wrong = stand.complaint(stage, actions, way)
                if wrong:
                    failures.append(f"{stage}: it {way}: {wrong}")
        stand.healthy()
        failures += stand.end()
    except Failure as failure:
        failures.append(f"expected {failure.expected}, got {failure.got}")
    finally:
        if stand:
            stand.stop()
    return "\n  ".join(failures[:8] + [f"... {len(failures)} in all"] * (len(failures) > 8)) or None


def cells(binary, host):
    for action in ACTIONS:
        yield f"on_failure = {action}", play(binary, host, action)
