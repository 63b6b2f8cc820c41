"""The gateway as a service: its account, its files, its memory, against the recorder."""

import glob
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import unittest.mock

import harness

HOLD = """
rules = ( { name = "look"; when = { raw_body = "/^refuse this$/"; };
            then = { reject = "550 5.7.1 Refused by its body"; }; } );
"""


class Service(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="postern-service-")
        self.addCleanup(shutil.rmtree, self.folder)
        os.chmod(self.folder, 0o755)
        self.recorder = harness.Recorder()
        self.addCleanup(self.recorder.close)

    def upstream(self):
        return f'upstreams = ( {{ name = "mta"; address = "127.0.0.1:{self.recorder.port}"; }} );\n'

    def gateway(self, settings=""):
        gateway = harness.Gateway(os.path.join(self.folder, "run"), self.upstream() + settings)
        self.addCleanup(gateway.stop)
        return gateway

    def send(self, gateway, recipient, content=b"Subject: x\r\n\r\nhello\r\n"):
        with harness.Client(gateway.port) as client:
            client.expect(250, "EHLO client.example")
            client.envelope("a@b.test", recipient)
            reply = client.content(content)
            client.expect(221, "QUIT")
        return reply

    def path(self, name):
        return os.path.join(self.folder, name)

    def test_a_worker_whose_loop_has_ended(self):
        """Its clients are told, the others finish, nobody is given to it, and the process ends with an error."""
        orders = self.path("orders")
        environment = harness.preload("failing_disk", orders)
        gateway = harness.Gateway(os.path.join(self.folder, "run"), self.upstream(), environment=environment)
        self.addCleanup(gateway.stop)
        with harness.Client(gateway.port) as lost, harness.Client(gateway.port) as other:
            for client in (lost, other):
                client.expect(250, "EHLO client.example")
                client.envelope("a@b.test", "u@example.org")
            with open(os.path.join(orders, "epoll"), "wb"):
                pass
            lost.expect(250, "NOOP")
            if not lost.buffer and other.socket in select.select([lost.socket, other.socket], [], [], harness.WAIT_SECONDS)[0]:
                lost, other = other, lost  # its worker had a timer to look at
            self.assertRegex(lost.reply(), "^421 4.3.2 ")
            self.assertTrue(lost.ended())
            harness.wait_for(lambda: "info: stopping" in gateway.log(), "the drain")
            self.assertRaises(OSError, harness.Client, gateway.port)
            self.assertRegex(other.content(b"Subject: x\r\n\r\nhello\r\n"), "^250 ")
            self.assertRegex(other.reply(), "^421 4.3.2 ")
        self.assertEqual(gateway.process.wait(harness.WAIT_SECONDS), 71)
        self.assertRegex(gateway.log(), "error: worker [01]: the event loop broke: Bad file descriptor")
        verdicts = sorted(record["verdict"] for record in gateway.records())
        self.assertEqual(verdicts, ["abort", "accept"])

    def test_nothing_is_done_without_its_lock(self):
        """Clients that come and go, one of them told by a balancer, a reload, records, a copy that is kept."""
        environment = harness.preload("strict_mutexes", self.path("unused"))
        settings = self.upstream() + """rules = ( { name = "kept"; when = { recipient = "kept@*"; };
            then = { quarantine = "odd"; }; } );\n"""
        gateway = harness.Gateway(
            os.path.join(self.folder, "run"), settings, 'proxy_protocol = [ "127.0.0.2" ];', environment=environment)
        self.addCleanup(gateway.stop)
        for _ in range(2):
            for recipient in ("one@example.org", "kept@example.org", "two@example.org"):
                self.assertRegex(self.send(gateway, recipient), "^250 ")
            with harness.Client(gateway.port, "127.0.0.2", greet=False) as told:
                told.send(b"PROXY TCP4 192.0.2.7 127.0.0.1 4711 25\r\n")
                self.assertRegex(told.reply(), "^220 ")
                told.expect(221, "QUIT")
            gateway.reload_as_before()
        self.assertEqual(gateway.stop(), 0, gateway.log())

    @unittest.skipUnless(os.geteuid() == 0, "only root can become somebody else")
    def test_gives_up_root(self):
        gateway = self.gateway('user = "nobody";\n')
        for status in glob.glob(f"/proc/{gateway.process.pid}/task/*/status"):
            with open(status, encoding="ascii") as file:
                ids = re.findall(r"(?m)^(?:Uid|Gid|Groups):\t(.*)$", file.read())
            self.assertNotIn("0", " ".join(ids).split(), status)
        self.assertTrue(self.send(gateway, "u@example.org").startswith("250 "))
        self.assertEqual(gateway.stop(), 0)

    def test_keeps_its_state_where_the_service_manager_says(self):
        """Where it may write, and not beside its configuration, where it may not."""
        state = self.path("state")
        os.mkdir(state)
        settings = """rules = ( { name = "aside"; when = { sender = "a@*"; }; then = { quarantine = "odd"; }; } );\n"""
        with unittest.mock.patch.dict(os.environ, STATE_DIRECTORY=state + ":" + self.path("other")):
            gateway = self.gateway(settings)
            beside = os.path.join(gateway.folder, "state")
            self.assertTrue(self.send(gateway, "u@example.org").startswith("250 "))
            (kept,) = os.listdir(os.path.join(state, "quarantine", "mail"))
            gateway.reload_as_before()
            self.assertTrue(self.send(gateway, "v@example.org").startswith("250 "))
            listed = subprocess.run(
                [harness.POSTERN, "quarantine", "-c", gateway.config, "list"], stdout=subprocess.PIPE,
                text=True, check=True, timeout=60).stdout
        self.assertFalse(os.path.exists(beside))
        self.assertEqual((len(listed.splitlines()), listed.startswith(kept)), (2, True), listed)

    def test_audit_file_is_reopened(self):
        audit = self.path("audit.json")
        settings = f'audit = {{ file = "{audit}"; }};\n'
        gateway = self.gateway(settings)
        self.send(gateway, "one@example.org")
        harness.wait_for(lambda: self.recipients(audit) == ["one@example.org"], "the first record")
        os.rename(audit, audit + ".1")
        gateway.reload_as_before()
        self.send(gateway, "two@example.org")
        harness.wait_for(lambda: self.recipients(audit) == ["two@example.org"], "the second record")
        self.assertEqual(self.recipients(audit + ".1"), ["one@example.org"])

    def test_records_that_were_lost_are_counted(self):
        """At the latest in the end, where there is no room in the audit for a word on it."""
        gateway = self.gateway('audit = { file = "/dev/full"; };\n')
        for recipient in ("one@example.org", "two@example.org"):
            self.assertRegex(self.send(gateway, recipient), "^250 ")
        harness.wait_for(lambda: "error: audit: records wait: No space left on device" in gateway.log(), "a word on it")
        self.assertEqual(gateway.stop(), 0)
        self.assertIn("error: audit: at least 2 records could not be written", gateway.log())

    @staticmethod
    def recipients(audit):
        try:
            with open(audit, encoding="utf-8") as file:
                records = [json.loads(line) for line in file]
        except FileNotFoundError:
            return []
        return [to["address"] for record in records for to in record["recipients"]]

    def test_large_messages_are_held_in_files_without_names(self):
        """Held on disk while judged, byte for byte the same, and nothing is left behind."""
        spool = self.path("spool")
        os.mkdir(spool)
        limits = f'limits = {{ memory_per_message = "64K"; spool_dir = "{spool}"; message = "20M"; }};\n'
        gateway = self.gateway(limits + HOLD)
        line = bytes(range(32, 127)) + b"\r\n"
        content = b"Subject: big\r\n\r\n" + line * (8_000_000 // len(line))
        with harness.Client(gateway.port) as client:
            client.expect(250, "EHLO client.example")
            client.envelope("a@b.test", "big@example.org")
            client.expect(354, "DATA")
            client.send(content)
            harness.wait_for(lambda: self.spooled(gateway, spool) > 7_000_000, "the spool to fill")
            self.assertEqual(os.listdir(spool), [])
            client.send(b".\r\n")
            self.assertTrue(client.reply().startswith("250 "))
        self.assertEqual(self.recorder.content["big@example.org"], harness.stuff(content))
        self.assertEqual(self.spooled(gateway, spool), 0)
        reply = self.send(gateway, "u@example.org", content + b"refuse this\r\n")
        self.assertEqual(reply, "550 5.7.1 Refused by its body\r\n")

    @staticmethod
    def spooled(gateway, spool):
        """Bytes in files that the gateway has open below the spool directory."""
        total = 0
        for path in glob.glob(f"/proc/{gateway.process.pid}/fd/*"):
            try:
                if os.readlink(path).startswith(spool + "/"):
                    total += os.stat(path).st_size
            except FileNotFoundError:
                pass
        return total

    def test_spool_that_cannot_be_written(self):
        missing = self.path("missing")
        os.mkdir(missing)
        limits = f'limits = {{ memory_per_message = "16K"; spool_dir = "{missing}"; }};\n'
        gateway = self.gateway(limits + HOLD)
        os.rmdir(missing)
        content = b"Subject: x\r\n\r\n" + b"line\r\n" * 5000
        self.assertTrue(self.send(gateway, "u@example.org", content).startswith("452 4.3.1 "))
        self.assertEqual(self.recorder.content, {})
        self.assertTrue(self.send(gateway, "u@example.org").startswith("250 "))

    def test_killed_in_the_middle(self):
        """SIGKILL leaves no dot upstream, and nothing that would stop the next start."""
        gateway = self.gateway()
        with harness.Client(gateway.port) as client:
            client.expect(250, "EHLO client.example")
            client.envelope("a@b.test", "u@example.org")
            client.expect(354, "DATA")
            client.send(b"Subject: x\r\n\r\nhalf\r\n")
            gateway.process.kill()
            self.assertTrue(client.ended())
        gateway.process.wait()
        harness.wait_for(lambda: self.recorder.sessions == 0, "the end of the session upstream")
        self.assertFalse(self.recorder.content.get("u@example.org", b"").endswith(b"\r\n.\r\n"))
        again = self.gateway()
        self.assertTrue(self.send(again, "v@example.org").startswith("250 "))

    def test_second_signal_ends_at_once(self):
        gateway = self.gateway()
        with harness.Client(gateway.port) as client:
            client.expect(250, "EHLO client.example")
            client.envelope("a@b.test", "u@example.org")
            gateway.process.send_signal(signal.SIGTERM)
            gateway.wait_state("STOPPING=1")
            self.assertIsNone(gateway.process.poll())
            gateway.process.send_signal(signal.SIGTERM)
            self.assertEqual(gateway.process.wait(5), 0)

    def test_signals_until_it_has_ended(self):
        """Whoever says so once more, until there is nobody to hear it, does not spoil the end."""
        for _ in range(5):
            gateway = self.gateway()
            deadline = time.monotonic() + 5
            while gateway.process.poll() is None and time.monotonic() < deadline:
                for signo in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                    gateway.process.send_signal(signo)
                    time.sleep(0.0003)
            self.assertEqual(gateway.stop(), 0)


class Deaf(unittest.TestCase):
    """An upstream that takes no more content: the end of data is said and still here, so it cannot have the message."""

    CONTENT = b"Subject: x\r\n\r\n" + b"line\r\n" * 42000  # more than its socket takes, less than what is sent at once

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="postern-deaf-")
        self.addCleanup(shutil.rmtree, self.folder)
        path = os.path.join(self.folder, "upstream")
        self.left = threading.Event()
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(path)
        listener.listen()
        threading.Thread(target=self.serve, args=(listener,), daemon=True).start()
        self.gateway = harness.Gateway(
            os.path.join(self.folder, "run"),
            f'upstreams = ( {{ address = "unix:{path}"; }} ); limits = {{ memory_per_message = "1M"; }};'
            'timeouts = { drain = "1s"; };' + HOLD)
        self.addCleanup(self.gateway.stop)
        self.addCleanup(self.left.set)

    def serve(self, listener):
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 deaf.example\r\n")
            for line in lines:
                connection.sendall(b"354 go on\r\n" if line == b"DATA\r\n" else b"250 ok\r\n")
                if line == b"DATA\r\n":
                    self.left.wait(harness.WAIT_SECONDS)
                    return

    def hand_over(self):
        client = harness.Client(self.gateway.port)
        self.addCleanup(client.__exit__)
        client.expect(250, "EHLO client.example")
        client.envelope("a@b.test", "u@example.org")
        client.expect(354, "DATA")
        client.send(self.CONTENT + b".\r\n")
        self.assertEqual(select.select([client.socket], [], [], 0.5)[0], [])
        return client

    def outcome(self):
        record = self.gateway.wait_records(1)[0]
        return record["verdict"], record["failures"]

    def test_leaves(self):
        client = self.hand_over()
        self.left.set()
        self.assertRegex(client.reply(), "^451 4.4.2 ")
        verdict, (failure,) = self.outcome()
        self.assertEqual(verdict, "tempfail")
        self.assertRegex(failure, "^the connection to the upstream broke: (Broken pipe|Connection reset by peer)$")

    def test_end_of_the_drain(self):
        client = self.hand_over()
        self.gateway.process.send_signal(signal.SIGTERM)
        self.assertEqual(client.reply(), "421 4.3.2 The service is going down, try again later\r\n")
        self.assertEqual(self.outcome(), ("tempfail", ["the service was stopped"]))
        self.assertIn("1 session did not end in time, and is dropped", self.gateway.log())


if __name__ == "__main__":
    unittest.main()
