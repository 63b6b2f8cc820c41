"""A name server that says what the dialogue wants, over UDP and TCP: the truth, lies, nonsense, nothing."""

import ipaddress
import socket
import struct
import threading
import time

from kit.words import Failure, unescape

PORT = 5300
TYPES = {"A": 1, "CNAME": 5, "PTR": 12, "AAAA": 28}
CODES = {"nodata": 0, "FORMERR": 1, "SERVFAIL": 2, "NXDOMAIN": 3, "REFUSED": 5}
UDP_MAX = 512
ITSELF = b"\xc0\x0c"  # the name in the question
ANSWER, TRUNCATED = 0x8180, 0x8380


def owner(name):
    """The name that is asked for; an address stands for its place in the reverse zone."""
    try:
        return ipaddress.ip_address(name).reverse_pointer
    except ValueError:
        return unescape(name).decode("latin-1").lower()


def encode(name):
    """A name as labels, whatever bytes it is made of; lower-case ASCII in dialogues, so a plain split will do."""
    return b"".join(bytes([len(label)]) + label for label in name.split(b".") if label) + b"\0"


def decode(data, at):
    labels = []
    while data[at]:
        labels.append(data[at + 1 : at + 1 + data[at]].decode("latin-1"))
        at += 1 + data[at]
    return ".".join(labels).lower(), at + 1


class Rule:
    """What one name and type are answered with: `[pause N] [ttl N] [truncated] [wrong-id] VALUE, VALUE | CODE |
    silent | garbage | short`. A CNAME may stand before values: `CNAME other`."""

    def __init__(self, words, host):
        self.pause, self.ttl, self.how = 0, 60, ""
        while words and words[0] in ("pause", "ttl", "truncated", "wrong-id"):
            word = words.pop(0)
            if word in ("pause", "ttl"):
                setattr(self, word, float(words.pop(0)))
            else:
                self.how = word
        text = " ".join(words)
        self.code = CODES.get(text)
        if text in ("silent", "garbage", "short"):
            self.how = text
        self.values = [] if self.code is not None else text.replace("@HOST@", host).split(", ")

    def records(self, kind):
        """One after the other; what follows a CNAME is said of the name it leads to."""
        who = ITSELF
        for value in self.values:
            yield who + self.record(kind, value)
            if value.startswith("CNAME "):
                who = encode(unescape(value[6:]))

    def record(self, kind, value):
        if value.startswith("CNAME "):
            kind, data = TYPES["CNAME"], encode(unescape(value[6:]))
        elif kind == TYPES["PTR"]:
            data = encode(unescape(value))
        else:
            data = ipaddress.ip_address(value).packed
        return struct.pack("!HHIH", kind, 1, int(self.ttl), len(data)) + data

    def reply(self, query, kind, udp):
        """The bytes of the answer, or None."""
        if self.how == "silent":
            return None
        if self.how == "garbage":
            return query[:2] + b"\x81\x80" + b"\xff" * 60
        ident = bytes([query[0] ^ 0x55, query[1]]) if self.how == "wrong-id" else query[:2]
        records = list(self.records(kind))
        whole = b"".join(records)
        if udp and (self.how == "truncated" or len(whole) > UDP_MAX):
            return ident + struct.pack("!HHHHH", TRUNCATED, 1, 0, 0, 0) + query[12:]
        flags = ANSWER | (self.code or 0)
        out = ident + struct.pack("!HHHHH", flags, 1, len(records), 0, 0) + query[12:] + whole
        return out[:-3] if self.how == "short" else out


class Server:
    """Everything is NXDOMAIN until it is said otherwise."""

    def __init__(self, host):
        self.host = host
        self.rules, self.asked = {}, []
        self.changed = threading.Condition()
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((host, PORT))
        self.tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.tcp.bind((host, PORT))
        self.tcp.listen()
        for serve in (self.serve_udp, self.serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    def stop(self):
        for sock in (self.udp, self.tcp):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()

    def answer(self, query, udp):
        name, end = decode(query, 12)
        kind = struct.unpack("!H", query[end : end + 2])[0]
        with self.changed:
            self.asked.append(name)
            rule = self.rules.get((name, kind))
            known = any(key[0] == name for key in self.rules)
            self.changed.notify_all()
        rule = rule or Rule(["nodata" if known else "NXDOMAIN"], self.host)
        return rule, rule.reply(query[: end + 4], kind, udp)

    def serve_udp(self):
        while True:
            try:
                query, peer = self.udp.recvfrom(4096)
                rule, reply = self.answer(query, True)
            except (OSError, IndexError, struct.error):
                return
            if reply is not None:
                timer = threading.Timer(rule.pause, self.send, (reply, peer))
                timer.daemon = True
                timer.start()

    def send(self, reply, peer):
        try:
            self.udp.sendto(reply, peer)
        except OSError:
            pass  # it is over

    def serve_tcp(self):
        while True:
            try:
                peer, _ = self.tcp.accept()
                with peer:
                    peer.settimeout(2)
                    query = peer.recv(4096)
                    rule, reply = self.answer(query[2:], False)
                    time.sleep(rule.pause)
                    if reply is not None:
                        peer.sendall(struct.pack("!H", len(reply)) + reply)
            except TimeoutError:
                continue
            except (OSError, IndexError, struct.error):
                return

    # The steps.

    def take(self, text):
        """`NAME TYPE ACTION`, or what was asked: `asks NAME [N]`, `unasked [NAME]`."""
        words = text.split(" ")
        if words[0] == "asks":
            return self.expect_asked(owner(words[1]), words[2:])
        if words[0] == "unasked":
            return self.expect_unasked(words[1:])
        with self.changed:
            self.rules[owner(words[0]), TYPES[words[1]]] = Rule(words[2:], self.host)
        return None

    def expect_asked(self, name, count):
        """At least once, or exactly so often by now (as A and as AAAA are two)."""
        with self.changed:
            wanted = int(count[0]) if count else 1
            self.changed.wait_for(lambda: self.asked.count(name) >= wanted, 4)
            got = self.asked.count(name)
        if got != wanted if count else got == 0:
            raise Failure(f"{count[0] if count else 'some'} queries for {name}", str(self.asked))

    def expect_unasked(self, names):
        with self.changed:
            asked = [name for name in self.asked if not names or name == owner(names[0])]
        if asked:
            raise Failure("no such query", str(asked))
