"""The gateway in front of a real Postfix, with swaks and smtp-source as clients."""

import os
import re
import shutil
import signal
import subprocess
import threading
import time
import unittest

import harness
import postfix

UPSTREAM = 'upstreams = ( {{ name = "mta"; address = "127.0.0.1:{port}"; identify = "{identify}"; }} );\n'
LISTS = 'lists = { our_domains = [ "example.org" ]; };\n'
RULES = """
rules = (
  { name = "no-relay"; when = { recipient_domain = { not = "@our_domains"; }; };
    then = { reject = "550 5.7.1 Not our domain"; }; },
  { name = "no-casino"; when = { header = { Subject = "/casino/i"; }; };
    then = { reject = "554 5.7.1 No casino here"; }; },
  { name = "no-marker"; when = { raw_body = "/^refuse this$/"; };
    then = { reject = "550 5.7.1 Refused by its body"; }; },
  { name = "later"; when = { sender = "later@*"; }; then = { tempfail = "451 4.7.1 Later"; }; },
  { name = "gone"; when = { sender = "discard@*"; }; then = { discard = true; }; },
  { name = "tag"; when = { sender = "tag@*"; };
    then = { prepend = { Subject = "[EXTERNAL] "; }; add_header = { X-External = "yes"; };
             remove_header = "X-Remove"; }; },
  { name = "elsewhere"; when = { recipient = "old@example.org"; };
    then = { redirect = "new@example.org"; }; }
);
"""
SWAKS = shutil.which("swaks")

mta = None
folder = None


def setUpModule():
    global mta, folder
    folder = harness.module_folder("postfix", postfix.usable())
    mta = postfix.Postfix(os.path.join(folder, "postfix"))
    unittest.addModuleCleanup(mta.stop)
    mta.start()


class Case(unittest.TestCase):
    """One gateway for all tests of a class."""

    identify, rules, listener = "none", LISTS + RULES, ""

    @classmethod
    def settings(cls):
        return UPSTREAM.format(port=getattr(mta, cls.port_name()), identify=cls.identify) + cls.rules

    @classmethod
    def port_name(cls):
        return "plain" if cls.identify == "none" else cls.identify

    @classmethod
    def setUpClass(cls):
        cls.gateway = harness.Gateway(os.path.join(folder, cls.__name__), cls.settings(), cls.listener)

    @classmethod
    def tearDownClass(cls):
        code = cls.gateway.stop()
        if code != 0:
            raise AssertionError(f"postern ended with {code}: {cls.gateway.log()}")

    def client(self, source="127.0.0.1"):
        client = harness.Client(self.gateway.port, source)
        client.expect(250, "EHLO client.example")
        self.addCleanup(client.socket.close)
        return client

    def token(self):
        return "token-" + re.sub(r"\W", "-", self.id())

    def message(self, header="Subject: hello\r\n"):
        return f"From: a@b.test\r\n{header}\r\nbody of {self.token()}\r\n".encode()


