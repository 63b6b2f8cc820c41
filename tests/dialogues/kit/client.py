"""One client connection to the gateway: bytes out, whole replies in."""

import re
import socket
import ssl
import struct
import time

from kit import tls
from kit.ledger import Ledger
from kit.words import Failure, show, unescape

REPLY_LINE = re.compile(rb"[2-5][0-5][0-9](-[^\r\n\0]*|( [^\r\n\0]*)?)\Z")


QUEUED = re.compile(rb"250 2[.]0[.]0 Ok: queued as ")


class Client:
    def __init__(self, name, gateway_address, record, lmtp=False):
        self.name, self.address, self.record = name, gateway_address, record
        self.lmtp, self.ledgers = lmtp, []
        self.sock = None
        self.buffer = b""
        self.at_end = self.farewell = False
        self.fresh = True  # no reply yet
        self.in_content = False  # our last 354 is not answered yet
        self.go_aheads = self.acknowledged = 0
        self.split = 0

    def connect(self, source="127.0.0.1", narrow=False):
        self.sock = socket.socket()
        if narrow:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.bind((source, 0))
        self.sock.settimeout(5)
        self.sock.connect(self.address)
        self.buffer, self.at_end, self.in_content = b"", False, False
        self.fresh, self.farewell = True, False
        self.ledgers.append(Ledger(self.lmtp))

    def need(self):
        if self.sock is None:
            self.connect()

    def secure(self, settings):
        """A TLS handshake as ${settings} say; returns what came of it."""
        self.need()
        made = tls.context(False, settings.get("cert"), settings.get("alpn"), settings.get("ca"),
                           settings.get("version"), settings.get("only"))
        self.sock.settimeout(5)
        try:
            before = unescape(settings.get("behind", ""))
            raw = tls.Pieces(self.sock, before, self.split)
            self.sock = tls.TlsSocket(raw, made, False, settings.get("sni"))
        except (ssl.SSLError, OSError) as error:
            self.record(f"S{self.name}:", f"TLS failed: {error}".encode())
            self.close()
            return str(error)
        der = self.sock.inside.getpeercert(True)
        inside = self.sock.inside
        text = f"{inside.version()} {inside.cipher()[0]} alpn={inside.selected_alpn_protocol()}"
        for name in tls.NAMES:
            with open(f"{tls.folder()}/{name}.pem", encoding="ascii") as pem:
                if ssl.PEM_cert_to_DER_cert(pem.read()) == der:
                    text += f" cert={name}"
        self.record(f"S{self.name}:", f"inside {text}".encode())
        return text

    def send(self, data):
        self.need()
        self.record(f"C{self.name}:", data)
        self.ledgers[-1].sent(data)
        try:
            if not self.split:
                self.sock.sendall(data)
                return
            for at in range(0, len(data), self.split):
                self.sock.sendall(data[at : at + self.split])
                time.sleep(0.0003)
        except OSError:
            pass  # the gateway may have closed; what it said is what counts

    def fill(self, until):
        """Reads some more; False when the time is up or the gateway closed."""
        self.need()
        left = until - time.monotonic()
        if self.at_end or left <= 0:
            return False
        self.sock.settimeout(left)
        try:
            data = self.sock.recv(65536)
        except TimeoutError:
            return False
        except OSError:
            data = b""
        self.at_end = not data
        self.buffer += data
        return bool(data)

    def line(self, until):
        """The next line without its end, or None."""
        while b"\r\n" not in self.buffer:
            if not self.fill(until):
                if self.buffer:
                    raise Failure("a line ended by CRLF", show(self.buffer))
                return None
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        self.record(f"S{self.name}:", line)
        if not REPLY_LINE.match(line):
            raise Failure("a reply line", show(line))
        self.note(line)
        return line

    def note(self, line):
        self.fresh, self.farewell = False, line[:3] in (b"421", b"221")
        if line[3:4] == b"-":
            return
        self.ledgers[-1].heard(line)
        if line[:3] == b"354":
            self.in_content = True
            self.go_aheads += 1
        elif self.in_content:
            self.in_content = False
            self.acknowledged += line[:1] == b"2"
        elif QUEUED.match(line):  # a last chunk: no 354 came before
            self.acknowledged += 1

    def reply(self, until):
        """The lines of the next whole reply, or None. One code for all of them (R30)."""
        lines = []
        while not lines or lines[-1][3:4] == b"-":
            line = self.line(until)
            if line is None:
                if lines:
                    raise Failure("the rest of a reply", "nothing")
                return None
            if lines and line[:3] != lines[0][:3]:
                raise Failure("one code in all lines of a reply", show(line))
            lines.append(line)
        return lines

    def closed(self, until):
        """Whether the gateway closes, having said no more."""
        while not self.at_end:
            if not self.fill(until):
                break
        if self.buffer:
            raise Failure("the end of the connection", show(self.buffer))
        return self.at_end

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def close(self, reset=False):
        if self.sock is None:
            return
        if reset:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()
        self.sock = None
        self.in_content = False
