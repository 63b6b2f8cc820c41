"""Connections to Postfix that serve one client after another: each is who it is, and none suffers from
what another has done."""

import os
import re
import unittest

import harness
import postfix

SETTINGS = """upstreams = ( {{ address = "127.0.0.1:{port}"; identify = "{identify}"; keepalive = 4; }} );
log = {{ level = "debug"; }};
"""
GUARD = """rules = ( { name = "no-relay"; when = { recipient_domain = { not = "example.org"; }; };
  then = { reject = "550 5.7.1 Not our domain"; }; } );
"""
AGAIN = re.compile(r"the kept connection to \S+ is used again")

mta = None
folder = None


def setUpModule():
    global mta, folder
    folder = harness.module_folder("keepalive", postfix.usable())
    # Two errors are answered slowly, four end the session; and it soon has had enough of an idle one.
    mta = postfix.Postfix(
        os.path.join(folder, "postfix"),
        "smtpd_soft_error_limit = 2\nsmtpd_hard_error_limit = 4\n"
        "smtpd_timeout = 3s\n",
    )
    unittest.addModuleCleanup(mta.stop)
    mta.start()


class Case(unittest.TestCase):
    """One gateway for all tests of a class."""

    identify, rules = "none", GUARD

    @classmethod
    def setUpClass(cls):
        ports = {"none": mta.plain, "xclient": mta.xclient, "xforward": mta.xforward}
        settings = SETTINGS.format(port=ports[cls.identify], identify=cls.identify)
        cls.gateway = harness.Gateway(os.path.join(folder, cls.__name__), settings + cls.rules)

    @classmethod
    def tearDownClass(cls):
        code = cls.gateway.stop()
        if code != 0:
            raise AssertionError(f"postern ended with {code}: {cls.gateway.log()}")

    def reused(self):
        return len(AGAIN.findall(self.gateway.log()))

    def deliver(self, source, token, helo="client.example"):
        """One session with one message, to its end; the message as it arrived."""
        with harness.Client(self.gateway.port, source) as client:
            client.expect(250, f"EHLO {helo}")
            client.envelope("a@b.test", "u@example.org")
            reply = client.content(f"Subject: {token}\r\n\r\n{token}\r\n".encode())
            self.assertTrue(reply.startswith("250 "), reply)
            client.expect(221, "QUIT")
        (arrived,) = mta.with_token(token)
        return arrived

    def deliver_all(self, count):
        """Messages of ${count} clients in a row: (source, token, HELO name, message) of each."""
        found = []
        for i in range(count):
            source, helo = f"127.0.0.{20 + i}", f"client{i}.example"
            token = f"token-{type(self).__name__}-{self._testMethodName}-{i}-"
            found.append((source, token, helo, self.deliver(source, token, helo)))
        return found


class Plain(Case):
    def test_one_after_another(self):
        before = self.reused()
        found = self.deliver_all(8)
        for _, token, helo, arrived in found:
            self.assertIn(f"Received: from {helo} (".encode(), arrived)
            self.assertEqual(arrived.count(token.encode()), 2)  # its own, and no other's
            self.assertEqual(arrived.count(b"token-"), 2)
        # Each of the two workers makes a connection of its own.
        self.assertGreaterEqual(self.reused() - before, 6)

    def one_error_is_no_harm(self):
        """A client that Postfix refuses one thing delivers all the same."""
        with harness.Client(self.gateway.port) as client:
            client.expect(250, "EHLO client.example")
            client.expect(250, "MAIL FROM:<a@b.test>")
            client.expect("550 5.1.1", "RCPT TO:<gone@example.org>")
            client.expect(250, "RCPT TO:<u@example.org>")
            self.assertTrue(client.content(b"Subject: x\r\n\r\n").startswith("250 "))
            client.expect(221, "QUIT")

    def test_errors_are_their_own(self):
        for _ in range(4):
            with harness.Client(self.gateway.port) as client:
                client.expect(250, "EHLO bad.example")
                client.expect(250, "MAIL FROM:<a@b.test>")
                for _ in range(3):
                    client.expect("550 5.1.1", "RCPT TO:<gone@example.org>")
                client.expect(221, "QUIT")
            self.one_error_is_no_harm()

    def test_postfix_leaves_first(self):
        """Its timeout comes before ours: 421, which nobody is to see."""
        self.deliver("127.0.0.32", "token-leaves-1-")
        left = re.compile(r"is closed: the upstream closed the session")
        harness.wait_for(lambda: left.search(self.gateway.log()), "the end of an idle connection")
        self.deliver("127.0.0.32", "token-leaves-2-")


class XClient(Case):
    """Postfix relays for 127.0.0.1 alone, and learns anew who the client is. It takes a second XCLIENT only
    where the first one named a host that may say XCLIENT itself."""

    identify, rules = "xclient", ""

    def test_each_is_named(self):
        """No connection that cannot be told of the next client is kept, so none is replaced either."""
        before = self.reused()
        for source, _, helo, arrived in self.deliver_all(4):
            self.assertIn(f"Received: from {helo} (".encode(), arrived)
            self.assertRegex(arrived, rf"\[{re.escape(source)}\]\)".encode())
            self.assertIn(f"client=unknown[{source}]", mta.log())
        self.assertEqual(self.reused(), before)
        self.assertNotIn("is replaced", self.gateway.log())

    def test_stranger_after_friend(self):
        """The friend's connection is used again, and relays for him alone."""
        before = self.reused()
        for _ in range(4):
            with harness.Client(self.gateway.port) as friend:
                friend.expect(250, "EHLO friend.example")
                friend.envelope("a@b.test", "x@elsewhere.test")
                self.assertTrue(friend.content(b"Subject: relay\r\n\r\n").startswith("250 "))
                friend.expect(221, "QUIT")
            with harness.Client(self.gateway.port, "127.0.0.9") as stranger:
                stranger.expect(250, "EHLO stranger.example")
                stranger.expect(250, "MAIL FROM:<a@b.test>")
                stranger.expect("554 5.7.1", "RCPT TO:<x@elsewhere.test>")
        self.assertGreater(self.reused(), before)


class XForward(Case):
    identify = "xforward"

    def test_each_is_named(self):
        for source, _, _, _ in self.deliver_all(6):
            self.assertRegex(mta.log(), rf"client=\S+\[{re.escape(source)}\]")
        self.assertGreater(self.reused(), 0)


if __name__ == "__main__":
    unittest.main()
