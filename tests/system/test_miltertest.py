"""The scripts of miltertest/, each against `postern milter` with the rules its first comment holds.

miltertest (of OpenDKIM, a Debian package) is a milter's MTA that others wrote: it reads our packets
as another program would (PROTOCOL ML06, ML07, ML09, ML10)."""

import glob
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import harness
import milter

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "miltertest")
SUPPORT = os.path.join(SCRIPTS, "support.lua")
SCRIPT_SECONDS = 60
programs = {}


def names():
    paths = glob.glob(os.path.join(SCRIPTS, "*.lua"))
    return sorted(os.path.basename(path)[:-4] for path in paths if path != SUPPORT)


def rules(name):
    with open(os.path.join(SCRIPTS, name + ".lua"), encoding="utf-8") as file:
        return re.search(r"^(rules = .*?)^\]\]$", file.read(), re.M | re.S).group(1)


def setUpModule():
    if shutil.which("miltertest") is None:
        raise unittest.SkipTest("miltertest is not installed")
    folder = tempfile.mkdtemp(prefix="postern-miltertest-")
    unittest.addModuleCleanup(shutil.rmtree, folder)
    unittest.addModuleCleanup(stop_all)
    for name in names():
        programs[name] = milter.Milter(os.path.join(folder, name), rules(name))


def stop_all():
    """All at once: libmilter looks only every few seconds whether it shall end."""
    for program in programs.values():
        program.process.terminate()
    codes = {name: program.stop() for name, program in programs.items()}
    if any(codes.values()):
        raise AssertionError(f"postern ended with {codes}")


class Scripts(unittest.TestCase):
    def run_script(self, name):
        program = programs[name]
        done = subprocess.run(
            ["miltertest", "-D", f"ADDRESS=inet:{program.port}@127.0.0.1",
             "-D", f"SCRIPT={os.path.join(SCRIPTS, name)}.lua", "-s", SUPPORT],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", timeout=SCRIPT_SECONDS, check=False,
        )
        self.assertEqual(done.returncode, 0, done.stdout + program.log())
        self.assertIsNone(program.process.poll(), program.log())


def test_of(name):
    return lambda self: self.run_script(name)


for script in names():
    setattr(Scripts, f"test_{script}", test_of(script))

if __name__ == "__main__":
    unittest.main()
