"""Real milters behind the gateway: OpenDKIM, whose signatures another program verifies at the far end, rspamd
and ClamAV.
"""

import importlib.util
import os
import re
import shutil
import tempfile
import time
import unittest

import harness
import milters
import test_corpus

if importlib.util.find_spec("dkim"):
    import dkim

SETTINGS = """
upstreams = ( {{ name = "recorder"; address = "127.0.0.1:{port}"; }} );
audit = {{ file = "-"; }};
{rest}
"""
MESSAGES = 20


def without_dots(taken):
    """Content as it was before it went over the wire."""
    return re.sub(rb"(?m)^\.", b"", bytes(taken)[: -len(b".\r\n")])


def no_verifier():
    return None if importlib.util.find_spec("dkim") else "dkimpy is not installed (python3-dkim)"


def asked(milter, more=""):
    return f'{{ name = "{os.path.basename(milter.folder)}"; address = "{milter.address}"; {more} }}'


def message(subject="hello", body="Hello\r\n", more=""):
    return (f"{more}From: Ann <ann@example.org>\r\nTo: bob@example.org\r\nSubject: {subject}\r\n"
            "Date: Sat, 21 Nov 2026 09:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n"
            f"\r\n{body}").encode()


class Case(unittest.TestCase):
    """A folder and an upstream that records; milters and gateways are started by the test."""

    packages = ()

    def setUp(self):
        reason = milters.usable(*self.packages)
        if reason:
            self.skipTest(reason)
        self.folder = tempfile.mkdtemp(prefix="postern-milters-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.recorder = harness.Recorder()
        self.addCleanup(self.recorder.close)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, milter):
        self.addCleanup(milter.stop)
        milter.start()
        return milter

    def serve(self, *asked_for, rest="", name="gateway"):
        rest = f"milters = ( {', '.join(asked_for)} );\n{rest}"
        gateway = harness.Gateway(
            self.path(name), SETTINGS.format(port=self.recorder.port, rest=rest))
        self.addCleanup(lambda: self.assertEqual(gateway.stop(), 0))
        return gateway

    def send(self, gateway, content, recipient="bob@example.org"):
        """The reply to it."""
        with harness.Client(gateway.port) as client:
            client.expect(250, "EHLO client.example")
            client.envelope("ann@example.org", recipient)
            return client.content(content)

    def pass_through(self, gateway, content, recipient="bob@example.org"):
        """What arrives."""
        reply = self.send(gateway, content, recipient)
        self.assertTrue(reply.startswith("250"), f"{reply} {gateway.log()}")
        return without_dots(self.recorder.content.pop(recipient))

    def refused(self, gateway, content, want):
        self.assertRegex(self.send(gateway, content), want)
        self.assertNotIn(b".\r\n", bytes(self.recorder.content.pop("bob@example.org", b"")))

    def signer(self):
        """An OpenDKIM that signs; self.record is what a verifier needs."""
        private, self.record = milters.key()
        return self.start(milters.OpenDkim(self.path("signer"), private))

    def verifies(self, content):
        where = f"{milters.SELECTOR}._domainkey.{milters.SIGNER}."

        def look_up(name, timeout=5):
            del timeout
            return self.record if name == where.encode() else None

        return dkim.verify(content, dnsfunc=look_up)