class Delivery(Case):
    def test_passes_untouched(self):
        with self.client() as client:
            client.envelope("a@b.test", "u@example.org")
            reply = client.content(self.message())
            self.assertRegex(reply, r"^250 2\.0\.0 Ok: queued as \w+\r\n$")
            client.expect(221, "QUIT")
        (arrived,) = mta.with_token(self.token())
        self.assertIn(b"\nFrom: a@b.test\nSubject: hello\n", arrived)
        self.assertNotIn(b"gw.example.org", arrived)
        queue_id = reply.split()[-1]
        record = self.gateway.wait_records(1, lambda r: queue_id in str(r.get("upstream")))[0]
        self.assertEqual(record["verdict"], "accept")
        self.assertEqual(record["sender"], "a@b.test")
        self.assertEqual(record["recipients"][0]["address"], "u@example.org")
        self.assertEqual(record["subject"], "hello")

    def test_header_rewritten(self):
        with self.client() as client:
            client.envelope("tag@b.test", "u@example.org")
            reply = client.content(self.message("Subject: hello\r\nX-Remove: a\r\n b\r\nX-Keep:  c\r\n"))
            self.assertTrue(reply.startswith("250 "), reply)
        (arrived,) = mta.with_token(self.token())
        self.assertIn(b"\nSubject: [EXTERNAL] hello\nX-Keep:  c\nX-External: yes\n", arrived)
        self.assertNotIn(b"X-Remove", arrived)

    def test_refusals(self):
        rows = [
            ("a@b.test", "Subject: best CASINO\r\n", "554 5.7.1 No casino here\r\n"),
            ("a@b.test", "Subject: =?utf-8?q?=63asino?=\r\n", "554 5.7.1 No casino here\r\n"),
            ("a@b.test", "Subject: x\r\n\r\nrefuse this\r\n", "550 5.7.1 Refused by its body\r\n"),
            ("later@b.test", "Subject: x\r\n", "451 4.7.1 Later\r\n"),
        ]
        with self.client() as client:
            for sender, header, want in rows:
                with self.subTest(want=want, header=header):
                    reply = client.say(f"MAIL FROM:<{sender}>")
                    if reply.startswith("250"):
                        client.expect(250, "RCPT TO:<u@example.org>")
                        reply = client.content(self.message(header))
                    self.assertEqual(reply, want)
            client.envelope("a@b.test", "u@example.org")
            self.assertTrue(client.content(self.message()).startswith("250 "))
        mta.with_token(self.token())
        self.assertEqual(len(mta.with_token(self.token())), 1)

    def test_recipients(self):
        """Each recipient has the answer of whoever refuses it; the others get the mail."""
        with self.client() as client:
            client.expect(250, "MAIL FROM:<a@b.test>")
            client.expect("250 2.1.5 Ok", "RCPT TO:<one@example.org>")
            client.expect("550 5.7.1 Not our domain", "RCPT TO:<x@elsewhere.test>")
            client.expect("550 5.1.1 <gone@example.org>", "RCPT TO:<gone@example.org>")
            client.expect("450 4.2.1 <busy@example.org>", "RCPT TO:<busy@example.org>")
            client.expect("250 2.1.5 Ok", "RCPT TO:<two@example.org>")
            self.assertTrue(client.content(self.message()).startswith("250 "))
        arrived = mta.with_token(self.token(), 2)
        to = sorted(re.search(rb"X-Original-To: (\S+)", message).group(1) for message in arrived)
        self.assertEqual(to, [b"one@example.org", b"two@example.org"])

    def test_redirect(self):
        with self.client() as client:
            client.envelope("a@b.test", "old@example.org")
            self.assertTrue(client.content(self.message()).startswith("250 "))
        (arrived,) = mta.with_token(self.token())
        self.assertIn(b"X-Original-To: new@example.org\n", arrived)

    def test_discard(self):
        with self.client() as client:
            client.expect(250, "MAIL FROM:<discard@b.test>")
            client.expect(250, "RCPT TO:<u@example.org>")
            self.assertTrue(client.content(self.message()).startswith("250 "))
            client.envelope("a@b.test", "u@example.org")
            self.assertTrue(client.content(self.message("Subject: after\r\n")).startswith("250 "))
        arrived = mta.with_token(self.token())
        self.assertEqual([b"Subject: after\n" in message for message in arrived], [True])

    def test_odd_spellings(self):
        """What Postfix takes of devices goes through, and comes to the same."""
        with harness.Client(self.gateway.port) as client:
            client.expect(250, "HELO My  Scanner 3000")
            client.expect(250, "MAIL FROM:< a@b.test. >")
            client.expect(250, "RCPT TO:<u@example.org.>")
            client.expect("550 5.7.1 Not our domain", "RCPT TO:< u@elsewhere.test. >")
            client.expect("550 5.1.3", "RCPT TO:<u%elsewhere.test@example.org.>")
            self.assertTrue(client.content(self.message()).startswith("250 "))
        (arrived,) = mta.with_token(self.token())
        self.assertIn(b"Return-Path: <a@b.test>\nX-Original-To: u@example.org\n", arrived)
        self.assertIn(b"\nReceived: from My?Scanner?3000 (", arrived)

    def test_dots_and_long_lines(self):
        body = b".\r\n..\r\n.x\r\n" + b"y" * 5000 + b"\r\n.\r\n"
        with self.client() as client:
            client.envelope("tag@b.test", "u@example.org")
            self.assertTrue(client.content(self.message() + body).startswith("250 "))
        (arrived,) = mta.with_token(self.token())
        self.assertTrue(arrived.endswith(body.replace(b"\r\n", b"\n")))

    def test_chunks(self):
        """By BDAT to a server that knows it: streamed in several chunks, held, and refused in between."""
        body = b".\r\n.x\r\n" + b"0123456789abcd\r\n" * 20000
        content = self.message() + body
        with self.client() as client:
            for sender in ("a@b.test", "tag@b.test"):
                client.envelope(sender, "u@example.org")
                reply = client.chunks([content[:7], content[7:150000], content[150000:], b""])
                self.assertRegex(reply, r"^250 2\.0\.0 Ok: \d+ bytes queued as \w+\r\n$")
            client.envelope("a@b.test", "u@example.org")
            client.send(b"BDAT 6\r\nSubjecBDAT 14\r\nt: casino\r\n\r\nxBDAT 6 LAST\r\nQUIT\r\n")
            self.assertEqual(
                [client.reply()[:3] for _ in range(3)], ["250", "554", "503"]
            )
            client.envelope("a@b.test", "u@example.org")
            self.assertTrue(client.chunks([self.message()]).startswith("250 "))
            client.expect(221, "QUIT")
        arrived = mta.with_token(self.token(), 3)
        ends = [m.endswith(body.replace(b"\r\n", b"\n")) for m in arrived]
        self.assertEqual(sorted(ends), [False, True, True])

    def test_verbs(self):
        with self.client() as client:
            self.assertRegex(client.say("VRFY u@example.org"), "^25[02] ")
            self.assertRegex(client.say("EXPN list"), "^(25[02]|50[02]) ")
            client.expect(250, "NOOP")
            client.expect(250, "RSET")
            client.expect(214, "HELP")
            client.expect(503, "DATA")
            client.expect("502 5.5.1", "STARTTLS")
            client.expect("502 5.5.1", "AUTH PLAIN AGEAYg==")
            client.expect(500, "WHAT")
            client.expect(221, "QUIT")
            self.assertTrue(client.ended())

    def test_ehlo_is_an_intersection(self):
        with harness.Client(self.gateway.port) as client:
            self.assertTrue(client.greeting.startswith("220 gw.example.org"), client.greeting)
            reply = client.expect(250, "EHLO client.example")
        words = {line[4:].split()[0] for line in reply.strip().split("\r\n")[1:]}
        self.assertEqual(
            words,
            {"PIPELINING", "CHUNKING", "SIZE", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES",
             "ETRN", "VRFY"},
        )

    def test_unicode_envelope(self):
        with self.client() as client:
            client.expect(250, "MAIL FROM:<用户@b.test> SMTPUTF8 BODY=8BITMIME")
            client.expect(250, "RCPT TO:<收件人@example.org>")
            header = "Subject: 你好\r\n"
            self.assertTrue(client.content(self.message(header)).startswith("250 "))
        (arrived,) = mta.with_token(self.token())
        self.assertIn("\nSubject: 你好\n".encode(), arrived)
        self.assertIn("X-Original-To: 收件人@example.org\n".encode(), arrived)


