"""No message stops a worker, and none gets by: whatever is matched, of any kind, keeps to its budget, and the loop
serves others meanwhile (Z01)."""

import os
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

import harness
from harness import Client, Gateway, Recorder

TURN_SECONDS = 0.2  # the longest another session may wait; a turn is 50 ms at most
LOADED = 3  # ... and so many times what one of an idle gateway waits meanwhile, where the machine has other work
CPU_SECONDS = 2.5  # match_time_message is 0.5; reading, decoding and the header's bookkeeping come on top
KIB = 1024
MIB = 1024 * KIB

SETTINGS = """
limits = {{ message = "60M"; header = "1M"; memory_per_message = "1M"; spool_dir = "{folder}";
           junk_commands = 1000000; {limits} }};
timeouts = {{ data = "60s"; end_of_data = "60s"; }};
lists = {{ {lists} }};
{rules}
"""


def entries(count, text):
    return "[ " + ", ".join(f'"{text % number}"' for number in range(count)) + " ]"


def rule(when="", then='reject = "550 5.7.1 it matched";', more=""):
    return 'rules = ( { name = "hard"; %s %s then = { %s }; } );' % (more, f"when = {{ {when} }};" if when else "", then)


def header(name, value):
    return b"From: a@client.example\r\n" + name + b": " + value + b"\r\n\r\nhello\r\n"


def body(text):
    return b"From: a@client.example\r\nSubject: x\r\n\r\n" + text + b"\r\n"


# What ends each is what the library looks for in advance, to see that there can be no match.
DOTS = b"a." * (125 * KIB) + b" e"
LETTERS = b"a" * (250 * KIB)
WORDS = b" ".join(b"=?iso-2022-jp?Q?=1B$B%d=1B(B?=" % (10 + i % 90) for i in range(8000))
MAILBOXES = b",".join(b'"a b" (c) <u%d@x.test>' % i for i in range(9000))
UNKNOWN = [b"=?x-none%d?q?a?=" % i for i in range(10000)]
NAMED = b",".join(word + b" <u@x.test>" for word in UNKNOWN)
MALFORMED = b"".join(b"=?x-none%d?q?a@b.c?=[<@(" % i for i in range(500))
TAKEN = "X" * 40

