"""Mail programs send through the gateway to Postfix, logged in, in plain text, with STARTTLS and with TLS from
the first byte; what Dovecot then hands out over IMAP and POP3 is what they have sent, byte for byte.
"""

import email.policy
import os
import re
import shutil
import smtplib
import ssl
import subprocess
import unittest
from email.message import EmailMessage

import dovecot
import harness
import javamail
import maildir
import postfix
from harness import tls

USERS = {"bob": "Ungu3ssable-of-bob"}
LOGIN = ("bob", USERS["bob"])
SETTINGS = """
upstreams = ( {{ name = "mta"; address = "127.0.0.1:{port}"; }} );
rules = (
  {{ name = "log-in"; when = {{ not = {{ auth = "bob"; }}; }};
    then = {{ reject = "530 5.7.0 Authentication required"; }}; }},
  {{ name = "refused"; when = {{ header = {{ Subject = "/verbotene Überraschung/i"; }}; }};
    then = {{ reject = "554 5.7.1 We do not like your Subject"; }}; }}
);
"""
SASL = """\
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {path}
smtpd_sasl_security_options = noanonymous
"""
CURL, MSMTP, SWAKS = map(shutil.which, ("curl", "msmtp", "swaks"))

mta = box = gateway = folder = None


class Gateway(harness.Gateway):
    """A listener for each mode; ports says which."""

    def configure(self, settings):
        self.ports = {"plain": self.port, "starttls": harness.free_port(), "implicit": harness.free_port()}
        pair = f'certificate = "{tls.folder()}/gw.pem"; key = "{tls.folder()}/gw.key";'
        rows = [f'{{ address = "127.0.0.1:{self.port}"; name = "plain"; }}'] + [
            f'{{ address = "127.0.0.1:{self.ports[mode]}"; name = "{mode}"; '
            f'tls = {{ mode = "{mode}"; {pair} required = true; }}; }}'
            for mode in ("starttls", "implicit")
        ]
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f'hostname = "gw.example.org";\nlisteners = ( {", ".join(rows)} );\n{settings}')


def setUpModule():
    global mta, box, gateway, folder
    folder = harness.module_folder("clients", postfix.usable() or dovecot.usable())
    place = os.path.join(folder, "dovecot", "postfix")  # within Dovecot's root, since both read the mail
    box = dovecot.Dovecot(os.path.dirname(place), USERS, os.path.join(place, "mail", "inbox"))
    unittest.addModuleCleanup(box.stop)
    box.start()
    mta = postfix.Postfix(place, SASL.format(path=box.sasl))
    unittest.addModuleCleanup(mta.stop)
    mta.start()
    gateway = Gateway(os.path.join(folder, "gateway"), SETTINGS.format(port=mta.plain))
    unittest.addModuleCleanup(stop_gateway)


def stop_gateway():
    code = gateway.stop()
    if code != 0:
        raise AssertionError(f"postern ended with {code}: {gateway.log()}")


def header(token, **more):
    fields = {"From": "Bob <bob@example.org>", "To": "u@example.org", "Date": "Sat, 21 Nov 2026 09:00:00 +0000",
              "Message-ID": f"<{token}@example.org>", "Subject": f"hello {token}", **more}
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode() + b"\r\n"


def dots(token):
    """Dots, blanks at line ends, empty lines."""
    return header(token) + b".\r\n..\r\n.x\r\n\r\n  \r\nblank at the end \r\n.\r\n%TOKEN% <b@x> \\n\r\n"


def eight_bit(token):
    """A body in UTF-8 and header fields in encoded-words."""
    fields = {"Subject": "=?utf-8?q?Gr=C3=BC=C3=9Fe_?=\r\n =?utf-8?b?5L2g5aW9?= " + token,
              "MIME-Version": "1.0", "Content-Type": "text/plain; charset=utf-8",
              "Content-Transfer-Encoding": "8bit"}
    return header(token, **fields) + f"Grüße, 你好\r\n{token}\r\n".encode()


def attachment(token):
    """As Python writes it, its name in UTF-8."""
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = "Jürgen Müller <bob@example.org>"
    message["To"] = "Zoë <u@example.org>"
    message["Subject"] = f"Grüße, 你好 {token}"
    message["Message-ID"] = f"<{token}@example.org>"
    message["Date"] = "Sat, 21 Nov 2026 09:00:00 +0000"
    message.set_content("Grüße\n.\n..\n")
    message.add_attachment(bytes(range(256)) * 40, "application", "pdf", filename="Überweisung 你好.pdf")
    return message.as_bytes()


def large(token):
    return header(token) + b".leading dot and some more text of this line\r\n" * 8000


KINDS = (dots, eight_bit, attachment, large)


class Case(unittest.TestCase):
    def check_mail(self, token, mode, sent):
        """Over both protocols, and its record."""
        over_imap, _ = box.by_imap(token)
        self.assertIsNone(maildir.difference(over_imap, sent))
        over_pop3, _ = box.by_pop3(token)
        self.assertIsNone(maildir.difference(over_pop3, sent))
        (record,) = gateway.wait_records(1, lambda record: token in (record.get("subject") or ""))
        self.assertEqual((record["listener"], record["auth"], record["verdict"]), (mode, "bob", "accept"))
        self.assertEqual("tls" in record, mode != "plain")


