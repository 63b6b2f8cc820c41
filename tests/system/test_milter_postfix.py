"""The policy as a milter under a real Postfix."""

import os
import re
import threading
import unittest

import harness
import milter
import postfix

RULES = """
rules = (
  { name = "bad-client"; when = { client = "127.0.0.66"; }; then = { reject = "550 5.7.1 Not from there"; }; },
  { name = "bad-helo"; when = { helo = "bad.test"; }; then = { reject = "550 5.7.1 Bad name, 100% sure"; }; },
  { name = "bad-sender"; when = { sender = "later@*"; }; then = { tempfail = [ "451 4.7.1 Come", "back later" ]; }; },
  { name = "hang-up"; when = { sender = "hangup@*"; }; then = { disconnect = "421 4.7.0 Enough"; }; },
  { name = "bad-rcpt"; when = { recipient = "no@*"; }; then = { reject = "550 5.1.1 Nobody"; }; },
  { name = "drop-rcpt"; when = { recipient = "drop@*"; }; then = { discard = true; }; },
  { name = "crowd"; when = { recipient_count = "> 5"; }; then = { reject = "550 5.5.3 Too many of you"; }; },
  { name = "casino"; when = { header = { Subject = "/casino/i"; }; }; then = { reject = "554 5.7.1 No casino"; }; },
  { name = "marker"; when = { raw_body = "/^refuse this$/"; }; then = { reject = "550 5.7.1 By its body"; }; },
  { name = "gone"; when = { sender = "discard@*"; }; then = { discard = true; }; },
  { name = "held"; when = { sender = "hold@*"; }; then = { quarantine = "for ${sender}"; add_header = { X-Held = "yes"; }; }; },
  { name = "mark"; when = { sender = "final@*"; }; then = { add_header = { X-Mark = "yes"; }; score = 2; }; },
  { name = "folded"; when = { raw_header = { X-Fold = "/^one\\ttwo  three$/"; }; };
    then = { add_header = { X-Saw-Fold = "yes"; }; }; },
  { name = "edit"; when = { sender = "edit@*"; };
    then = { prepend = { Subject = "[EXTERNAL] "; }; add_header = { X-Last = "last"; };
             insert_header = { X-First = "first"; }; set_header = { X-Twice = "once"; };
             remove_header = "X-Remove"; set_sender = "new@b.test"; add_recipient = "more@example.org";
             remove_recipient = "less@example.org"; }; },
  { name = "elsewhere"; when = { recipient = "old@example.org"; }; then = { redirect = "new@example.org"; }; },
  { name = "hops"; when = { sender = "hops@*"; }; then = { remove_header = "Received"; }; },
  { name = "told"; when = { sender = "told@*"; };
    then = { add_header = { X-Told = "${client} ${listener} ${helo} ${recipient_count} ${size}"; }; }; }
);
final_rules = (
  { name = "unwanted"; when = { header = { X-Mark = "yes"; Subject = "/unwanted/"; }; };
    then = { reject = "550 5.7.1 Not in the end"; }; },
  { name = "marked"; when = { header = { X-Mark = "yes"; }; score = "> 1"; };
    then = { add_header = { X-Final = "score ${score}"; }; remove_header = "X-Mark"; }; }
);
"""

mta = None
policy = None
folder = None


def setUpModule():
    global mta, policy, folder
    folder = harness.module_folder("milter", postfix.usable())
    policy = milter.Milter(os.path.join(folder, "milter"), RULES)
    unittest.addModuleCleanup(stop_policy)
    mta = postfix.Postfix(
        os.path.join(folder, "postfix"),
        f"smtpd_milters = {policy.address}\nmilter_macro_daemon_name = inbound\n",
    )
    unittest.addModuleCleanup(mta.stop)
    mta.start()


def stop_policy():
    code = policy.stop()
    if code != 0:
        raise AssertionError(f"postern ended with {code}: {policy.log()}")


class Case(unittest.TestCase):
    def client(self, source="127.0.0.1", helo="client.example"):
        client = harness.Client(mta.plain, source)
        self.addCleanup(client.socket.close)
        if helo:
            client.expect(250, f"EHLO {helo}")
        return client

    def token(self):
        return "token-" + re.sub(r"\W", "-", self.id())

    def message(self, header="Subject: hello\r\n", body=""):
        return f"From: a@b.test\r\n{header}\r\nbody of {self.token()}\r\n{body}".encode()

    def delivered(self, count=1):
        """The messages of this test, and their header lines, Postfix's own last Received not counted."""
        return mta.with_token(self.token(), count)

    def record(self, chosen):
        return policy.wait_records(1, chosen)[-1]


