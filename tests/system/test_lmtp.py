"""LMTP with real peers: Postfix's lmtp(8) as the client, Dovecot's LMTP as the server."""

import os
import re
import unittest

import dovecot
import harness
import postfix

BOXES = {"x@example.org": "", "y@example.org": "", "full@example.org": "bytes=1"}
SETTINGS = """
upstreams = ( {{ name = "dovecot"; address = "unix:{path}"; protocol = "lmtp"; }} );
rules = (
  {{ name = "gone"; when = {{ recipient = "gone@example.org"; }}; then = {{ discard = true; }}; }},
  {{ name = "elsewhere"; when = {{ header = {{ Subject = "elsewhere"; }}; }};
    then = {{ redirect = "y@example.org"; }}; }},
  {{ name = "no-marker"; when = {{ raw_body = "/^refuse this$/"; }};
    then = {{ reject = "550 5.7.1 Refused by its body"; }}; }} );
"""

server = None
folder = None


def setUpModule():
    global server, folder
    folder = harness.module_folder("lmtp", dovecot.usable())
    server = dovecot.Dovecot(os.path.join(folder, "dovecot"), {"nobody": "secret"}, boxes=BOXES)
    unittest.addModuleCleanup(server.stop)
    server.start()


class Case(unittest.TestCase):
    listener, greeting = "", ""

    @classmethod
    def setUpClass(cls):
        settings = SETTINGS.format(path=server.lmtp)
        cls.gateway = harness.Gateway(os.path.join(folder, cls.__name__), settings, cls.listener)

    @classmethod
    def tearDownClass(cls):
        code = cls.gateway.stop()
        if code != 0:
            raise AssertionError(f"postern ended with {code}: {cls.gateway.log()}")

    def client(self):
        client = harness.Client(self.gateway.port)
        client.expect(250, self.greeting + " client.example")
        self.addCleanup(client.socket.close)
        return client

    def token(self):
        return "token-" + re.sub(r"\W", "-", self.id())

    def message(self, subject="hello", body="text"):
        return f"From: a@b.test\r\nSubject: {subject}\r\n\r\n{body} {self.token()}\r\n".encode()

    def arrived(self, box):
        return [m for m in server.messages(box) if self.token().encode() in m]


class Both(Case):
    """LMTP on both sides."""

    listener, greeting = 'protocol = "lmtp";', "LHLO"

    def test_each_its_own(self):
        with self.client() as client:
            client.envelope("a@b.test", "x@example.org")
            client.expect(550, "RCPT TO:<stranger@example.org>")
            for box in ("full", "y"):
                client.expect(250, f"RCPT TO:<{box}@example.org>")
            first = client.content(self.message())
            self.assertRegex(first, r"^250 2[.]0[.]0 <x@example[.]org> \S+ Saved\r\n$")
            self.assertRegex(client.reply(), r"^552 5[.]2[.]2 <full@example[.]org> ")
            self.assertRegex(client.reply(), r"^250 2[.]0[.]0 <y@example[.]org> \S+ Saved\r\n$")
            client.expect(250, "NOOP")
            client.expect(221, "QUIT")
        for box, count in (("x", 1), ("y", 1), ("full", 0)):
            self.assertEqual(len(self.arrived(box)), count, box)
        (record,) = self.gateway.wait_records(1, lambda r: "stranger@example.org" in str(r))
        self.assertEqual([r["reply"][:3] for r in record["recipients"]], ["250", "550", "552", "250"])
        self.assertEqual(record["verdict"], "accept")

    def test_rules(self):
        with self.client() as client:
            client.envelope("a@b.test", "x@example.org", "gone@example.org")
            reply = client.content(self.message(body="refuse this\r\n"))
            self.assertTrue(reply.startswith("550 5.7.1"), reply)
            self.assertTrue(client.reply().startswith("250 "))
            client.envelope("a@b.test", "x@example.org", "full@example.org")
            for reply in (client.content(self.message(subject="elsewhere")), client.reply()):
                self.assertRegex(reply, r"^250 2[.]0[.]0 <y@example[.]org> ")
        self.assertEqual(len(self.arrived("x")), 0)
        self.assertEqual(len(self.arrived("y")), 1)

    def test_chunks(self):
        """Dovecot offers CHUNKING by LMTP: after the last chunk each has its reply."""
        with self.client() as client:
            client.envelope("a@b.test", "x@example.org", "full@example.org")
            content = self.message()
            self.assertTrue(client.chunks([content[:20], content[20:]]).startswith("250 "))
            self.assertTrue(client.reply().startswith("552 5.2.2"))
            client.expect(250, "NOOP")
        self.assertEqual(len(self.arrived("x")), 1)


class FromSmtp(Case):
    """SMTP in front of Dovecot: one recipient a message."""

    greeting = "EHLO"

    def test_one_at_a_time(self):
        with self.client() as client:
            for box in ("x", "y"):
                client.envelope("a@b.test", f"{box}@example.org")
                client.expect(452, "RCPT TO:<full@example.org>")
                self.assertRegex(client.content(self.message()), rf"^250 2[.]0[.]0 <{box}@")
            client.envelope("a@b.test", "full@example.org")
            self.assertTrue(client.content(self.message()).startswith("552 5.2.2"))
        self.assertEqual([len(self.arrived(box)) for box in ("x", "y", "full")], [1, 1, 0])


class FromPostfix(Case):
    """Postfix delivers by LMTP through the gateway."""

    listener, greeting = 'protocol = "lmtp";', "LHLO"

    def setUp(self):
        reason = postfix.usable()
        if reason:
            self.skipTest(reason)
        transport = f"virtual_transport = lmtp:inet:127.0.0.1:{self.gateway.port}\n"
        self.mta = postfix.Postfix(os.path.join(folder, "postfix"), transport)
        self.addCleanup(self.mta.stop)
        self.mta.start()

    def status(self, box):
        """What Postfix says became of the recipient."""
        found = []
        pattern = rf"to=<{box}@example[.]org>, relay=\S+, .* status=(\w+) (.*)"
        harness.wait_for(lambda: found.extend(re.findall(pattern, self.mta.log())) or found,
                         f"the delivery to {box} in Postfix's log")
        return found[0]

    def test_two_recipients_one_refused(self):
        with harness.Client(self.mta.plain) as client:
            client.expect(250, "EHLO client.example")
            client.envelope("a@b.test", "x@example.org", "full@example.org", "stranger@example.org")
            self.assertTrue(client.content(self.message()).startswith("250 "))
        sent, bounced, refused = map(self.status, ("x", "full", "stranger"))
        self.assertEqual(sent[0], "sent")
        self.assertRegex(sent[1], r"250 2[.]0[.]0 <x@example[.]org> \S+ Saved")
        self.assertEqual(bounced[0], "bounced")
        self.assertIn("552 5.2.2", bounced[1])
        self.assertEqual(refused[0], "bounced")
        self.assertIn("550 5.1.1", refused[1])
        self.assertEqual([len(self.arrived(box)) for box in ("x", "full")], [1, 0])
        (record,) = self.gateway.wait_records(1, lambda r: len(r["recipients"]) == 3)
        self.assertRegex(record["message_id"], r"@mx[.]example[.]org>$")


if __name__ == "__main__":
    unittest.main()
