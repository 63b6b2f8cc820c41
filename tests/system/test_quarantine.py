"""The quarantine from end to end: what is set aside, what a release sends, what stays when it cannot, and
that a 250 is never said of a message that a crash can lose."""

import glob
import json
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

import harness
import starving

OK, USAGE, DATA, NO_INPUT, UNAVAILABLE, FILES, TEMPFAIL, NO_PERMISSION, CONFIG = 0, 64, 65, 66, 69, 74, 75, 77, 78
SETTINGS = """
upstreams = ( {{ name = "mta"; address = "127.0.0.1:{port}"; {more} }} );
rules = ( {{ name = "aside"; when = {{ sender = "odd@*"; }}; then = {{ quarantine = "odd ${{sender}}"; }}; }} );
"""
SHOWN = """\
id          {name}
time        {time}
rule        aside
reason      odd odd@b.test
listener    test
policy      default
upstream    mta
client      127.0.0.1
helo        client.example
sender      <odd@b.test> BODY=8BITMIME
recipient   <u@x.test> NOTIFY=NEVER
recipient   <v@x.test>
from        Ann <a@b.test>
subject     hi
message-id  <1@x>
size        68 bytes

From: Ann <a@b.test>
Message-ID: <1@x>
Subject: hi

one

two
"""
# Dots at line starts, a line longer than SMTP allows, 8-bit and no end of the last line but the dot's.
MESSAGE = (
    b"Received: by x; now\r\nSubject: =?utf-8?q?=C3=BC?=\r\n\r\n.\r\n..\r\n.a\r\n\xfc\x00\xff"
    + b"x" * 3000 + b"\r\n\r\n\t \r\n" + b"many lines\r\n" * 20000
).replace(b"\x00", b" ")


class Upstream(harness.Server):
    """A server that answers by a table: replies[recipient or verb]; what it offers. taken: (sender line,
    recipient lines, content) of each message it has accepted for somebody."""

    def __init__(self, port=0, lmtp=False):
        self.replies, self.taken, self.heard, self.lmtp = {}, [], [], lmtp
        self.offers, self.senders = ["SIZE 99999999", "8BITMIME", "AUTH PLAIN", "DSN"], []
        self.slow = threading.Event()
        self.slow.set()
        self.at_dot = threading.Event()
        super().__init__(port)

    def serve(self, client, lines):
        sender, recipients = b"", []
        client.sendall(b"220 mx.example ESMTP\r\n")
        for line in lines:
            self.heard.append(line)
            verb = line[:4].upper()
            if verb in (b"EHLO", b"LHLO"):
                client.sendall("".join(f"250-{word}\r\n" for word in ["mx.example", *self.offers]).encode() + b"250 HELP\r\n")
                continue
            if verb == b"RCPT":
                key = re.search(rb"<(.*)>", line).group(1).decode()
            else:
                key = verb.decode()
            reply = self.replies.get(key, "354 go" if verb == b"DATA" else "250 ok")
            if verb == b"BDAT":
                self.taken.append((sender, recipients, self.chunk(lines, int(line.split()[1]))))
            if verb == b"MAIL":
                sender, recipients = line, []
                self.senders.append(line)
            if verb == b"RCPT" and reply[0] == "2":
                recipients.append(line)
            client.sendall(reply.encode() + b"\r\n")
            if verb == b"DATA" and reply[0] == "3":
                self.content(client, lines, sender, recipients)
            if verb == b"QUIT":
                return

    @staticmethod
    def chunk(lines, size):
        """A whole message, which ends with a line."""
        content = b""
        while len(content) < size:
            content += next(lines)
        return content

    def content(self, client, lines, sender, recipients):
        content = b""
        for line in lines:
            if line == b".\r\n":
                break
            content += line[1:] if line.startswith(b".") else line
        self.at_dot.set()
        self.slow.wait(harness.WAIT_SECONDS)
        if self.lmtp:
            found = [re.search(rb"<(.*)>", line).group(1).decode() for line in recipients]
            replies = [self.replies.get("dot " + name, "250 ok") for name in found]
        else:
            replies = [self.replies.get("dot", "250 queued")]
        if any(reply[0] == "2" for reply in replies):
            self.taken.append((sender, recipients, content))
        client.sendall("".join(reply + "\r\n" for reply in replies).encode())