class Verdicts(Case):
    def test_accept(self):
        client = self.client()
        client.envelope("a@b.test", "u@example.org")
        self.assertTrue(client.content(self.message("Subject: plain\r\n")).startswith("250 "))
        message = self.delivered()[0]
        self.assertIn(b"\nSubject: plain\n", message)
        record = self.record(lambda r: r.get("subject") == "plain")
        self.assertEqual(record["verdict"], "continue")
        self.assertEqual(record["stage"], "message")
        self.assertEqual(record["listener"], "inbound")
        self.assertEqual(record["client"]["address"], "127.0.0.1")
        self.assertGreater(record["client"]["port"], 1023)
        self.assertEqual(record["helo"], "client.example")
        self.assertEqual([r["address"] for r in record["recipients"]], ["u@example.org"])
        self.assertIsNone(record["upstream"])
        self.assertIn(record["transaction"], mta.log())  # the queue id

    def test_refused_at_connect(self):
        client = self.client("127.0.0.66", helo=None)
        client.say("EHLO client.example")
        self.assertEqual(client.say("MAIL FROM:<a@b.test>"), "550 5.7.1 Not from there\r\n")
        client.say("QUIT")
        record = self.record(lambda r: r["client"]["address"] == "127.0.0.66")
        self.assertEqual(record["decided_by"], {"rule": "bad-client"})
        self.assertEqual(record["verdict"], "reject")

    def test_refused_at_helo_and_a_better_one(self):
        client = self.client(helo=None)
        client.say("EHLO bad.test")
        reply = client.say("MAIL FROM:<helo@b.test>")
        self.assertEqual(reply, "550 5.7.1 Bad name, 100% sure\r\n")

    def test_refused_at_mail_in_two_lines(self):
        client = self.client()
        self.assertEqual(
            client.say("MAIL FROM:<later@b.test>"), "451-4.7.1 Come\r\n451 4.7.1 back later\r\n"
        )
        client.expect(250, "MAIL FROM:<a@b.test>")
        self.assertEqual(self.record(lambda r: r["sender"] == "later@b.test")["stage"], "mail")

    def test_hang_up(self):
        client = self.client()
        self.assertEqual(client.say("MAIL FROM:<hangup@b.test>"), "421 4.7.0 Enough\r\n")
        self.assertTrue(client.ended())

    def test_one_recipient_refused(self):
        client = self.client()
        client.envelope("onercpt@b.test", "u@example.org")
        self.assertEqual(client.say("RCPT TO:<no@example.org>"), "550 5.1.1 Nobody\r\n")
        self.assertTrue(client.say("RCPT TO:<gone@example.org>").startswith("550 5.1.1 <gone@"))
        client.expect(250, "RCPT TO:<v@example.org>")
        self.assertTrue(client.content(self.message()).startswith("250 "))
        self.delivered(2)
        record = self.record(lambda r: r["sender"] == "onercpt@b.test")
        self.assertEqual(record["verdict"], "continue")
        told = {to["address"]: to["reply"] for to in record["recipients"]}
        self.assertEqual(told["no@example.org"], "550 5.1.1 Nobody")
        self.assertIn("Mailbox gone", told["gone@example.org"])
        self.assertIsNone(told["v@example.org"])

    def test_one_recipient_discarded(self):
        client = self.client()
        client.envelope("onedrop@b.test", "drop@example.org", "u@example.org")
        self.assertTrue(client.content(self.message()).startswith("250 "))
        message = self.delivered()[0]
        self.assertIn(b"Delivered-To: u@example.org", message)
        record = self.record(lambda r: r["sender"] == "onedrop@b.test")
        self.assertNotIn(f"{record['transaction']}: to=<drop@example.org>", mta.log())

    def test_all_recipients_discarded(self):
        client = self.client()
        client.envelope("alldrop@b.test", "drop@example.org")
        self.assertTrue(client.content(self.message()).startswith("250 "))
        record = self.record(lambda r: r["sender"] == "alldrop@b.test")
        self.assertEqual(record["verdict"], "discard")
        self.assertEqual(record["decided_by"], {"rule": "drop-rcpt"})

    def test_refused_at_data(self):
        client = self.client()
        client.envelope("crowd@b.test", *(f"u{i}@example.org" for i in range(6)))
        self.assertEqual(client.say("DATA"), "550 5.5.3 Too many of you\r\n")
        record = self.record(lambda r: r["sender"] == "crowd@b.test")
        self.assertEqual((record["verdict"], record["stage"]), ("reject", "data"))

    def test_refused_by_header_and_by_body(self):
        client = self.client()
        client.envelope("a@b.test", "u@example.org")
        self.assertEqual(client.content(self.message("Subject: CASINO\r\n")), "554 5.7.1 No casino\r\n")
        client.envelope("a@b.test", "u@example.org")
        reply = client.content(self.message(body="refuse this\r\n"))
        self.assertEqual(reply, "550 5.7.1 By its body\r\n")
        client.envelope("after@b.test", "u@example.org")
        self.assertTrue(client.content(self.message()).startswith("250 "))
        self.delivered()

    def test_discard(self):
        client = self.client()
        client.envelope("discard@b.test", "u@example.org")
        self.assertTrue(client.content(self.message()).startswith("250 "))
        record = self.record(lambda r: r["sender"] == "discard@b.test")
        self.assertEqual(record["verdict"], "discard")
        self.assertEqual([to["address"] for to in record["recipients"]], ["u@example.org"])

    def test_taken_back(self):
        client = self.client()
        client.envelope("reset@b.test", "u@example.org")
        client.expect(250, "RSET")
        client.expect(221, "QUIT")  # Postfix tells of the one with the other
        record = self.record(lambda r: r["sender"] == "reset@b.test")
        self.assertEqual((record["verdict"], record["decided_by"]), ("abort", None))

    def test_session_without_message(self):
        client = self.client(helo="nothing.example")
        client.expect(221, "QUIT")
        record = self.record(lambda r: r["helo"] == "nothing.example")
        self.assertIsNone(record["transaction"])
        self.assertEqual(record["verdict"], "none")


