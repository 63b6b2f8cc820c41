"""`make run`: what it prints works as it says, and Ctrl-C ends everything with exit code 0."""

import os
import pty
import re
import select
import subprocess
import tempfile
import time
import unittest

import harness

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.normpath(os.path.join(HERE, "..", ".."))
PORTS = ("2525", "2526")


def listeners():
    """Which of the ports somebody listens on, at 127.0.0.1 or at every address."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        entries = [line.split() for line in table][1:]
    ours = [entry[1].split(":") for entry in entries if entry[3] == "0A"]
    return {
        str(int(port, 16)) for host, port in ours if host in ("0100007F", "00000000")
    } & set(PORTS)


class Try(unittest.TestCase):
    def setUp(self):
        if listeners():
            self.skipTest("something listens on 127.0.0.1:2525 or 2526 already")
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.maildir = os.path.join(self.folder.name, "run", "mail")
        self.output = ""

    def spawn(self):
        """A terminal whose foreground job is a make, whose child is the script."""
        makefile = os.path.join(self.folder.name, "Makefile")
        with open(makefile, "w", encoding="utf-8") as file:
            file.write(
                f"run:\n\t@packaging/try --postern {harness.POSTERN} --maildir {self.maildir}\n"
            )
        pid, self.terminal = pty.fork()
        if pid == 0:
            os.chdir(TOP)
            os.execvpe("make", ["make", "-f", makefile, "run"], harness.plain_environment())
        self.addCleanup(os.close, self.terminal)
        return pid

    def read_until(self, pattern):
        deadline = time.monotonic() + harness.WAIT_SECONDS
        while not re.search(pattern, self.output):
            self.assertLess(time.monotonic(), deadline, f"no {pattern} in {self.output}")
            if select.select([self.terminal], [], [], 0.2)[0]:
                try:
                    self.output += os.read(self.terminal, 65536).decode()
                except OSError:  # the other end is gone
                    self.fail(f"ended without {pattern}: {self.output}")

    def mails(self):
        """In `new`, by subject."""
        found = []
        new = os.path.join(self.maildir, "new")
        for name in os.listdir(new) if os.path.isdir(new) else []:
            with open(os.path.join(new, name), "rb") as file:
                found.append(file.read())
        return found

    def test_three_mails_and_an_end(self):
        pid = self.spawn()
        self.read_until("Ctrl-C ends it all")
        self.assertNotRegex(self.output, "warning|error")
        commands = re.findall(r"(?m)^  (swaks .*?|python3 .*?)\r?$", self.output)
        self.assertEqual(len(commands), 3, self.output)
        codes = [
            subprocess.run(
                command, shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, timeout=60, check=False,
            ).returncode
            for command in commands
        ]
        self.assertEqual([code == 0 for code in codes], [True, True, False])
        harness.wait_for(lambda: len(self.mails()) == 2, "two mails in the Maildir")
        rewritten = [b"Subject: [AD] big offer" in mail for mail in self.mails()]
        self.assertEqual(sorted(rewritten), [False, True])
        for verdict in ("accept", "accept", "reject"):
            self.read_until(f'"verdict":"{verdict}"')
        os.write(self.terminal, b"\x03")
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        self.assertEqual(listeners(), set())


if __name__ == "__main__":
    unittest.main()
