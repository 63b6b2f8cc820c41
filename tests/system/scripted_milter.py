"""A milter that follows a script, for tests: it may also break the protocol."""

import os
import socket
import struct
import threading

import harness

ACTIONS_ALL = 0x1FF
OFFER, MACRO, ABORT, QUIT = "O", "D", "A", "Q"
SILENT = (OFFER, MACRO, ABORT, QUIT)

# Protocol steps, as <libmilter/mfdef.h> has them.
NO = {"C": 0x1, "H": 0x2, "M": 0x4, "R": 0x8, "B": 0x10, "L": 0x20, "N": 0x40, "T": 0x200}
UNANSWERED = {"L": 0x80, "C": 0x1000, "H": 0x2000, "M": 0x4000, "R": 0x8000, "T": 0x10000,
              "N": 0x40000, "B": 0x80000}
SKIP, LEADING_SPACE = 0x400, 0x100000


def packet(code, data=b""):
    return struct.pack(">I", len(data) + 1) + code.encode() + data


def text(code, *strings):
    return packet(code, b"".join(s.encode() + b"\0" for s in strings))


def indexed(code, index, name, value):
    return packet(code, struct.pack(">I", index) + f"{name}\0{value}\0".encode())


def options(version=6, actions=ACTIONS_ALL, steps=0, lists=()):
    data = struct.pack(">III", version, actions, steps)
    for stage, names in lists:
        data += struct.pack(">I", stage) + names.encode() + b"\0"
    return packet(OFFER, data)


CONTINUE = packet("c")
CLOSE = object()


class ScriptedMilter:
    """Listens until its end. ${script} says what it answers to a command: octets, CLOSE, or a list of such for
    one after the other; to all else it answers CONTINUE where an answer is due."""

    def __init__(self, script=None, answer=None, path=None):
        self.answer = answer or options()
        self.script = {OFFER: self.answer, **(script or {})}
        self.heard = []  # (code, data) of every packet
        self.connections = 0
        steps = struct.unpack(">I", self.answer[13:17])[0] if len(self.answer) >= 17 else 0
        self.unanswered = {code for code, bit in UNANSWERED.items() if steps & bit}
        self.path = path
        if path:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.bind(path)
            self.address = f"unix:{path}"
        else:
            self.socket = socket.socket()
            self.socket.bind(("127.0.0.1", 0))
            self.port = self.socket.getsockname()[1]
            self.address = f"inet:{self.port}@127.0.0.1"
        self.socket.listen(5)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(harness.WAIT_SECONDS)
        if self.path:
            os.unlink(self.path)

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                try:
                    self.talk(connection, connection.makefile("rb"))
                except OSError:
                    pass

    def talk(self, connection, file):
        while len(head := file.read(5)) == 5:
            length, code = struct.unpack(">Ic", head)
            code = code.decode("latin-1")
            self.heard.append((code, file.read(length - 1)))
            if code == QUIT:
                return
            said = self.say(code)
            if said is CLOSE:
                return
            connection.sendall(said)

    def say(self, code):
        said = self.script.get(code)
        if isinstance(said, list):
            said = said.pop(0) if said else None
        if said is None:
            said = b"" if code in SILENT or code in self.unanswered else CONTINUE
        return said

    def codes(self):
        """What was heard, without macros: "OCHMRTLLNBEQ"."""
        return "".join(code for code, _ in self.heard if code != MACRO)

    def macros(self, command):
        """The names and values that came last for that command."""
        found = {}
        for code, data in self.heard:
            if code == MACRO and data[:1] == command.encode():
                strings = data[1:].decode().split("\0")[:-1]
                found = dict(zip(strings[::2], strings[1::2]))
        return found