@unittest.skipUnless(SWAKS, "swaks is not installed")
class Swaks(Case):
    def swaks(self, *arguments):
        result = subprocess.run(
            [SWAKS, "--server", f"127.0.0.1:{self.gateway.port}", "--helo", "client.example",
             "--body", self.token(), *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=60, check=False,
        )
        return result.returncode, result.stdout

    def test_passes(self):
        code, output = self.swaks("--from", "a@b.test", "--to", "u@example.org")
        self.assertEqual(code, 0, output)
        mta.with_token(self.token())

    def test_rewritten(self):
        code, output = self.swaks(
            "--from", "tag@b.test", "--to", "u@example.org", "--header", "Subject: hi"
        )
        self.assertEqual(code, 0, output)
        (arrived,) = mta.with_token(self.token())
        self.assertIn(b"\nSubject: [EXTERNAL] hi\n", arrived)

    def test_refused(self):
        code, output = self.swaks("--from", "a@b.test", "--to", "u@elsewhere.test")
        self.assertNotEqual(code, 0)
        self.assertIn("550 5.7.1 Not our domain", output)

    def test_pipelined(self):
        code, output = self.swaks(
            "--pipeline", "--from", "a@b.test", "--to", "u@example.org,x@elsewhere.test,v@example.org"
        )
        self.assertEqual(code, 0, output)
        self.assertIn("550 5.7.1 Not our domain", output)
        mta.with_token(self.token(), 2)


class Load(Case):
    MESSAGES, SESSIONS = 500, 50

    def test_smtp_source(self):
        """Fifty sessions at once; all arrive, and each has its audit record."""
        subprocess.run(
            [postfix.tool("smtp-source"), "-s", str(self.SESSIONS), "-m", str(self.MESSAGES), "-l", "2000",
             "-f", "load@b.test", "-t", "u@example.org", "-S", self.token(),
             f"127.0.0.1:{self.gateway.port}"],
            check=True, timeout=120, env=postfix.environment(),
        )
        self.assertEqual(len(mta.with_token(self.token(), self.MESSAGES)), self.MESSAGES)
        records = self.gateway.wait_records(self.MESSAGES, lambda r: r.get("sender") == "load@b.test")
        self.assertEqual(len(records), self.MESSAGES)
        self.assertEqual({record["verdict"] for record in records}, {"accept"})


class XClient(Case):
    """Postfix trusts 127.0.0.1, where the gateway is. With XCLIENT it hears who the client is and
    refuses to relay for strangers, so no rule need guard it (PROTOCOL A06, X06)."""

    identify, rules = "xclient", ""

    def test_stranger_cannot_relay(self):
        with self.client("127.0.0.9") as client:
            client.expect(250, "MAIL FROM:<a@b.test>")
            client.expect("554 5.7.1", "RCPT TO:<x@elsewhere.test>")
            client.expect(250, "RCPT TO:<u@example.org>")
            self.assertTrue(client.content(self.message()).startswith("250 "))
        (arrived,) = mta.with_token(self.token())
        self.assertRegex(arrived, rb"Received: from client\.example \(\S+ \[127\.0\.0\.9\]\)")

    def test_friend_can_relay(self):
        with self.client("127.0.0.1") as client:
            client.envelope("a@b.test", "x@elsewhere.test")
            self.assertTrue(client.content(self.message()).startswith("250 "))

    def test_strange_helo(self):
        """What a client says of itself cannot add an attribute or a command."""
        with harness.Client(self.gateway.port, "127.0.0.9") as client:
            reply = client.say("EHLO a+b=c")
            if reply.startswith("250"):
                client.expect(250, "MAIL FROM:<a@b.test>")
                client.expect("554 5.7.1", "RCPT TO:<x@elsewhere.test>")

    def test_client_may_not_use_it(self):
        with self.client("127.0.0.9") as client:
            self.assertRegex(client.say("XCLIENT ADDR=127.0.0.1"), "^(502|550) ")
            client.expect(250, "MAIL FROM:<a@b.test>")
            client.expect("554 5.7.1", "RCPT TO:<x@elsewhere.test>")


class XClientRefused(Case):
    """An upstream that does not offer XCLIENT where it is configured: nothing passes."""

    identify, rules = "xclient", ""

    @classmethod
    def port_name(cls):
        return "plain"

    def test_421(self):
        with harness.Client(self.gateway.port) as client:
            reply = client.say("EHLO client.example")
            self.assertTrue(reply.startswith("421 "), reply)
            self.assertTrue(client.ended())


class XForward(Case):
    identify = "xforward"
    listener = 'xclient = [ "127.0.0.1" ];'

    def told(self, *attributes):
        """The header of a message without Date and Message-ID, as it arrives, told of so by a neighbour."""
        token = f"{self.token()}-{len(attributes)}-{attributes[-1]}"
        with self.client() as client:
            client.expect(250, "XFORWARD " + " ".join(attributes))
            client.envelope("a@b.test", "u@example.org")
            reply = client.content(f"From: a\r\nSubject: {token}\r\n\r\nText.\r\n".encode())
            self.assertTrue(reply.startswith("250 "), reply)
        (arrived,) = mta.with_token(token)
        return arrived.partition(b"\n\n")[0]

    def test_a_header_is_completed_for_a_neighbours_own_mail(self):
        nobody = ("NAME=[UNAVAILABLE]", "ADDR=[UNAVAILABLE]")
        own = self.told(*nobody, "SOURCE=LOCAL")
        for field in (rb"\nDate: ", rb"\nMessage-I[dD]: ", rb"\nFrom: a@\S"):
            self.assertRegex(own, field)
        foreign = self.told("NAME=client.example", "ADDR=192.0.2.7", "SOURCE=REMOTE")
        for field in (rb"\nDate: ", rb"\nMessage-I[dD]: ", rb"\nFrom: a@\S"):
            self.assertNotRegex(foreign, field)

    def test_logged(self):
        with self.client("127.0.0.9") as client:
            client.envelope("a@b.test", "u@example.org")
            reply = client.content(self.message())
        self.assertTrue(reply.startswith("250 "), reply)
        mta.with_token(self.token())
        line = rf"{reply.split()[-1]}: client=\S+127\.0\.0\.1\], .*orig_client=\S+\[127\.0\.0\.9\]"
        harness.wait_for(lambda: re.search(line, mta.log()), "orig_client in Postfix's log")


class XForwardWithoutNames(Case):
    """The name server is away: that is no reason to say nothing."""

    identify = "xforward"

    @classmethod
    def settings(cls):
        return super().settings() + f'resolver = {{ servers = "127.0.0.1:{harness.free_port()}"; timeout = "200ms"; }};'

    test_logged = XForward.test_logged


class OpenRelay(Case):
    """What the warning of `check` is about: without XCLIENT and without a rule on recipients an upstream
    that trusts the gateway's address relays for anybody."""

    rules = ""

    def test_warned_of(self):
        said = re.compile("(?i)warning.*relay")
        harness.wait_for(lambda: said.search(self.gateway.log()), "a warning of the open relay")
        with self.client("127.0.0.9") as client:
            client.envelope("a@b.test", "x@elsewhere.test")


class Traffic:
    """Four clients that send one message after the other; (phase, final reply) of each."""

    CLIENTS, MORE = 4, 20
    SETTLE_SECONDS = 0.1  # from the gateway's READY=1 until its workers have heard, too

    def __init__(self, case, message):
        self.case, self.message = case, message
        self.phase, self.replies, self.trouble = "passes", [], []
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self._send) for _ in range(self.CLIENTS)]

    def _send(self):
        try:
            with self.case.client() as client:
                while not self.stop.is_set():
                    phase = self.phase
                    client.envelope("a@b.test", "u@example.org")
                    self.replies.append((phase, client.content(self.message)))
        except (OSError, EOFError, AssertionError) as error:
            self.trouble.append(repr(error))

    def wait_more(self, what):
        enough = len(self.replies) + self.MORE
        harness.wait_for(lambda: len(self.replies) > enough or self.trouble, "mail " + what)

    def next_phase(self, phase):
        time.sleep(self.SETTLE_SECONDS)
        self.phase = phase

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()


