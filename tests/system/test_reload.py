"""A reload is taken by all workers or refused whole, and what is said of it is true."""

import contextlib
import os
import re
import select
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
import unittest

import harness
import milter

REFUSES = """
rules = ( { name = "%s"; when = { sender = "a@b.test"; }; then = { reject = "550 5.7.1 %s"; }; } );
"""


class Reload(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="postern-reload-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.recorder = harness.Recorder()
        self.addCleanup(self.recorder.close)

    def gateway(self, settings=""):
        gateway = harness.Gateway(os.path.join(self.folder, "run"), self.settings(settings))
        self.addCleanup(gateway.stop)
        return gateway

    def settings(self, text):
        return f'upstreams = ( {{ name = "mta"; address = "127.0.0.1:{self.recorder.port}"; }} );\n' + text

    def answer(self, gateway):
        """What a sender of REFUSES hears."""
        with harness.Client(gateway.port) as client:
            client.expect(250, "EHLO client.example")
            return client.say("MAIL FROM:<a@b.test>").rstrip()

    @staticmethod
    def hear(gateway):
        """What the service manager would read meanwhile."""
        while select.select([gateway.notify], [], [], 0)[0]:
            gateway.notify.recv(4096)

    def test_said_once_when_all_serve_it(self):
        gateway = self.gateway()
        gateway.reload(self.settings(REFUSES % ("new", "New")))
        for _ in range(4):  # each worker has two of these
            self.assertEqual(self.answer(gateway), "550 5.7.1 New")
        harness.wait_for(lambda: "reloaded" in gateway.log(), "the line")
        time.sleep(0.1)
        self.assertEqual(len(re.findall(r"info: reloaded .*, configuration [0-9a-f]{8}", gateway.log())), 1)

    def test_many_signals(self):
        """The last one's file is served, however the signals came."""
        gateway = self.gateway()
        for i in range(30):
            gateway.configure(self.settings(REFUSES % (f"r{i}", f"Number {i}")))
            gateway.process.send_signal(signal.SIGHUP)
            time.sleep(0.002 if i % 3 else 0.02)
            self.hear(gateway)
        harness.wait_for(lambda: self.answer(gateway) == "550 5.7.1 Number 29", "the last one")
        self.assertEqual(gateway.stop(), 0)

    def test_records_go_together(self):
        """A pipe without a reader can be written, by its rights, and not be opened."""
        pipe, audit = os.path.join(self.folder, "pipe"), os.path.join(self.folder, "audit")
        os.mkfifo(pipe)
        gateway = self.gateway()
        gateway.reload(self.settings(f'audit = {{ file = "{audit}"; }}; log = {{ to = "{pipe}"; }};'
                                     + REFUSES % ("new", "New")))
        harness.wait_for(lambda: "reload failed, the old policy stays: cannot open" in gateway.log(), "it")
        self.assertEqual(self.answer(gateway)[:3], "250")
        gateway.configure(self.settings(f'audit = {{ file = "{pipe}"; }};' + REFUSES % ("new", "New")))
        gateway.process.send_signal(signal.SIGHUP)
        harness.wait_for(lambda: gateway.log().count("reload failed, the old policy stays: cannot open") == 2, "again")
        self.assertEqual(self.answer(gateway)[:3], "250")
        harness.wait_for(lambda: len(gateway.records()) == 2, "the records at their old place")
        self.assertEqual(os.stat(audit).st_size, 0)
        self.assertTrue(stat.S_ISFIFO(os.stat(pipe).st_mode))

    def test_the_service_manager_hears_why(self):
        gateway = self.gateway()
        harness.wait_for(lambda: "ready, configuration" in gateway.log(), "the line")
        gateway.configure(self.settings("ruels = ( );"))
        gateway.process.send_signal(signal.SIGHUP)
        gateway.wait_state("STATUS=reload failed, configuration "
                           + re.search(r"ready, configuration (\w+)", gateway.log()).group(1)
                           + " stays: the configuration has errors")
        self.assertNotIn("cannot be told", gateway.log())

    def test_not_while_it_ends(self):
        gateway = self.gateway()
        with harness.Client(gateway.port) as client:
            client.expect(250, "EHLO client.example")
            client.envelope("x@b.test", "u@example.org")
            client.expect(354, "DATA")
            gateway.process.send_signal(signal.SIGTERM)
            gateway.wait_state("STOPPING=1")
            gateway.configure(self.settings(REFUSES % ("new", "New")))
            gateway.process.send_signal(signal.SIGHUP)
            time.sleep(0.3)
            client.expect(250, "Subject: x\r\n\r\nx\r\n.")
        self.assertEqual(gateway.stop(), 0)
        self.assertNotIn("info: reloaded", gateway.log())

    def test_many_signals_to_a_busy_worker(self):
        """Whoever takes a configuration late is not given the next one meanwhile."""
        rule = ('rules = ( { name = "slow"; when = { raw_body = [ %s ]; }; then = { reject = "550 5.7.1 Slow"; }; } );'
                % ", ".join(f'"/[a-z]+{i}q[a-z]*z/"' for i in range(100)))
        gateway = harness.Gateway(os.path.join(self.folder, "run"), self.settings(rule), workers=1)
        self.addCleanup(gateway.stop)
        with contextlib.ExitStack() as stack:
            for _ in range(4):
                client = stack.enter_context(harness.Client(gateway.port))
                client.expect(250, "EHLO client.example")
                client.envelope("x@b.test", "u@example.org")
                client.expect(354, "DATA")
                client.send((b"Subject: x\r\n\r\n" + b"a" * 900 + b"\r\n") + (b"a" * 900 + b"\r\n") * 2000 + b".\r\n")
            for i in range(60):
                gateway.configure(self.settings(REFUSES % (f"r{i}", f"Number {i}")))
                gateway.process.send_signal(signal.SIGHUP)
                time.sleep(0.003)
                self.hear(gateway)
        harness.wait_for(lambda: self.answer(gateway) == "550 5.7.1 Number 59", "the last one")
        gateway.reload(self.settings(REFUSES % ("last", "Last")))
        harness.wait_for(lambda: self.answer(gateway) == "550 5.7.1 Last", "one more")
        self.assertEqual(gateway.stop(), 0)


class Pair(harness.Gateway):
    """Two listeners, the second in TLS from the first byte on."""

    turned = False

    def configure(self, settings):
        if not hasattr(self, "secret"):
            self.secret = harness.free_port()
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "60",
                 "-subj", "/CN=gw", "-keyout", f"{self.folder}/gw.key", "-out", f"{self.folder}/gw.pem"],
                check=True, capture_output=True)
        pair = [f'{{ address = "127.0.0.1:{self.port}"; name = "plain"; }}',
                f'{{ address = "127.0.0.1:{self.secret}"; name = "secret"; tls = {{ mode = "implicit"; '
                f'certificate = "gw.pem"; key = "gw.key"; }}; }}']
        with open(self.config, "w", encoding="utf-8") as file:
            file.write('hostname = "gw.example.org";\nworkers = 1;\n'
                       f'listeners = ( {", ".join(pair[::-1] if self.turned else pair)} );\n' + settings)


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
class TurnedAway(unittest.TestCase):
    """What is said to a client without a session is what its own socket speaks."""

    def hears(self, port):
        with socket.create_connection(("127.0.0.1", port), harness.WAIT_SECONDS) as client:
            client.settimeout(harness.WAIT_SECONDS)
            return client.recv(100)[:3]

    def test_listeners_in_another_order(self):
        folder = tempfile.mkdtemp(prefix="postern-reload-")
        self.addCleanup(shutil.rmtree, folder)
        settings = ('limits = { connections_per_client = 1; };\nupstreams = ( { address = "127.0.0.1:9"; identify = "xclient"; } );'
                    '\n')
        gateway = Pair(os.path.join(folder, "run"), settings)
        self.addCleanup(gateway.stop)
        with harness.Client(gateway.port):
            for turned in (False, True, False):
                gateway.turned = turned
                gateway.reload(settings)
                self.assertEqual((self.hears(gateway.port), self.hears(gateway.secret)), (b"421", b""))


class Milter(unittest.TestCase):
    def test_what_waits_is_said_each_time(self):
        folder = tempfile.mkdtemp(prefix="postern-reload-")
        self.addCleanup(shutil.rmtree, folder)
        gateway = milter.Milter(os.path.join(folder, "run"), "")
        self.addCleanup(gateway.stop)
        with open(gateway.config, encoding="utf-8") as file:
            text = file.read()
        for count in (1, 2):
            with open(gateway.config, "w", encoding="utf-8") as file:
                file.write(text + 'user = "nobody";\n')
            gateway.reload_as_before()
            harness.wait_for(lambda: gateway.log().count("info: reloaded") == count, "the reload")  # noqa: B023
            self.assertEqual(gateway.log().count("a changed user needs a restart"), count)


if __name__ == "__main__":
    unittest.main()
