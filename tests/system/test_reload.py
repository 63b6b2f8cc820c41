"""A reload is taken by all workers or refused whole, and what is said of it is true."""

import os
import re
import select
import shutil
import signal
import stat
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
        harness.wait_for(lambda: len(gateway.records()) == 1, "the record at its old place")
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
