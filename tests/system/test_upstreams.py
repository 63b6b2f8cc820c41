"""The same mail to Postfix, Exim and OpenSMTPD behind the gateway: what lies in the Maildir is what was sent,
byte for byte, below the fields the server adds; what each server cannot do is made up for, or not offered.
"""

import os
import random
import re
import shutil
import smtplib
import ssl
import tempfile
import unittest

import exim
import harness
import maildir
import opensmtpd
import postfix
from harness import tls

SETTINGS = 'upstreams = ( {{ address = "127.0.0.1:{port}"; {more} }} );\n'
RULES = """
rules = (
  { name = "no-relay"; when = { recipient_domain = { not = "example.org"; }; };
    then = { reject = "550 5.7.1 Not our domain"; }; },
  { name = "no-casino"; when = { header = { Subject = "/casino/i"; }; };
    then = { reject = "554 5.7.1 No casino here"; }; },
  { name = "held"; when = { sender = "held@*"; raw_body = "/^refuse this$/"; };
    then = { reject = "550 5.7.1 Refused by its body"; }; },
  { name = "tag"; when = { sender = "tag@*"; };
    then = { prepend = { Subject = "[EXTERNAL] "; }; add_header = { X-External = "yes"; };
             remove_header = "X-Remove"; }; }
);
"""
TLS_SETTINGS = """\
smtpd_tls_security_level = may
smtpd_tls_chain_files = {folder}/gw.key, {folder}/gw.pem
smtpd_tls_received_header = yes
"""
OURS = {"PIPELINING", "CHUNKING"}  # the gateway offers them by itself

HEADER = (
    b"From: =?utf-8?q?J=C3=BCrgen?= <a@b.test>\r\nTo: u@example.org\r\nDate: Sat, 21 Nov 2026 09:00:00 +0000\r\n"
    b"Message-ID: <%s@b.test>\r\nSubject: hello,\r\n\tworld\r\nX-Odd:no blank;   three\r\n"
)
DOTS = b".\r\n..\r\n.x\r\n\r\n \r\n. \r\nFrom the start\r\n" + b"y" * 900 + b"\r\n.\r\n"
EIGHT_BIT = bytes(range(0x80, 0x100)) + "\r\nGrüße 你好\r\n".encode()


def large():
    """A megabyte of lines of all lengths; some begin with a dot."""
    chance = random.Random(4711)
    lines, size = [], 0
    while size < 1 << 20:
        line = bytes(chance.choices(b".abc =\xc3\xa4", k=chance.choice((0, 1, 2, 60, 76, 200))))
        lines.append(line)
        size += len(line) + 2
    return b"\r\n".join(lines) + b"\r\n"