class Each:
    """A client that hands over bytes: every kind of message in every mode. hand_over() sends from
    bob@example.org to u@example.org and returns whether it was accepted, and what the client said."""

    missing = None

    @classmethod
    def setUpClass(cls):
        if cls.missing:
            raise unittest.SkipTest(cls.missing)

    def hand_over(self, mode, content):
        raise NotImplementedError

    def token(self, *words):
        return "-".join(("token", type(self).__name__, *words))

    def try_mode(self, mode):
        for kind in KINDS:
            with self.subTest(kind=kind.__name__):
                token = self.token(mode, kind.__name__)
                sent = kind(token)
                accepted, said = self.hand_over(mode, sent)
                self.assertTrue(accepted, said)
                self.check_mail(token, mode, sent)

    def test_plain(self):
        self.try_mode("plain")

    def test_starttls(self):
        self.try_mode("starttls")

    def test_implicit(self):
        self.try_mode("implicit")

    def test_refused(self):
        """The client hears the reply of the rule."""
        subject = "=?utf-8?q?verbotene_=C3=9Cberraschung?="
        accepted, said = self.hand_over("starttls", header(self.token("refused"), Subject=subject) + b"x\r\n")
        self.assertFalse(accepted, said)
        self.assertIn("We do not like your Subject", said)


class Smtplib(Each, Case):
    def connect(self, mode):
        context = ssl.create_default_context(cafile=f"{tls.folder()}/ca.pem")
        where = {"host": "gw.example.org", "port": gateway.ports[mode],
                 "local_hostname": "client.example", "timeout": harness.WAIT_SECONDS}
        client = ByName(context=context, **where) if mode == "implicit" else PlainByName(**where)
        self.addCleanup(client.close)
        if mode == "starttls":
            client.starttls(context=context)
        client.login(*LOGIN)
        return client

    def hand_over(self, mode, content):
        client = self.connect(mode)
        options = ["BODY=8BITMIME"] if max(content) > 127 else []
        try:
            client.sendmail("bob@example.org", ["u@example.org"], content, options)
        except smtplib.SMTPDataError as error:
            return False, error.smtp_error.decode()
        client.quit()
        return True, ""

    def test_send_message(self):
        """Addresses in UTF-8 (SMTPUTF8): the header goes as it is."""
        token = self.token("utf8")
        message = EmailMessage(policy=email.policy.SMTP.clone(utf8=True))
        message["From"], message["To"] = "Jürgen <jürgen@example.org>", "用户@example.org"
        message["Subject"], message["Message-ID"] = f"Grüße {token}", f"<{token}@example.org>"
        message["Date"] = "Sat, 21 Nov 2026 09:00:00 +0000"
        message.set_content("你好\n.\n", cte="8bit")
        client = self.connect("starttls")
        self.assertEqual(client.send_message(message), {})
        client.quit()
        self.check_mail(token, "starttls", message.as_bytes())

    def test_some_recipients(self):
        client = self.connect("implicit")
        token = self.token("some")
        refused = client.sendmail("bob@example.org", ["u@example.org", "gone@example.org"], dots(token))
        self.assertEqual({name: code for name, (code, _) in refused.items()}, {"gone@example.org": 550})
        client.quit()
        self.check_mail(token, "implicit", dots(token))


class PlainByName(smtplib.SMTP):
    """The certificate has a name; the gateway is at an address."""

    def _get_socket(self, host, port, timeout):
        return super()._get_socket("127.0.0.1", port, timeout)


class ByName(smtplib.SMTP_SSL):
    def _get_socket(self, host, port, timeout):
        plain = smtplib.SMTP._get_socket(self, "127.0.0.1", port, timeout)
        return self.context.wrap_socket(plain, server_hostname=self._host)


class Program(Each):
    """A client that is a program."""

    def run_program(self, *arguments, said=b""):
        result = subprocess.run(
            arguments, input=said, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
            check=False, cwd=folder)
        return result.returncode == 0, result.stdout.decode(errors="replace")

    @staticmethod
    def written(content):
        path = os.path.join(folder, "message")
        with open(path, "wb") as file:
            file.write(content)
        return path


