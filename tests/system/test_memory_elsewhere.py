"""Memory that fails, where the rules judge without the gateway: as a milter, and in `explain`. See test_memory."""

import json
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import unittest

import harness
import milter
import starving
from scripted_milter import packet
from test_memory import FACTS, FEW, FINAL, LISTS, MESSAGE, REFUSE

MACROS = {"C": [b"j", b"mta.test", b"{daemon_name}", b"test", b"{client_name}", b"named.test", b"{client_resolve}", b"OK"],
          "H": [b"{tls_version}", b"TLSv1.3", b"{cipher}", b"TLS_AES"],
          "M": [b"i", b"4F1", b"{auth_type}", b"PLAIN", b"{auth_authen}", b"bob", b"{tls_version}", b"TLSv1.3"]}
FINAL_ANSWERS = b"acdrtyf"  # accept, continue, discard, reject, tempfail, a reply, shutdown
# What an MTA tells by macros is left out: libmilter drops them without a word when it has no memory for them. Each
# costs a second, which libmilter sleeps when it has none for a connection.
JUDGED = {REFUSE: ("client", "helo", "sender", "recipient", "header", "raw_header", "from_address", "raw_body", "list"),
          FINAL: ("helo", "sender", "recipient", "header", "raw_body")}
EVERYTHING = (
    'header = { Subject = "/casino royale/"; X-Japanese = "/\u65e5/"; }; from_address = "bad@evil.test"; helo = "client.test";'
    'auth = "bob"; sender = "@bad"; raw_body = "/viagra/"; client_name = "named.test"; recipient = "bob@*"; hops = "> 1";'
)


def strings(*parts):
    return b"".join(part + b"\0" for part in parts)


def commands():
    """A session as an MTA tells it, command by command."""
    header, body = MESSAGE.split(b"\r\n\r\n", 1)
    yield "C", strings(b"named.test")[:-1] + b"\x004" + struct.pack(">H", 4711) + b"127.0.0.1\0"
    yield "H", strings(b"client.test")
    yield "M", strings(b"<ann@example.net>", b"SIZE=900")
    yield "R", strings(b"<bob@example.org>")
    yield "T", b""
    for field in header.replace(b"\r\n ", b"\n ").split(b"\r\n"):
        name, value = field.split(b":", 1)
        yield "L", strings(name, value.lstrip(b" "))
    yield "N", b""
    yield "B", body
    yield "E", b""


class Mta:
    """The other end of a milter."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=starving.WAIT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lines = self.socket.makefile("rb")

    def hear(self):
        """A packet; empty when the milter has gone."""
        try:
            head = self.lines.read(4)
            return self.lines.read(struct.unpack(">I", head)[0]) if len(head) == 4 else b""
        except OSError:
            return b""

    def say(self, code, data):
        """The milter's last word on it, and what it asked for before."""
        asked = []
        try:
            if code in MACROS:
                self.socket.sendall(packet("D", code.encode() + strings(*MACROS[code])))
            self.socket.sendall(packet(code, data))
        except OSError:
            return b"", asked
        while True:
            heard = self.hear()
            if not heard or heard[0] in FINAL_ANSWERS:
                return heard, asked
            asked.append(heard)

    def message(self):
        """The whole session: the answer that ended it (none: the milter left), and what was asked for."""
        self.socket.sendall(packet("O", struct.pack(">III", 6, 0xFF, 0)))
        if self.hear()[:1] != b"O":
            return b"", []
        for code, data in commands():
            answer, asked = self.say(code, data)
            if answer[:1] != b"c":
                return answer, asked
        return answer, asked

    def close(self):
        self.lines.close()
        self.socket.close()


