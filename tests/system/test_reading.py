"""What a message says is read beside the loops: nobody else waits for it, and who leaves meanwhile takes nothing away from
under the reader."""

import os
import shutil
import signal
import socket
import struct
import tempfile
import time
import unittest

from harness import Client, Gateway, Recorder, wait_for
from test_budgets import Neighbour

TURN_SECONDS = 0.05  # the longest another session may wait, whatever is read
LOADED = 3  # ... and so many times what one of an idle gateway waits meanwhile, where the machine has other work
MIB = 1 << 20
SIZE = 48 * MIB

RULES = """
rules = ( { name = "reads"; when = { any = ( { body = "/never in there/"; }, { attachment = "never.there"; },
                                             { link_host = "never.test"; }, { mime_ambiguous = "maybe"; } ); };
            then = { reject = "550 5.7.1 it matched"; }; } );
""".replace('{ mime_ambiguous = "maybe"; }', '{ archive_member = "never"; }')


def repeated(text, size=SIZE):
    return text * (size // len(text))


def message(kind, body):
    return b"From: a@client.example\r\nMIME-Version: 1.0\r\nContent-Type: " + kind + b"\r\n\r\n" + body + b"\r\n"


LINE = b"a line of text, of which there are many, and https://x.test/y\r\n"
BASE64 = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5\r\n"
MIXED = b"multipart/mixed; boundary=B"

KINDS = {
    "text": message(b"text/plain; charset=koi8-r", repeated(LINE)),
    "HTML": message(b"text/html", repeated(b"<p><a href='http://a.test/'>b.test</a>&nGt;&#x41;</p>\r\n")),
    "brackets": message(b"text/html", repeated(b"<" * 70 + b"\r\n")),
    "base64": message(b"text/html; charset=utf-16le\r\nContent-Transfer-Encoding: base64", repeated(BASE64)),
    "quoted": message(b"text/plain\r\nContent-Transfer-Encoding: quoted-printable", repeated(b"=FF" * 20 + b"=\r\n")),
    "delimiters": message(MIXED, repeated(b"--B\r\n")),
    "delimiters that are none": message(MIXED, b"--B\r\n\r\n" + repeated(b"--Bx\r\n")),
    "parts": message(MIXED, b"--B\r\n" + repeated(b"Content-Type: text/html\r\n\r\n" + b"<b>x</b>\r\n" * 600 + b"--B\r\n")),
    "one attachment": message(MIXED, b"--B\r\nContent-Disposition: attachment; filename=a.zip\r\n"
                              b"Content-Transfer-Encoding: base64\r\n\r\n" + repeated(b"UEsDBAoAAAAAAAAA" * 4 + b"\r\n")),
    "parameters": message(b"text/plain; " + b"a*0=b; " * 30000, repeated(LINE)),
    "nothing": message(b"text/plain", repeated(b"\r\n")),
}

SLOW = KINDS["base64"]


class Reading(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="postern-reading-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.upstream = Recorder()
        self.addCleanup(self.upstream.close)
        self.idle = self.start("")

    def settings(self, rules, more=""):
        return (
            f'upstreams = ( {{ address = "127.0.0.1:{self.upstream.port}"; }} );\n'
            f'limits = {{ message = "60M"; junk_commands = 1000000; spool_dir = "{self.folder}"; {more} }};\n' + rules
        )

    def start(self, rules, more=""):
        gateway = Gateway(tempfile.mkdtemp(dir=self.folder), self.settings(rules, more), workers=1)
        self.addCleanup(gateway.stop)
        return gateway

    def begin(self, gateway, content):
        """A client that has sent a message whole, and its neighbours."""
        client = Client(gateway.port)
        self.addCleanup(client.socket.close)
        client.socket.settimeout(60)
        client.expect(250, "EHLO client.example")
        client.envelope("a@client.example", "u@example.org")
        client.expect(354, "DATA")
        neighbours = Neighbour(gateway.port), Neighbour(self.idle.port)
        for neighbour in neighbours:
            neighbour.start()
        client.send(content + b".\r\n")
        return client, neighbours

    def waited(self, neighbours):
        """The longest wait, the machine's share taken off."""
        wait, idle = (neighbour.end() for neighbour in neighbours)
        if os.environ.get("POSTERN_SHOW"):
            print(f"    {wait * 1000:.0f} ms, idle {idle * 1000:.0f} ms", flush=True)
        return wait - LOADED * idle

    def test_nobody_waits(self):
        gateway = self.start(RULES)
        for kind, content in KINDS.items():
            with self.subTest(kind):
                begun = time.monotonic()
                client, neighbours = self.begin(gateway, content)
                reply = client.reply()
                wait = self.waited(neighbours)
                if os.environ.get("POSTERN_SHOW"):
                    print(f"{kind:26} {reply[:30]:30} {time.monotonic() - begun:.2f} s, wait {wait * 1000:.0f} ms", flush=True)
                self.assertIn(reply[:9], ("250 2.0.0", "554 5.6.0"))
                self.assertLess(wait, TURN_SECONDS)

    def reads(self, gateway):
        """Whether a thread of its crew works."""
        states = []
        for thread in os.listdir(f"/proc/{gateway.process.pid}/task"):
            with open(f"/proc/{gateway.process.pid}/task/{thread}/stat", encoding="ascii") as file:
                states.append(file.read().rpartition(")")[2].split()[0])
        return states.count("R") > 0

    def test_who_leaves(self):
        """A client that is gone in the middle of it: the reading ends, and nobody waits for that either."""
        gateway = self.start(RULES, 'content_time = "60s";')
        for _ in range(10):
            client, neighbours = self.begin(gateway, SLOW)
            time.sleep(0.1)
            self.assertTrue(self.reads(gateway))
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.socket.close()
            wait_for(lambda: not self.reads(gateway), "the end of the reading", 2)
            self.assertLess(self.waited(neighbours), TURN_SECONDS)
        with Client(gateway.port) as client:
            client.expect(250, "EHLO client.example")
            client.envelope("a@client.example", "u@example.org")
            self.assertEqual(client.content(b"Subject: x\r\n\r\nnever in there\r\n")[:3], "550")
        records = gateway.wait_records(11, lambda record: record.get("sender") is not None)
        self.assertEqual(len(records), 11)
        self.assertEqual(gateway.stop(), 0)

    def test_reload_meanwhile(self):
        """A message is judged by the policy under which it began."""
        gateway = self.start(RULES, 'content_time = "60s";')
        client, neighbours = self.begin(gateway, SLOW)
        self.assertTrue(self.reads(gateway))
        gateway.reload(self.settings("", 'content_time = "60s";'))
        self.assertTrue(self.reads(gateway))
        self.assertEqual(client.reply()[:3], "250")
        client.envelope("a@client.example", "u@example.org")
        self.assertEqual(client.content(b"Subject: x\r\n\r\nnever in there\r\n")[:3], "250")
        self.assertLess(self.waited(neighbours), TURN_SECONDS)

    def test_stopped_meanwhile(self):
        """Sessions that are dropped take their reading with them, what waits for a thread too."""
        gateway = self.start(RULES + 'timeouts = { drain = "100ms"; };', 'content_time = "60s";')
        for _ in range(3):
            self.waited(self.begin(gateway, SLOW)[1])
        gateway.process.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        self.assertEqual(gateway.stop(), 0)
        self.assertLess(time.monotonic() - begun, 5)

    def test_out_of_time(self):
        """What takes longer than content_time is refused for good, the same message tomorrow too."""
        gateway = self.start(RULES, 'content_time = "50ms";')
        client, neighbours = self.begin(gateway, SLOW)
        self.assertEqual(client.reply(), "554 5.6.0 The message takes too long to read\r\n")
        self.assertLess(self.waited(neighbours), TURN_SECONDS)
        record = gateway.wait_records(1, lambda record: "transaction" in record)[0]
        self.assertIn("content", str(record["failures"]))


if __name__ == "__main__":
    unittest.main()