class Signing(Case):
    packages = ("opendkim",)

    def setUp(self):
        if no_verifier():
            self.skipTest(no_verifier())
        super().setUp()

    def test_signed(self):
        """A field more at the top, that verifies; all else as it was."""
        gateway = self.serve(asked(self.signer()))
        sent = message(body=".\r\n..two\r\n")
        arrived = self.pass_through(gateway, sent)
        self.assertTrue(arrived.startswith(b"DKIM-Signature: "), arrived)
        self.assertTrue(arrived.endswith(sent), arrived)
        self.assertTrue(self.verifies(arrived))
        self.assertFalse(self.verifies(arrived.replace(b"two", b"three")))
        self.assertFalse(self.verifies(arrived.replace(b"hello", b"hullo")))
        (record,) = gateway.wait_records(1, lambda record: bool(record["recipients"]))
        self.assertEqual(record["milters"][0]["name"], "signer")

    def test_rules_before(self):
        """What rules change is what is signed."""
        gateway = self.serve(asked(self.signer()), rest="""rules = (
            { name = "edit"; then = { prepend = { Subject = "[list] "; }; remove_header = "Message-ID";
              insert_header = { Reply-To = "Grüße <list@example.org>"; };
              replace = { header = "From"; pattern = "/ann@/"; with = "anne@"; }; }; } );""")
        arrived = self.pass_through(gateway, message())
        self.assertIn(b"\r\nSubject: [list] hello\r\n", arrived)
        self.assertIn(b"anne@example.org", arrived)
        self.assertNotIn(b"Message-ID", arrived)
        self.assertRegex(arrived, rb"(?is)h=[^;]*reply-to")
        self.assertTrue(self.verifies(arrived), arrived)

    def test_several_messages(self):
        """One connection of the client, and one of the milter."""
        gateway = self.serve(asked(self.signer()))
        with harness.Client(gateway.port) as client:
            client.expect(250, "EHLO client.example")
            for number in range(4):
                client.envelope("ann@example.org", f"{number}@example.org")
                self.assertRegex(client.content(message(f"number {number}")), "^250")
        for number in range(4):
            self.assertTrue(self.verifies(without_dots(self.recorder.content[f"{number}@example.org"])))


    def test_no_delay_over_tcp(self):
        """OpenDKIM writes its changes piece by piece; over TCP the kernel would hold each up for 40 ms."""
        private, _ = milters.key()
        listening = {path: self.start(milters.OpenDkim(self.path(f"path-{path}"), private, path=path))
                     for path in (True, False)}
        gateways = {path: self.serve(asked(milter), name=f"gateway-{path}")
                    for path, milter in listening.items()}

        def difference():
            return self.seconds(gateways[False]) - self.seconds(gateways[True])

        # Other work on the machine may disturb one of them.
        self.assertTrue(any(difference() < MESSAGES * 0.02 for _ in range(5)))

    @staticmethod
    def seconds(gateway):
        """That MESSAGES messages take."""
        begun = time.monotonic()
        with harness.Client(gateway.port) as client:
            client.expect(250, "EHLO client.example")
            for _ in range(MESSAGES):
                client.envelope("ann@example.org", "bob@example.org")
                client.content(message())
        return time.monotonic() - begun