class Case(unittest.TestCase):
    def setUp(self):
        why = starving.unusable()
        if why:
            self.skipTest(why)
        self.folder = tempfile.mkdtemp(prefix="postern-memory-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.orders = starving.Orders(os.path.join(self.folder, "orders"))


class Milter(Case):
    milter = None

    def start(self, settings):
        """The first time; libmilter needs seconds for its end. Then it is reloaded."""
        if self.milter:
            self.milter.reload(LISTS + settings)
            return
        with starving.environment(self.orders):
            self.milter = milter.Milter(os.path.join(self.folder, "milter"), LISTS + settings)
        self.addCleanup(self.milter.stop)
        harness.wait_for(self.listens, "the milter")

    def listens(self):
        """It says that it is ready a moment before libmilter listens."""
        try:
            Mta(self.milter.port).close()
            return True
        except OSError:
            return False

    def session(self):
        mta = Mta(self.milter.port)
        try:
            return mta.message()
        finally:
            mta.close()

    def starve(self, judge):
        for number in range(1, starving.TRIES_MAX + 1):
            self.orders.arm(number)
            answer, asked = self.session()
            _, failed = self.orders.disarm()
            wrong = judge(answer, asked)
            if self.milter.process.poll() is not None:
                wrong = f"it ended with {self.milter.process.returncode}"
            if wrong:
                self.fail(f"allocation {number}, after {answer!r}: {wrong}\n{self.milter.log()[-1500:]}")
            if failed == 0:
                self.assertGreater(number, FEW)
                return

    def refuses(self, settings):
        self.start(settings)
        self.assertEqual(self.session()[0][:1], b"y")
        self.starve(lambda answer, _: f"{answer!r} is no refusal" if answer[:1] in (b"c", b"a", b"d") else None)

    def test_facts(self):
        for form, names in JUDGED.items():
            for name in names:
                with self.subTest(form[:5], fact=name):
                    self.refuses(form.format(when=FACTS[name]))

    def test_edits(self):
        self.start(
            """rules = (
              { name = "e"; then = { add_header = { X-Added = "for ${sender}"; }; remove_header = [ "X-Plain" ]; }; },
              { name = "r"; when = { raw_body = "/viagra/"; }; then = { add_recipient = "also@example.org"; }; } );
            final_rules = ( { name = "f"; when = { header = { X-Added = "/ann/"; }; }; then = { add_header = { X-Final = "yes"; }; }; } );""")
        whole = self.session()
        self.assertEqual((whole[0][:1], len(whole[1])), (b"c", 4))
        self.starve(lambda answer, asked: f"asked for {asked}" if answer[:1] in (b"c", b"a") and asked != whole[1] else None)


class Explain(Case):
    def explain(self, config, message, number):
        with starving.environment(self.orders):
            self.orders.arm(number)
            done = subprocess.run(
                [harness.POSTERN, "explain", "-c", config, "--json", "--client", "127.0.0.1", "--helo", "client.test",
                 "--from", "ann@example.net", "--rcpt", "bob@example.org", "--listener", "test",
                 "--fact", "auth=bob", "--fact", "client_name=named.test", message],
                stdin=subprocess.DEVNULL, capture_output=True, timeout=starving.WAIT_SECONDS, check=False)
            return done, self.orders.disarm()[1]

    def test_facts(self):
        """One rule that needs many facts, each of which must hold: what is lost is no continue."""
        message, config = os.path.join(self.folder, "message"), os.path.join(self.folder, "postern.conf")
        with open(message, "wb") as file:
            file.write(MESSAGE)
        for form in (REFUSE, FINAL):
            with self.subTest(form[:5]):
                with open(config, "w", encoding="utf-8") as file:
                    file.write('listeners = ( { address = "127.0.0.1:2525"; name = "test"; } );'
                               'upstreams = ( { name = "mta"; address = "127.0.0.1:10025"; } );'
                               + LISTS + form.format(when=EVERYTHING))
                self.starve(config, message)

    def test_loading(self):
        """A rule is read as it was written, or not at all: no text of it is lost."""
        message, config, least = (os.path.join(self.folder, name) for name in ("message", "postern.conf", "least.conf"))
        with open(message, "wb") as file:
            file.write(MESSAGE)
        with open(least, "w", encoding="utf-8") as file:
            file.write("workers = 1;")
        first = self.allocations(least, "none")
        for when in ('sender = [ "@bad", "ann@*" ];', 'header = { Subject = "/casino/"; X-Plain = "one*"; }; size = "> 10";',
                     'sender = "!ann@example.net"; not = { recipient = "x@*"; };'):
            with self.subTest(when):
                with open(config, "w", encoding="utf-8") as file:
                    file.write('listeners = ( { address = "127.0.0.1:2525"; name = "test"; } );'
                               'upstreams = ( { name = "mta"; address = "127.0.0.1:10025"; } );'
                               + LISTS + REFUSE.format(when=when))
                verdict = json.loads(self.explain(config, message, 10**9)[0].stdout)["verdict"]
                for number in range(first, self.allocations(config, "none") + 1):
                    done, _ = self.explain(config, message, number)  # libconfig may end it: that is no verdict
                    if done.returncode == 0:
                        self.assertEqual(json.loads(done.stdout)["verdict"], verdict, f"allocation {number}")

    def test_report(self):
        """It is whole, or there is none."""
        message, config = os.path.join(self.folder, "message"), os.path.join(self.folder, "postern.conf")
        with open(message, "wb") as file:
            file.write(MESSAGE)
        with open(config, "w", encoding="utf-8") as file:
            file.write(LISTS + """rules = (
              { name = "e"; when = { sender = "@bad"; }; then = { set_header = { Subject = "new"; }; remove_header = "X-Plain";
                            add_recipient = "also@example.org"; log = "${sender}"; tag = "t"; }; },
              { name = "w"; mode = "shadow"; then = { add_header = { X-Would = "yes"; }; tempfail = "451 4.7.1 no"; }; } );""")
        loaded = self.allocations(config, "none")
        for form in ([], ["--json"]):
            def run(number):
                self.orders.arm(number)
                with starving.environment(self.orders):
                    return subprocess.run(
                        [harness.POSTERN, "explain", "-c", config, *form, "--from", "ann@example.net", "--rcpt", "bob@example.org", message],
                        stdin=subprocess.DEVNULL, capture_output=True, timeout=starving.WAIT_SECONDS, check=False)
            whole = run(10**9)
            total = self.orders.disarm()[0]
            self.assertEqual(whole.returncode, 0)
            self.assertGreater(total - loaded, FEW)
            for number in range(loaded + 1, total + 1):
                with self.subTest(form, number=number):
                    done = run(number)
                    if done.returncode != 0:
                        self.assertRegex(done.stderr, b"^postern explain: ")
                    elif not re.search(b'"failure":"memory"|because of a failure: memory', done.stdout):
                        self.assertEqual(done.stdout, whole.stdout)

    def allocations(self, config, message):
        self.explain(config, os.path.join(self.folder, message), 10**9)
        return self.orders.disarm()[0]

    def starve(self, config, message):
        done, _ = self.explain(config, message, 10**9)
        self.assertEqual((done.returncode, json.loads(done.stdout)["verdict"]), (0, "reject"))
        total = self.orders.disarm()[0]
        loaded = self.allocations(config, "none")  # libconfig does not survive a failure while it reads
        self.assertGreater(total - loaded, FEW)
        for number in range(loaded + 1, min(total, loaded + starving.TRIES_MAX) + 1):
            done, _ = self.explain(config, message, number)
            self.assertGreaterEqual(done.returncode, 0, f"allocation {number}: {done.stderr[-500:]}")
            verdict = json.loads(done.stdout)["verdict"] if done.returncode == 0 else "none"
            self.assertIn(verdict, ("none", "reject", "tempfail"), f"allocation {number}")
