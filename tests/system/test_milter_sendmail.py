"""The policy as a milter under a real Sendmail."""

import os
import unittest

import harness
import milter
import sendmail

RULES = """
rules = (
  { name = "bad-helo"; when = { helo = "bad.test"; }; then = { reject = "550 5.7.1 Bad name"; }; },
  { name = "bad-sender"; when = { sender = "later@*"; }; then = { tempfail = [ "451 4.7.1 Come", "back later" ]; }; },
  { name = "hang-up"; when = { sender = "hangup@*"; }; then = { disconnect = "421 4.7.0 Enough"; }; },
  { name = "bad-rcpt"; when = { recipient = "no@*"; }; then = { reject = "550 5.1.1 Nobody, 100% sure"; }; },
  { name = "drop-rcpt"; when = { recipient = "drop@*"; }; then = { discard = true; }; },
  { name = "casino"; when = { header = { Subject = "/casino/i"; }; }; then = { reject = "554 5.7.1 No casino"; }; },
  { name = "marker"; when = { raw_body = "/^refuse this$/"; }; then = { reject = "550 5.7.1 By its body"; }; },
  { name = "gone"; when = { sender = "discard@*"; }; then = { discard = true; }; },
  { name = "edit"; when = { sender = "edit@*"; };
    then = { prepend = { Subject = "[EXTERNAL] "; }; add_header = { X-Last = "${listener}"; };
             insert_header = { X-First = "first"; }; set_header = { X-Twice = "once"; };
             remove_header = "X-Remove"; set_sender = "new@b.test"; add_recipient = "more@example.org";
             remove_recipient = "less@example.org"; }; }
);
"""

mta = None
policy = None
recorder = None


def setUpModule():
    global mta, policy, recorder
    folder = harness.module_folder("sendmail", sendmail.usable())
    recorder = harness.Recorder()
    unittest.addModuleCleanup(recorder.close)
    policy = milter.Milter(os.path.join(folder, "milter"), RULES)
    unittest.addModuleCleanup(stop_policy)
    os.mkdir(os.path.join(folder, "sendmail"))
    mta = sendmail.Sendmail(
        os.path.join(folder, "sendmail"), recorder.port, sendmail.MILTER.format(milter=f"inet:{policy.port}@127.0.0.1")
    )
    unittest.addModuleCleanup(mta.stop)


def stop_policy():
    code = policy.stop()
    if code != 0:
        raise AssertionError(f"postern ended with {code}: {policy.log()}")


class UnderSendmail(unittest.TestCase):
    def client(self, helo="client.example"):
        client = harness.Client(mta.port)
        self.addCleanup(client.socket.close)
        client.say(f"EHLO {helo}")
        return client

    def record(self, sender):
        return policy.wait_records(1, lambda record: record["sender"] == sender)[-1]

    def relayed(self, recipient):
        harness.wait_for(
            lambda: recorder.content.get(recipient, b"").endswith(b"\r\n.\r\n"), f"mail to {recipient}"
        )
        return bytes(recorder.content[recipient])

    def test_accept(self):
        client = self.client()
        client.envelope("plain@b.test", "plain@example.org")
        self.assertTrue(client.content(b"Subject: hello\r\nX:\tone\r\n\ttwo\r\n\r\nbody\r\n").startswith("250 "))
        self.assertIn(b"\r\nX:\tone\r\n\ttwo\r\n", self.relayed("plain@example.org"))
        record = self.record("plain@b.test")
        self.assertEqual((record["verdict"], record["listener"]), ("continue", "inbound"))
        self.assertIn(record["transaction"].encode(), self.relayed("plain@example.org"))

    def test_refusals(self):
        self.assertTrue(self.client("bad.test").say("MAIL FROM:<a@b.test>").startswith("5"))
        client = self.client()
        self.assertEqual(
            client.say("MAIL FROM:<later@b.test>").replace("<later@b.test>... ", ""),
            "451-4.7.1 Come\r\n451 4.7.1 back later\r\n",
        )
        client.envelope("rcpt@b.test", "u@example.org")
        reply = client.say("RCPT TO:<no@example.org>")
        self.assertTrue(reply.startswith("550 5.1.1 ") and reply.endswith("Nobody, 100% sure\r\n"), reply)
        self.assertEqual(client.content(b"Subject: CASINO\r\n\r\nx\r\n"), "554 5.7.1 No casino\r\n")
        client.envelope("body@b.test", "u@example.org")
        self.assertEqual(client.content(b"Subject: s\r\n\r\nrefuse this\r\n"), "550 5.7.1 By its body\r\n")
        self.assertEqual(self.record("body@b.test")["decided_by"], {"rule": "marker"})

    def test_hang_up(self):
        client = self.client()
        self.assertTrue(client.say("MAIL FROM:<hangup@b.test>").startswith("421 4.7.0 "))
        self.assertTrue(client.ended())

    def test_discard(self):
        client = self.client()
        client.envelope("discard@b.test", "gone@example.org")
        self.assertTrue(client.content(b"Subject: s\r\n\r\nx\r\n").startswith("250 "))
        self.assertEqual(self.record("discard@b.test")["verdict"], "discard")
        client.envelope("onedrop@b.test", "drop@example.org", "kept@example.org")
        self.assertTrue(client.content(b"Subject: s\r\n\r\nx\r\n").startswith("250 "))
        self.relayed("kept@example.org")
        self.assertNotIn("drop@example.org", recorder.content)
        self.assertNotIn("gone@example.org", recorder.content)

    def test_every_edit(self):
        client = self.client()
        client.envelope("edit@b.test", "less@example.org")
        header = (
            b"From: a@b.test\r\nSubject: hello\r\nX-Twice: a\r\nX-Remove: 1\r\nX-Twice: b\r\nX-Keep: k\r\n"
            b"X-Remove: 2\r\nX-Twice: c\r\n"
        )
        self.assertTrue(client.content(header + b"\r\nx\r\n").startswith("250 "))
        lines = self.relayed("more@example.org").split(b"\r\n\r\n")[0].decode().split("\r\n")
        self.assertEqual(
            [line for line in lines if line.startswith(("X-", "From", "Subject"))],
            ["X-First: first", "From: a@b.test", "Subject: [EXTERNAL] hello", "X-Twice: once", "X-Keep: k",
             "X-Last: inbound"],
        )
        self.assertTrue(lines[0].startswith("Received:"))
        self.assertNotIn("less@example.org", recorder.content)


if __name__ == "__main__":
    unittest.main()