class Case(unittest.TestCase):
    lmtp, command = False, "quarantine"

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="postern-quarantine-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.upstream = Upstream(lmtp=self.lmtp)
        self.addCleanup(lambda: self.upstream and self.upstream.close())
        more = 'protocol = "lmtp";' if self.lmtp else ""
        listener = 'protocol = "lmtp";' if self.lmtp else ""
        self.settings = SETTINGS.format(port=self.upstream.port, more=more)
        self.gateway = harness.Gateway(os.path.join(self.folder, "gw"), self.settings, listener)
        self.addCleanup(self.gateway.stop)

    def run_command(self, *arguments, environment=()):
        done = subprocess.run(
            [harness.POSTERN, self.command, "-c", self.gateway.config, *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=3 * harness.WAIT_SECONDS, check=False,
            env={**os.environ, **dict(environment)})
        return done

    def ids(self):
        done = self.run_command("list", "--json")
        self.assertEqual((done.returncode, done.stderr), (OK, b""))
        return [json.loads(line)["id"] for line in done.stdout.splitlines()]

    def record(self, name):
        return json.loads(self.run_command("show", "--json", name).stdout)

    def set_aside(self, *recipients, content=MESSAGE, mail=""):
        """One message; returns its id."""
        before = self.ids()
        with harness.Client(self.gateway.port) as client:
            client.expect(250, ("LHLO" if self.lmtp else "EHLO") + " client.example")
            client.expect(250, "MAIL FROM:<odd@b.test>" + mail)
            for recipient in recipients or ("u@x.test",):
                client.expect(250, f"RCPT TO:{recipient}" if "<" in recipient else f"RCPT TO:<{recipient}>")
            self.assertRegex(client.content(content), "^250 ")
        (new,) = set(self.ids()) - set(before)
        return new

    def release(self, name, status, words, *more):
        done = self.run_command("release", *more, name)
        self.assertEqual(done.returncode, status, done)
        self.assertRegex((done.stdout + done.stderr).decode(), words)


class Release(Case):
    def test_byte_for_byte(self):
        """With its parameters, but for the login of a connection that is gone."""
        name = self.set_aside(
            "<u@x.test> NOTIFY=NEVER", "v@x.test", mail=" SIZE=5 BODY=8BITMIME AUTH=bob RET=HDRS ENVID=a+2Bb")
        self.assertEqual(self.upstream.taken, [])
        self.assertEqual(self.run_command("show", "--raw", name).stdout, MESSAGE)
        self.release(name, OK, f"(?s){name}  <u@x.test>: released: 250 queued\n.*<v@x.test>: released")
        size = b" SIZE=%d" % len(MESSAGE)
        self.assertEqual(self.upstream.taken, [(
            b"MAIL FROM:<odd@b.test> BODY=8BITMIME RET=HDRS ENVID=a+2Bb" + size + b"\r\n",
            [b"RCPT TO:<u@x.test> NOTIFY=NEVER\r\n", b"RCPT TO:<v@x.test>\r\n"], MESSAGE)])
        self.assertEqual(self.ids(), [])
        self.release(name, NO_INPUT, "there is no message")

    def test_many_at_once(self):
        """None leaves anything behind that the next one would need."""
        names = [self.set_aside() for _ in range(12)]
        command = ["sh", "-c", 'ulimit -n 24; exec "$@"', "sh", harness.POSTERN, "quarantine", "-c", self.gateway.config]
        done = subprocess.run([*command, "release", *names], stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=3 * harness.WAIT_SECONDS, check=False)
        self.assertEqual((done.returncode, done.stdout.count(b": released: 250")), (OK, len(names)), done)

    def test_upstream_offers_less(self):
        """What only asks for a service is left out, and said to be; what the message needs is not."""
        plain = b"Subject: x\r\n\r\nhello\r\n"
        name = self.set_aside("<u@x.test> NOTIFY=NEVER", "<v@x.test> NOTIFY=DELAY", content=plain,
                              mail=" BODY=8BITMIME RET=HDRS ENVID=q1")
        self.upstream.offers = []
        self.release(name, OK, f"(?s){name}  <u@x.test>: released.*{name}: left out, since the mail server does not "
                               "offer it any more: BODY RET ENVID NOTIFY\n$")
        self.assertEqual(self.upstream.taken, [(
            b"MAIL FROM:<odd@b.test>\r\n", [b"RCPT TO:<u@x.test>\r\n", b"RCPT TO:<v@x.test>\r\n"], plain)])
        self.upstream.offers = ["8BITMIME", "SMTPUTF8", "CHUNKING", "BINARYMIME"]
        eight = self.set_aside(mail=" BODY=8BITMIME")
        unicode = self.set_aside("\N{LATIN SMALL LETTER U WITH DIAERESIS}@x.test", content=plain, mail=" SMTPUTF8")
        header = self.set_aside(content="Subject: \u00fc\r\n\r\nhello\r\n".encode(), mail=" SMTPUTF8")
        with harness.Client(self.gateway.port) as client:
            client.expect(250, "EHLO client.example")
            client.expect(250, "MAIL FROM:<odd@b.test> BODY=BINARYMIME")
            client.expect(250, "RCPT TO:<u@x.test>")
            client.expect(250, f"BDAT {len(plain)} LAST\r\n{plain.decode()[:-2]}")
        (binary,) = set(self.ids()) - {eight, unicode, header}
        self.upstream.senders.clear()
        for name, offers, parameter in (
            (eight, [], "BODY=8BITMIME"), (unicode, ["8BITMIME"], "SMTPUTF8"), (header, ["8BITMIME"], "SMTPUTF8"),
            (binary, ["8BITMIME", "CHUNKING"], "BODY=BINARYMIME"), (binary, ["BINARYMIME"], "BODY=BINARYMIME")):
            with self.subTest(parameter=parameter, offers=offers):
                self.upstream.offers = offers
                self.release(name, TEMPFAIL, f"@x.test>: not sent: the mail server does not offer {parameter} any more, "
                                             "and the message cannot go without it")
        self.assertEqual(self.upstream.senders, [])
        self.assertEqual(set(self.ids()), {eight, unicode, header, binary})

    def test_to_a_unicode_address(self):
        name = self.set_aside(content=b"Subject: x\r\n\r\nhello\r\n")
        self.release(name, TEMPFAIL, "not sent: the mail server does not offer SMTPUTF8", "--to", "\u00fc@x.test")
        self.upstream.offers = ["8BITMIME", "SMTPUTF8"]
        self.release(name, OK, "released", "--to", "\u00fc@x.test")
        self.assertEqual([taken[:2] for taken in self.upstream.taken], [(
            b"MAIL FROM:<odd@b.test> SMTPUTF8\r\n", ["RCPT TO:<\u00fc@x.test>\r\n".encode()])])

    def test_upstream_refuses(self):
        name = self.set_aside()
        for key, reply, status in (
            ("MAIL", "550 5.7.1 not you", UNAVAILABLE), ("MAIL", "451 4.3.0 later", TEMPFAIL),
            ("u@x.test", "550 5.1.1 unknown", UNAVAILABLE), ("DATA", "554 5.5.1 no", UNAVAILABLE),
            ("dot", "452 4.3.1 full", TEMPFAIL), ("dot", "554 5.6.0 no", UNAVAILABLE)):
            with self.subTest(at=key, reply=reply):
                self.upstream.replies = {key: reply}
                self.release(name, status, f"<u@x.test>: refused: {reply}")
                self.assertEqual(self.ids(), [name])
        self.upstream.replies = {}
        self.release(name, OK, "released")
        self.assertEqual([content for _, _, content in self.upstream.taken], [MESSAGE])

    def test_binary(self):
        """In one chunk, as it came: nothing of it is a line, and no dot is doubled."""
        self.upstream.offers = ["8BITMIME", "CHUNKING", "BINARYMIME"]
        content = b"Subject: x\r\n\r\n.\0\n.\r\n.\r\n"
        with harness.Client(self.gateway.port) as client:
            client.expect(250, "EHLO client.example")
            client.expect(250, "MAIL FROM:<odd@b.test> BODY=BINARYMIME")
            client.expect(250, "RCPT TO:<u@x.test>")
            client.expect(250, f"BDAT {len(content)} LAST\r\n{content.decode()[:-2]}")
        (name,) = self.ids()
        self.release(name, OK, f"{name}  <u@x.test>: released: 250 ok")
        self.assertEqual(self.upstream.taken, [
            (b"MAIL FROM:<odd@b.test> BODY=BINARYMIME\r\n", [b"RCPT TO:<u@x.test>\r\n"], content)])
        self.assertIn(b"BDAT %d LAST\r\n" % len(content), self.upstream.heard)

    def test_binary_to_one_that_takes_lines(self):
        """What is no lines goes by BDAT or not at all: neither MAIL nor content reaches a server without CHUNKING."""
        name = self.set_aside(mail=" BODY=8BITMIME")
        (path,) = glob.glob(os.path.join(self.gateway.folder, "state/quarantine/mail/*"))
        with open(path, "r+b") as file:
            text = file.read()
            file.seek(0)
            file.write(text.replace(b"BODY=8BITMIME", b"BODY=BINARYMIME", 1))
        self.upstream.heard.clear()
        self.release(name, TEMPFAIL, "<u@x.test>: not sent: the mail server does not offer BODY=BINARYMIME any more")
        self.assertEqual([line[:4] for line in self.upstream.heard], [b"EHLO", b"QUIT"])
        self.assertEqual(self.ids(), [name])

    def test_upstream_away(self):
        name = self.set_aside()
        self.upstream.close()
        self.release(name, TEMPFAIL, "<u@x.test>: not sent: ")
        self.assertEqual(self.ids(), [name])
        self.upstream = Upstream(self.upstream.port)
        self.release(name, OK, "released")

    def test_some_recipients(self):
        """Those that were refused stay, and nobody else."""
        name = self.set_aside("u@x.test", "<full@x.test> NOTIFY=NEVER", "v@x.test")
        self.upstream.replies = {"full@x.test": "452 4.2.2 full"}
        self.release(name, TEMPFAIL, "<full@x.test>: refused: 452 4.2.2 full")
        self.assertEqual(self.record(name)["recipients"], [{"address": "full@x.test", "parameters": "NOTIFY=NEVER"}])
        self.assertEqual(self.run_command("show", "--raw", name).stdout, MESSAGE)
        self.upstream.replies = {}
        self.release(name, OK, "<full@x.test>: released")
        self.assertEqual(
            [recipients for _, recipients, _ in self.upstream.taken],
            [[b"RCPT TO:<u@x.test>\r\n", b"RCPT TO:<v@x.test>\r\n"], [b"RCPT TO:<full@x.test> NOTIFY=NEVER\r\n"]])

    def test_twice_at_once(self):
        name = self.set_aside()
        self.upstream.slow.clear()
        first = subprocess.Popen(
            [harness.POSTERN, "quarantine", "-c", self.gateway.config, "release", name],
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.assertTrue(self.upstream.at_dot.wait(harness.WAIT_SECONDS))
        self.release(name, TEMPFAIL, "another command works on it")
        done = self.run_command("delete", name)
        self.assertEqual(done.returncode, TEMPFAIL)
        self.upstream.slow.set()
        self.assertIn(b"released", first.communicate(timeout=harness.WAIT_SECONDS)[0])
        self.assertEqual(first.returncode, OK)
        self.assertEqual(len(self.upstream.taken), 1)
        self.assertEqual(self.ids(), [])

    def test_killed(self):
        """Killed before the upstream has answered the dot, a release leaves the message."""
        name = self.set_aside()
        self.upstream.slow.clear()
        command = subprocess.Popen(
            [harness.POSTERN, "quarantine", "-c", self.gateway.config, "release", name],
            stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        self.assertTrue(self.upstream.at_dot.wait(harness.WAIT_SECONDS))
        command.kill()
        command.wait()
        self.upstream.slow.set()
        self.assertEqual(self.ids(), [name])
        self.release(name, OK, "released")

    def test_copy(self):
        name = self.set_aside()
        self.release(name, OK, "<boss@x.test>: released", "--to", "boss@x.test")
        self.assertEqual(self.upstream.taken[0][1:], ([b"RCPT TO:<boss@x.test>\r\n"], MESSAGE))
        self.assertEqual(self.ids(), [name])

    def test_no_upstream_any_more(self):
        name = self.set_aside()
        with open(self.gateway.config, encoding="utf-8") as file:
            text = file.read()
        self.gateway.configure(self.settings.replace('"mta"', '"other"'))
        self.release(name, CONFIG, "not in the configuration any more")
        with open(self.gateway.config, "w", encoding="utf-8") as file:
            file.write(text)
        self.assertEqual(self.ids(), [name])


class Lmtp(Case):
    lmtp = True

    def test_each(self):
        with harness.Client(self.gateway.port) as client:
            client.expect(250, "LHLO client.example")
            client.envelope("odd@b.test", "u@x.test", "full@x.test", "v@x.test")
            self.assertRegex(client.content(MESSAGE), "^250 ")
            self.assertRegex(client.reply(), "^250 ")
            self.assertRegex(client.reply(), "^250 ")
        (name,) = self.ids()
        self.upstream.replies = {"dot full@x.test": "552 5.2.2 full"}
        self.release(name, UNAVAILABLE, "<v@x.test>: released")
        self.assertEqual(self.record(name)["recipients"], [{"address": "full@x.test"}])
        self.upstream.replies = {}
        self.release(name, OK, "<full@x.test>: released")
        self.assertEqual([content for _, _, content in self.upstream.taken], [MESSAGE] * 2)


class Deaf(Case):
    def test_release(self):
        """A server that reads no more, says 250 and leaves has not taken the only copy there is."""
        name = self.set_aside(content=b"Subject: x\r\n\r\n" + b"text\r\n" * 300000)
        self.upstream.replies = {"DATA": "354 go"}
        self.upstream.content = lambda client, *_: (time.sleep(0.5), client.sendall(b"250 queued\r\n"), client.close())
        self.release(name, TEMPFAIL, "<u@x.test>: (perhaps sent|not sent): the upstream replied to what it had not got yet")
        self.assertEqual(self.ids(), [name])
        del self.upstream.content
        self.release(name, OK, "released")


COPIES = """
upstreams = ( {{ name = "mta"; address = "127.0.0.1:{port}"; }} );
rules = ( {{ name = "copy"; when = {{ recipient = "kept@*"; }}; then = {{ quarantine = "why"; }}; }} );
quarantine = {{ directory = "{folder}/q"; }};
"""


class CopyCase(Case):
    """A copy for one recipient, the message for another."""

    environment, settings_of_copies = (), COPIES

    def setUp(self):
        super().setUp()
        self.settings = self.settings_of_copies.format(port=self.upstream.port, folder=self.folder)
        self.start("gw-copies")

    def start(self, name):
        self.gateway.stop()
        self.gateway = harness.Gateway(
            os.path.join(self.folder, name), self.settings, environment=self.environment)
        self.addCleanup(self.gateway.stop)

    def client(self):
        client = harness.Client(self.gateway.port)
        self.addCleanup(client.__exit__)
        client.expect(250, "EHLO client.example")
        return client

    def send(self, client, subject):
        client.envelope("a@b.test", "kept@x.test", "u@x.test")
        return client.content(f"Subject: {subject}\r\n\r\n".encode() + b"text\r\n" * 500)

    def kill(self):
        self.gateway.process.send_signal(signal.SIGKILL)
        self.gateway.process.wait()

    def logs(self, text):
        harness.wait_for(lambda: text in self.gateway.log(), f"a line with {text!r}")

    def states(self):
        """subject: state, or None of what is kept."""
        done = self.run_command("list", "--json")
        self.assertEqual((done.returncode, done.stderr), (OK, b""))
        records = [json.loads(line) for line in done.stdout.splitlines()]
        return {record["subject"]: record.get("state") for record in records}


class Copies(CopyCase):
    """What becomes of the copy when the gateway is killed."""

    def test_before_the_answer(self):
        self.upstream.slow.clear()
        client = self.client()
        sending = threading.Thread(target=lambda: self.assertRaises((OSError, EOFError), self.send, client, "one"))
        sending.start()
        self.assertTrue(self.upstream.at_dot.wait(harness.WAIT_SECONDS))
        self.assertEqual(self.states(), {"one": "under way"})
        (name,) = self.ids()
        self.release(name, TEMPFAIL, "its message is under way", "--force")
        self.assertEqual(self.run_command("delete", name).returncode, TEMPFAIL)
        self.kill()
        sending.join()
        self.upstream.slow.set()
        for start in (False, True):  # a restart finds it, and cannot know more
            if start:
                self.start("gw-next")
                self.logs("warning: quarantine: 1 unconfirmed in ")
            self.assertEqual(self.states(), {"one": "unconfirmed"})
            self.assertRegex(self.run_command("list").stdout.decode(), f"^{name}  .*  unconfirmed  <a@b.test> -> ")
            self.assertIn(b"state       unconfirmed\n", self.run_command("show", name).stdout)
            self.release(name, NO_PERMISSION, f"{name}: unconfirmed: .*--force")
        self.release(name, OK, "<boss@x.test>: released", "--to", "boss@x.test")
        self.release(name, OK, "<kept@x.test>: released", "--force")
        self.assertEqual(self.states(), {})

    def test_unconfirmed_for_some(self):
        """What a release leaves of an unconfirmed one is unconfirmed; a deletion removes it."""
        self.upstream.slow.clear()
        client = self.client()
        client.envelope("a@b.test", "kept@x.test", "kept@y.test", "u@x.test")
        client.send(b"DATA\r\nSubject: two\r\n\r\n.\r\n")
        self.assertTrue(self.upstream.at_dot.wait(harness.WAIT_SECONDS))
        self.kill()
        self.upstream.slow.set()
        (name,) = self.ids()
        self.upstream.replies = {"kept@y.test": "452 4.2.2 full"}
        self.release(name, TEMPFAIL, "<kept@x.test>: released", "--force")
        self.assertEqual(self.states(), {"two": "unconfirmed"})
        self.assertEqual([r["address"] for r in self.record(name)["recipients"]], ["kept@y.test"])
        self.assertEqual(self.run_command("delete", name).returncode, OK)
        self.assertEqual(self.states(), {})

    def test_after_a_refusal(self):
        self.upstream.replies = {"dot": "554 5.6.0 no"}
        self.assertRegex(self.send(self.client(), "one"), "^554 5.6.0 no")
        self.kill()
        self.assertEqual(self.states(), {})

    def test_after_the_250(self):
        self.assertRegex(self.send(self.client(), "one"), "^250 ")
        self.kill()
        self.assertEqual(self.states(), {"one": None})
        self.release(self.ids()[0], OK, "<kept@x.test>: released")

    def test_a_client_that_leaves(self):
        """The upstream has taken it: the copy stays, and the record says who did not hear so."""
        self.upstream.slow.clear()
        client = self.client()
        client.envelope("a@b.test", "kept@x.test", "u@x.test")
        client.send(b"DATA\r\nSubject: two\r\n\r\n.\r\n")
        self.assertTrue(self.upstream.at_dot.wait(harness.WAIT_SECONDS))
        client.__exit__()
        self.upstream.slow.set()
        record = self.gateway.wait_records(1)[0]
        self.assertEqual((record["verdict"], "quarantine" in record), ("accept", True))
        harness.wait_for(lambda: self.states() == {"two": None}, "the copy")


class CopiesOnASlowDisk(Copies):
    ROUNDS = 5

    def setUp(self):
        self.orders = os.path.join(tempfile.mkdtemp(prefix="postern-orders-"), "o")
        self.addCleanup(shutil.rmtree, os.path.dirname(self.orders))
        self.environment = harness.preload("failing_disk", self.orders)
        self.order("slow", True)
        super().setUp()

    def order(self, what, on):
        path = os.path.join(self.orders, what)
        if on:
            open(path, "wb").close()
        else:
            os.unlink(path)

    def test_killed_at_any_moment(self):
        """Nothing that was refused is ever kept, all that was acknowledged is, and only what nobody heard of is
        unconfirmed."""
        heard, unheard = {}, set()
        self.upstream.replies = {"dot": "250 queued"}
        for number in range(self.ROUNDS):
            done = threading.Event()
            clients = [threading.Thread(target=self.send_many, args=(f"{number}-{n}", heard, unheard, done)) for n in range(4)]
            for client in clients:
                client.start()
            for _ in range(3):
                time.sleep(random.uniform(0.05, 0.2))
                self.upstream.replies = {"dot": random.choice(("250 queued", "554 5.6.0 no"))}
            self.kill()
            for client in clients:
                client.join()
            self.start(f"gw-{number}")
        states = self.states()
        self.assertTrue(any(code == "250" for code in heard.values()))
        for subject, code in heard.items():
            self.assertEqual(states.get(subject, "gone"), None if code == "250" else "gone", subject)
        self.assertEqual({s for s in states if s not in heard} - unheard, set())

    def send_many(self, name, heard, unheard, done):
        try:
            with harness.Client(self.gateway.port) as client:
                client.expect(250, "EHLO client.example")
                for count in range(10000):
                    subject = f"{name}-{count}"
                    unheard.add(subject)
                    code = self.send(client, subject)[:3]
                    unheard.discard(subject)
                    heard[subject] = code
        except (OSError, EOFError, AssertionError):
            pass

    def test_cannot_be_taken_back(self):
        """What could be neither brought to the disk nor removed again is named, and its client comes again."""
        self.order("sync", True)
        self.order("unlink", True)
        self.assertRegex(self.send(self.client(), "one"), "^452 4.3.1 ")
        record = self.gateway.wait_records(1)[0]
        (name,) = self.ids()
        self.assertEqual(record["failures"], [f"the quarantine cannot store: Input/output error; {name} lies there all the same"])
        self.logs(
            f"quarantine: {name} was not acknowledged and could not be removed again, and lies in {self.folder}/q: Input/output error")
        self.assertEqual(self.upstream.taken, [])
        self.assertEqual(self.states(), {"one": "unconfirmed"})

    def test_memory_fails_while_it_is_confirmed(self):
        """The upstream has the message, and the client hears so: what else it has said is lost, and that ends the session."""
        orders = starving.Orders(os.path.join(self.orders, "memory"))
        self.environment = dict(self.environment, FAILING_MALLOC=orders.path)
        self.environment["LD_PRELOAD"] += " " + starving.library()
        self.start("gw-memory")
        self.upstream.slow.clear()
        client = self.client()
        client.envelope("a@b.test", "kept@x.test", "u@x.test")
        client.send(b"DATA\r\nSubject: one\r\n\r\n.\r\n")
        self.assertRegex(client.reply(), "^354 ")
        self.assertTrue(self.upstream.at_dot.wait(harness.WAIT_SECONDS))
        self.order("stuck", True)
        self.upstream.slow.set()
        harness.wait_for(lambda: os.path.exists(os.path.join(self.orders, "reached")), "the disk")
        orders.arm(1)
        client.send((b"NOOP " + b"x" * 1500 + b"\r\n") * 8)
        harness.wait_for(lambda: orders.failed() > 0, "the loss")
        orders.disarm()
        self.order("stuck", False)
        self.assertRegex(client.reply(), "^250 ")
        self.assertTrue(client.ended())
        self.assertEqual(self.states(), {"one": None})
        self.assertEqual(self.gateway.wait_records(1)[0]["verdict"], "accept")

    def test_cannot_be_confirmed(self):
        """The upstream has the message: the client hears so, whatever becomes of the copy, which stays."""
        self.upstream.slow.clear()
        client = self.client()
        client.envelope("a@b.test", "kept@x.test", "u@x.test")
        client.send(b"DATA\r\nSubject: one\r\n\r\n.\r\n")
        self.assertRegex(client.reply(), "^354 ")
        self.assertTrue(self.upstream.at_dot.wait(harness.WAIT_SECONDS))
        self.order("sync", True)
        self.upstream.slow.set()
        self.assertRegex(client.reply(), "^250 ")
        self.assertEqual(self.states(), {"one": None})
        self.logs(f"was acknowledged and could not be confirmed in {self.folder}/q: Input/output error")


class Stuck(Case):
    """A disk that gets stuck while a whole message is being stored."""

    def setUp(self):
        super().setUp()
        self.orders = os.path.join(self.folder, "orders")
        self.gateway.stop()
        self.gateway = harness.Gateway(
            os.path.join(self.folder, "gw-stuck"),
            self.settings + 'timeouts = { end_of_data = "2s"; };',
            environment=harness.preload("failing_disk", self.orders))
        self.addCleanup(self.gateway.stop)
        open(os.path.join(self.orders, "stuck"), "wb").close()

    def go_on(self):
        os.unlink(os.path.join(self.orders, "stuck"))
        with harness.Client(self.gateway.port) as client:  # what was ordered before is done before
            client.expect(250, "EHLO client.example")
            client.envelope("odd@b.test", "u@x.test")
            self.assertRegex(client.content(b"Subject: later\r\n\r\n"), "^250 ")
        return [self.record(name)["subject"] for name in self.ids()]

    def begin(self):
        client = harness.Client(self.gateway.port)
        self.addCleanup(client.__exit__)
        client.expect(250, "EHLO client.example")
        client.envelope("odd@b.test", "u@x.test")
        client.expect(354, "DATA")
        client.send(b"Subject: one\r\n\r\n.\r\n")
        harness.wait_for(lambda: os.path.exists(os.path.join(self.orders, "reached")), "the disk")
        return client

    def test_given_up(self):
        """The client waits no longer than end_of_data, and what it was not told of is not kept."""
        began = time.monotonic()
        self.assertRegex(self.begin().reply(), "^452 4.3.1 ")
        self.assertGreater(time.monotonic() - began, 1.5)
        record = self.gateway.wait_records(1)[0]
        self.assertEqual((record["verdict"], record["failures"]), ("tempfail", ["the quarantine does not get done"]))
        self.assertEqual(self.go_on(), ["later"])

    def test_client_leaves(self):
        """Nobody has heard of it: it is not kept."""
        client = self.begin()
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.socket.close()
        record = self.gateway.wait_records(1)[0]
        self.assertEqual(record["verdict"], "abort")
        self.assertEqual(self.go_on(), ["later"])


class Watched(CopyCase):
    """A gateway whose calls of the system are written down."""

    def setUp(self):
        self.orders = os.path.join(tempfile.mkdtemp(prefix="postern-calls-"), "o")
        self.addCleanup(shutil.rmtree, os.path.dirname(self.orders))
        self.environment = harness.preload("watched_calls", self.orders)
        super().setUp()

    def calls(self):
        with open(os.path.join(self.orders, "calls"), encoding="latin-1") as file:
            return file.read().replace(self.folder + "/q", "q").splitlines()

    def forget(self):
        os.unlink(os.path.join(self.orders, "calls"))

    def in_order(self, *expected):
        """Expressions, each of which matches a call behind the one before it; none matches an earlier one."""
        calls, at = self.calls(), 0
        for expression in expected:
            found = [number for number, call in enumerate(calls) if re.fullmatch(expression, call)]
            self.assertTrue(found, f"no {expression} in {calls}")
            self.assertGreaterEqual(found[0], at, f"{expression} is too early in {calls}")
            at = found[0] + 1


class Order(Watched):
    """What is on the disk when something is said. No kill shows it: what a process has written survives it, whatever
    the disk has."""

    def test_whole(self):
        self.settings = self.settings.replace('recipient = "kept@*"', 'sender = "a@b.test"')
        self.start("gw-whole")
        client = self.client()
        self.forget()
        self.assertRegex(self.send(client, "one"), "^250 ")
        self.in_order(r"fsync q/tmp/.+", r"link q/mail/.+", r"fsync q/mail", r"send 250 2\.0\.0 Ok")

    def test_copy(self):
        self.upstream.replies = {"dot": "250 2.0.0 taken"}
        client = self.client()
        self.forget()
        self.assertRegex(self.send(client, "one"), "^250 ")
        self.in_order(
            r"fsync q/tmp/.+", r"link q/pending/.+", r"fsync q/pending", r"send DATA", r"link q/mail/.+", r"fsync q/mail",
            r"unlink q/pending/.+", r"send 250 2\.0\.0 taken")

    def test_refused_copy(self):
        self.upstream.replies = {"dot": "554 5.6.0 no"}
        client = self.client()
        self.forget()
        self.assertRegex(self.send(client, "one"), "^554 ")
        self.in_order(r"fsync q/pending", r"send DATA", r"unlink q/pending/.+", r"send 554 5\.6\.0 no")
        self.assertGreater(self.calls().count("fsync q/pending"), 1)

    def test_new_folders(self):
        """A folder is on the disk before what lies in it counts, at start and when somebody has taken it away."""
        self.in_order(r"mkdir q", r"mkdir q/tmp", r"mkdir q/mail", r"mkdir q/pending", r"syncfs q")
        shutil.rmtree(os.path.join(self.folder, "q"))
        client = self.client()
        self.forget()
        self.assertRegex(self.send(client, "one"), "^250 ")
        self.in_order(r"mkdir q", r"mkdir q/pending", r"syncfs q", r"link q/pending/.+", r"send 250 queued")
        os.rmdir(os.path.join(self.folder, "q/pending"))
        self.forget()
        self.assertRegex(self.send(client, "two"), "^250 ")
        self.in_order(r"mkdir q/pending", r"syncfs q", r"link q/pending/.+", r"send 250 queued")
        self.forget()
        self.assertRegex(self.send(client, "three"), "^250 ")
        self.assertNotIn("syncfs q", self.calls())

    def test_release(self):
        """What stays behind for some is on the disk before it takes the place of the whole; what is released is gone
        from the disk when the command says so."""
        client = self.client()
        client.envelope("a@b.test", "kept@x.test", "kept@y.test", "u@x.test")
        self.assertRegex(client.content(b"Subject: one\r\n\r\n"), "^250 ")
        (name,) = self.ids()
        self.upstream.replies = {"kept@y.test": "452 4.2.2 full"}
        self.forget()
        self.assertEqual(self.run_command("release", name, environment=self.environment).returncode, TEMPFAIL)
        self.in_order(r"send DATA", r"fsync q/tmp/.+", r"rename q/mail/.+", r"fsync q/mail")
        self.upstream.replies = {}
        self.forget()
        self.assertEqual(self.run_command("release", name, environment=self.environment).returncode, OK)
        self.in_order(r"send DATA", r"unlink q/mail/.+", r"fsync q/mail")


class Store(Case):
    def test_list_and_show(self):
        name = self.set_aside(content=b"Subject: \x1b[2Jclear\r\n\r\nbell \x07\r\n")
        listed = self.run_command("list").stdout.decode()
        self.assertRegex(listed, rf"^{name}  20\S+Z  \d+  <odd@b.test> -> <u@x.test>  aside: odd odd@b.test\n$")
        shown = self.run_command("show", name).stdout
        self.assertIn(b"subject     \\x1B[2Jclear\n", shown)
        self.assertIn(b"bell \\x07\n", shown)
        self.assertNotIn(b"\x1b", shown)
        self.assertEqual(self.record(name)["reason"], "odd odd@b.test")

    def test_show_all(self):
        name = self.set_aside(
            "<u@x.test> NOTIFY=NEVER", "v@x.test", mail=" BODY=8BITMIME",
            content=b"From: Ann <a@b.test>\r\nMessage-ID: <1@x>\r\nSubject: hi\r\n\r\none\r\n\r\ntwo\r\n")
        shown = self.run_command("show", name).stdout.decode()
        self.assertEqual(shown, SHOWN.format(name=name, time=re.search(r"time +(20\S+Z)\n", shown).group(1)))
        self.assertEqual(self.run_command("show", "--json", name).stdout, self.run_command("list", "--json").stdout)

    def test_list_of_many(self):
        """Twenty recipients are shown, and those past them counted."""
        for count, end in ((20, "<u19@x.test>"), (22, "<u19@x.test> and 2 more")):
            name = self.set_aside(*[f"u{i}@x.test" for i in range(count)])
            self.assertRegex(self.run_command("list").stdout.decode(), rf"(?m)^{name} .*{end}  aside: ")

    def test_usage(self):
        name = self.set_aside()
        for arguments, complaint in (
                (["list", name], "usage: "), (["list", "--raw"], "usage: "), (["list", "--force"], "usage: "),
                (["list", "--to", "a@b.test"], "usage: "), (["list", "--older-than", "1d"], "usage: "),
                (["show"], "usage: "), (["show", name, name], "usage: "), (["show", "--raw", "--json", name], "usage: "),
                (["release"], "usage: "), (["release", "--json", name], "usage: "), (["release", "--raw", name], "usage: "),
                (["release", "--force", "--to", "a@b.test", name], "usage: "),
                (["release", "--to", "a b", name], "postern quarantine: --to needs a mail address\n"),
                (["delete"], "usage: "), (["delete", "--force", name], "usage: "), (["delete", "--to", "a@b.test", name], "usage: "),
                (["delete", "--older-than", "x"], "postern quarantine: --older-than needs a time such as 30d\n"),
                (["delete", "--older-than", "9999999999999h"], "postern quarantine: --older-than needs a time such as 30d\n")):
            with self.subTest(arguments):
                done = self.run_command(*arguments)
                self.assertEqual((done.returncode, done.stdout), (USAGE, b""))
                self.assertTrue(done.stderr.decode().startswith(complaint), done.stderr)
        self.assertEqual((self.ids(), self.upstream.taken), ([name], []))

    def test_nothing_can_be_read_or_written(self):
        name = self.set_aside()
        for arguments in (["list"], ["list", "--json"], ["show", name], ["show", "--raw", name], ["show", "--json", name]):
            with self.subTest(arguments), open("/dev/full", "wb") as full:
                done = subprocess.run([harness.POSTERN, "quarantine", "-c", self.gateway.config, *arguments],
                                      stdin=subprocess.DEVNULL, stdout=full, check=False)
                self.assertEqual(done.returncode, FILES)
        with open(self.gateway.config, "a", encoding="utf-8") as config:
            config.write(f'quarantine = {{ directory = "{self.gateway.config}"; }};\n')
        for arguments in (["list"], ["delete", "--older-than", "1ms"], ["show", name], ["delete", name], ["release", name]):
            with self.subTest(arguments):
                done = self.run_command(*arguments)
                self.assertEqual(done.returncode, FILES, done)
                self.assertRegex(done.stderr, b"^postern quarantine: .*: Not a directory\n$")
        with open(self.gateway.config, "a", encoding="utf-8") as config:
            config.write("nonsense\n")
        done = self.run_command("list")
        self.assertEqual(done.returncode, CONFIG)
        self.assertRegex(done.stderr.decode(), rf"^{self.gateway.config}:\d+: error: ")

    def rewrite(self, old, new):
        """In the one file of the store."""
        (path,) = glob.glob(os.path.join(self.gateway.folder, "state/quarantine/mail/*"))
        with open(path, "rb") as file:
            text = file.read()
        self.assertIn(old, text)
        with open(path, "wb") as file:
            file.write(text.replace(old, new, 1))

    def test_of_another_version(self):
        """It is left alone, unless somebody names it."""
        name = self.set_aside()
        self.rewrite(b'"version":1,', b'"version":2,')
        time.sleep(0.01)
        for arguments in (["list"], ["show", name], ["release", name], ["delete", "--older-than", "1ms"]):
            with self.subTest(arguments):
                done = self.run_command(*arguments)
                self.assertEqual((done.returncode, done.stdout), (DATA, b""))
                self.assertRegex(done.stderr.decode(), f"^postern quarantine: {name}: its record is of a version")
        self.assertEqual(self.run_command("delete", name).returncode, OK)
        self.assertEqual(self.ids(), [])

    def test_nobody_it_could_go_to(self):
        name = self.set_aside(content=b"A: b\r\n\r\n")
        self.rewrite(b'"recipients":[{"address":"u@x.test"}]', b'"recipients":[]')
        self.release(name, DATA, f"^postern quarantine: {name}: it has no recipient: --to names one\n$")
        self.release(name, OK, "<w@x.test>: released", "--to", "w@x.test")
        self.rewrite(b'"upstream":"mta"', b'"upstream":"mta","destination":"nowhere"')
        self.release(name, CONFIG, f"^postern quarantine: {name}: where it was meant to go is not known\n$", "--to", "w@x.test")
        self.assertEqual(self.ids(), [name])

    def test_authorities_that_cannot_be_read(self):
        name = self.set_aside()
        with open(self.gateway.config, encoding="utf-8") as config:
            text = config.read()
        none = os.path.join(self.folder, "none.pem")
        for mode, status, words in ((f'"verified"; tls_ca = "{none}"', CONFIG, f"postern quarantine: .*{none}"),
                                    ('"opportunistic"', OK, "<u@x.test>: released")):
            with self.subTest(mode):
                with open(self.gateway.config, "w", encoding="utf-8") as config:
                    config.write(text.replace('name = "mta";', f'name = "mta"; tls = {mode};'))
                self.release(name, status, words)

    def test_delete(self):
        names = [self.set_aside() for _ in range(3)]
        self.assertEqual(self.run_command("delete", "--older-than", "1h").returncode, OK)
        self.assertEqual(self.ids(), names)
        self.assertEqual(self.run_command("delete", names[1]).returncode, OK)
        self.assertEqual(self.ids(), [names[0], names[2]])
        time.sleep(1.1)
        self.assertEqual(self.run_command("delete", "--older-than", "1ms").returncode, OK)
        self.assertEqual(self.ids(), [])

    def test_logged(self):
        """What leaves the quarantine by hand is noted where the gateway writes its log."""
        names = [self.set_aside("u@x.test", "v@x.test"), self.set_aside()]
        log = os.path.join(self.folder, "log")
        with open(self.gateway.config, encoding="utf-8") as config:
            text = config.read()
        self.gateway.config += ".logged"
        with open(self.gateway.config, "w", encoding="utf-8") as config:
            config.write(text + f'log = {{ to = "{log}"; level = "error"; }};\n')
        self.assertEqual(self.run_command("delete", "nothing").returncode, NO_INPUT)
        self.assertFalse(os.path.exists(log), "made as a file of this user's")
        with open(log, "w", encoding="utf-8"):
            pass
        self.upstream.replies["v@x.test"] = "550 not here"
        self.release(names[0], UNAVAILABLE, "released")
        self.release(names[0], OK, "released", "--to", "w@x.test")
        self.assertEqual(self.run_command("delete", *names).returncode, OK)
        with open(log, encoding="utf-8") as lines:
            noted = [line.split(" ", 1)[1] for line in lines]
        by = f"by uid {os.getuid()}"
        self.assertEqual(noted, [
            f"info: quarantine: {names[0]} to <u@x.test> released {by}: 250 queued\n",
            f"info: quarantine: {names[0]} to <v@x.test> refused {by}: 550 not here\n",
            f"info: quarantine: {names[0]} to <w@x.test> released {by}: 250 queued\n",
            f"info: quarantine: {names[0]} deleted {by}\n",
            f"info: quarantine: {names[1]} deleted {by}\n"])

    def test_damaged(self):
        name = self.set_aside()
        (path,) = glob.glob(os.path.join(self.gateway.folder, "state/quarantine/mail/*"))
        with open(path, "r+b") as file:
            file.truncate(os.path.getsize(path) - 1)
        done = self.run_command("list")
        self.assertEqual((done.returncode, done.stdout), (DATA, b""))
        self.release(name, DATA, "damaged")
        self.assertEqual(self.run_command("delete", name).returncode, OK)
        self.assertEqual(self.ids(), [])

    def test_full_disk(self):
        place = os.path.join(self.folder, "small")
        os.mkdir(place)
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "none", place], check=False, capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("no file system can be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", place], check=True)
        self.gateway.reload(self.settings + f'quarantine = {{ directory = "{place}/q"; }};')
        time.sleep(0.2)
        with harness.Client(self.gateway.port) as client:
            client.expect(250, "EHLO client.example")
            client.envelope("odd@b.test", "u@x.test")
            self.assertRegex(client.content(MESSAGE), "^452 4.3.1 ")
            self.assertEqual(os.listdir(os.path.join(place, "q/tmp")), [])
            client.envelope("odd@b.test", "u@x.test")
            self.assertRegex(client.content(b"A: small\r\n\r\none\r\n"), "^250 ")
        harness.wait_for(lambda: "cannot be stored" in self.gateway.log(), "a word about it in the log")
        self.assertEqual(len(self.ids()), 1)


class Crash(Case):
    ROUNDS = 4

    def test_kill(self):
        """What was acknowledged is there, whole, whenever the gateway dies; the upstream has none of it."""
        acknowledged = []
        for _ in range(self.ROUNDS):
            self.run_until_killed(acknowledged)
            self.gateway.stop()
            self.gateway = harness.Gateway(os.path.join(self.folder, "gw-next"), self.settings + self.place())
            self.addCleanup(self.gateway.stop)
        stored = {self.record(name)["subject"] for name in self.ids()}
        self.assertGreater(len(acknowledged), 0)
        self.assertEqual(set(acknowledged) - stored, set())
        self.assertEqual(self.upstream.taken, [])

    def place(self):
        return f'quarantine = {{ directory = "{self.folder}/q"; }};'

    def run_until_killed(self, acknowledged):
        self.gateway.reload(self.settings + self.place())
        clients = [
            threading.Thread(target=self.send_many, args=(number, acknowledged)) for number in range(4)]
        for client in clients:
            client.start()
        time.sleep(random.uniform(0.2, 0.6))
        self.gateway.process.send_signal(signal.SIGKILL)
        for client in clients:
            client.join()

    def send_many(self, number, acknowledged):
        try:
            with harness.Client(self.gateway.port) as client:
                client.expect(250, "EHLO client.example")
                for count in range(100000):
                    subject = f"{time.monotonic()}-{number}-{count}"
                    client.envelope("odd@b.test", "u@x.test")
                    reply = client.content(f"Subject: {subject}\r\n\r\n".encode() + b"text\r\n" * 500)
                    if reply.startswith("250"):
                        acknowledged.append(subject)
        except (OSError, EOFError):
            pass
