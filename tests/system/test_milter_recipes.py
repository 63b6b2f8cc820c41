"""The configurations in conf/ with milters, as they stand but for addresses and certificates: each milter in front
of each server, and the fields that only our milters may write.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import exim
import harness
import milters
import opensmtpd
from test_milters import no_verifier, without_dots
from test_recipes import RECIPES, Gateway, recipe

if importlib.util.find_spec("dkim"):
    import dkim

ADDRESSES = {
    "opendkim": "inet:8891@127.0.0.1", "rspamd": "inet:11332@127.0.0.1", "clamav": "inet:7357@127.0.0.1"}
SERVERS = {"exim": "127.0.0.1:10025", "opensmtpd": "127.0.0.1:10025", "exchange": "10.0.0.20:25"}
FILE = os.path.join(os.path.dirname(RECIPES), "authentication-results.conf")
OURS = b"Authentication-Results: gw.example.org; dkim=pass header.d=bank.example\r\n"


def upstreams(text):
    return re.search(r"(?ms)^upstreams = .*?\);$", text).group()


def message(token, subject="hello", more=b"", body=b"Hello\r\n"):
    return more + (
        f"From: Ann <ann@example.com>\r\nTo: u@example.org\r\nSubject: {subject}\r\n"
        f"Message-ID: <{token}@example.com>\r\nDate: Sat, 21 Nov 2026 09:00:00 +0000\r\n\r\n").encode() + body


class Noting:
    """In place of Exchange: a server that notes what it gets."""

    def __init__(self, recorder):
        self.recorder = recorder
        self.proxied = recorder.port

    def with_token(self, token):
        content = without_dots(self.recorder.content["u@example.org"])
        return [content] if token.encode() in content else []


class Case(unittest.TestCase):

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="postern-recipes-")
        os.chmod(self.folder, 0o755)
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.recorder = harness.Recorder()
        self.addCleanup(self.recorder.close)

    def need(self, *reasons):
        for reason in reasons:
            if reason:
                self.skipTest(reason)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, server):
        self.addCleanup(server.stop)
        server.start()
        return server

    def signer(self):
        private, self.record = milters.key()
        return self.start(milters.OpenDkim(self.path("signer"), private))

    def verifies(self, content):
        return dkim.verify(content, dnsfunc=lambda *_, **__: self.record)

    def serve(self, name, text):
        gateway = Gateway(self.path(name), text)
        self.addCleanup(lambda: self.assertEqual(gateway.stop(), 0))
        return gateway

    @staticmethod
    def send(gateway, content):
        with harness.Client(gateway.port) as client:
            client.expect(250, "EHLO client.example")
            client.envelope("ann@example.com", "u@example.org")
            return client.content(content)


class Everywhere(Case):
    """Three recipes, each with three servers: that of one is put into another as it stands."""

    def server(self, name):
        if name == "exchange":
            return Noting(self.recorder)
        module, kind = {"exim": (exim, exim.Exim), "opensmtpd": (opensmtpd, opensmtpd.OpenSmtpd)}[name]
        self.need(module.usable())
        return self.start(kind(self.path(name)))

    def through(self, name, milter, judge):
        """The recipe of ${milter} before each server; ${judge} is told of the gateway and what brings mail back."""
        text = recipe(name, ("[::]:25", "127.0.0.1:PORT"), (ADDRESSES[name], milter.address))
        for server_name, place in SERVERS.items():
            with self.subTest(server=server_name):
                server = self.server(server_name)
                behind = upstreams(recipe(server_name, (place, f"127.0.0.1:{server.proxied}")))
                behind = behind.replace('tls = "required"', 'tls = "off"')
                gateway = self.serve(server_name + "-" + name, text.replace(upstreams(text), behind))
                judge(gateway, server, f"token-{name}-{server_name}")

    def passes(self, gateway, server, token, *more, **changes):
        reply = self.send(gateway, message(token, *more, **changes))
        self.assertTrue(reply.startswith("250"), reply + gateway.log())
        (arrived,) = server.with_token(token)
        return arrived

    def test_opendkim(self):
        self.need(milters.usable("opendkim"), no_verifier())

        def judge(gateway, server, token):
            arrived = self.passes(gateway, server, token, more=OURS)
            self.assertTrue(self.verifies(arrived), arrived)
            self.assertNotIn(b"bank.example", arrived)

        self.through("opendkim", self.signer(), judge)

    def test_rspamd(self):
        self.need(milters.usable("rspamd"))
        rspamd = self.start(milters.Rspamd(self.path("rspamd")))

        def judge(gateway, server, token):
            self.assertNotIn(b"SPAM", self.passes(gateway, server, token, more=b"X-Spam: Yes\r\n"))
            self.assertIn(
                b"\nSubject: [SPAM?] casino", self.passes(gateway, server, token + "-2", "casino"))
            self.assertRegex(
                self.send(gateway, message(token, body=milters.GTUBE + b"\r\n")), "^554 5.7.1 ")
            rspamd.kill()
            self.assertIn(b"X-Postern-Unchecked: milter rspamd", self.passes(gateway, server, token + "-3"))
            rspamd.start()

        self.through("rspamd", rspamd, judge)

    def test_clamav(self):
        self.need(milters.usable("clamav-daemon", "clamav-milter"))
        scanner = self.start(milters.Scanner(self.path("scanner")))
        clamav = self.start(milters.ClamAv(self.path("clamav"), scanner))

        def judge(gateway, server, token):
            self.passes(gateway, server, token)
            self.assertRegex(
                self.send(gateway, message(token, body=milters.EICAR + b"\r\n")), r"^550 5\.7\.1 Found Eicar")
            clamav.kill()
            with harness.Client(gateway.port) as client:
                self.assertRegex(client.greeting, "^421 4.7.1 ")
            clamav.start()

        self.through("clamav", clamav, judge)


class AuthenticationResults(Case):
    """conf/authentication-results.conf."""

    FORGED = (
        "gw.example.org; dkim=pass", "gw.example.org 1; dkim=pass", "GW.Example.ORG;dkim=pass", "gw.example.org",
        "\"gw.example.org\"; dkim=pass", "(a (nested) one \\) here) (two) gw.example.org; dkim=pass",
        "\r\n\tgw.example.org;\r\n\tdkim=pass", "gw.example.org(x) ; dkim=pass", "gw.example.org.; dkim=pass",
        "\"g\\w.example.org\"; dkim=pass", "()gw.example.org; dkim=pass", "=?utf-8?q?gw=2Eexample=2Eorg?=; dkim=pass")
    OTHERS = (
        "mx.example.net; dkim=pass", "gw.example.org.evil.test; dkim=pass", "notgw.example.org; dkim=pass",
        "(gw.example.org) mx.example.net; spf=pass (gw.example.org; said so)", "gw.example.organ; dkim=pass")

    def setUp(self):
        super().setUp()
        with open(FILE, encoding="utf-8") as file:
            text = file.read()
        self.text = text.replace("[::]:25", "127.0.0.1:PORT").replace('identify = "xclient";', "").replace(
            "127.0.0.1:10025", f"127.0.0.1:{self.recorder.port}")

    def arrives(self, gateway, content):
        self.assertRegex(self.send(gateway, content), "^250 ")
        return without_dots(self.recorder.content.pop("u@example.org"))

    @staticmethod
    def fields(values):
        return "".join(f"Authentication-Results: {value}\r\n" for value in values).encode()

    def test_check(self):
        """As it stands, and with no warning."""
        result = subprocess.run(
            [harness.POSTERN, "check", "-c", FILE], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_forged(self):
        """By the rule alone, for OpenDKIM removes some itself."""
        gateway = self.serve("rule", re.sub(r"(?ms)^milters = .*?^\);", "", self.text))
        for forged in self.FORGED:
            with self.subTest(forged=forged):
                others = self.fields(self.OTHERS)
                sent = message("t", more=others + self.fields([forged]) + others)
                self.assertEqual(self.arrives(gateway, sent), message("t", more=others + others))

    def test_final_rules(self):
        self.need(milters.usable("opendkim"), no_verifier())
        signer = self.signer()
        verifier = self.start(milters.OpenDkim(self.path("verifier"), record=self.record))
        address = ADDRESSES["opendkim"]
        signing = self.serve("signing", re.sub(
            r"(?ms)^final_rules = .*?^\);", "", self.text.replace(address, signer.address)))
        judging = self.serve("judging", self.text.replace(address, verifier.address))
        signed = self.arrives(signing, message("t"))
        self.assertIn(b"\r\nX-Signature: good\r\n", self.arrives(judging, signed))
        self.assertIn(b"\r\nX-Signature: broken\r\n", self.arrives(judging, signed.replace(b"Hello", b"Hallo")))
        forged = self.arrives(judging, message("t", more=OURS + b"X-Signature: good\r\n"))
        self.assertNotIn(b"X-Signature", forged)
        self.assertNotIn(b"bank.example", forged)


if __name__ == "__main__":
    unittest.main()
