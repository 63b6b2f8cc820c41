"""Logging in through the gateway: swaks and smtplib against Postfix with Dovecot's SASL."""

import base64
import os
import re
import shutil
import smtplib
import subprocess
import unittest

import dovecot
import exim
import harness
import postfix

USERS = {"bob": "Ungu3ssable-of-bob", "carol": "Ungu3ssable-of-carol"}
SETTINGS = """
upstreams = ( {{ name = "mta"; address = "127.0.0.1:{port}"; }} );
log = {{ level = "debug"; }};
lists = {{ our_domains = [ "example.org" ]; }};
rules = (
  {{ name = "carol"; when = {{ auth = "carol"; sender = {{ not = "carol@example.org"; }}; }};
    then = {{ reject = "553 5.7.1 You are ${{auth}}"; }}; }},
  {{ name = "no-relay"; when = {{ recipient_domain = {{ not = "@our_domains"; }}; not = {{ auth = "*"; }}; }};
    then = {{ reject = "550 5.7.1 Log in to relay"; }}; }}
);
"""
SASL = """\
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {path}
smtpd_sasl_security_options = noanonymous
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
"""
SWAKS = shutil.which("swaks")

mta = None
folder = None


def setUpModule():
    global mta, folder
    folder = harness.module_folder("auth", postfix.usable() or dovecot.usable())
    sasl = dovecot.Dovecot(os.path.join(folder, "dovecot"), USERS)
    unittest.addModuleCleanup(sasl.stop)
    sasl.start()
    mta = postfix.Postfix(os.path.join(folder, "postfix"), SASL.format(path=sasl.sasl))
    unittest.addModuleCleanup(mta.stop)
    mta.start()