class Curl(Program, Case):
    missing = None if CURL else "curl is not installed"

    def hand_over(self, mode, content):
        scheme, port = "smtps" if mode == "implicit" else "smtp", gateway.ports[mode]
        more = ["--ssl-reqd"] if mode == "starttls" else []
        mechanism = {"plain": "CRAM-MD5", "starttls": "PLAIN", "implicit": "LOGIN"}[mode]
        return self.run_program(
            CURL, "-sSv", "--resolve", f"gw.example.org:{port}:127.0.0.1", "--noproxy", "*",
            "--cacert", f"{tls.folder()}/ca.pem", f"{scheme}://gw.example.org:{port}/client.example",
            "--mail-from", "bob@example.org", "--mail-rcpt", "u@example.org", "--user", ":".join(LOGIN),
            "--login-options", f"AUTH={mechanism}", "--upload-file", self.written(content), *more)

    def test_fetch(self):
        """curl as a reader, too."""
        token = self.token("fetch")
        sent = eight_bit(token)
        accepted, said = self.hand_over("starttls", sent)
        self.assertTrue(accepted, said)
        self.check_mail(token, "starttls", sent)
        _, uid = box.by_imap(token)
        _, number = box.by_pop3(token)
        for url in (f"imap://127.0.0.1:{box.imap}/INBOX;UID={uid}", f"pop3://127.0.0.1:{box.pop3}/{number}"):
            fetched = subprocess.run(
                [CURL, "-sS", "--noproxy", "*", "--user", ":".join(LOGIN), url], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, timeout=60, check=True).stdout
            self.assertIsNone(maildir.difference(fetched, sent))


class Msmtp(Program, Case):
    missing = None if MSMTP else "msmtp is not installed"

    def hand_over(self, mode, content):
        config = os.path.join(folder, "msmtprc")
        mechanism = {"plain": "scram-sha-256", "starttls": "plain", "implicit": "login"}[mode]
        with open(config, "w", encoding="ascii") as file:
            file.write(
                f"account default\nhost 127.0.0.1\nport {gateway.ports[mode]}\ndomain client.example\n"
                f"from bob@example.org\nauth {mechanism}\nuser bob\npasswordeval echo {LOGIN[1]}\n"
                f"tls {'off' if mode == 'plain' else 'on'}\n"
                f"tls_starttls {'on' if mode == 'starttls' else 'off'}\n"
                f"tls_trust_file {tls.folder()}/ca.pem\ntls_host_override gw.example.org\n")
        os.chmod(config, 0o600)
        # It reads lines as files have them.
        return self.run_program(
            MSMTP, "-C", config, "u@example.org", said=content.replace(b"\r\n", b"\n"))


class Swaks(Program, Case):
    missing = None if SWAKS else "swaks is not installed"

    def hand_over(self, mode, content):
        more = {"plain": ["--auth", "CRAM-MD5"], "starttls": ["--auth", "PLAIN", "--tls"],
                "implicit": ["--auth", "LOGIN", "--tls-on-connect"]}[mode]
        return self.run_program(
            SWAKS, "--server", "127.0.0.1", "--port", str(gateway.ports[mode]), "--helo", "client.example",
            "--from", "bob@example.org", "--to", "u@example.org", "--auth-user", LOGIN[0],
            "--auth-password", LOGIN[1], "--tls-ca-path", f"{tls.folder()}/ca.pem", "--no-data-fixup",
            "--data", "@" + self.written(harness.stuff(content)), *more)


class JavaMail(Case):
    """One run for each mode. It composes the messages itself and says what it has sent."""

    KINDS = (("text", "PLAIN"), ("attachment", "LOGIN"), ("large", "PLAIN"), ("utf8", "LOGIN"))

    @classmethod
    def setUpClass(cls):
        reason = javamail.usable()
        if reason:
            raise unittest.SkipTest(reason)
        cls.java = javamail.JavaMail(os.path.join(folder, "java"))

    def send(self, mode, *messages):
        return self.java.send(gateway.ports[mode], mode, LOGIN, messages)

    def try_mode(self, mode):
        rows = [(f"token-JavaMail-{mode}-{kind}", kind, mechanism, ["u@example.org"])
                for kind, mechanism in self.KINDS]
        self.assertEqual(self.send(mode, *rows), ["ok"] * len(rows))
        for token, kind, *_ in rows:
            with self.subTest(kind=kind):
                sent = self.java.sent(token)
                self.check_mail(token, mode, sent)
                self.look(kind, email.message_from_bytes(sent, policy=email.policy.default))

    def look(self, kind, message):
        """That the message was of its kind."""
        self.assertTrue(message["Subject"].startswith("Grüße, 你好, and"), message["Subject"])
        self.assertIn("Jürgen Müller", message["From"])
        if kind == "attachment":
            names = [part.get_filename() for part in message.iter_attachments()]
            self.assertIn("Überweisung 你好.pdf", names)

    def test_plain(self):
        self.try_mode("plain")

    def test_starttls(self):
        self.try_mode("starttls")

    def test_ssl(self):
        self.try_mode("implicit")

    def test_some_recipients(self):
        token = "token-JavaMail-partial"
        (answer,) = self.send(
            "starttls", (token, "partial", "PLAIN", ["u@example.org", "gone@example.org"]))
        self.assertRegex(answer, r"sent=\[.*<u@example\.org>\] invalid=\[.*<gone@example\.org>\].* 550 5\.1\.1 ")
        self.check_mail(token, "starttls", self.java.sent(token))


class WithoutLogin(Case):
    def test_refused(self):
        with harness.Client(gateway.port) as client:
            client.expect(250, "EHLO client.example")
            client.expect("530 5.7.0 Auth", "MAIL FROM:<bob@example.org>")


if __name__ == "__main__":
    unittest.main()
