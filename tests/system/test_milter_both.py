"""The milter protocol with both ends ours: `postern proxy` and `postern milter-probe` against `postern milter`."""

import os
import shutil
import signal
import subprocess
import tempfile
import unittest

import harness
import milter

POLICY = """
rules = ( { name = "not-him"; when = { recipient = "no@*"; }; then = { reject = "550 5.7.1 Not him"; }; },
          { name = "spam"; when = { header = { Subject = "/casino/i"; }; }; then = { add_header = { X-Spam = "yes"; }; }; },
          { name = "body"; when = { raw_body = "/^virus$/"; }; then = { reject = "554 5.7.1 Virus"; }; },
          { name = "aside"; when = { raw_body = "/^odd$/"; }; then = { quarantine = "odd body"; }; },
          { name = "list"; when = { recipient = "list@*"; };
            then = { set_sender = "owner@example.org"; add_recipient = "member@example.org"; }; } );
"""
PROXY = """
upstreams = ( {{ address = "127.0.0.1:{upstream}"; }} );
milters = ( {{ name = "ours"; address = "{address}"; }} );
final_rules = ( {{ name = "no-spam"; when = {{ header = {{ X-Spam = "yes"; }}; sender = "strict@*"; }};
                  then = {{ reject = "550 5.7.1 Spam"; }}; }},
                {{ name = "seen"; then = {{ add_header = {{ X-Final = "${{sender}}"; }}; }}; }} );
"""


class Both(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="postern-both-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.milter = milter.Milter(os.path.join(self.folder, "milter"), POLICY)
        self.addCleanup(self.ends, self.milter)
        self.upstream = harness.Recorder()
        self.addCleanup(self.upstream.close)

    def ends(self, program):
        code = program.stop()
        if program.process.returncode != -signal.SIGKILL:
            self.assertEqual(code, 0, program.log())

    def proxy(self):
        settings = PROXY.format(upstream=self.upstream.port, address=self.milter.address)
        proxy = harness.Gateway(os.path.join(self.folder, "proxy"), settings)
        self.addCleanup(self.ends, proxy)
        return proxy

    def send(self, client, sender, recipient, message):
        client.envelope(sender, recipient)
        return client.content(message)

    def test_a_session_through_both(self):
        proxy = self.proxy()
        with harness.Client(proxy.port) as client:
            for sender, recipient, message, code in (
                ("strict@a.test", "one@example.org", b"Subject: Casino\r\n\r\ntext\r\n", "550 5.7.1 Spam"),
                ("lax@a.test", "two@example.org", b"Subject: Casino\r\n\r\ntext\r\n", "250"),
                ("lax@a.test", "three@example.org", b"Subject: x\r\n\r\nvirus\r\n", "554 5.7.1 Virus"),
                ("lax@a.test", "list@example.org", b"Subject: x\r\n\r\ntext\r\n", "250"),
                ("lax@a.test", "five@example.org", b"Subject: x\r\n\r\nodd\r\n", "250"),
            ):
                with self.subTest(recipient):
                    self.assertTrue(self.send(client, sender, recipient, message).startswith(code))
            client.expect("250", "MAIL FROM:<lax@a.test>")
            client.expect("550", "RCPT TO:<no@example.org>")
        got = {to: bytes(content) for to, content in self.upstream.content.items()}
        self.assertEqual(set(got), {"two@example.org", "member@example.org"})
        self.assertEqual(
            got["two@example.org"], b"Subject: Casino\r\nX-Spam: yes\r\nX-Final: lax@a.test\r\n\r\ntext\r\n.\r\n"
        )
        self.assertIn(b"\r\nX-Final: owner@example.org\r\n", got["member@example.org"])
        self.assertEqual(
            [record["verdict"] for record in proxy.wait_records(6)],
            ["reject", "accept", "reject", "accept", "quarantine", "reject"],
        )
        kept = os.listdir(os.path.join(proxy.folder, "state", "quarantine", "mail"))
        self.assertEqual(len(kept), 1)

    def test_the_milter_is_killed(self):
        proxy = self.proxy()
        with harness.Client(proxy.port) as client:
            reply = self.send(client, "a@a.test", "one@example.org", b"Subject: x\r\n\r\n")
            self.assertTrue(reply.startswith("250"), reply)
            self.milter.process.kill()
            self.milter.process.wait()
            self.assertTrue(client.say("MAIL FROM:<a@a.test>").startswith("451"))
        self.assertEqual(set(self.upstream.content), {"one@example.org"})

    def test_probed(self):
        for subject, wanted in (("casino", "add_header X-Spam"), ("x", "continue at message")):
            done = subprocess.run(
                [harness.POSTERN, "milter-probe", self.milter.address, "-"], timeout=120, capture_output=True,
                input=f"From: a@a.test\nTo: b@b.test\nSubject: {subject}\n\ntext\n".encode(),
            )
            self.assertNotRegex(done.stderr.decode(), harness.SANITIZER)
            self.assertEqual((done.returncode, done.stderr), (0, b""), done.stdout)
            self.assertIn(wanted, done.stdout.decode())


if __name__ == "__main__":
    unittest.main()
