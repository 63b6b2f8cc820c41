"""Postfix, Exim and OpenSMTPD as clients: each relays through the gateway, with STARTTLS, in its own way (Exim by
BDAT), and what comes out is what was given to it; a refusal becomes the bounce it should.
"""

import os
import re
import shutil
import tempfile
import unittest

import exim
import harness
import maildir
import opensmtpd
import postfix
from harness import tls

SETTINGS = """
upstreams = ( {{ address = "127.0.0.1:{port}"; }} );
rules = (
  {{ name = "no-casino"; when = {{ header = {{ Subject = "/casino/i"; }}; }};
    then = {{ reject = [ "554 5.7.1 No casino here,", "nor anywhere" ]; }}; }},
  {{ name = "not-him"; when = {{ recipient = "nobody@*"; }};
    then = {{ reject = "550 5.1.1 Nobody is not here"; }}; }},
  {{ name = "held"; when = {{ raw_body = "/^hold this$/"; }}; then = {{ tag = "held"; }}; }}
);
"""
LISTENER = """tls = {{ mode = "starttls"; certificate = "{folder}/gw.pem"; key = "{folder}/gw.key"; }};"""
BODY = b".\r\n..\r\n.x\r\n" + "Grüße 你好\r\n".encode() + b"y" * 900 + b"\r\n.\r\n"
MUCH = b"0123456789 .abc\r\n.dot\r\n" * 20000


class Relay:
    """What each server must be able to do; a class for each says whether it is usable here, and how it is made
    in a folder, for a port to relay to."""

    usable = make = None

    @classmethod
    def setUpClass(cls):
        reason = cls.usable()
        if reason:
            raise unittest.SkipTest(reason)
        folder = tempfile.mkdtemp(prefix="postern-relay-")
        os.chmod(folder, 0o755)
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        cls.recorder = harness.Recorder()
        cls.addClassCleanup(cls.recorder.close)
        cls.gateway = harness.Gateway(
            os.path.join(folder, "gateway"), SETTINGS.format(port=cls.recorder.port),
            LISTENER.format(folder=tls.folder()))
        cls.addClassCleanup(cls.stop_gateway)
        cls.mta = cls.make(os.path.join(folder, "mta"), cls.gateway.port)
        cls.addClassCleanup(cls.mta.stop)
        cls.mta.start()

    @classmethod
    def stop_gateway(cls):
        code = cls.gateway.stop()
        if code != 0:
            raise AssertionError(f"postern ended with {code}: {cls.gateway.log()}")

    def token(self):
        return "token-" + re.sub(r"\W", "-", self.id())

    def message(self, body, subject="x"):
        return (f"From: s@example.org\r\nTo: u@far.test\r\nDate: Sat, 21 Nov 2026 09:00:00 +0000\r\n"
                f"Message-ID: <{self.token()}@example.org>\r\nSubject: {subject},\r\n\tfolded\r\n\r\n").encode() + body

    def submit(self, content, *recipients):
        with harness.Client(self.mta.plain) as client:
            client.expect(250, "EHLO client.example")
            client.expect(250, "MAIL FROM:<s@example.org> BODY=8BITMIME")
            for recipient in recipients:
                client.expect(250, f"RCPT TO:<{recipient}>")
            self.assertRegex(client.content(content), "^250")
            client.expect(221, "QUIT")

    def came_out(self, recipient):
        """The content that the server behind the gateway got for it, without its dots."""
        harness.wait_for(
            lambda: bytes(self.recorder.content.get(recipient, b"")).endswith(b"\r\n.\r\n"),
            f"mail for {recipient}: {self.mta.log()[-2000:]}")
        return re.sub(rb"(?m)^\.", b"", bytes(self.recorder.content[recipient])[: -len(b".\r\n")])

    def passes(self, body):
        recipient = self.token() + "@far.test"
        sent = self.message(body)
        self.submit(sent, recipient)
        self.assertIsNone(maildir.difference(self.came_out(recipient), sent))
        (record,) = self.gateway.wait_records(1, lambda r: recipient in str(r["recipients"]))
        self.assertEqual(record["verdict"], "accept")
        self.assertIn("tls", record)
        return record

    def bounce(self):
        """What the server then delivers to the sender."""
        (message,) = self.mta.with_token(self.token())
        return message

    def test_small(self):
        self.passes(BODY)

    def test_held(self):
        self.assertEqual(self.passes(b"hold this\r\n" + BODY)["tags"], ["held"])

    def test_large(self):
        self.passes(MUCH)

    def test_refused_at_the_end(self):
        self.submit(self.message(BODY, "casino"), "refused@far.test")
        bounce = self.bounce()
        self.assertIn(b"554", bounce)
        self.assertRegex(bounce, rb"No\s+casino\s+here,")
        self.assertNotIn("refused@far.test", self.recorder.content)

    def test_one_recipient_refused(self):
        content = self.message(BODY)
        recipient = self.token() + "@far.test"
        self.submit(content, recipient, "nobody@far.test")
        self.assertRegex(self.bounce(), rb"Nobody\s+is\s+not\s+here")
        self.assertIsNone(maildir.difference(self.came_out(recipient), content))
        self.assertNotIn("nobody@far.test", self.recorder.content)


class Postfix(Relay, unittest.TestCase):
    usable = staticmethod(postfix.usable)

    @staticmethod
    def make(folder, port):
        return postfix.Postfix(folder, f"default_transport = smtp:[127.0.0.1]:{port}\n"
                               "smtp_tls_security_level = may\n")


class Exim(Relay, unittest.TestCase):
    usable, make = staticmethod(exim.usable), exim.Exim

    def test_chunks(self):
        """It notes with a K that it has used BDAT."""
        self.passes(BODY)
        said = re.compile(rf"(?m)=> .*<{self.token()}@far\.test> .* K( |$)")
        harness.wait_for(lambda: said.search(self.mta.log()), f"a K in {self.mta.log()}")


class OpenSmtpd(Relay, unittest.TestCase):
    usable, make = staticmethod(opensmtpd.usable), opensmtpd.OpenSmtpd


if __name__ == "__main__":
    unittest.main()