class Signals(Case):
    """Each test has a gateway of its own."""

    rules = LISTS + RULES + "limits = { errors = 1000000; };\n"  # a refused message counts as one

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        self.gateway = harness.Gateway(os.path.join(folder, self.id()), self.settings())
        self.addCleanup(self.gateway.stop)

    def test_drain(self):
        """SIGTERM: an idle session hears 421, a transaction under way is finished, then exit 0."""
        idle, busy = self.client(), self.client()
        busy.envelope("a@b.test", "u@example.org")
        busy.expect(354, "DATA")
        busy.send(self.message())
        self.gateway.process.send_signal(signal.SIGTERM)
        self.gateway.wait_state("STOPPING=1")
        self.assertTrue(idle.reply().startswith("421 4.3.2"))
        self.assertTrue(idle.ended())
        harness.wait_for(lambda: not harness.answers(self.gateway.port), "a closed port")
        busy.send(".\r\n")
        self.assertTrue(busy.reply().startswith("250 "))
        self.assertEqual(self.gateway.process.wait(30), 0)
        mta.with_token(self.token())

    def test_interrupt(self):
        self.assertEqual(self.gateway.stop(signal.SIGINT), 0)

    def test_reload_while_mail_flows(self):
        """A message has the policy in force at its MAIL; a bad configuration changes nothing."""
        refusing = self.settings().replace("/casino/i", "/flowing/")
        with Traffic(self, self.message("Subject: flowing\r\n")) as traffic:
            traffic.wait_more("under the first policy")
            self.gateway.reload(refusing)
            traffic.next_phase("refused")
            traffic.wait_more("under the second policy")
            self.gateway.reload(refusing.replace("reject =", "rejct ="))
            harness.wait_for(lambda: "rejct" in self.gateway.log(), "the complaint")
            traffic.wait_more("after a bad reload")
        self.assertEqual(traffic.trouble, [])
        codes = {
            phase: {reply[:3] for when, reply in traffic.replies if when == phase}
            for phase in ("passes", "refused")
        }
        self.assertIn("250", codes["passes"])
        self.assertEqual(codes["refused"], {"554"})

    def test_upstream_stopped(self):
        """Postfix goes away and comes back; no message is lost, none is falsely accepted."""
        client = self.client()
        client.envelope("a@b.test", "u@example.org")
        mta.stop()
        try:
            reply = client.content(self.message())
            self.assertRegex(reply, r"^4[25]1 4\.\d+\.\d+ ")
            with harness.Client(self.gateway.port) as other:
                reply = other.say("EHLO client.example")
                if reply.startswith("250"):
                    reply = other.say("MAIL FROM:<a@b.test>")
                self.assertRegex(reply, r"^4[25]1 4\.\d+\.\d+ ")
        finally:
            mta.start()
        with self.client() as again:
            again.envelope("a@b.test", "u@example.org")
            self.assertTrue(again.content(self.message()).startswith("250 "))
        self.assertEqual(len(mta.with_token(self.token())), 1)


if __name__ == "__main__":
    unittest.main()