class Judging(Case):
    packages = ("opendkim", "rspamd", "clamav-daemon", "clamav-milter")

    def test_final_rules_on_rspamd(self):
        gateway = self.serve(
            asked(self.start(milters.Rspamd(self.path("rspamd")))), rest="""final_rules = (
            { name = "spam"; when = { header = { X-Spam = "Yes"; Subject = "/royale/"; }; };
              then = { reject = "550 5.7.1 No casinos here"; }; },
            { name = "tag"; when = { header = { X-Spam = "Yes"; }; };
              then = { prepend = { Subject = "[spam?] "; }; }; } );""")
        self.assertTrue(self.pass_through(gateway, message()).endswith(message()))
        arrived = self.pass_through(gateway, message("a casino"))
        self.assertIn(b"\r\nSubject: [spam?] a casino\r\n", arrived)
        self.assertIn(b"X-Spam: Yes\r\n", arrived)
        self.refused(gateway, message("casino royale"), "^550 5.7.1 No casinos here")
        self.refused(gateway, message(body=milters.GTUBE.decode() + "\r\n"), "^554 5.7.1 Gtube")

    def test_rspamd_on_forged_mark(self):
        """A mark that the sender has written is not rspamd's."""
        gateway = self.serve(
            asked(self.start(milters.Rspamd(self.path("rspamd")))), rest="""
            rules = ( { name = "ours"; then = { remove_header = [ "X-Spam", "X-Spam-*" ]; }; } );
            final_rules = ( { name = "spam"; when = { header = { X-Spam = "Yes"; }; };
              then = { reject = "550 5.7.1 Spam"; }; } );""")
        arrived = self.pass_through(gateway, message(more="X-Spam: Yes\r\nX-Spam-Level: *\r\n"))
        self.assertNotIn(b"X-Spam: Yes", arrived)
        self.refused(gateway, message("casino"), "^550 5.7.1 Spam")

    def test_clamav(self):
        scanner = self.start(milters.Scanner(self.path("scanner")))
        gateway = self.serve(asked(self.start(milters.ClamAv(self.path("clamav"), scanner))))
        self.assertTrue(self.pass_through(gateway, message()).endswith(b"\r\n\r\nHello\r\n"))
        virus = (
            "MIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n"
            "Content-Transfer-Encoding: base64\r\n")
        eicar = milters.base64.b64encode(milters.EICAR).decode() + "\r\n"
        self.refused(gateway, message(body=eicar, more=virus), r"^550 5\.7\.1 Found Eicar-Test")

    def test_rewritten_subject_is_signed(self):
        """rspamd first, then OpenDKIM, which sees what rspamd has made of it."""
        if no_verifier():
            self.skipTest(no_verifier())
        rspamd = self.start(milters.Rspamd(self.path("rspamd")))
        gateway = self.serve(asked(rspamd), asked(self.signer()))
        arrived = self.pass_through(gateway, message("jackpot"))
        self.assertIn(b"\r\nSubject: [spam] jackpot\r\n", arrived)
        self.assertTrue(self.verifies(arrived), arrived)
        self.assertTrue(self.verifies(self.pass_through(gateway, message())))

    def test_second_of_two_lost(self):
        """What the first has changed stays, if the message may pass without the second."""
        rspamd = self.start(milters.Rspamd(self.path("rspamd")))
        private, _ = milters.key()
        signer = milters.OpenDkim(self.path("signer"), private)
        gateway = self.serve(
            asked(rspamd), asked(signer, 'on_failure = "continue"; when = { sender = "ann@*"; };'))
        arrived = self.pass_through(gateway, message("jackpot"))
        self.assertIn(b"\r\nSubject: [spam] jackpot\r\n", arrived)
        self.assertIn(b"X-Postern-Unchecked: milter signer\r\n", arrived)
        rspamd.kill()
        with harness.Client(gateway.port) as client:
            self.assertRegex(client.greeting, "^421 4.7.1 ")
        rspamd.start()
        self.start(signer)
        self.assertNotIn(b"Unchecked", self.pass_through(gateway, message()))

    def test_signed_then_verified(self):
        """Two OpenDKIMs: the second finds the signature of the first, and a final rule its finding."""
        signer = self.signer()
        verifier = self.start(milters.OpenDkim(self.path("verifier"), record=self.record))
        rules = """final_rules = (
            { name = "fail"; when = { header = { Authentication-Results = "/^gw[.]example[.]org;.*dkim=fail/s"; }; };
              then = { reject = "550 5.7.20 The signature is wrong"; }; },
            { name = "pass"; when = { header = { Authentication-Results = "/^gw[.]example[.]org;.*dkim=pass/s"; }; };
              then = { add_header = { X-Signed = "yes"; }; }; } );"""
        both = self.serve(asked(signer), asked(verifier), rest=rules, name="both")
        signed = self.pass_through(both, message())
        self.assertRegex(signed, rb"(?s)Authentication-Results: gw\.example\.org;.*dkim=pass")
        self.assertIn(b"\r\nX-Signed: yes\r\n", signed)
        last = self.serve(asked(verifier), rest=rules, name="last")
        original = signed[signed.index(b"DKIM-Signature:"):].replace(b"X-Signed: yes\r\n", b"")
        self.assertIn(b"\r\nX-Signed: yes\r\n", self.pass_through(last, original))
        self.refused(last, original.replace(b"hello", b"hullo"), "^550 5.7.20 The signature")
        self.assertNotIn(b"X-Signed", self.pass_through(last, message()))


