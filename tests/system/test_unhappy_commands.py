"""Commands on a machine at the end of its means: every call of the system fails in its turn.

What a command says is what it says on a machine that refuses nothing, or it says what failed. See test_unhappy.
"""

import glob
import os
import re
import shutil
import subprocess
import unittest

import harness
import milter
import starving
import test_memory
from test_memory import CONTENT, ENVELOPE, FACTS, GREETING, MESSAGE, REFUSE
from test_memory_elsewhere import Mta
from test_unhappy import CALLS_MAX, NEVER, SYSEXITS, Case

SETTINGS = """
listeners = ( {{ address = "127.0.0.1:2525"; name = "test"; }} );
upstreams = ( {{ name = "mta"; address = "127.0.0.1:{port}"; }} );
milter = {{ address = "unix:{folder}/milter.sock"; }};
quarantine = {{ directory = "{folder}/quarantine"; }};
audit = {{ file = "{folder}/records"; }};
lists = {{ bad = {{ file = "{folder}/bad.list"; }}; }};
rules = (
  {{ name = "no"; when = {{ sender = "@bad"; }}; then = {{ reject = "550 5.7.1 no"; }};
     samples = ( {{ from = "a@bad.test"; to = "b@example.org"; expect = "550 5.7.1"; }} ); }},
  {{ name = "aside"; when = {{ sender = "ann@*"; }}; then = {{ quarantine = "odd"; }}; }}
);
"""


class Commands(Case):
    def setUp(self):
        super().setUp()
        self.upstream = test_memory.Upstream()
        self.addCleanup(self.upstream.close)
        self.write("bad.list", b"*@bad.test\n")
        self.settings = SETTINGS.format(folder=self.folder, port=self.upstream.port)
        self.config = self.write("postern.conf", self.settings.encode())
        self.store = os.path.join(self.folder, "quarantine")

    def write(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def command(self, *words):
        """Command and options; of `quarantine` the request comes before them."""
        at = 2 if words[0] == "quarantine" else 1
        return [harness.POSTERN, *words[:at], "-c", self.config, *words[at:]]

    def run_once(self, number, *words):
        """(How it ended, how many calls failed)."""
        self.orders.arm(number)
        with starving.environment(self.orders):
            done = subprocess.run(self.command(*words), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=starving.WAIT_SECONDS, check=False)
        return done, self.orders.disarm()[1]

    def every_call(self, *words):
        """Each call of the command fails once: (which, how it ended). It never dies, and never ends without a word."""
        for number in range(1, CALLS_MAX):
            done, failed = self.run_once(number, *words)
            if failed == 0:
                self.assertGreater(number, 3)
                return
            self.assertIn(done.returncode, (0, 1, *SYSEXITS), f"call {number}: {done.stderr}")
            if done.returncode != 0:
                self.assertRegex(done.stdout + done.stderr, r"\w", f"call {number} ends it without a word")
            yield f"call {number}: {done.stderr}", done

    def says_the_same(self, *words):
        whole, _ = self.run_once(NEVER, *words)
        self.assertEqual(whole.returncode, 0, whole.stderr)
        for which, done in self.every_call(*words):
            if done.returncode == 0:
                self.assertEqual(done.stdout, whole.stdout, which)
                self.assertLessEqual(set(whole.stderr.splitlines()), set(done.stderr.splitlines()), which)

    def test_check(self):
        self.says_the_same("check")

    def test_explain(self):
        message = self.write("message.eml", MESSAGE)
        self.says_the_same("explain", "--json", "--listener", "test", "--client", "192.0.2.1", "--helo", "x.test",
                           "--from", "a@bad.test", "--rcpt", "b@example.org", message)

    def set_aside(self):
        """One message lies in the store: its identity."""
        shutil.rmtree(self.store, ignore_errors=True)
        gateway = harness.Gateway(os.path.join(self.folder, "gw"), re.sub("listeners = .*", "", self.settings))
        try:
            self.assertRegex(starving.converse(gateway.port, GREETING + ENVELOPE + CONTENT)[1], "^250 ")
        finally:
            self.assertEqual(gateway.stop(), 0, gateway.log())
        found, = self.kept()
        return found

    def kept(self):
        return [os.path.basename(path) for path in glob.glob(self.store + "/mail/*")]

    def test_quarantine_looks(self):
        message = self.set_aside()
        self.says_the_same("quarantine", "list")
        self.says_the_same("quarantine", "show", message)
        self.assertEqual(self.kept(), [message])

    def test_quarantine_release(self):
        """It goes upstream once, or stays; where it is both, the command says so."""
        for which, done in self.each_time_anew("release"):
            taken, kept = len(self.upstream.taken), len(self.kept())
            self.assertLessEqual(taken, 1, which)
            self.assertGreaterEqual(taken + kept, 1, which)
            if done.returncode == 0:
                self.assertEqual((taken, kept), (1, 0), which)

    def test_quarantine_delete(self):
        for which, done in self.each_time_anew("delete"):
            self.assertEqual(self.upstream.taken, [], which)
            if done.returncode == 0:
                self.assertEqual(self.kept(), [], which)

    def each_time_anew(self, request):
        aside = os.path.join(self.folder, "aside")
        message = self.set_aside()
        shutil.copytree(self.store, aside)
        for result in self.every_call("quarantine", request, message):
            yield result
            shutil.rmtree(self.store)
            shutil.copytree(aside, self.store)
            self.upstream.taken.clear()


class Milter(Case):
    """`postern milter` ends and says why, or is ready and judges."""

    def judge_start(self, number):
        self.orders.arm(number)
        try:
            with starving.environment(self.orders):
                program = milter.Milter(os.path.join(self.folder, "milter"), REFUSE.format(when=FACTS["sender"]))
        except AssertionError as ended:
            if "the service manager cannot be told" in str(ended):
                return
            self.assertRegex(str(ended), r"(?s)postern ended: (6[4-9]|7[0-8])\n.*(error: |postern: )", f"call {number}")
            return
        try:
            answer = self.judged(program)
            if not answer:  # libmilter had no thread for the connection, or for itself
                answer = self.judged(program) or (b"t" if program.process.wait(harness.WAIT_SECONDS) else b"")
            self.assertIn(answer, (b"y", b"t"), f"call {number}: {program.log()}")
        finally:
            self.assertIn(program.stop(), (0, *SYSEXITS), f"call {number}: {program.log()}")

    def judged(self, program):
        """The milter's last word; empty where it had none."""
        try:
            mta = Mta(program.port)
        except OSError:
            return b""
        try:
            return mta.message()[0][:1]
        except OSError:
            return b""
        finally:
            mta.close()

    def test_start(self):
        for number in range(1, CALLS_MAX):
            self.judge_start(number)
            if self.orders.failed() == 0:
                break
        self.assertGreater(number, 10)


if __name__ == "__main__":
    unittest.main()