# The kind; its rule; its lists; the message; whether the budget must be broken.
KINDS = [
    ("pattern, header", rule('header = { Subject = "/(?:\\\\w+[.])+exe/"; };'), "", header(b"Subject", DOTS), True),
    (
        "pattern, one line",
        rule('raw_body = "/[a-z]+Nq/";'),
        "",
        body(b"a" * (50 * MIB)),
        True,
    ),
    (
        "pattern, each step runs over the rest",
        rule('raw_body = "/[a-zN]*N[a-zN]*N[a-zN]*[!?]/";'),
        "",
        body(b"aN" * (4 * MIB)),
        True,
    ),
    (
        "pattern with references back",
        rule('header = { Subject = "/(.+).+\\\\1.+\\\\1[!?]/"; };'),
        "",
        header(b"Subject", LETTERS),
        True,
    ),
    (
        "list of one pattern, header",
        rule('header = { Subject = "@hard"; };'),
        'hard = [ "/(?:\\\\w+[.])+exe/" ];',
        header(b"Subject", DOTS),
        True,
    ),
    (
        "list of patterns, one line",
        rule('raw_body = "@hard";'),
        "hard = " + entries(200, "/[a-z]+N[0-9%d]+q[a-z]*z/") + ";",
        body(b"aN" * (4 * MIB)),
        True,
    ),
    (
        "list of wildcards, one line",
        rule('raw_body = "@hard";'),
        "hard = " + entries(200, "*a?a*b%d*c") + ";",
        body(b"ab" * (25 * MIB)),
        True,
    ),
    (
        "lists of names, one line",
        rule("raw_body = %s;" % entries(9, "@hard%d")),
        "".join(f'hard{n} = [ "x@y.test", "example.org", "*.example.net" ];' for n in range(9)),
        body(b"a@" * (25 * MIB)),
        True,
    ),
    ("wildcard", rule('raw_body = "*a?a?a?a?a?a?a?a?a?a?b*c";'), "", body(b"a" * (50 * MIB)), True),
    ("not a wildcard", rule('raw_body = { not = "*a?a?a?a?a?a?b*"; };'), "", body(b"a" * (50 * MIB)), True),
    ("every field", rule('header_line = "/(?:[\\\\w.]+[.])+exe/";'), "", header(b"X", DOTS), True),
    (
        "mailboxes of From",
        rule('from_address = "@hard";'),
        "hard = " + entries(2000, "*x%d*y@*") + ";",
        b"From: " + MAILBOXES + b"\r\n\r\nhello\r\n",
        True,
    ),
    (
        "remove_header by pattern",
        rule(then='remove_header = { header = "X*"; pattern = "/(?:\\\\w+[.])+exe/"; };'),
        "",
        header(b"X", DOTS),
        True,
    ),
    (
        "remove_header by wildcard",
        rule(then='remove_header = "*a?a*a?a*a?b*";'),
        "",
        b"".join(b"a" * 900 + b"%d: 1\r\n" % i for i in range(1000)) + b"\r\nhello\r\n",
        False,
    ),
    (
        "replace",
        rule(then='replace = { header = "X"; pattern = "/(?:\\\\w+[.])+exe/"; with = "y"; };'),
        "",
        header(b"X", DOTS),
        True,
    ),
    (
        "replace, many matches",
        rule(then='replace = { header = "X"; pattern = "/a/"; with = "%s"; };' % TAKEN),
        "",
        header(b"X", b"a " * (100 * KIB)),
        True,
    ),
    (
        "replace, a text that grows",
        rule(then='replace = { header = "X"; pattern = "/a/"; with = "%s"; };' % ("é" * 1000)),
        "",
        header(b"X", b"a " * 999),
        True,
    ),
    ("prepend to a long field of words", rule(then='prepend = { X = "y"; };'), "", header(b"X", WORDS), False),
    ("decoding", rule('header = { X = "nothing"; };'), "", header(b"X", WORDS), False),
    ("decoding, sets that nobody knows", rule('header = { X = "nothing"; };'), "", header(b"X", b" ".join(UNKNOWN)), False),
    ("mailboxes", rule('from_domain = "nothing";'), "", b"From: " + MAILBOXES + b"\r\n\r\nhello\r\n", False),
    ("mailboxes, sets that nobody knows", rule('from_domain = "no";'), "", b"From: " + NAMED + b"\r\n\r\nhello\r\n", False),
    ("mailboxes, malformed", rule('from_domain = "no";'), "", b"From: " + MALFORMED + b"\r\n\r\nhello\r\n", False),
    (
        "missing_header",
        rule('missing_header = "X-None";', then='add_header = { X-None = "1"; };'),
        "",
        b"".join(b"N%d: 1\r\n" % i for i in range(1900)) + b"\r\nhello\r\n",
        False,
    ),
    (
        "tags",
        "rules = ( %s );" % ", ".join(
            [f'{{ name = "set{n}"; then = {{ tag = "t{n}"; }}; }}' for n in range(700)]
            + [
                f'{{ name = "ask{n}"; when = {{ tag = "q{n}"; }}; then = {{ reject = "550 5.7.1 no"; }}; }}'
                for n in range(700)
            ]
        ),
        "",
        body(b"x"),
        False,
    ),
    (
        "final rules",
        "final_" + rule('raw_body = "@hard";'),
        "hard = " + entries(200, "*a?a*b%d*c") + ";",
        body(b"ab" * (10 * MIB)),
        True,
    ),
    (
        "shadow rules",
        rule('raw_body = "@hard";', more='mode = "shadow";'),
        "hard = " + entries(200, "/[a-z]+N[0-9%d]+q[a-z]*z/") + ";",
        body(b"aN" * (4 * MIB)),
        False,
    ),
    (
        "edits of shadow rules",
        rule(
            then='replace = { header = "X"; pattern = "/(?:\\\\w+[.])+exe/"; with = "y"; };',
            more='mode = "shadow";',
        ),
        "",
        header(b"X", DOTS),
        False,
    ),
]


