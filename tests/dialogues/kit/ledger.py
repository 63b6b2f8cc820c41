"""Who was told what of a message, recipient by recipient: what a client has sent and heard, read as a
server would read it. In LMTP (RFC 2033) every accepted RCPT must have its own reply after the end."""

import collections
import re

from kit.words import Failure, show

CHUNK = re.compile(rb"BDAT +(\d+)( +LAST)?\s*\Z", re.IGNORECASE)
FORGETS = (b"HELO", b"EHLO", b"LHLO", b"STAR", b"MAIL", b"RSET")


class Ledger:
    """told: recipients of messages acknowledged. In SMTP one reply speaks for all of a message."""

    def __init__(self, lmtp):
        self.lmtp, self.told = lmtp, 0
        self.pending, self.at = b"", 0  # what was sent, and how much of it is understood
        self.asked = collections.deque([b"greeting"])  # commands whose replies are to come
        self.recipients = 0  # accepted ones
        self.owed = 0  # replies at the end of this message, of which some were heard
        self.in_content = False
        self.chunk_left = 0

    def sent(self, data):
        self.pending, self.at = self.pending[self.at :] + data, 0
        while self.at < len(self.pending) and self.take():
            pass

    def take(self):
        """Understands one piece; False when more must come, or a reply first."""
        if self.chunk_left:
            used = min(self.chunk_left, len(self.pending) - self.at)
            self.chunk_left -= used
            self.at += used
            return True
        if self.asked and self.asked[-1] == b"DATA":
            return False
        end = b"\r\n.\r\n" if self.in_content else b"\r\n"
        if self.in_content and self.pending.startswith(b".\r\n", self.at):
            end = b".\r\n"  # a message of no line
        found = self.pending.find(end, self.at)
        if found < 0:
            return False
        self.command(b"dot" if self.in_content else self.pending[self.at : found])
        self.at = found + len(end)
        self.in_content = False
        return True

    def command(self, line):
        chunk = CHUNK.match(line)
        if chunk:
            self.chunk_left = int(chunk.group(1))
            self.asked.append(b"last" if chunk.group(2) else b"BDAT")
        else:
            self.asked.append(line if line == b"dot" else line[:4].upper())

    def heard(self, reply):
        """The last line of a whole reply."""
        if not self.asked:
            return  # said unasked: a farewell
        verb, good = self.asked[0], reply[:1] == b"2"
        if verb in (b"dot", b"last") and self.recipients:
            self.final(reply, good)
        else:
            self.asked.popleft()
            self.answered(verb, reply, good)
        self.sent(b"")

    def answered(self, verb, reply, good):
        if verb == b"RCPT" and good:
            self.recipients += 1
        elif verb == b"DATA" and reply[:3] == b"354":
            self.in_content = True
        elif (good and verb in FORGETS) or (verb == b"BDAT" and not good):
            self.recipients = 0

    def final(self, reply, good):
        """One of the replies at the end of a message."""
        self.owed = self.owed or (self.recipients if self.lmtp else 1)
        if self.owed > 1 and reply[:3] == b"421":
            raise Failure("no farewell before the last reply to a message", show(reply))
        self.told += good * (1 if self.lmtp else self.recipients)
        self.owed -= 1
        if self.owed == 0:
            self.asked.popleft()
            self.recipients = 0

    def judge(self):
        """At the end: no recipient was left without its reply."""
        if self.owed:
            raise Failure("a reply for each recipient", f"{self.owed} missing")
