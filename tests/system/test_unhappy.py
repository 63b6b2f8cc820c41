"""A machine at the end of its means: every call of the system fails in its turn, at the start, at a reload and in a
session.

Whatever is refused so, the gateway either does not start and says why, or serves; a reload leaves it serving; and no
message is acknowledged that did not go upstream, or lies in the store, once and whole. See test_memory.
"""

import os
import re
import subprocess
import tempfile
import unittest

import harness
import starving
import test_memory
from harness import tls
from test_memory import CONTENT, ENVELOPE, GREETING, MESSAGE, REFUSE

CALLS_MAX = 1000  # of one start or reload
NEVER = 1 << 40  # the number of an allocation that does not come
SAMPLE = 100  # allocations of a start with certificates that are failed
SETTINGS = """
quarantine = {{ directory = "{folder}/quarantine"; }};
audit = {{ file = "{folder}/records"; }};
resolver = {{ servers = [ "127.0.0.1:9" ]; timeout = "200ms"; }};
milters = ( {{ name = "m"; address = "inet:127.0.0.1:1"; on_failure = "continue"; when = {{ sender = "*@milter.test"; }}; }} );
limits = {{ memory_per_message = "16K"; spool_dir = "{folder}"; }};
upstreams = ( {{ name = "mta"; address = "127.0.0.1:{port}"; }} );
rules = ( {{ name = "n"; when = {{ client_name = "none.test"; }}; then = {{ tag = "t"; }}; }} );
on_failure = {{ lookup = "continue"; }};
"""
LISTENER = 'tls = {{ mode = "starttls"; certificate = "{0}/gw.pem"; key = "{0}/gw.key"; }};'
SYSEXITS = range(64, 79)


class Case(test_memory.Case):
    """As there, with calls in the place of allocations."""

    spans = (1,)
    few, what, library = 2, "call", "failing_calls"


class Lives(Case):
    def setUp(self):
        super().setUp()
        self.upstream = test_memory.Upstream()
        self.addCleanup(self.upstream.close)
        self.settings = SETTINGS.format(folder=self.folder, port=self.upstream.port)
        self.listener = LISTENER.format(tls.folder())

    def gateway_of(self, settings):
        with starving.environment(self.orders):
            return harness.Gateway(os.path.join(self.folder, "gw"), settings, self.listener)

    def judge_session(self, port):
        """A message is taken and goes upstream, or is put off and does not."""
        self.upstream.taken.clear()
        steps = GREETING + ENVELOPE + CONTENT
        try:
            done, reply = starving.converse(port, steps)
        except OSError:
            return ""
        accepted = done == len(steps) and reply[:1] == "2"
        self.assertEqual(len(self.upstream.taken), int(accepted), reply)
        self.assertNotRegex(reply, "^5")
        return reply

    def judge_start(self, number):
        """Whether it is ready, or has said why it is not."""
        self.orders.arm(number)
        try:
            gateway = self.gateway_of(self.settings)
        except AssertionError as ended:
            said = str(ended)
            if "the service manager cannot be told" in said:
                return True
            code = re.match(r"postern ended: (-?\d+)\n", said)
            self.assertTrue(code, f"{self.what} {number}: {said}")
            self.assertIn(int(code.group(1)), SYSEXITS, f"{self.what} {number}: {said}")
            self.assertRegex(said, "error: |postern: ", f"{self.what} {number}")
            return False
        try:
            self.orders.rest()
            self.assertRegex(self.judge_session(gateway.port), "^250 ", f"{self.what} {number}: {gateway.log()}")
        finally:
            code = gateway.stop()
        self.assertIn(code, (0, *SYSEXITS), f"{self.what} {number}: {gateway.log()}")
        return True

    def test_start(self):
        """It starts, or ends with an error: it never dies, hangs, or is ready and serves nobody."""
        ready = 0
        for number in range(1, CALLS_MAX):
            ready += self.judge_start(number)
            if self.orders.failed() == 0:
                break
        self.assertGreater(number, 30)
        self.assertLess(ready, number)

    def test_reload(self):
        """It serves, by the old configuration or by the new one."""
        gateway = self.gateway_of(self.settings)
        self.addCleanup(gateway.stop)
        for number in range(1, CALLS_MAX):
            self.orders.arm(number)
            gateway.reload(self.settings)
            failed = self.orders.disarm()[1]
            self.assertIsNone(gateway.process.poll(), f"{self.what} {number}: {gateway.log()[-1000:]}")
            self.assertRegex(self.judge_session(gateway.port), "^250 ", f"{self.what} {number}: {gateway.log()[-1000:]}")
            if failed == 0:
                break
        self.assertGreater(number, 3)


