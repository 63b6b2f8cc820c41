"""The scripted upstream: a strict little MTA that records every byte and answers as it is told.

Left alone it behaves well. `script` holds what it shall do otherwise: (event, number) or
(event, None) -> action, where an event is a verb in upper case, "connect", "greeting", "content" (the first
byte of a message's content came), "dot" (its end, be it a last chunk; "BDAT" is any other) or "response" (a
line after a 334), and the number counts from 1 in the whole dialogue.
An action is a reply, "wait" (a step will answer), "close", "reset", "deaf" (reads no more), "go on" (as if
nothing had been said), or several of these joined by " & ".

What a well-behaved client of an MTA would never do is collected in `faults`.
"""

import re
import socket
import ssl
import struct
import threading
import time

from kit import tls
from kit.words import show, unescape

OFFERS = ["PIPELINING", "SIZE 10240000", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES"]
PREFIX = {  # the plain answers
    "HELO": "250 mx.example.net",
    "MAIL": "250 2.1.0 Sender ok",
    "RCPT": "250 2.1.5 Recipient ok",
    "DATA": "354 Go ahead",
    "RSET": "250 2.0.0 Reset",
    "NOOP": "250 2.0.0 Noop",
    "VRFY": "252 2.1.5 Cannot say",
    "EXPN": "252 2.1.5 Cannot say either",
    "HELP": "214 2.0.0 Help of the upstream",
    "AUTH": "235 2.7.0 Welcome",
    "QUIT": "221 2.0.0 Bye",
    "STARTTLS": "220 2.0.0 Ready",
    "XCLIENT": "220 mx.example.net ESMTP",
    "XFORWARD": "250 2.0.0 Thank you",
    "ETRN": "250 2.0.0 Queue started",
}
NO_LINGER = struct.pack("ii", 1, 0)


CHUNK = re.compile(rb"BDAT (\d+)( LAST)?", re.IGNORECASE)


class Transaction:
    """One MAIL and what followed."""

    def __init__(self, sender):
        self.sender = sender
        self.recipients = []
        self.content = bytearray()  # raw, still dot-stuffed, the final dot line left out
        self.begun = False  # the 354 was said
        self.dotted = False  # the dot line came
        self.accepted = False  # and was answered 2xx
        self.replies = self.taken = 0  # to the dot; for how many recipients it was accepted
        self.chunks = []  # sizes, when it came by BDAT
        self.failed = False  # a chunk was refused: only RSET may follow

    def binary(self):
        return b" BODY=BINARYMIME" in self.sender.upper()


class Connection:
    def __init__(self, upstream, sock):
        self.upstream, self.sock = upstream, sock
        self.raw = bytearray()  # all that came
        self.header = None  # what came in one piece before the greeting, if that is awaited
        self.lines = bytearray()  # the same without what came in chunks
        self.chunk_left = self.chunk_last = None  # the chunk being read
        self.pending = bytearray()  # what of it is not yet understood
        self.asked = None  # the last command, while it waits for its answer
        self.in_content = self.in_auth = self.greeted = self.open = False
        self.authenticated = False
        self.answered = True
        self.transaction = None
        self.transactions = []
        self.deaf = False
        self.secure = ""  # what TLS it is in
        self.wrap = False  # a handshake comes next
        self.closed_by_us = self.ended = False

    # What the dialogue makes it do.

    def send(self, data):
        """Sends bytes; a reply's code moves the state as it would move an MTA's."""
        self.note_reply(data)
        self.upstream.record("U>", data)
        try:
            if self.upstream.split:
                size = max(1, len(data) // 300)  # long ones in larger pieces, for the time's sake
                for at in range(0, len(data), size):
                    self.sock.sendall(data[at : at + size])
                    time.sleep(0.001)
            else:
                self.sock.sendall(data)
        except OSError:
            pass

    def note_reply(self, data):
        code, asked = data[:1], self.asked
        if data.rstrip(b"\r\n").split(b"\r\n")[-1][3:4] == b"-":
            return  # more of it will follow
        self.answered = True
        if asked in ("AUTH", "response"):
            self.in_auth = data[:3] == b"334"
            self.authenticated = self.authenticated or code == b"2"
        if asked == "DATA" and data[:3] == b"354" and self.transaction:
            self.in_content = self.transaction.begun = True
        elif asked in ("EHLO", "HELO", "LHLO", "RSET") and code == b"2":
            self.transaction = None
            self.greeted = self.greeted or asked != "RSET"
        elif asked == "XCLIENT" and code == b"2":
            self.greeted, self.transaction = False, None
        elif asked == "MAIL" and code == b"2":
            self.transaction = Transaction(self.asked_line)
            self.transactions.append(self.transaction)
        elif asked == "RCPT" and code == b"2" and self.transaction:
            self.transaction.recipients.append(self.asked_line)
        elif asked == "BDAT" and code != b"2" and self.transaction:
            self.transaction.failed = True
        elif asked == "dot" and not self.note_final(code == b"2"):
            return
        elif asked == "STARTTLS" and data[:3] == b"220":
            self.wrap, self.greeted = True, False
        if asked != "content":
            self.asked = None

    def note_final(self, good):
        """One of the replies to a dot, of which LMTP has one for each recipient; whether it was the
        last."""
        now, lmtp = self.transaction, self.upstream.lmtp
        now.replies += 1
        now.accepted = now.accepted or good
        now.taken += good * (1 if lmtp else len(now.recipients))
        if lmtp and now.replies < len(now.recipients):
            return False
        self.transaction = None
        return True

    def close(self):
        self.closed_by_us = True
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def reset(self):
        self.closed_by_us = True
        try:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
            self.sock.close()
        except OSError:
            pass

    # What it does by itself.

    def take_header(self):
        """The first bytes, which must come by themselves and in one piece."""
        try:
            header = self.sock.recv(65536)
        except OSError:
            header = b""
        with self.upstream.changed:
            self.header = header
            self.upstream.record("U<", header)
            self.upstream.changed.notify_all()

    def shake_hands(self):
        """False when it fails."""
        self.wrap = False
        settings = self.upstream.tls
        early = bytes(self.pending)
        self.pending.clear()
        if settings.get("silent"):
            while self.sock.recv(65536):
                pass
            return False
        if settings.get("broken"):
            self.sock.recv(65536)  # the hello: before it this would be an injection
            self.sock.sendall(b"this is no TLS\r\n")
            self.close()
            return False
        try:
            made = tls.context(True, settings.get("cert", "mx"), None, settings.get("ca"))
            asked = []
            made.sni_callback = lambda _socket, name, _context: asked.append(name)
            self.sock = tls.TlsSocket(self.sock, made, True, early=early)
        except (ssl.SSLError, OSError) as error:
            self.upstream.record("U:", f"TLS failed: {error}".encode())
            self.closed_by_us = True
            self.upstream.event("closed", self)
            return False
        peer = self.sock.inside.getpeercert() if settings.get("ca") else None
        subject = "".join(f" {k}={v}" for pair in (peer or {}).get("subject", ()) for k, v in pair)
        self.secure = f"{self.sock.inside.version()} sni={asked[0] if asked else None}{subject}"
        self.upstream.record("U:", f"inside {self.secure}".encode())
        return True

    def serve(self):
        if self.upstream.wants_header:
            self.take_header()
        if self.upstream.tls.get("implicit") and not self.shake_hands():
            self.end()
            return
        self.do("greeting", f"220 {self.upstream.name} ESMTP")
        while True:
            while self.deaf and not self.closed_by_us:
                time.sleep(0.01)
            try:
                data = self.sock.recv(65536)
            except OSError:
                data = b""
            with self.upstream.changed:
                self.raw += data
                self.pending += data
                self.understand()
                if not data:
                    break
            if self.wrap and not self.shake_hands():
                break
        self.end()

    def end(self):
        with self.upstream.changed:
            if self.in_content:
                self.lines += self.transaction.content
            self.ended = True
            if not self.closed_by_us:
                cut = self.transaction and self.transaction.begun and not self.transaction.dotted
                self.upstream.event("aborted" if cut else "closed", self)
            self.upstream.changed.notify_all()
        try:
            self.sock.close()
        except OSError:
            pass

    def understand(self):
        while self.pending and not self.closed_by_us:
            if self.in_content:
                if not self.take_content():
                    return
            elif self.chunk_left is not None:
                if not self.take_chunk():
                    return
            elif not self.take_line():
                return

    def take_content(self):
        """One run of content; False when more must come. Only CRLF.CRLF ends it."""
        now = self.transaction
        if not now.content:
            self.asked = "content"
            self.do("content", None)
            self.asked = None
            if not self.in_content:
                return True
        known = max(0, len(now.content) - 4)
        now.content += self.pending
        self.pending.clear()
        end = now.content.find(b"\r\n.\r\n", known) + 2
        if now.content.startswith(b".\r\n"):
            end = 0
        elif end == 1:
            return False
        self.pending += now.content[end + 3 :]
        del now.content[end:]
        self.lines += now.content + b".\r\n"
        self.in_content = False
        self.upstream.record("U<", bytes(now.content) + b".\r\n")
        self.take_end(now)
        return True

    def take_end(self, now):
        """The message is complete."""
        now.dotted, self.asked = True, "dot"
        self.upstream.done.append(now)
        self.upstream.event("message", self)
        reply = f"250 2.0.0 Ok: queued as T{self.upstream.count('dot') + 1}"
        if self.upstream.lmtp:
            reply = " & ".join(f"{reply}.{i + 1}" for i in range(len(now.recipients)))
        self.do("dot", reply)

    def take_chunk(self):
        """Some octets of a chunk; False when more must come."""
        now, size = self.transaction, min(self.chunk_left, len(self.pending))
        if now:
            now.content += self.pending[:size]
        del self.pending[:size]
        self.chunk_left -= size
        if self.chunk_left:
            return False
        self.chunk_left = None
        if not now:
            self.do("BDAT", "503 5.5.1 What for?")
        elif self.chunk_last:
            self.upstream.record("U<", bytes(now.content))
            self.take_end(now)
        else:
            self.do("BDAT", f"250 2.0.0 {now.chunks[-1]} octets of the chunk")
        return True

    def begin_chunk(self, line):
        match, now = CHUNK.fullmatch(line), self.transaction
        if not match:
            self.upstream.fault(f"no BDAT: {show(line)}")
            return
        if not self.upstream.offered("CHUNKING"):
            self.upstream.fault("BDAT although CHUNKING was not offered")
        self.chunk_left, self.chunk_last = int(match.group(1)), match.group(2) is not None
        if now:
            now.begun = True
            now.chunks.append(self.chunk_left)
            if len(now.chunks) == 1:
                self.asked = "content"
                self.do("content", None)
            self.asked = "BDAT"
        if self.chunk_left == 0:
            self.take_chunk()

    def take_line(self):
        end = self.pending.find(b"\r\n")
        if end < 0:
            return False
        line = bytes(self.pending[:end])
        self.lines += self.pending[: end + 2]
        del self.pending[: end + 2]
        self.upstream.record("U<", line)
        if not self.answered:
            self.upstream.fault(f"pipelined to an upstream that had not answered: {show(line)}")
        chunk = line[:5].upper() == b"BDAT "
        if self.pending and not chunk and not self.upstream.offered("PIPELINING"):
            self.upstream.fault("pipelined although PIPELINING was not offered")
        verb = "response" if self.in_auth else line[:8].split(b" ")[0].decode("latin-1").upper()
        self.asked, self.asked_line = verb, line
        self.answered = self.upstream.offered("PIPELINING") and not chunk
        self.upstream.event(line, self)
        if verb == "response":
            self.do(verb, "501 5.7.0 Cancelled" if line == b"*" else PREFIX["AUTH"])
            return True
        self.check_order(verb, line)
        if verb == "BDAT":
            self.begin_chunk(line)
        elif verb in ("EHLO", "LHLO"):
            lines = [self.upstream.name] + self.upstream.offers
            self.do(verb, "\r\n".join(f"250-{x}" for x in lines[:-1]) + f"\r\n250 {lines[-1]}"
                    if len(lines) > 1 else f"250 {lines[0]}")
        else:
            self.do(verb, PREFIX.get(verb, "500 5.5.2 What?"))
        if verb == "QUIT" and self.asked is None:
            self.close()
            self.upstream.event("closed", self)
        return True

    def check_order(self, verb, line):
        now = self.transaction
        if verb in ("HELO", "EHLO", "LHLO") and self.upstream.lmtp != (verb == "LHLO"):
            self.upstream.fault(f"the other protocol's greeting: {show(line)}")
        if verb not in PREFIX and verb not in ("EHLO", "LHLO", "BDAT"):
            self.upstream.fault(f"unknown command upstream: {show(line)}")
        if verb == "AUTH" and (now or self.authenticated or not self.upstream.offered("AUTH")):
            self.upstream.fault(f"AUTH upstream where none may be: {show(line)}")
        if verb == "MAIL" and not self.greeted:
            self.upstream.fault("MAIL upstream without EHLO or HELO")
        if verb == "MAIL" and now:
            self.upstream.fault("MAIL upstream inside a transaction")
        if verb == "RCPT" and not now:
            self.upstream.fault("RCPT upstream without MAIL")
        if verb in ("DATA", "BDAT") and not (now and now.recipients):
            self.upstream.fault(f"{verb} upstream without a recipient")
        if verb == "DATA" and now and (now.chunks or now.binary()):
            self.upstream.fault("DATA upstream for a message that needs BDAT")
        if verb == "RCPT" and now and now.chunks:
            self.upstream.fault("RCPT upstream within chunks")
        if verb == "BDAT" and now and now.failed:
            self.upstream.fault("BDAT upstream after a refused one")

    def pause(self, seconds):
        """Who waits for what has come before sees it meanwhile."""
        with self.upstream.changed:
            self.upstream.changed.wait_for(lambda: False, seconds)

    def do(self, event, plain):
        action = self.upstream.action(event)
        parts = ["go on"] if action is None else action.split(" & ")
        for part in " & ".join(plain or "wait" if p == "go on" else p for p in parts).split(" & "):
            if part == "wait":
                continue
            if part == "close":
                self.close()
            elif part == "reset":
                self.reset()
            elif part == "deaf":
                self.deaf = True
            elif part.startswith("pause "):
                self.pause(float(part[6:]))
            else:
                self.send(unescape(part) + b"\r\n")


class Upstream:
    name = "mx.example.net"

    def __init__(self, host, port, record, lmtp=False):
        self.host, self.port, self.record, self.lmtp = host, port, record, lmtp
        self.script, self.offers, self.split = {}, list(OFFERS), False
        self.connections, self.faults, self.events, self.counts = [], [], [], {}
        self.done = []  # transactions whose dot came, in that order
        self.changed = threading.Condition(threading.RLock())
        self.listener, self.fillers, self.seen = None, [], 0
        self.wants_header = False
        self.tls = {}  # cert, ca, implicit, broken, silent

    def listen(self, backlog=128):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((self.host, self.port))
        self.listener.listen(backlog)
        if backlog:
            threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def blackhole(self):
        """A full backlog: further SYNs are dropped, as by a host that is not there."""
        self.listen(backlog=0)
        for _ in range(3):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex((self.host, self.port))
            self.fillers.append(filler)

    def accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(self, sock)
            with self.changed:
                self.connections.append(connection)
                self.record("U:", b"connected")
            threading.Thread(target=connection.serve, daemon=True).start()

    def stop_listening(self):
        if self.listener:
            try:
                self.listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self.listener.close()
            self.listener = None

    def stop(self):
        self.stop_listening()
        for filler in self.fillers:
            filler.close()
        for connection in self.connections:
            connection.close()

    def action(self, event):
        self.counts[event] = self.counts.get(event, 0) + 1
        return self.script.get((event, self.counts[event]), self.script.get((event, None)))

    def count(self, event):
        return self.counts.get(event, 0)

    def offered(self, keyword):
        return any(offer.split(" ")[0].upper() == keyword for offer in self.offers)

    def event(self, what, connection):
        with self.changed:
            if isinstance(what, str) and what != "message":
                self.record("U:", what.encode())
            self.events.append((what, connection))
            self.changed.notify_all()

    def fault(self, text):
        self.faults.append(text)

    def last(self):
        return self.connections[-1] if self.connections else None

    def transactions(self):
        return [t for c in self.connections for t in c.transactions]

    def wait(self, condition, seconds):
        with self.changed:
            return self.changed.wait_for(condition, seconds)
