"""Who the client is: told to the gateway by HAProxy and swaks, told by it to Postfix."""

import os
import re
import shutil
import subprocess
import time
import unittest

import balancer
import harness
import postfix

UPSTREAM = 'upstreams = ( {{ address = "127.0.0.1:{port}"; identify = "{identify}"; }} );\n'
GUARD = """rules = ( { name = "no-relay"; when = { recipient_domain = { not = "example.org"; }; };
  then = { reject = "550 5.7.1 Not our domain"; }; },
  { name = "bad-client"; when = { client = "127.0.0.66"; };
  then = { reject = "550 5.7.1 Not you"; }; } );
"""
SWAKS = shutil.which("swaks")

mta = None
folder = None


def setUpModule():
    global mta, folder
    folder = harness.module_folder("identity", postfix.usable())
    mta = postfix.Postfix(os.path.join(folder, "postfix"))
    unittest.addModuleCleanup(mta.stop)
    mta.start()


class Case(unittest.TestCase):
    """One gateway for all tests of a class."""

    identify, rules, listener = "none", GUARD, ""

    @classmethod
    def setUpClass(cls):
        ports = {"none": mta.plain, "xclient": mta.xclient}
        settings = UPSTREAM.format(
            port=ports.get(cls.identify, mta.proxied), identify=cls.identify
        )
        cls.gateway = harness.Gateway(
            os.path.join(folder, cls.__name__), settings + cls.rules, cls.listener
        )

    @classmethod
    def tearDownClass(cls):
        code = cls.gateway.stop()
        if code != 0:
            raise AssertionError(f"postern ended with {code}: {cls.gateway.log()}")

    def message(self):
        return f"Subject: hello\r\n\r\n{self.token()}\r\n".encode()

    def token(self):
        return "token-" + re.sub(r"\W", "-", self.id())[-40:]


class ProxyOut1(Case):
    """Postfix trusts 127.0.0.1, where the gateway is, and hears from its PROXY header who the client
    is (R124): no rule need guard it."""

    identify, rules = "proxy-v1", ""

    def client(self, source):
        client = harness.Client(self.gateway.port, source)
        self.addCleanup(client.socket.close)
        client.expect(250, "EHLO client.example")
        return client

    def test_stranger_cannot_relay(self):
        client = self.client("127.0.0.9")
        client.expect(250, "MAIL FROM:<a@b.test>")
        client.expect("554 5.7.1", "RCPT TO:<x@elsewhere.test>")
        client.expect(250, "RCPT TO:<u@example.org>")
        self.assertTrue(client.content(self.message()).startswith("250 "))
        (arrived,) = mta.with_token(self.token())
        self.assertRegex(arrived, rb"Received: from client\.example \(\S+ \[127\.0\.0\.9\]\)")

    def test_friend_can_relay(self):
        client = self.client("127.0.0.1")
        client.envelope("a@b.test", "x@elsewhere.test")
        self.assertTrue(client.content(self.message()).startswith("250 "))

    def test_not_warned_of(self):
        self.assertNotIn("relay", self.gateway.log())


class ProxyOut2(ProxyOut1):
    identify = "proxy-v2"


@unittest.skipIf(balancer.usable(), "HAProxy is not unpacked")
class Balanced(Case):
    listener = 'proxy_protocol = [ "127.0.0.1" ];'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.addClassCleanup(super().tearDownClass)
        cls.balancer = balancer.Balancer(cls.gateway.folder, cls.gateway.port)
        cls.addClassCleanup(cls.balancer.stop)

    @classmethod
    def tearDownClass(cls):
        """The clean-ups do it, in the order that no connection outlives the gateway."""

    def deliver(self, port):
        with harness.Client(port, "127.0.0.9") as client:
            client.expect(250, "EHLO client.example")
            client.envelope(self.token() + "@b.test", "u@example.org")
            self.assertTrue(client.content(self.message()).startswith("250 "))
            client.expect(221, "QUIT")
        mta.with_token(self.token())
        sender = self.token() + "@b.test"
        (record,) = self.gateway.wait_records(1, lambda r: r["sender"] == sender)
        self.assertEqual(record["verdict"], "accept")
        self.assertEqual(record["client"]["address"], "127.0.0.9")
        self.assertGreater(record["client"]["port"], 0)

    def refuse(self, port):
        with harness.Client(port, "127.0.0.66", greet=False) as client:
            self.assertTrue(client.reply().startswith("554 5.7.1 Not you"))

    def test_version_1(self):
        self.deliver(self.balancer.v1)

    def test_version_2_with_checksum(self):
        self.deliver(self.balancer.v2)

    def test_rules_see_the_client(self):
        self.refuse(self.balancer.v1)
        self.refuse(self.balancer.v2)

    def test_nobody_else_may(self):
        """The header of a host that is not the balancer is not taken, and nothing behind it is."""
        with harness.Client(self.gateway.port, "127.0.0.9") as client:
            client.send("PROXY TCP4 192.0.2.7 203.0.113.1 4711 25\r\nEHLO client.example\r\n")
            self.assertTrue(client.ended())
        told = "127.0.0.9: a PROXY header from a peer that is not"
        harness.wait_for(lambda: told in self.gateway.log(), "the reason in the log")

    def test_checks_leave_nothing(self):
        """Neither a record nor a line in the log."""
        time.sleep(5 * balancer.CHECK_SECONDS)
        self.deliver(self.balancer.v2)  # what went before it is written
        self.assertEqual([r for r in self.gateway.records() if r["client"]["address"] == "127.0.0.1"], [])
        self.assertNotIn("PROXY header", self.gateway.log())


@unittest.skipUnless(SWAKS, "swaks is not installed")
class XClientIn(Case):
    """swaks as a filter in front; what it says of its client goes on to Postfix as our own XCLIENT."""

    identify, rules, listener = "xclient", "", 'xclient = [ "127.0.0.1" ];'

    def swaks(self, *arguments):
        result = subprocess.run(
            [SWAKS, "--server", f"127.0.0.1:{self.gateway.port}", "--helo", "filter.example",
             "--from", "a@b.test", "--body", self.token(), *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=60, check=False,
        )
        return result.returncode, result.stdout

    def test_delivers_for_the_client(self):
        code, output = self.swaks(
            "--to", "u@example.org",
            "--xclient", "NAME=client.example ADDR=192.0.2.7 PORT=4711 PROTO=ESMTP"
        )
        self.assertEqual(code, 0, output)
        (arrived,) = mta.with_token(self.token())
        self.assertRegex(arrived, rb"Received: from filter\.example \(client\.example \[192\.0\.2\.7\]\)")
        wanted = {"address": "192.0.2.7", "port": 4711, "name": "client.example"}
        (record,) = self.gateway.wait_records(1, lambda r: r["client"] == wanted)
        self.assertEqual(record["verdict"], "accept")

    def test_client_cannot_relay(self):
        code, output = self.swaks(
            "--to", "x@elsewhere.test", "--xclient-addr", "192.0.2.7", "--xclient-name", "c.example"
        )
        self.assertNotEqual(code, 0)
        self.assertIn("554 5.7.1", output)


if __name__ == "__main__":
    unittest.main()
