"""The configurations in conf/recipes, as they stand but for addresses and certificates, with the servers they
are for.
"""

import glob
import os
import re
import shutil
import smtplib
import subprocess
import tempfile
import unittest

import balancer
import dovecot
import exim
import harness
import maildir
import opensmtpd
import postfix
from harness import tls

HERE = os.path.dirname(os.path.abspath(__file__))
RECIPES = os.path.normpath(os.path.join(HERE, "..", "..", "conf", "recipes"))
SASL = """\
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {path}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
"""


def recipe(name, *changes):
    """Its text with other addresses and with the certificates of the tests."""
    with open(os.path.join(RECIPES, name + ".conf"), encoding="utf-8") as file:
        text = re.sub("(?m)^#.*", "", file.read())
    for old, new in (("/etc/postern/", tls.folder() + "/"), *changes):
        if old not in text and old != "/etc/postern/":
            raise AssertionError(f"{name}.conf has no {old}")
        text = text.replace(old, new)
    return text


class Gateway(harness.Gateway):
    """With a recipe for its whole configuration; PORT in it is its port."""

    def configure(self, settings):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(settings.replace("PORT", str(self.port)))


class Check(unittest.TestCase):
    """They are right, and only the one that says so is warned of."""

    def test_all(self):
        paths = glob.glob(os.path.join(RECIPES, "*.conf"))
        self.assertGreater(len(paths), 5)
        for path in paths:
            name = os.path.basename(path)[: -len(".conf")]
            with self.subTest(name=name), tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
                file.write(recipe(name))
                file.flush()
                result = subprocess.run(
                    [harness.POSTERN, "check", "-c", file.name], stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual("warning" in result.stderr, name == "postfix-filter", result.stderr)


class Recipes(unittest.TestCase):
    """A folder and a gateway for each test, one Postfix for most."""

    @classmethod
    def setUpClass(cls):
        cls.mta = None
        if postfix.usable() is None:
            place = tempfile.mkdtemp(prefix="postern-recipes-")
            os.chmod(place, 0o755)
            cls.addClassCleanup(shutil.rmtree, place, ignore_errors=True)
            cls.mta = postfix.Postfix(os.path.join(place, "postfix"))
            cls.addClassCleanup(cls.mta.stop)
            cls.mta.start()

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="postern-recipes-")
        os.chmod(self.folder, 0o755)
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def need(self, *reasons):
        for reason in reasons:
            if reason:
                self.skipTest(reason)

    def start(self, server):
        self.addCleanup(server.stop)
        server.start()
        return server

    def serve(self, text):
        gateway = Gateway(os.path.join(self.folder, "gateway"), text)
        self.addCleanup(lambda: self.assertEqual(gateway.stop(), 0))
        return gateway

    def token(self):
        return "token-" + re.sub(r"\W", "-", self.id())

    def message(self):
        return (f"From: a@b.test\r\nTo: u@example.org\r\nDate: Sat, 21 Nov 2026 09:00:00 +0000\r\n"
                f"Message-ID: <{self.token()}@b.test>\r\nSubject: x\r\n\r\n.\r\nbody\r\n").encode()

    def stranger(self, port, mta):
        """One from 127.0.0.9 cannot relay, its mail for us arrives, and the server knows where from; the
        machine itself, whom the server trusts, can relay."""
        with harness.Client(port, "127.0.0.9") as client:
            client.expect(250, "EHLO client.example")
            client.expect(250, "MAIL FROM:<a@b.test>")
            client.expect(55, "RCPT TO:<x@elsewhere.test>")
            client.expect(250, "RCPT TO:<u@example.org>")
            self.assertRegex(client.content(self.message()), "^250")
        (arrived,) = mta.with_token(self.token())
        self.assertIsNone(maildir.difference(arrived, self.message()))
        self.assertRegex(arrived, rb"Received: from [^;]*\[127\.0\.0\.9\]")
        with harness.Client(port, "127.0.0.1") as client:
            client.expect(250, "EHLO client.example")
            client.envelope("a@b.test", "x@elsewhere.test")

    def loop(self, port):
        with harness.Client(port) as client:
            client.expect(250, "EHLO client.example")
            client.envelope("a@b.test", "u@example.org")
            reply = client.content(b"Received: from x\r\n" * 60 + self.message())
            self.assertRegex(reply, r"^554 5\.4\.6 Too many hops")

    def front_door(self, name, mta, port, place="127.0.0.1:10025"):
        gateway = self.serve(
            recipe(name, ("[::]:25", "127.0.0.1:PORT"), (place, f"127.0.0.1:{port}")))
        self.stranger(gateway.port, mta)
        self.loop(gateway.port)

    def postfix(self, settings):
        return self.start(postfix.Postfix(os.path.join(self.folder, "postfix"), settings))

    def test_postfix(self):
        self.need(postfix.usable())
        self.front_door("postfix", self.mta, self.mta.xclient)

    def test_exim(self):
        self.need(exim.usable())
        mta = self.start(exim.Exim(os.path.join(self.folder, "exim")))
        self.front_door("exim", mta, mta.proxied)

    def test_opensmtpd(self):
        self.need(opensmtpd.usable())
        mta = self.start(opensmtpd.OpenSmtpd(os.path.join(self.folder, "opensmtpd")))
        self.front_door("opensmtpd", mta, mta.proxied)

    def test_haproxy(self):
        self.need(postfix.usable(), balancer.usable())
        gateway = self.serve(recipe(
            "haproxy", ("[::]:25", "127.0.0.1:PORT"), ("10.0.0.5", "127.0.0.1"),
            ("127.0.0.1:10025", f"127.0.0.1:{self.mta.xclient}")))
        front = balancer.Balancer(self.folder, gateway.port)
        try:
            self.stranger(front.v2, self.mta)
        finally:
            front.stop()

    def test_postfix_filter(self):
        """Client, Postfix, gateway, Postfix: the first refuses what it refuses, the gateway the rest."""
        self.need(postfix.usable())
        gateway = self.serve(recipe(
            "postfix-filter", ("127.0.0.1:10024", "127.0.0.1:PORT"),
            ("127.0.0.1:10026", f"127.0.0.1:{self.mta.xforward}")))
        front = self.postfix(f"smtpd_proxy_filter = 127.0.0.1:{gateway.port}\n")
        with harness.Client(front.plain, "127.0.0.9") as client:
            client.expect(250, "EHLO client.example")
            client.expect(250, "MAIL FROM:<a@b.test>")
            client.expect("554 5.7.1", "RCPT TO:<x@elsewhere.test>")
            client.expect(250, "RCPT TO:<u@example.org>")
            self.assertRegex(client.content(self.message()), "^250")
        (arrived,) = self.mta.with_token(self.token())
        self.assertIsNone(maildir.difference(arrived, self.message()))
        (record,) = gateway.wait_records(1, lambda record: bool(record["recipients"]))
        self.assertEqual(record["forwarded"]["address"], "127.0.0.9")
        said = re.compile(r"orig_client=\S*\[127\.0\.0\.9\]")
        harness.wait_for(lambda: said.search(self.mta.log()), "the client in the second Postfix's log")
        self.loop(front.plain)

    def test_submission(self):
        """One login relays, in both ways of TLS; without one, or without TLS, nothing does."""
        self.need(postfix.usable(), dovecot.usable())
        sasl = self.start(dovecot.Dovecot(os.path.join(self.folder, "dovecot"), {"bob": "Ungu3ssable"}))
        mta = self.postfix(SASL.format(path=sasl.sasl))
        implicit = harness.free_port()
        gateway = self.serve(recipe(
            "submission", ("[::]:587", "127.0.0.1:PORT"), ("[::]:465", f"127.0.0.1:{implicit}"),
            ("127.0.0.1:10587", f"127.0.0.1:{mta.xclient}")))
        context = tls.context(server=False, ca="ca")
        with smtplib.SMTP("127.0.0.1", gateway.port, "c.example", timeout=20) as client:
            self.assertEqual(client.docmd("MAIL FROM:<bob@example.org>")[0], 530)
            client.starttls(context=context)
            client.ehlo()
            self.assertEqual(client.docmd("MAIL FROM:<bob@example.org>")[0], 530)
            client.login("bob", "Ungu3ssable")
            client.sendmail("bob@example.org", ["x@elsewhere.test"], self.message())
        with smtplib.SMTP_SSL("127.0.0.1", implicit, "c.example", timeout=20, context=context) as client:
            client.login("bob", "Ungu3ssable")
            client.sendmail(
                "bob@example.org", ["u@example.org"], b"User-Agent: secret\r\n" + self.message())
        (arrived,) = mta.with_token(self.token())
        self.assertIsNone(maildir.difference(arrived, self.message()))

    def test_exchange(self):
        """There is no Exchange here: a server that notes what it gets."""
        recorder = harness.Recorder()
        self.addCleanup(recorder.close)
        gateway = self.serve(recipe(
            "exchange", ("[::]:25", "127.0.0.1:PORT"), ("10.0.0.20:25", f"127.0.0.1:{recorder.port}"),
            ('tls = "required"', 'tls = "off"')))
        with harness.Client(gateway.port, "127.0.0.9") as client:
            client.expect(250, "EHLO client.example")
            client.expect(250, "MAIL FROM:<a@b.test>")
            client.expect("550 5.7.1 We take no mail for elsewhere.test", "RCPT TO:<x@elsewhere.test>")
            client.expect(250, "RCPT TO:<u@example.org>")
            reply = client.content(
                b"X-MS-Exchange-Organization-SCL: -1\r\nX-MS-Exchange-Forest-RulesExecuted: y\r\n" + self.message())
            self.assertRegex(reply, "^250")
        content = bytes(recorder.content["u@example.org"])
        self.assertRegex(content, rb"^Received: from client\.example \(.*\[127\.0\.0\.9\]")
        self.assertTrue(content.endswith(harness.stuff(self.message())), content)
        self.assertNotIn(b"X-MS-", content)


if __name__ == "__main__":
    unittest.main()
