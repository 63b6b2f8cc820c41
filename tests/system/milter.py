"""`postern milter`, run for a test."""

import os
import signal
import socket as sockets
import struct

import harness

ALL_ACTIONS, ALL_STEPS = 0x1FF, 0x1FFFFF
# SMFIF_ and SMFIP_, as far as tests name them.
ADD_HEADERS, CHANGE_SENDER, SET_MACROS = 0x01, 0x40, 0x100
NO_BODY, NO_EOH, NO_UNKNOWN, NO_DATA = 0x10, 0x40, 0x100, 0x200
UNANSWERED_HEADERS, REFUSED_RECIPIENTS, UNANSWERED_BODY, LEADING_SPACE = 0x80, 0x800, 0x80000, 0x100000


class Milter(harness.Gateway):
    """Listens at ${address}, an inet port of its own or a unix socket; the rest is the gateway's."""

    command, reload_signal = "milter", signal.SIGUSR1

    def __init__(self, folder, settings, socket=None, group="", environment=()):
        self.socket, self.group = socket, group
        super().__init__(folder, settings, environment=environment)

    @property
    def address(self):
        """In the notation of Postfix and of our own."""
        return f"unix:{self.socket}" if self.socket else f"inet:127.0.0.1:{self.port}"

    def configure(self, settings):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(
                f'hostname = "gw.example.org";\nmilter = {{ address = "{self.address}"; {self.group} }};\n'
                + settings
            )

    def path(self, name):
        return os.path.join(self.folder, name)


class Mta:
    """The MTA's side of one connection to a milter, byte for byte."""

    def __init__(self, milter):
        self.socket = sockets.create_connection(("127.0.0.1", milter.port), timeout=harness.WAIT_SECONDS)
        self.lines = self.socket.makefile("rb")
        self.actions = self.steps = 0
        self.macros = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lines.close()
        self.socket.close()

    def send(self, command, data=b""):
        self.socket.sendall(struct.pack("!I", len(data) + 1) + command + data)

    def read(self):
        """The next reply, its code and its data; EOFError when the milter closes."""
        head = self.lines.read(4)
        if len(head) < 4:
            raise EOFError
        packet = self.lines.read(struct.unpack("!I", head)[0])
        return packet[:1], packet[1:]

    def ask(self, command, data=b""):
        self.send(command, data)
        return self.read()

    def negotiate(self, actions=ALL_ACTIONS, steps=ALL_STEPS, version=6):
        code, data = self.ask(b"O", struct.pack("!III", version, actions, steps))
        assert code == b"O", code
        _, self.actions, self.steps = struct.unpack("!III", data[:12])
        self.macros = data[12:]
        return self

    def told(self, command, **macros):
        """The macros of a command."""
        texts = [part.encode() for pair in macros.items() for part in pair]
        self.send(b"D", command + b"".join(text + b"\0" for text in texts))

    def connect(self, address="192.0.2.1", port=4711):
        return self.ask(b"C", b"client.test\0" + b"4" + struct.pack("!H", port) + address.encode() + b"\0")

    def helo(self, name="client.test"):
        return self.ask(b"H", name.encode() + b"\0")

    def mail(self, sender="a@b.test", *params):
        return self.ask(b"M", b"\0".join([f"<{sender}>".encode(), *(p.encode() for p in params)]) + b"\0")

    def rcpt(self, recipient="u@example.org"):
        return self.ask(b"R", f"<{recipient}>".encode() + b"\0")

    def begin(self, *recipients, sender="a@b.test"):
        """A session up to its recipients, of which none is refused."""
        replies = [self.connect(), self.helo(), self.mail(sender)]
        replies += [self.rcpt(recipient) for recipient in recipients or ("u@example.org",)]
        assert replies == [(b"c", b"")] * len(replies), replies

    def header(self, *fields):
        """Fields as bytes; nothing is answered if that was agreed, else "continue"."""
        for name, value in fields:
            self.send(b"L", name + b"\0" + value + b"\0")
            if not self.steps & UNANSWERED_HEADERS:
                assert self.read() == (b"c", b"")

    def body(self, *chunks):
        for chunk in chunks:
            self.send(b"B", chunk)
            if not self.steps & UNANSWERED_BODY:
                assert self.read() == (b"c", b"")

    def end(self):
        """The end of the message: the edits, and the last word."""
        self.send(b"E")
        edits = []
        while True:
            code, data = self.read()
            if code in b"hmiebq+-2":
                edits.append((code, data))
            else:
                return edits, (code, data)