class Neighbour(threading.Thread):
    """Another session of the same worker: says NOOP all the time, and keeps the longest wait."""

    def __init__(self, port):
        super().__init__()
        self.client = Client(port)
        self.longest, self.over = 0.0, threading.Event()

    def run(self):
        while not self.over.is_set():
            begin = time.monotonic()
            self.client.expect(250, "NOOP")
            self.longest = max(self.longest, time.monotonic() - begin)
            time.sleep(0.002)

    def end(self):
        self.over.set()
        self.join()
        self.client.socket.close()
        return self.longest


class Budgets(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="postern-budgets-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.upstream = Recorder()
        self.addCleanup(self.upstream.close)
        self.idle = self.start("", "")

    def settings(self, rules, lists, limits=""):
        return SETTINGS.format(folder=self.folder, rules=rules, lists=lists, limits=limits)

    def start(self, rules, lists, limits=""):
        settings = f'upstreams = ( {{ address = "127.0.0.1:{self.upstream.port}"; }} );\n'
        gateway = Gateway(tempfile.mkdtemp(dir=self.folder), settings + self.settings(rules, lists, limits), workers=1)
        self.addCleanup(gateway.stop)
        return gateway

    def cpu_seconds(self, gateway):
        with open(f"/proc/{gateway.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def judge(self, gateway, message):
        """Sends a message beside another session. Returns the reply, the other's longest wait, the
        machine's share taken off, and the CPU time."""
        with Client(gateway.port) as client:
            client.socket.settimeout(60)
            client.expect(250, "EHLO client.example")
            client.envelope("a@client.example", "u@example.org")
            client.expect(354, "DATA")
            neighbours = Neighbour(gateway.port), Neighbour(self.idle.port)
            before = self.cpu_seconds(gateway)
            for neighbour in neighbours:
                neighbour.start()
            client.send(message + b".\r\n")
            reply = client.reply()
            wait, idle = (neighbour.end() for neighbour in neighbours)
            return reply, wait - LOADED * idle, self.cpu_seconds(gateway) - before

    def explained(self, rules, lists, message):
        conf = os.path.join(self.folder, "explain.conf")
        mail = os.path.join(self.folder, "explain.eml")
        with open(conf, "w", encoding="utf-8") as file:
            file.write(self.settings(rules, lists))
        with open(mail, "wb") as file:
            file.write(message)
        command = [harness.POSTERN, "explain", "-c", conf, "--from", "a@client.example", "--rcpt", "u@example.org", mail]
        return subprocess.run(command, capture_output=True, check=False, timeout=60).stdout

    def test_kinds(self):
        for kind, rules, lists, message, broken in KINDS:
            with self.subTest(kind):
                gateway = self.start(rules, lists)
                reply, wait, cpu = self.judge(gateway, message)
                if os.environ.get("POSTERN_SHOW"):
                    print(f"{kind:40} {reply[:3]} wait {wait * 1000:.0f} ms, CPU {cpu:.2f} s", flush=True)
                self.assertEqual(int(reply[:3]), 451 if broken else 250, reply)
                self.assertLess(wait, TURN_SECONDS)
                self.assertLess(cpu, CPU_SECONDS)
                record = gateway.wait_records(1, lambda record: "transaction" in record)[0]
                self.assertEqual("regex" in str(record.get("failures")), broken, record)
                self.assertEqual(b"451 4.7.1" in self.explained(rules, lists, message), broken)
                gateway.stop()

    def test_many_at_once(self):
        """However many messages are judged at once, who says something short is served in between."""
        gateway = self.start(
            rule('header = { Subject = "@hard"; };'), 'hard = [ "/(?:\\\\w+[.])+exe/" ];', "match_time_rule = \"60ms\";"
        )
        message = header(b"Subject", DOTS) + b".\r\n"
        clients = [Client(gateway.port) for _ in range(90)]
        for client in clients:
            self.addCleanup(client.socket.close)
            client.expect(250, "EHLO client.example")
            client.envelope("a@client.example", "u@example.org")
            client.expect(354, "DATA")
        neighbours = Neighbour(gateway.port), Neighbour(self.idle.port)
        for neighbour in neighbours:
            neighbour.start()
        for client in clients:
            client.send(message)
        self.assertEqual({client.reply()[:9] for client in clients}, {"451 4.7.1"})
        wait, idle = (neighbour.end() for neighbour in neighbours)
        self.assertLess(wait - LOADED * idle, TURN_SECONDS)


if __name__ == "__main__":
    unittest.main()
