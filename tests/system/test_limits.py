"""The gateway at the end of its means: descriptors (Z05) and many idle sessions (Z07)."""

import os
import re
import resource
import shutil
import tempfile
import time
import unittest

import harness
from harness import Client, Gateway, Recorder, wait_for

RULES = """
rules = ( { name = "hold"; when = { raw_body = "/never in there/"; }; then = { reject = "550 5.7.1 No"; }; } );
"""
BIG = b"Subject: big\r\n\r\n" + b"a line of text that makes the message too big for memory\r\n" * 1000
IDLE_SESSIONS = 2000
IDLE_KIB = 8  # what a session that waits may cost, its upstream connection included


def sanitized():
    """Whether it is a build whose memory says nothing about the real one."""
    with open(harness.POSTERN, "rb") as file:
        return b"__asan_init" in file.read()


class Limits(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="postern-limits-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.upstream = Recorder()
        self.addCleanup(self.upstream.close)
        self.clients = []
        self.addCleanup(lambda: [client.socket.close() for client in self.clients])

    def start(self, descriptors=None, more="", per_client=100000):
        settings = (
            f'upstreams = ( {{ address = "127.0.0.1:{self.upstream.port}"; }} );\n'
            f'limits = {{ memory_per_message = "16K"; spool_dir = "{self.folder}"; connections_per_client = {per_client};'
            f" {more} }};\n" + RULES
        )
        self.settings = settings
        self.gateway = Gateway(os.path.join(self.folder, "gateway"), settings, descriptors=descriptors)
        self.addCleanup(self.gateway.stop)
        self.pid = self.gateway.process.pid

    def connect(self, source="127.0.0.1"):
        client = Client(self.gateway.port, source, greet=False)
        self.clients.append(client)
        client.greeting = client.reply()
        return client

    def opened(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def allow(self, descriptors):
        """From now on the running gateway may have so many."""
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (descriptors, self.most))

    def exhaust(self):
        """The next descriptor would be one too many: sets the limit to just above the highest in use."""
        self.most = resource.prlimit(self.pid, resource.RLIMIT_NOFILE)[1]
        numbers = {int(name) for name in os.listdir(f"/proc/{self.pid}/fd")}
        free = next(number for number in range(len(numbers) + 1) if number not in numbers)
        self.allow(free)

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_kib(self):
        with open(f"/proc/{self.pid}/smaps_rollup", encoding="ascii") as file:
            return int(re.search(r"^Pss_Anon: +(\d+)", file.read(), re.MULTILINE).group(1))

    def open_message(self, client, number):
        client.expect(250, "EHLO client.example")
        client.envelope("a@client.example", f"u{number}@example.org")
        client.expect(354, "DATA")
        client.send(BIG)

    def finish_message(self, client):
        client.send(b".\r\n")
        self.assertRegex(client.reply(), "^250 ")


class Lingering(Limits):
    """A client whose ended connections it does not close has no more of them than it may have of any, and
    takes no place of others."""

    DESCRIPTORS, EACH, LINGERING, OTHERS = 600, 50, 300, 110

    def test_others_are_let_in(self):
        self.start(self.DESCRIPTORS, per_client=self.EACH)
        begin, let_in = time.monotonic(), 0
        for _ in range(self.LINGERING):
            client = self.connect("127.0.0.2")
            if client.greeting.startswith("220 "):
                let_in += 1
                self.assertRegex(client.say("GET / HTTP/1.0"), "^421 ")
        others = [self.connect(f"127.0.1.{i + 1}").greeting for i in range(self.OTHERS)]
        self.assertEqual([reply for reply in others if not reply.startswith("220 ")], [])
        if time.monotonic() - begin < 2:  # CONNECTION_LINGER_MS: none of them was closed meanwhile
            self.assertEqual(let_in, self.EACH)
        wait_for(lambda: self.connect("127.0.0.2").greeting.startswith("220 "), "a place again")


class Descriptors(Limits):
    """Z05: who is greeted can deliver; the others hear 421 4.3.2."""

    def fill(self, descriptors):
        self.start(descriptors)
        away = 0
        while away < 3:
            client = self.connect()
            if client.greeting.startswith("220"):
                self.open_message(client, len(self.clients))
                self.assertLess(len(self.clients), descriptors)
            else:
                self.assertRegex(client.greeting, r"^421 4\.3\.2 ")
                self.assertTrue(client.ended())
                self.clients.pop()
                away += 1
        return len(self.clients)

    def let_in_means_served(self, descriptors, least):
        self.assertGreaterEqual(self.fill(descriptors), least)
        wait_for(lambda: self.opened() > 3 * len(self.clients), "every message in a file")
        self.gateway.reload_as_before()
        wait_for(lambda: "reloaded" in self.gateway.log(), "a reload")
        self.assertEqual(self.gateway.log().count("limits.connections lowered from 10000"), 1)
        for client in self.clients:
            self.finish_message(client)
        self.assertLessEqual(self.opened(), descriptors)
        self.assertEqual(len(self.upstream.content), len(self.clients))
        for client in self.clients:
            client.expect(221, "QUIT")
        wait_for(lambda: self.connect().greeting.startswith("220"), "a session after the others")

    def test_few(self):
        self.let_in_means_served(64, 3)

    def test_more(self):
        self.let_in_means_served(256, 60)

    def test_connections_that_linger_count(self):
        """Sessions that end in 421 keep their socket for a while; the next ones must not find it missing."""
        self.start(64, "errors = 1;")
        ended = 0
        for number in range(100):
            client = self.connect()
            if not client.greeting.startswith("220"):
                self.assertRegex(client.greeting, r"^421 4\.3\.2 ")
                continue
            self.assertRegex(client.say("EHLO client.example"), "^250")
            client.say("WRONG")
            self.assertRegex(client.say("NOOP"), r"^421 4\.7\.0 ")
            ended += 1
        self.assertGreater(ended, 5)
        self.assertNotIn("no socket", self.gateway.log())

    def test_too_few_to_start(self):
        with self.assertRaisesRegex(AssertionError, "too few for one session"):
            self.start(24)


class Exhausted(Limits):
    """Z05: descriptors run out all the same, because somebody has taken them away."""

    def test_accepting_pauses_and_recovers(self):
        self.start()
        self.exhaust()
        client = Client(self.gateway.port, greet=False)
        self.clients.append(client)
        before = self.cpu_seconds()
        time.sleep(2)
        self.assertLess(self.cpu_seconds() - before, 0.5)
        client.socket.settimeout(0.05)
        with self.assertRaises(TimeoutError):
            client.socket.recv(1)
        self.allow(1000)
        client.socket.settimeout(harness.WAIT_SECONDS)
        began = time.monotonic()
        self.assertRegex(client.reply(), "^220 ")
        self.assertLess(time.monotonic() - began, 1)

    def test_no_upstream_and_no_spool_file(self):
        self.start()
        early, late = self.connect(), self.connect()
        early.expect(250, "EHLO client.example")
        self.exhaust()
        self.assertRegex(late.say("EHLO client.example"), r"^421 4\.")
        self.assertTrue(late.ended())
        self.exhaust()
        early.envelope("a@client.example", "early@example.org")
        self.assertRegex(early.content(BIG), r"^452 4\.3\.1 ")
        self.assertEqual(self.upstream.content, {})
        self.allow(1000)
        early.envelope("a@client.example", "early@example.org")
        self.assertRegex(early.content(BIG), "^250 ")

    def test_reload_keeps_the_old_policy(self):
        self.start()
        client = self.connect()
        self.exhaust()
        self.gateway.reload_as_before()
        wait_for(lambda: "the old policy stays" in self.gateway.log(), "a failed reload")
        self.allow(1000)
        client.expect(250, "EHLO client.example")
        client.envelope("a@client.example", "u@example.org")
        self.assertRegex(client.content(b"Subject: x\r\n\r\nnever in there\r\n"), "^550 5.7.1 No")


class Deaf(Limits):
    """Z03: a client that sends and reads nothing: when enough replies wait for it, its commands wait too."""

    SENT_BYTES, KIB = 30 << 20, 4096

    def test_memory(self):
        self.start(more="junk_commands = 1000000;")
        client = self.connect()
        client.expect(250, "EHLO client.example")
        before = self.memory_kib()
        client.socket.settimeout(2)
        commands, sent = b"HELP\r\n" * 10000, 0
        with self.assertRaises(TimeoutError):  # nobody takes more
            while sent < self.SENT_BYTES:
                sent += client.socket.send(commands)
        if not sanitized():
            self.assertLess(self.memory_kib() - before, self.KIB)
        client.socket.settimeout(harness.WAIT_SECONDS)
        for _ in range(100):  # it is answered when it reads again
            self.assertRegex(client.reply(), "^214 ")


class Idle(Limits):
    """Z07: what many idle sessions cost, and that others are served beside them."""

    def test_memory(self):
        self.start()
        with Client(self.gateway.port) as warm:
            self.open_message(warm, 0)
            self.finish_message(warm)
        empty = self.memory_kib()
        for _ in range(IDLE_SESSIONS):
            self.connect().expect(250, "EHLO client.example")
        if not sanitized():
            self.assertLess((self.memory_kib() - empty) / IDLE_SESSIONS, IDLE_KIB)
        before = self.cpu_seconds()
        time.sleep(1)
        self.assertLess(self.cpu_seconds() - before, 0.1)
        with Client(self.gateway.port) as client:
            self.open_message(client, 1)
            self.finish_message(client)
            client.expect(221, "QUIT")