class Login(unittest.TestCase):
    def setUp(self):
        place = os.path.join(folder, self.id())
        self.gateway = harness.Gateway(place, SETTINGS.format(port=mta.plain))

    def tearDown(self):
        self.assertEqual(self.gateway.stop(), 0)
        written = self.gateway.log() + open(self.gateway.audit_path, encoding="utf-8").read()
        for word in USERS.values():
            for form in (word, base64.b64encode(word.encode()).decode().rstrip("=")[:-1]):
                self.assertNotIn(form, written)
                self.assertNotIn(form, re.sub(r"\s", "", written))

    def swaks(self, *arguments, password=USERS["bob"]):
        result = subprocess.run(
            [SWAKS, "--server", "127.0.0.1", "--port", str(self.gateway.port), "--helo", "c.example",
             "--from", "bob@example.org", "--to", "x@elsewhere.example", "--auth-user", "bob",
             "--auth-password", password, *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", check=False, timeout=60,
        )
        return result.returncode, result.stdout

    def smtp(self):
        client = smtplib.SMTP("127.0.0.1", self.gateway.port, "c.example", timeout=20)
        self.addCleanup(client.close)
        client.ehlo()
        return client

    @unittest.skipUnless(SWAKS, "swaks is not installed")
    def test_swaks_logs_in_and_relays(self):
        for count, mechanism in enumerate(("PLAIN", "LOGIN", "CRAM-MD5"), 1):
            with self.subTest(mechanism=mechanism):
                code, output = self.swaks("--auth", mechanism)
                self.assertEqual(code, 0, output)
                record = self.gateway.wait_records(count)[-1]
                self.assertEqual((record["auth"], record["verdict"]), ("bob", "accept"))

    @unittest.skipUnless(SWAKS, "swaks is not installed")
    def test_a_wrong_password_is_refused_by_the_server(self):
        for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
            with self.subTest(mechanism=mechanism):
                code, output = self.swaks("--auth", mechanism, password="wrong")
                self.assertEqual(code, 28, output)
                self.assertRegex(output, "535 5[.]7[.]8 ")

    def test_smtplib_logs_in(self):
        client = self.smtp()
        offered = client.esmtp_features["auth"].split()
        self.assertEqual(sorted(offered), ["CRAM-MD5", "LOGIN", "PLAIN", "SCRAM-SHA-256"])
        self.assertEqual(client.login("carol", USERS["carol"])[0], 235)
        self.assertEqual(client.mail("bob@example.org"), (553, b"5.7.1 You are carol"))
        self.assertEqual(client.mail("carol@example.org")[0], 250)
        self.assertEqual(client.rcpt("x@elsewhere.example")[0], 250)
        self.assertEqual(client.data("Subject: relayed\r\n\r\nText.\r\n")[0], 250)
        client.quit()
        record = self.gateway.wait_records(2)[-1]
        self.assertEqual((record["auth"], record["verdict"]), ("carol", "accept"))

    def test_nobody_relays_without_a_login(self):
        client = self.smtp()
        client.mail("bob@example.org")
        self.assertEqual(client.rcpt("x@elsewhere.example"), (550, b"5.7.1 Log in to relay"))
        self.assertEqual(client.rcpt("u@example.org")[0], 250)
        client.quit()

    def test_the_server_itself_says_who_may_relay(self):
        self.gateway.reload(SETTINGS.format(port=mta.plain).split("rules =")[0])
        client = self.smtp()
        client.mail("bob@example.org")
        self.assertEqual(client.rcpt("x@elsewhere.example")[0], 554)
        client.rset()
        client.login("bob", USERS["bob"])
        client.mail("bob@example.org")
        self.assertEqual(client.rcpt("x@elsewhere.example")[0], 250)
        client.quit()

    def test_a_cancelled_login_leaves_a_usable_session(self):
        with harness.Client(self.gateway.port) as client:
            client.expect(250, "EHLO c.example")
            client.expect(334, "AUTH LOGIN")
            client.expect(501, "*")
            client.expect(334, "AUTH CRAM-MD5")
            client.expect(535, "QUIT")  # data, and wrong
            client.expect(503, "RCPT TO:<u@example.org>")
            client.expect(250, "NOOP")
            client.expect(221, "QUIT")


class Identities(unittest.TestCase):
    """A server that passes over the identity asked for: whom it has let in, only its own log knows."""

    SETTINGS = """
upstreams = ( {{ name = "mta"; address = "127.0.0.1:{port}"; }} );
rules = (
  {{ name = "not-boss"; when = {{ sender = "boss@example.org"; not = {{ auth = "boss"; }}; }};
    then = {{ reject = "550 5.7.1 You are not boss"; }}; }},
  {{ name = "no-relay"; when = {{ recipient_domain = {{ not = "example.org"; }}; }};
    then = {{ reject = "550 5.7.1 Not ours"; }}; }} );
"""

    def setUp(self):
        reason = exim.usable()
        if reason:
            self.skipTest(reason)
        place = os.path.join(folder, self.id())
        self.mta = exim.Exim(place + "-exim", logins=True)
        self.addCleanup(self.mta.stop)
        self.mta.start()
        self.gateway = harness.Gateway(place, self.SETTINGS.format(port=self.mta.plain))
        self.addCleanup(lambda: self.assertEqual(self.gateway.stop(), 0))

    def log_in(self, asked, verified):
        client = harness.Client(self.gateway.port)
        self.addCleanup(client.socket.close)
        client.expect(250, "EHLO client.example")
        response = f"{asked}\0{verified}\0password-of-{verified}".encode()
        client.expect(235, "AUTH PLAIN " + base64.b64encode(response).decode())
        return client

    def test_nobody_is_taken_for_whom_he_asks_to_be(self):
        client = self.log_in("boss", "evil")
        self.assertEqual(client.say("MAIL FROM:<boss@example.org>"), "550 5.7.1 You are not boss\r\n")
        client.envelope("evil@example.org", "u@example.org")
        self.assertTrue(client.content(b"Subject: mine\r\n\r\nText.\r\n").startswith("250 "))
        for record in self.gateway.wait_records(2):
            self.assertEqual((record["auth"], record["auth_identities"]),
                             ("", {"authentication": "evil", "authorization": "boss"}))
        harness.wait_for(lambda: re.search(r"<= evil@example[.]org .*A=plain:evil ", self.mta.log()), "the login in Exim's log")

    def test_one_name_twice_is_one(self):
        client = self.log_in("boss", "boss")
        client.envelope("boss@example.org", "u@example.org")
        self.assertTrue(client.content(b"Subject: mine\r\n\r\nText.\r\n").startswith("250 "))
        record = self.gateway.wait_records(1)[0]
        self.assertEqual(record["auth"], "boss")
        self.assertNotIn("auth_identities", record)


if __name__ == "__main__":
    unittest.main()
