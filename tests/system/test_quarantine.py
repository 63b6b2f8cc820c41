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
import subprocess
import tempfile
import threading
import time
import unittest

import harness

OK, DATA, NO_INPUT, UNAVAILABLE, TEMPFAIL, CONFIG = 0, 65, 66, 69, 75, 78
SETTINGS = """
upstreams = ( {{ name = "mta"; address = "127.0.0.1:{port}"; {more} }} );
rules = ( {{ name = "aside"; when = {{ sender = "odd@*"; }}; then = {{ quarantine = "odd ${{sender}}"; }}; }} );
"""
# Dots at line starts, a line longer than SMTP allows, 8-bit and no end of the last line but the dot's.
MESSAGE = (
    b"Received: by x; now\r\nSubject: =?utf-8?q?=C3=BC?=\r\n\r\n.\r\n..\r\n.a\r\n\xfc\x00\xff"
    + b"x" * 3000 + b"\r\n\r\n\t \r\n" + b"many lines\r\n" * 20000
).replace(b"\x00", b" ")


class Upstream:
    """A server that answers by a table: replies[recipient or verb]. taken: (sender line, recipient lines,
    content) of each message it has accepted for somebody."""

    def __init__(self, port=0, lmtp=False):
        self.replies, self.taken, self.lmtp = {}, [], lmtp
        self.slow = threading.Event()
        self.slow.set()
        self.at_dot = threading.Event()
        self.socket = socket.create_server(("127.0.0.1", port))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.session, args=(client,), daemon=True).start()

    def session(self, client):
        try:
            with client, client.makefile("rb") as lines:
                self.serve(client, lines)
        except OSError:
            pass

    def serve(self, client, lines):
        sender, recipients = b"", []
        client.sendall(b"220 mx.example ESMTP\r\n")
        for line in lines:
            verb = line[:4].upper()
            if verb in (b"EHLO", b"LHLO"):
                client.sendall(b"250-mx.example\r\n250-SIZE 99999999\r\n250-8BITMIME\r\n250 DSN\r\n")
                continue
            if verb == b"RCPT":
                key = re.search(rb"<(.*)>", line).group(1).decode()
            else:
                key = verb.decode()
            reply = self.replies.get(key, "354 go" if verb == b"DATA" else "250 ok")
            if verb == b"MAIL":
                sender, recipients = line, []
            if verb == b"RCPT" and reply[0] == "2":
                recipients.append(line)
            client.sendall(reply.encode() + b"\r\n")
            if verb == b"DATA" and reply[0] == "3":
                self.content(client, lines, sender, recipients)
            if verb == b"QUIT":
                return

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

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


class Case(unittest.TestCase):
    lmtp = False

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

    def run_command(self, *arguments):
        done = subprocess.run(
            [harness.POSTERN, "quarantine", "-c", self.gateway.config, *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=harness.WAIT_SECONDS, check=False)
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
        name = self.set_aside(
            "<u@x.test> NOTIFY=NEVER", "v@x.test", mail=" SIZE=5 BODY=8BITMIME RET=HDRS ENVID=a+2Bb")
        self.assertEqual(self.upstream.taken, [])
        self.assertEqual(self.run_command("show", "--raw", name).stdout, MESSAGE)
        self.release(name, OK, f"(?s){name}  <u@x.test>: released: 250 queued\n.*<v@x.test>: released")
        size = b" SIZE=%d" % len(MESSAGE)
        self.assertEqual(self.upstream.taken, [(
            b"MAIL FROM:<odd@b.test> BODY=8BITMIME RET=HDRS ENVID=a+2Bb" + size + b"\r\n",
            [b"RCPT TO:<u@x.test> NOTIFY=NEVER\r\n", b"RCPT TO:<v@x.test>\r\n"], MESSAGE)])
        self.assertEqual(self.ids(), [])
        self.release(name, NO_INPUT, "there is no message")

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

    def test_delete(self):
        names = [self.set_aside() for _ in range(3)]
        self.assertEqual(self.run_command("delete", "--older-than", "1h").returncode, OK)
        self.assertEqual(self.ids(), names)
        self.assertEqual(self.run_command("delete", names[1]).returncode, OK)
        self.assertEqual(self.ids(), [names[0], names[2]])
        time.sleep(1.1)
        self.assertEqual(self.run_command("delete", "--older-than", "1ms").returncode, OK)
        self.assertEqual(self.ids(), [])

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
