"""Real milters that are killed, and that hang, at every stage of a message: nothing passes unjudged unless the
configuration says so, and the next message is judged again.

One loss meets many sessions at once: of each gateway one at every stage.
"""

import concurrent.futures
import os
import shutil
import socket
import tempfile
import time
import unittest

import harness
import milters

SETTINGS = """
upstreams = ( {{ name = "recorder"; address = "127.0.0.1:{port}"; }} );
audit = {{ file = "-"; }};
milters = ( {{ name = "{name}"; address = "{address}"; on_failure = "{failure}";
  command_timeout = "{wait}"; content_timeout = "{wait}"; }} );
"""
STAGES = ("connect", "mail", "content", "end")
FAILURES = ("tempfail", "continue")
PATIENCE, IMPATIENCE = "60s", "3s"
UNCHECKED = b"X-Postern-Unchecked: "
SLOW = "slow"  # the Subject that OpenDKIM and rspamd take a minute for
UNDER_WAY_SECONDS = 0.5  # until what was sent has come as far as the milter


def message(subject):
    return f"From: Ann <ann@example.org>\r\nSubject: {subject}\r\n\r\nHello\r\n".encode()


class Session:
    """One client, brought to the stage at which the milter is lost; finish() is the last reply it gets."""

    def __init__(self, gateway, recipient, stage):
        self.gateway, self.recipient, self.stage = gateway, recipient, stage
        self.client = None
        self.content = message(SLOW if stage == "end" else "hello")
        if stage == "connect":
            return
        self._greet()
        if stage != "mail":
            self.client.envelope("ann@example.org", recipient)
            self.client.expect(354, "DATA")
            self.client.send(self.content[:20])
        if stage == "end":
            self.client.send(self.content[20:] + b".\r\n")

    def _greet(self):
        """Whether the gateway is willing."""
        self.client = harness.Client(self.gateway.port)
        return self.client.greeting.startswith("220") and self.client.expect(250, "EHLO client.example")

    def finish(self):
        if self.stage == "connect" and not self._greet():
            return self.client.greeting
        if self.stage in ("connect", "mail"):
            return self.whole(self.content)
        if self.stage == "content":
            self.client.send(self.content[20:] + b".\r\n")
        return self.client.reply()

    def whole(self, content):
        """A message from MAIL on, until it ends or is refused."""
        for command in ("MAIL FROM:<ann@example.org>", f"RCPT TO:<{self.recipient}>", "DATA"):
            reply = self.client.say(command)
            if reply[0] in "45":
                return reply
        self.client.send(content + b".\r\n")
        return self.client.reply()

    def again(self):
        """The reply to another message, in the same session if it is still open."""
        if self.stage == "connect" and not self.client.greeting.startswith("220"):
            self._greet()
        reply = self.client.say("RSET")
        return self.whole(message("again")) if reply.startswith("250") else reply

    def close(self):
        if self.client:
            self.client.socket.close()


class Loss(unittest.TestCase):

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="postern-lost-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.recorder = harness.Recorder()
        self.addCleanup(self.recorder.close)

    def need(self, *packages):
        reason = milters.usable(*packages)
        if reason:
            self.skipTest(reason)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, milter):
        self.addCleanup(milter.stop)
        milter.start()
        return milter

    def serve(self, milter, failure, wait, name=None):
        gateway = harness.Gateway(self.path(name or f"{failure}-{wait}"), SETTINGS.format(
            port=self.recorder.port, name=milter.package, address=milter.address, failure=failure, wait=wait))
        self.addCleanup(lambda: self.assertEqual(gateway.stop(), 0))
        return gateway

    def await_service(self, milter, name):
        """Until it has found its helper: before, it refuses by itself."""
        gateway = self.serve(milter, "tempfail", PATIENCE, name)

        def served():
            session = Session(gateway, "first@example.org", "mail")
            self.addCleanup(session.close)
            return session.finish().startswith("250")

        harness.wait_for(served, "the milter's service")
        self.recorder.content.pop("first@example.org")

    def sessions(self, milter, wait):
        """For each way to fail and each stage."""
        found = {}
        for failure in FAILURES:
            gateway = self.serve(milter, failure, wait)
            for stage in STAGES:
                found[failure, stage] = Session(gateway, f"{failure}-{stage}-{wait}@example.org", stage)
                self.addCleanup(found[failure, stage].close)
        return found

    @staticmethod
    def finish(sessions):
        """All at once; the replies."""
        with concurrent.futures.ThreadPoolExecutor(len(sessions)) as pool:
            return dict(zip(sessions, pool.map(Session.finish, sessions.values())))

    def check(self, session, failure, reply):
        arrived = bytes(self.recorder.content.pop(session.recipient, b""))
        if failure == "tempfail":
            self.assertRegex(reply, r"^421 4\." if session.stage == "connect" else r"^451 4\.")
            self.assertEqual(arrived, b"")
        else:
            self.assertRegex(reply, "^250 ")
            self.assertIn(UNCHECKED, arrived)
            self.assertTrue(arrived.endswith(b"\r\n\r\nHello\r\n.\r\n"), arrived)
        self.assertRegex(session.again(), "^250 ")
        self.assertNotIn(UNCHECKED, bytes(self.recorder.content.pop(session.recipient)))

    def lose_both_ways(self, milter, helper=None):
        """${helper}: hangs before, so that the milter is slow, and no more after."""
        for wait, lose, find in (PATIENCE, milter.kill, milter.start), (IMPATIENCE, milter.hang, milter.resume):
            if helper:
                self.await_service(milter, f"before-{wait}")
                helper.hang()
            sessions = self.sessions(milter, wait)
            time.sleep(UNDER_WAY_SECONDS)
            lose()
            replies = self.finish(sessions)
            if helper:
                helper.resume()
            find()
            if helper:
                self.await_service(milter, f"after-{wait}")
            for (failure, stage), session in sessions.items():
                with self.subTest(milter=milter.package, failure=failure, stage=stage, wait=wait):
                    self.check(session, failure, replies[failure, stage])

    def test_opendkim(self):
        self.need("opendkim")
        private, _ = milters.key()
        self.lose_both_ways(self.start(milters.OpenDkim(self.path("opendkim"), private, path=True)))

    def test_rspamd(self):
        self.need("rspamd")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
            deaf.bind(("127.0.0.1", 0))
            self.lose_both_ways(
                self.start(milters.Rspamd(self.path("rspamd"), deaf.getsockname()[1])))

    def test_clamav(self):
        """At the end it waits for its scanner, which hangs."""
        self.need("clamav-daemon", "clamav-milter")
        scanner = self.start(milters.Scanner(self.path("scanner")))
        milter = self.start(milters.ClamAv(self.path("clamav"), scanner))
        self.lose_both_ways(milter, scanner)

    def test_clamav_scanner(self):
        """The milter lives, but has nobody to ask: it says so itself."""
        self.need("clamav-daemon", "clamav-milter")
        scanner = self.start(milters.Scanner(self.path("scanner")))
        milter = self.start(milters.ClamAv(self.path("clamav"), scanner))
        gateway = self.serve(milter, "continue", PATIENCE)
        session = Session(gateway, "bob@example.org", "mail")
        self.addCleanup(session.close)
        scanner.kill()
        self.assertRegex(session.finish(), "^451 4.")
        self.assertEqual(self.recorder.content, {})


if __name__ == "__main__":
    unittest.main()