class Untold(unittest.TestCase):
    """A service manager that cannot be reached waits in vain, and the log says so."""

    def hears(self, command, settings, place):
        with tempfile.TemporaryDirectory(prefix="postern-untold-") as folder:
            config, log = os.path.join(folder, "postern.conf"), os.path.join(folder, "log")
            with open(config, "w", encoding="utf-8") as file:
                file.write(settings)
            with open(log, "wb") as output:
                program = subprocess.Popen(
                    [harness.POSTERN, command, "-c", config], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                    stderr=output, env={**os.environ, "NOTIFY_SOCKET": place(folder)})
            try:
                harness.wait_for(lambda: "the service manager cannot be told" in harness.read_text(log), "a warning")
            finally:
                program.terminate()
                self.assertEqual(program.wait(3 * harness.WAIT_SECONDS), 0)  # libmilter takes its time
            return harness.read_text(log)

    def test_both_programs(self):
        proxy = (f'listeners = ( {{ address = "127.0.0.1:{harness.free_port()}"; }} );'
                 'upstreams = ( { address = "127.0.0.1:9"; } );')
        milter = f'milter = {{ address = "inet:{harness.free_port()}@127.0.0.1"; }};'
        for command, settings in (("proxy", proxy), ("milter", milter)):
            with self.subTest(command):
                self.assertIn("File name too long", self.hears(command, settings, lambda folder: "/" + "x" * 200))
                self.assertIn("No such file", self.hears(command, settings, lambda folder: folder + "/nobody"))


class Memory(Lives):
    """The same with allocations."""

    few, what, library = 2, "allocation", "failing_malloc"
    test_reload = None  # libconfig ends a program that has no memory while it reads

    def loading(self, config):
        """How many allocations the reading of a configuration takes: `explain` of no message does nothing else."""
        self.orders.arm(NEVER)
        with starving.environment(self.orders):
            subprocess.run([harness.POSTERN, "explain", "-c", config, os.path.join(self.folder, "none")],
                           stderr=subprocess.DEVNULL, timeout=starving.WAIT_SECONDS, check=False)
        return self.orders.disarm()[0]

    def test_start(self):
        """Each one once the configuration has been read; with certificates, which take thousands, a sample."""
        for self.listener in ("", self.listener):
            with self.subTest(self.listener):
                self.orders.arm(NEVER)
                gateway = self.gateway_of(self.settings)
                gateway.stop()
                total = self.orders.disarm()[0]
                first = self.loading(gateway.config) + 1
                self.assertGreater(total - first, SAMPLE // 2)
                for number in range(first, total, max((total - first) // SAMPLE, 1)):
                    self.judge_start(number)


class Sessions(Case):
    def test_streamed(self):
        self.start("")
        self.delivers(GREETING + ENVELOPE + CONTENT,
                      lambda taken: None if len(taken) == 1 and taken[0][1] == MESSAGE else taken)

    def test_refused(self):
        self.start(REFUSE.format(when='raw_body = "/viagra/";'))
        self.refuses(GREETING + ENVELOPE + CONTENT)

    def test_spooled(self):
        """A message too big for memory lies in a file, or is put off."""
        self.start(REFUSE.format(when='raw_body = "/nothing/";'),
                   limits=f'memory_per_message = "16K"; spool_dir = "{self.folder}";')
        big = MESSAGE + b"and more of it, line by line, until it is too big to be kept\r\n" * 1000
        steps = GREETING + ENVELOPE + [b"DATA\r\n", big + b".\r\n"]
        self.delivers(steps, lambda taken: None if len(taken) == 1 and taken[0][1] == big else len(taken))

    def test_stored(self):
        self.start('rules = ( { name = "q"; when = { header = { Subject = "/casino/"; }; }; then = { quarantine = "odd"; }; } );')
        stored, steps = [0], GREETING + ENVELOPE + CONTENT

        def judge(_, done, reply):
            accepted = done == len(steps) and reply[:1] == "2"
            stored[0] += accepted
            harness.wait_for(lambda: self.stored() >= stored[0], "what was acknowledged")
            if self.upstream.taken:
                return "it went upstream"
            stored[0] = self.stored() if not accepted else stored[0]  # what could not be removed again
            return None

        self.assertIsNone(judge(0, *self.converse(steps)))
        self.starve(steps, judge)


if __name__ == "__main__":
    unittest.main()