class Upstream:
    """What every server must do; a class for each says what it offers, whether it is usable here, and how it is
    made in a folder."""

    usable = make = None
    offered, refusal, received_tls = set(), "550", ""

    @classmethod
    def setUpClass(cls):
        reason = cls.usable()
        if reason:
            raise unittest.SkipTest(reason)
        cls.folder = tempfile.mkdtemp(prefix="postern-upstream-")
        os.chmod(cls.folder, 0o755)
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.mta = cls.make(os.path.join(cls.folder, "mta"))
        cls.addClassCleanup(cls.mta.stop)
        cls.mta.start()
        cls.gateway = cls.start_gateway("plain", cls.mta.plain, "", RULES)

    @classmethod
    def start_gateway(cls, name, port, more, rules):
        gateway = harness.Gateway(
            os.path.join(cls.folder, name), SETTINGS.format(port=port, more=more) + rules)
        cls.addClassCleanup(cls.stop_gateway, gateway)
        return gateway

    @staticmethod
    def stop_gateway(gateway):
        code = gateway.stop()
        if code != 0:
            raise AssertionError(f"postern ended with {code}: {gateway.log()}")

    def client(self, gateway=None, source="127.0.0.1"):
        client = harness.Client((gateway or self.gateway).port, source)
        self.addCleanup(client.socket.close)
        client.expect(250, "EHLO client.example")
        return client

    def token(self):
        return "token-" + re.sub(r"\W", "-", self.id())

    def message(self, body=b"", more=b""):
        return HEADER % self.token().encode() + more + b"\r\n" + body

    def same(self, arrived, sent):
        self.assertIsNone(maildir.difference(arrived, sent))

    def arrived(self, count=1):
        found = self.mta.with_token(self.token(), count)
        self.assertEqual(len(found), count)
        return found

    def deliver(self, content, sender="a@b.test", parameters="", by_chunks=None, gateway=None):
        """Sends it and compares what has arrived."""
        client = self.client(gateway)
        client.expect(250, f"MAIL FROM:<{sender}>{parameters}")
        client.expect(250, "RCPT TO:<u@example.org>")
        if by_chunks:
            reply = client.chunks(by_chunks)
        else:
            reply = client.content(content)
        self.assertRegex(reply, "^250[ -]")  # Exim has two lines for a chunk
        client.expect(221, "QUIT")
        (arrived,) = self.arrived()
        self.same(arrived, content)
        return arrived

    def test_plain(self):
        self.deliver(self.message(b"one line\r\n"))

    def test_no_body(self):
        self.deliver(self.message())

    def test_dots(self):
        self.deliver(self.message(DOTS))

    def test_dots_held(self):
        self.deliver(self.message(DOTS), sender="held@b.test")

    def test_eight_bit(self):
        self.deliver(self.message(EIGHT_BIT), parameters=" BODY=8BITMIME")

    def test_large(self):
        content = self.message(large())
        self.deliver(content, parameters=f" SIZE={len(content)} BODY=8BITMIME")

    def test_large_held(self):
        self.deliver(self.message(large()), sender="held@b.test")

    def test_chunks(self):
        content = self.message(DOTS + EIGHT_BIT + large())
        cuts = [0, 1, 100, len(content) // 2, len(content)]
        pieces = [content[a:b] for a, b in zip(cuts, cuts[1:])]
        self.deliver(content, parameters=" BODY=8BITMIME", by_chunks=pieces)

    def test_chunks_held(self):
        content = self.message(DOTS)
        self.deliver(content, sender="held@b.test", by_chunks=[content[:99], content[99:], b""])

    def test_size_is_the_servers(self):
        client = self.client()
        reply = client.say("MAIL FROM:<a@b.test> SIZE=30000000")
        if reply.startswith("250"):  # some say it later
            reply = client.say("RCPT TO:<u@example.org>")
        self.assertRegex(reply, "^55[02] ")
        client.expect(250, "RSET")
        client.expect(250, "MAIL FROM:<a@b.test> SIZE=1000")

    def test_recipients(self):
        """Each has the answer of whoever refuses it; the others get the mail."""
        client = self.client()
        client.expect(250, "MAIL FROM:<a@b.test>")
        client.expect(250, "RCPT TO:<one@example.org>")
        client.expect("550 5.7.1 Not our domain", "RCPT TO:<x@elsewhere.test>")
        self.assertRegex(client.say("RCPT TO:<gone@example.org>"), f"^{self.refusal}\r\n$")
        client.expect(250, "RCPT TO:<two@example.org>")
        content = self.message(b"to two\r\n")
        self.assertRegex(client.content(content), "^250 ")
        # One file each, or one for both.
        names = set()
        def all_there():
            for message in self.mta.with_token(self.token()):
                self.same(message, content)
                names.update(name for name in (b"one@", b"two@") if name in message.split(b"\nFrom:")[0])
            return len(names) == 2
        harness.wait_for(all_there, "both recipients' mail")
        for message in self.mta.with_token(self.token()):
            self.assertNotIn(b"gone@", message)

    def test_all_recipients_refused(self):
        client = self.client()
        client.expect(250, "MAIL FROM:<a@b.test>")
        client.expect(550, "RCPT TO:<gone@example.org>")
        self.assertRegex(client.say("DATA"), "^(503|554) ")
        client.expect(250, "RSET")
        client.envelope("a@b.test", "u@example.org")
        self.assertRegex(client.content(self.message()), "^250 ")
        self.arrived()

    def test_refused_by_a_rule(self):
        """Nothing of it arrives, and the session goes on."""
        client = self.client()
        client.envelope("a@b.test", "u@example.org")
        refused = self.message().replace(b"Subject: hello", b"Subject: casino")
        client.expect(354, "DATA")
        client.send(harness.stuff(refused))
        self.assertEqual(client.reply(), "554 5.7.1 No casino here\r\n")
        client.envelope("held@b.test", "u@example.org")
        self.assertEqual(
            client.content(self.message(b"refuse this\r\n")), "550 5.7.1 Refused by its body\r\n")
        client.envelope("a@b.test", "u@example.org")
        self.assertEqual(client.chunks([refused]), "554 5.7.1 No casino here\r\n")
        client.envelope("held@b.test", "u@example.org")
        content = self.message(b"good\r\n")
        self.assertRegex(client.content(content), "^250 ")
        client.expect(221, "QUIT")
        (arrived,) = self.arrived()
        self.same(arrived, content)

    def test_header_edited(self):
        client = self.client()
        client.envelope("tag@b.test", "u@example.org")
        self.assertRegex(client.content(self.message(DOTS, b"X-Remove: a\r\n b\r\n")), "^250 ")
        wanted = self.message(DOTS, b"X-External: yes\r\n")
        (arrived,) = self.arrived()
        self.same(arrived, wanted.replace(b"Subject: ", b"Subject: [EXTERNAL] "))

    def test_pipelined(self):
        """A whole session in two writes, though the server may not know PIPELINING."""
        content = self.message(DOTS)
        with harness.Client(self.gateway.port) as client:
            client.expect(250, "EHLO client.example")
            client.send("MAIL FROM:<a@b.test>\r\nRCPT TO:<gone@example.org>\r\nRCPT TO:<u@example.org>\r\nDATA\r\n")
            self.assertEqual([client.reply()[:3] for _ in range(4)], ["250", "550", "250", "354"])
            client.send(harness.stuff(content) + b"NOOP\r\nQUIT\r\n")
            self.assertEqual([client.reply()[:3] for _ in range(3)], ["250", "250", "221"])
        (arrived,) = self.arrived()
        self.same(arrived, content)

    def test_two_in_a_session(self):
        client = self.client()
        content = self.message(b"twice\r\n")
        for sender in ("a@b.test", ""):
            client.envelope(sender, "u@example.org")
            self.assertRegex(client.content(content), "^250 ")
        for message in self.arrived(2):
            self.same(message, content)

    def test_offered(self):
        with harness.Client(self.gateway.port) as client:
            reply = client.expect(250, "EHLO client.example")
            words = {line[4:].split()[0] for line in reply.strip().split("\r\n")[1:]}
            self.assertEqual(words, self.offered | OURS)
            client.expect("555 5.5.4", "MAIL FROM:<a@b.test> PRDR")
            client.expect("502 5.5.1", "STARTTLS")

    def test_smtputf8(self):
        header = "Subject: 你好\r\nFrom: Jürgen <用户@b.test>\r\n"
        content = header.encode() + self.message(EIGHT_BIT)[len(HEADER.split(b"\r\n")[0]) + 2 :]
        client = self.client()
        reply = client.say("MAIL FROM:<用户@b.test> SMTPUTF8 BODY=8BITMIME")
        if "SMTPUTF8" not in self.offered:
            self.assertRegex(reply, "^553 5[.]6[.]7 ")
            return
        self.assertRegex(reply, "^250 ")
        client.expect(250, "RCPT TO:<收件人@example.org>")
        self.assertRegex(client.content(content), "^250 ")
        (arrived,) = self.arrived()
        self.same(arrived, content)

    def test_dsn(self):
        client = self.client()
        client.expect(250, "MAIL FROM:<a@b.test> RET=HDRS ENVID=QQ314159")
        client.expect(250, "RCPT TO:<u@example.org> NOTIFY=FAILURE,DELAY ORCPT=rfc822;u@example.org")
        client.expect(501, "RCPT TO:<v@example.org> NOTIFY=NEVER,FAILURE")
        content = self.message()
        self.assertRegex(client.content(content), "^250 ")
        (arrived,) = self.arrived()
        self.same(arrived, content)

    def test_verbs(self):
        client = self.client()
        client.expect(214, "HELP")
        self.assertRegex(client.say("VRFY u@example.org"), "^(25[02]|500|502) ")
        self.assertRegex(client.say("EXPN list"), "^(25[02]|50[02]|550) ")
        client.expect(250, "NOOP")
        client.expect(503, "RCPT TO:<u@example.org>")
        client.expect(500, "WHAT")
        client.expect(503, "DATA")
        client.expect(250, "RSET")
        client.expect(221, "QUIT")
        self.assertTrue(client.ended())

    def test_client_leaves_in_the_middle(self):
        """Without its dot nothing arrives."""
        with self.client() as client:
            client.envelope("a@b.test", "u@example.org")
            client.expect(354, "DATA")
            client.send(self.message(b"never ended\r\n"))
        content = self.message(b"after it\r\n")
        self.deliver(content)

    def speaks_tls(self):
        """Debian's OpenSMTPD 6.8 offers STARTTLS, but with OpenSSL 3 no handshake succeeds (its issue 1171)."""
        with smtplib.SMTP("127.0.0.1", self.mta.plain, "test.example", timeout=harness.WAIT_SECONDS) as client:
            try:
                return client.starttls(context=tls.context(server=False))[0] == 220
            except (ssl.SSLError, OSError):
                client.close()
                return False

    def test_tls(self):
        """The certificate is checked; what the server writes into Received says it was encrypted. A server
        whose handshake fails gets nothing."""
        folder = tls.folder()
        gateway = self.start_gateway(
            "tls", self.mta.plain,
            f'tls = "verified"; tls_name = "gw.example.org"; tls_ca = "{folder}/ca.pem";', RULES)
        if not self.speaks_tls():
            with harness.Client(gateway.port) as client:
                client.expect(421, "EHLO client.example")
            return
        arrived = self.deliver(self.message(DOTS + large()), gateway=gateway)
        self.assertRegex(arrived[:1000], self.received_tls)

    def test_tls_where_it_works(self):
        """In plain text to a server whose handshake fails."""
        gateway = self.start_gateway("some", self.mta.plain, 'tls = "opportunistic";', RULES)
        arrived = self.deliver(self.message(DOTS), gateway=gateway)
        if self.speaks_tls():
            self.assertRegex(arrived[:1000], self.received_tls)
        else:
            self.assertNotRegex(arrived[:1000], self.received_tls)

    def test_tls_of_another(self):
        gateway = self.start_gateway(
            "other", self.mta.plain,
            f'tls = "verified"; tls_name = "mx.example.net"; tls_ca = "{tls.folder()}/ca.pem";', RULES)
        with harness.Client(gateway.port) as client:
            client.expect(421, "EHLO client.example")

    def test_proxy_header(self):
        """The server trusts the gateway's address and hears who the client is: no rule need guard it."""
        gateway = self.start_gateway("proxy", self.mta.proxied, 'identify = "proxy-v2";', "")
        self.assertNotIn("relay", gateway.log())
        stranger = self.client(gateway, "127.0.0.9")
        stranger.expect(250, "MAIL FROM:<a@b.test>")
        stranger.expect(55, "RCPT TO:<x@elsewhere.test>")
        stranger.expect(250, "RCPT TO:<u@example.org>")
        self.assertRegex(stranger.content(self.message()), "^250 ")
        (arrived,) = self.arrived()
        self.assertRegex(arrived[:500], rb"Received: from [^;]*\[127\.0\.0\.9\]")
        friend = self.client(gateway, "127.0.0.1")
        friend.envelope("a@b.test", "x@elsewhere.test")


class Postfix(Upstream, unittest.TestCase):
    offered = {"SIZE", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES", "ETRN", "VRFY"}
    refusal = r"550 5\.1\.1 <gone@example\.org>: .*"
    received_tls = rb"\(using TLSv1\.3 "

    usable = staticmethod(postfix.usable)

    @staticmethod
    def make(folder):
        return postfix.Postfix(folder, TLS_SETTINGS.format(folder=tls.folder()))


class Exim(Upstream, unittest.TestCase):
    offered = {"SIZE", "8BITMIME", "SMTPUTF8", "DSN", "HELP", "VRFY"}
    refusal = r"550 5\.1\.1 Mailbox gone"
    received_tls = rb"with esmtps +\(TLS1\.3\)"

    usable, make = staticmethod(exim.usable), exim.Exim


class OpenSmtpd(Upstream, unittest.TestCase):
    offered = {"SIZE", "8BITMIME", "DSN", "ENHANCEDSTATUSCODES", "HELP"}
    refusal = r"550 Invalid recipient: <gone@example\.org>"
    received_tls = rb"with ESMTPS .*\(TLSv1\.3:"

    usable, make = staticmethod(opensmtpd.usable), opensmtpd.OpenSmtpd


if __name__ == "__main__":
    unittest.main()