class FinalRules(Case):
    def test_see_what_rules_have_left(self):
        client = self.client()
        client.envelope("final@b.test", "u@example.org")
        self.assertTrue(client.content(self.message()).startswith("250 "))
        message = self.delivered()[0]
        self.assertIn(b"\nX-Final: score 2\n", message)
        self.assertNotIn(b"X-Mark", message)
        record = self.record(lambda r: r["sender"] == "final@b.test")
        self.assertEqual(record["rules"], ["mark", "marked"])
        self.assertEqual(record["score"], 2)
        self.assertEqual([edit["by"] for edit in record["edits"]], ["mark", "marked", "marked"])

    def test_refuse(self):
        client = self.client()
        client.envelope("final@b.test", "u@example.org")
        reply = client.content(self.message("Subject: unwanted\r\n"))
        self.assertEqual(reply, "550 5.7.1 Not in the end\r\n")
        record = self.record(lambda r: r.get("subject") == "unwanted")
        self.assertEqual(record["decided_by"], {"rule": "unwanted"})
        self.assertEqual(record["edits"], [])


class Quarantine(Case):
    def test_held_by_the_mta(self):
        client = self.client()
        client.envelope("hold@b.test", "u@example.org")
        self.assertTrue(client.content(self.message("Subject: to be held\r\n")).startswith("250 "))
        record = self.record(lambda r: r.get("subject") == "to be held")
        self.assertEqual(record["verdict"], "quarantine")
        self.assertEqual(record["decided_by"], {"rule": "held"})
        self.assertEqual(mta.held(), [record["transaction"]])
        self.delivered(0)


