"""A milter that says what the dialogue wants, and writes down what it hears (MILTER 2, 3)."""

import socket
import struct
import threading
import time

from kit.words import Failure, pattern, show, unescape

PORT = 8890  # of the first; the second has the next one
COMMANDS = {
    "C": "CONNECT", "H": "HELO", "M": "MAIL", "R": "RCPT", "T": "DATA", "L": "HEADER", "N": "EOH", "B": "BODY",
    "E": "EOM", "U": "UNKNOWN", "A": "ABORT", "Q": "QUIT", "K": "QUIT_NC", "O": "OPTIONS",
}
PLAIN = {
    "continue": b"c", "accept": b"a", "reject": b"r", "tempfail": b"t", "discard": b"d", "skip": b"s",
    "progress": b"p", "shutdown": b"4", "connfail": b"f",
}
PACKET_MAX = 65535
NO_LINGER = struct.pack("ii", 1, 0)
UNANSWERED = "DAQK"


def strings(*texts):
    return b"".join(text + b"\0" for text in texts)


def header(text):
    name, value = unescape(text).split(b":", 1)
    return strings(name, value[1:] if value[:1] == b" " else value)


def numbered(text):
    index, rest = text.split(" ", 1)
    return struct.pack("!I", int(index)) + header(rest)


CHANGES = {  # an action's word: its code, and how its data are made
    "reply": (b"y", lambda text: strings(unescape(text))),
    "add": (b"h", header),
    "insert": (b"i", numbered),
    "change": (b"m", numbered),
    "body": (b"b", unescape),
    "sender": (b"e", lambda text: strings(*unescape(text).split(b" ", 1))),
    "rcpt": (b"+", lambda text: strings(unescape(text))),
    "rcpt-par": (b"2", lambda text: strings(*unescape(text).split(b" ", 1))),
    "unrcpt": (b"-", lambda text: strings(unescape(text))),
    "quarantine": (b"q", lambda text: strings(unescape(text))),
}


def packet(code, data=b""):
    return struct.pack("!I", 1 + len(data)) + code + data


def describe(code, data):
    """A command as a line: `MAIL <a@b> SIZE=1`, `HEADER Subject: x`, `BODY text`."""
    name = COMMANDS.get(code, code)
    if code == "C":
        host, rest = data.split(b"\0", 1)
        return f"{name} {show(host)} {show(rest[3:-1])}"
    if code == "L":
        field, value = data[:-1].split(b"\0")
        return f"{name} {show(field)}: {show(value)}"
    if code == "O":
        return name
    text = show(b" ".join(data[:-1].split(b"\0")) if code in "MRHU" else data)
    return f"{name} {text}" if text else name


class Milter:
    """Answers `continue` until it is told otherwise."""

    def __init__(self, host, port):
        self.address = (host, port)
        self.rules, self.counts = {}, {}  # (event, nth) to actions; how often each event came
        self.options = (6, 0x1FF, 0)
        self.heard, self.macros, self.at = [], {}, 0
        self.connections = 0
        self.changed = threading.Condition()
        self.listening, self.peers = None, []
        self.listen()

    def listen(self):
        self.listening = socket.create_server(self.address)
        threading.Thread(target=self.accept, args=(self.listening,), daemon=True).start()

    def accept(self, listening):
        while True:
            try:
                peer, _ = listening.accept()
            except OSError:
                return
            self.connections += 1
            self.peers.append(peer)
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def stop(self):
        for sock in [self.listening, *self.peers]:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()

    def read(self, peer, size):
        data = b""
        while len(data) < size:
            got = peer.recv(size - len(data))
            if not got:
                raise OSError("closed")
            data += got
        return data

    def serve(self, peer):
        try:
            while True:
                length = struct.unpack("!I", self.read(peer, 4))[0]
                whole = self.read(peer, length)
                if not self.take(peer, chr(whole[0]), whole[1:]):
                    return
        except (OSError, ValueError):
            pass
        finally:
            peer.close()

    def take(self, peer, code, data):
        """One command. Returns whether the talk goes on."""
        if code == "D":
            with self.changed:
                names = data[1:-1].split(b"\0")
                self.macros.update(zip(names[::2], names[1::2]))
            return True
        with self.changed:
            name = COMMANDS.get(code, code)
            self.heard.append(describe(code, data))
            self.counts[name] = self.counts.get(name, 0) + 1
            actions = self.rules.get((name, self.counts[name]), self.rules.get((name, 0)))
            self.changed.notify_all()
        if code == "O" and actions is None:
            peer.sendall(packet(b"O", struct.pack("!III", *self.options)))
            return True
        if code in UNANSWERED and actions is None:
            return True
        return self.act(peer, actions or ["continue"])

    def act(self, peer, actions):
        for action in actions:
            word, _, rest = action.partition(" ")
            if word == "close":
                return False
            if word == "reset":
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
                return False
            if word == "pause":
                time.sleep(float(rest))
            elif word == "raw":
                peer.sendall(unescape(rest))
            elif word in PLAIN:
                peer.sendall(packet(PLAIN[word]))
            elif word != "silent":
                code, data = CHANGES[word]
                data = data(rest)
                for at in range(0, len(data) or 1, PACKET_MAX):
                    peer.sendall(packet(code, data[at : at + PACKET_MAX]))
        return True

    # The steps.

    def order(self, text):
        """`EVENT [N]: ACTION & ACTION`, `options VERSION ACTIONS STEPS`, `refuse`, `listen`."""
        if text == "refuse":
            return self.stop()
        if text == "listen":
            return self.listen()
        if text.startswith("options "):
            self.options = tuple(int(word, 0) for word in text.split()[1:])
            return None
        event, actions = text.split(":", 1)
        name, _, count = event.partition(" ")
        with self.changed:
            self.rules[name.upper(), int(count or 0)] = actions.strip().split(" & ")
        return None

    def fits(self, wanted, got):
        expression = pattern(wanted)
        return bool(expression.search(got.encode())) if expression else got == show(unescape(wanted))

    def expect(self, wanted, passing):
        """The next command, or with ${passing} one after the others."""
        def found():
            while self.at < len(self.heard):
                self.at += 1
                if not passing or self.fits(wanted, self.heard[self.at - 1]):
                    return True
            return False

        with self.changed:
            if not self.changed.wait_for(found, 4):
                raise Failure(f"milter hears {wanted}", str(self.heard[-20:]))
            got = self.heard[self.at - 1]
        if not self.fits(wanted, got):
            raise Failure(f"milter hears {wanted}", got)

    def judge(self, text):
        """`sees TEXT`, `no TEXT`, `macro NAME VALUE`, `connections N`, `skip`."""
        word, _, rest = text.partition(" ")
        if word == "sees":
            return self.expect(rest, True)
        if word == "skip":
            self.at = len(self.heard)
        elif word == "no":
            with self.changed:
                if any(self.fits(rest, line) for line in self.heard):
                    raise Failure(f"milter never hears {rest}", str(self.heard))
        elif word == "macro":
            name, value = rest.split(" ", 1)
            got = self.macros.get(name.encode(), b"").decode("latin-1")
            if not self.fits(value, got):
                raise Failure(f"macro {name} = {value}", f"{got} of {self.macros}")
        elif word == "connections":
            with self.changed:
                self.changed.wait_for(lambda: self.connections >= int(rest), 4)
            if self.connections != int(rest):
                raise Failure(f"{rest} connections to the milter", str(self.connections))
        else:
            raise Failure("a step of the milter's", text)
        return None