CORPUS = """
upstreams = ( {{ name = "recorder"; address = "127.0.0.1:{port}"; }} );
limits = {{ header = "4M"; header_fields = 100000; }};
log = {{ level = "warning"; }};
audit = {{ file = "/dev/null"; }};
rules = ( {rules} );
milters = ( {milter} );
"""
UNSIGNED_MAX = 0.01
COMPLAINT = re.compile(rb"\AAuthentication-Results:gw\.example\.org; dkim=permerror.*\r\n")
FROM = re.compile(rb"(?i)^From[ \t]*:")
SIGNATURE = re.compile(
    rb"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example\.org; s=gw;\r\n(?:[ \t].*\r\n)+")


def header_lines(content):
    """The lines of its header."""
    lines = []
    for line in test_corpus.lines_of(content):
        field = test_corpus.FIELD.match(line) or (lines and line[:1] in (b" ", b"\t"))
        if not field and (lines or not test_corpus.MBOX.match(line)):
            break
        if field:
            lines.append(line)
    return lines


def plain_names(content):
    """Without the blanks before a colon, which dkimpy does not know and relaxed signatures do not sign."""
    header = b"".join(header_lines(content))
    return content.replace(header, re.sub(rb"(?m)^([!-9;-~]+)[ \t]+:", rb"\1:", header), 1)


def with_end(content):
    """The content with the empty line that ends its header."""
    return test_corpus.with_header(content).replace(test_corpus.ADDED, b"", 1)


class SignedCorpus(test_corpus.Corpus):
    """Every message of the corpus that has a From is signed on its way, and verifies.

    OpenDKIM leaves those alone that have a DKIM-Signature it cannot parse, and complains of a From it cannot."""

    test_harness = test_untouched = test_one_header_added = None

    @classmethod
    def setUpClass(cls):
        reason = no_verifier() or milters.usable("opendkim")
        if reason:
            raise unittest.SkipTest(reason)
        super().setUpClass()
        cls.messages = {
            name: content for name, content in cls.messages.items()
            if any(FROM.match(line) for line in header_lines(content))}

    def through(self, tag, rules, want):
        """Each arrives with a signature that verifies, and is all else than that what ${want} makes of it."""
        private, record = milters.key()
        signer = milters.OpenDkim(os.path.join(self.folder, tag + "-signer"), private, path=True)
        self.addCleanup(signer.stop)
        signer.start()
        gateway = harness.Gateway(os.path.join(self.folder, tag), CORPUS.format(
            port=self.recorder.port, rules=rules, milter=asked(signer)))
        try:
            self.assertEqual(self.send_all(gateway.port, tag), {})
        finally:
            code = gateway.stop()
        self.assertEqual(code, 0)
        unsigned, wrong, different = [], [], []
        for number, name in enumerate(sorted(self.messages)):
            sent = self.messages[name]
            arrived = without_dots(self.recorder.content.pop(f"{tag}{number}@example.org"))
            rest = SIGNATURE.sub(b"", arrived, count=1)
            # Where a header ends at a line that is no field dkim has no answer.
            if rest != arrived and not test_corpus.ambiguous(arrived) and not dkim.verify(
                    plain_names(arrived), dnsfunc=lambda *_, **__: record):
                wrong.append(name)
            if rest == arrived:
                rest = COMPLAINT.sub(b"", arrived)
                unsigned.append((name, rest != arrived or b"DKIM-Signature:" in sent))
            if rest != (want(sent) if rest != arrived or rules else sent):
                different.append(name)
        self.assertEqual((wrong, different), ([], []))
        self.assertEqual([name for name, excused in unsigned if not excused], [])
        self.assertLess(len(unsigned), len(self.messages) * UNSIGNED_MAX)

    def test_signed(self):
        self.through("plain", "", with_end)

    def test_signed_after_edits(self):
        self.through("edits", test_corpus.ADD_ONE, test_corpus.with_header)


if __name__ == "__main__":
    unittest.main()