class Edits(Case):
    def lines(self, message):
        return message.split(b"\n\n", 1)[0].decode().split("\n")

    def test_every_kind(self):
        client = self.client()
        client.envelope("edit@b.test", "u@example.org", "less@example.org")
        header = (
            "Subject: hello\r\nX-Twice: a\r\nX-Remove: 1\r\nX-Twice: b\r\nX-Keep: k\r\nX-Remove: 2\r\n"
            "X-Twice: c\r\n"
        )
        self.assertTrue(client.content(self.message(header)).startswith("250 "))
        messages = self.delivered(2)
        self.assertEqual(len(messages), 2)
        for message in messages:
            lines = self.lines(message)
            self.assertIn("Return-Path: <new@b.test>", lines)
            first = lines.index("X-First: first")
            self.assertEqual(
                [line for line in lines[first:] if not line.startswith(("Message-Id:", "Date:"))],
                ["X-First: first", "From: a@b.test", "Subject: [EXTERNAL] hello", "X-Twice: once",
                 "X-Keep: k", "X-Last: last"],
            )
            self.assertTrue(any(line.startswith("Received:") for line in lines[:first]))
        to = sorted(re.search(rb"Delivered-To: (.*)", message).group(1) for message in messages)
        self.assertEqual(to, [b"more@example.org", b"u@example.org"])

    def test_redirect(self):
        client = self.client()
        client.envelope("a@b.test", "u@example.org", "old@example.org")
        self.assertTrue(client.content(self.message()).startswith("250 "))
        harness.wait_for(lambda: len(self.delivered()) == 2, "both recipients' mail")
        self.assertEqual(
            sorted(re.search(rb"^Delivered-To: (.*)$", message, re.MULTILINE).group(1) for message in self.delivered()),
            [b"new@example.org", b"u@example.org"])

    def test_received_of_the_client_goes_that_of_postfix_stays(self):
        client = self.client()
        client.envelope("hops@b.test", "u@example.org")
        received = "Received: from x by y; date\r\nReceived: from z by x; date\r\n"
        self.assertTrue(client.content(self.message(received + "Subject: s\r\n")).startswith("250 "))
        message = self.delivered()[0]
        self.assertEqual(message.count(b"\nReceived: from"), 1)
        self.assertIn(b"by mx.example.org", message)

    def test_header_bytes_are_seen_as_they_came(self):
        client = self.client()
        client.envelope("a@b.test", "u@example.org")
        header = "Subject: s\r\nX-Fold:\tone\r\n\ttwo\r\n  three\r\n"
        self.assertTrue(client.content(self.message(header)).startswith("250 "))
        self.assertIn(b"\nX-Saw-Fold: yes\n", self.delivered()[0])

    def test_facts(self):
        client = self.client()
        client.envelope("told@b.test", "u@example.org", "v@example.org")
        # Postfix adds what is missing before it asks its milters.
        content = self.message("Subject: s\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\nMessage-Id: <a@b>\r\n")
        self.assertTrue(client.content(content).startswith("250 "))
        told = re.search(rb"X-Told: (.*)", self.delivered(2)[0]).group(1).decode()
        self.assertEqual(told, f"127.0.0.1 inbound client.example 2 {len(content)}")


class Reload(Case):
    def test_under_traffic(self):
        """No session breaks; each message meets the old policy or the new one; the open session
        takes the new one at its next MAIL."""
        client = self.client()
        client.expect(250, "MAIL FROM:<before@reload.test>")
        client.expect(250, "RSET")
        stop, replies = threading.Event(), []
        sender = threading.Thread(target=self.traffic, args=(stop, replies))
        sender.start()
        try:
            rule = '{ name = "new"; when = { sender = "*@reload.test"; }; then = { reject = "550 5.7.1 New"; }; },'
            policy.reload(RULES.replace("rules = (", "rules = (" + rule, 1))
            self.assertEqual(client.say("MAIL FROM:<a@reload.test>"), "550 5.7.1 New\r\n")
            policy.reload("rules = ( { nonsense = 1; } );")
            harness.wait_for(
                lambda: "reload failed, the old policy stays" in policy.log(), "the refusal of it"
            )
            self.assertEqual(client.say("MAIL FROM:<a@reload.test>"), "550 5.7.1 New\r\n")
            policy.reload(RULES)
            client.expect(250, "MAIL FROM:<a@reload.test>")
            harness.wait_for(lambda: len(replies) > 5, "some traffic", 60)
        finally:
            stop.set()
            sender.join()
        self.assertEqual([reply for reply in replies if not reply.startswith("250 ")], [])

    def traffic(self, stop, replies):
        while not stop.is_set():
            with harness.Client(mta.plain) as client:
                client.expect(250, "EHLO client.example")
                client.envelope("traffic@b.test", "u@example.org")
                replies.append(client.content(self.message()))


class Socket(unittest.TestCase):
    def test_unix_socket_and_its_mode(self):
        path = os.path.join(folder, "milter.sock")
        own = milter.Milter(os.path.join(folder, "unix"), RULES, socket=path, group='mode = "0600";')
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        self.assertEqual(own.stop(), 0)
        self.assertFalse(os.path.exists(path))

    @unittest.skipUnless(os.geteuid() == 0, "only root can become somebody else")
    def test_gives_up_root_and_the_socket_with_it(self):
        path = os.path.join(folder, "user.sock")
        own = milter.Milter(os.path.join(folder, "user"), 'user = "nobody";\n' + RULES, socket=path)
        self.addCleanup(own.stop)
        with open(f"/proc/{own.process.pid}/status", encoding="ascii") as file:
            self.assertNotIn("0", re.search(r"(?m)^Uid:\t(.*)$", file.read()).group(1).split())
        self.assertEqual(os.stat(path).st_uid, os.stat(f"/proc/{own.process.pid}").st_uid)


if __name__ == "__main__":
    unittest.main()
