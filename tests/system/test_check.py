"""What `postern check` says, word for word; and that the manual lists all that can be configured."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

import harness

OK, USAGE, CONFIG = 0, 64, 78
HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.normpath(os.path.join(HERE, "..", ".."))

RULES = r"""
lists = { ours = [ "example.org" ]; };
rules = (
  { name = "relay"; when = { recipient_domain = { not = "@ours"; }; };
    then = { reject = "550 5.7.1 No"; };
    samples = ( { to = "u@x.test"; expect = "550"; }, { to = "u@example.org"; expect = "continue"; } ); },
  { name = "hole"; when = { sender = "z@*"; raw_body = "/z/"; }; then = { discard = true; }; },
  { name = "tag"; when = { sender = "a@*"; }; then = { tag = "a"; }; },
  { name = "subject"; when = { header = { Subject = "/x/"; }; }; then = { reject = "550 No"; }; },
  { name = "watch"; mode = "shadow"; when = { raw_body = "/y/"; }; then = { tag = "t"; }; },
  { name = "rest"; mode = "off"; then = { score = 1; }; }
);
policies = { empty = { }; second = { rules = ( { then = { tag = "t"; }; } );
  final_rules = ( { name = "late"; when = { tag = "t"; client = "10.0.0.0/8"; }; then = { reject = "550 No"; };
    samples = ( { to = "u@x.test"; message = "late.eml"; facts = { client = "10.0.0.1"; }; expect = "5"; } ); },
    { mode = "off"; then = { score = 1; }; } ); }; };
"""

TABLE = """\
policy default
  #  rule     mode     facts             decided at  acts at  held back by  speaks for
  1  relay    enforce  recipient_domain  rcpt        rcpt     -             recipient
  2  hole     enforce  sender,raw_body   message     message  -             message
  3  tag      enforce  sender            mail        message  hole          message
  4  subject  enforce  header            header      message  hole          message
  5  watch    shadow   raw_body          message     message  -             message
  6  rest     off      -                 -           -        -             message

policy second
  #  rule    mode     facts  decided at  acts at  held back by  speaks for
  1  rule-1  enforce  -      connect     connect  -             message

policy second, final rules
  #  rule          mode     facts       decided at                  acts at                     held back by  speaks for
  1  late          enforce  client,tag  message, after the milters  message, after the milters  -             message
  2  final-rule-2  off      -           -                           -                           -             message

"""


class Check(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="postern-check-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.config = os.path.join(self.folder, "postern.conf")
        with open(os.path.join(self.folder, "late.eml"), "w", encoding="utf-8") as file:
            file.write("Subject: x\n\n")

    def check(self, text, *arguments):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text)
        result = subprocess.run(
            [harness.POSTERN, "check", "-c", self.config, *arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False, text=True,
        )
        return result.returncode, result.stdout, result.stderr

    def test_table(self):
        code, output, complaint = self.check(RULES)
        self.assertEqual(output, TABLE + f"{self.config}: ok, 9 rules, 3 samples\n")
        self.assertEqual((code, complaint), (OK, ""))

    def test_milters(self):
        code, output, complaint = self.check(
            'milters = ( { name = "dkim"; address = "inet:8891@127.0.0.1"; },\n'
            '  { address = "unix:/run/av"; when = { recipient_domain = "x.test"; }; } );\n'
            'policies = { p = { milters = ( { address = "unix:/m"; when = { helo = "x"; }; } ); }; };'
        )
        self.assertEqual(output, """\
milters of policy default
  1  dkim  inet:8891@127.0.0.1  asked from connect on
  2  unix:/run/av  unix:/run/av  asked from data on

milters of policy p
  1  unix:/m  unix:/m  asked from helo on

""" + f"{self.config}: ok, 0 rules, 0 samples\n")
        self.assertEqual((code, complaint), (OK, ""))

    def test_nothing(self):
        self.assertEqual(self.check(""), (OK, f"{self.config}: ok, 0 rules, 0 samples\n", ""))

    def test_errors(self):
        code, output, complaint = self.check('workers = "x";\nlists = { a = 5; };\n')
        self.assertEqual((code, output), (CONFIG, ""))
        self.assertEqual(
            complaint,
            f"{self.config}:1: error: 'workers' must be a whole number from 0 to 1024, not \"x\"\n"
            f"{self.config}:2: error: 'a' must be a list of entries [ \"...\", ... ] or {{ file = "
            f"\"...\"; }}, not 5\n"
            f"{self.config}: 2 errors\n",
        )

    def test_samples(self):
        code, output, complaint = self.check(RULES.replace('expect = "550"', 'expect = "551"'))
        self.assertEqual((code, output), (CONFIG, TABLE))
        self.assertEqual(
            complaint,
            f"{self.config}:6: error: a sample of rule 'relay' expects \"551\", but what came is "
            f"\"550 5.7.1 No\" (from rule 'relay' at rcpt)\n{self.config}: 1 error\n",
        )

    def test_warnings_are_no_errors(self):
        code, output, complaint = self.check('rules = ( { name = "a"; } );\n')
        self.assertEqual(code, OK)
        self.assertIn("ok, 1 rule, 0 samples\n", output)
        self.assertEqual(
            complaint, f"{self.config}:1: warning: rule 'a' does nothing: it has no action\n"
        )

    def test_strict(self):
        """Warnings decide then; what is said is the same."""
        doubtful = 'rules = ( { when = { sender = "<a@b>"; }; then = { tag = "t"; }; } );\n'
        for text, code, strict in ((doubtful, OK, CONFIG), ("", OK, OK), ("user = 5;", CONFIG, CONFIG)):
            with self.subTest(text=text):
                plain = self.check(text)
                said = self.check(text, "--strict")
                self.assertEqual((plain[0], said[0]), (code, strict))
                self.assertEqual(said[2].splitlines()[:1], plain[2].splitlines()[:1])
        code, output, complaint = self.check(doubtful, "--strict")
        self.assertTrue(complaint.endswith(f"{self.config}: 1 warning, which --strict does not allow\n"))
        self.assertNotIn("ok,", output)

    def test_many_warnings_hide_no_error(self):
        rule = '{{ name = "r{0}"; when = {{ sender = "<a@b>"; }}; then = {{ log = "x"; }}; {1} }}'
        sample = 'samples = ( { to = "u@x.test"; expect = "550"; } );'
        rules = ", ".join(rule.format(i, sample if i == 149 else "") for i in range(150))
        code, _, complaint = self.check(f"rules = ( {rules} );")
        self.assertEqual(code, CONFIG)
        self.assertIn("error: a sample of rule 'r149'", complaint)
        self.assertIn("note: 50 more problems are not shown", complaint)

    def test_included_files_are_named(self):
        os.mkdir(os.path.join(self.folder, "sub"))
        with open(os.path.join(self.folder, "sub", "more.conf"), "w", encoding="utf-8") as file:
            file.write("\nuser = 5;\n")
        code, _, complaint = self.check('@include "sub/more.conf"\n')
        self.assertEqual(code, CONFIG)
        self.assertTrue(complaint.startswith(f"{self.folder}/sub/more.conf:2: error: 'user'"), complaint)

    def test_many_errors_are_counted(self):
        code, _, complaint = self.check("".join(f"x{i} = 1;\n" for i in range(150)))
        self.assertEqual(code, CONFIG)
        lines = complaint.splitlines()
        self.assertEqual(len(lines), 102)
        self.assertEqual(lines[-2:], ["note: 50 more problems are not shown",
                                      f"{self.config}: 150 errors"])

    def test_names_cannot_disturb(self):
        code, output, _ = self.check('rules = ( { name = "a\\x1b[2Jb"; then = { tag = "t"; }; } );')
        self.assertEqual(code, OK)
        self.assertIn("a\\x1B[2Jb", output)
        self.assertNotIn("\x1b", output)

    def test_patterns_without_jit(self):
        code, _, complaint = self.check(
            'rules = ( { when = { sender = "/(*NO_JIT)x/"; }; then = { tag = "t"; }; } );'
        )
        self.assertEqual(code, OK)
        self.assertIn("warning: 1 pattern of policy 'default' runs without JIT", complaint)

    def test_usage(self):
        code, output, complaint = self.check("", "file")
        self.assertEqual((code, output), (USAGE, ""))
        self.assertIn("what is 'file'?", complaint)


class Examples(unittest.TestCase):
    """What README.md and postern.conf(5) show is not doubted; but a listener that takes connections for
    anywhere, as an example of how to, is left open."""

    PREAMBLE = 'listeners = ( { address = "127.0.0.1:2525"; name = "inbound"; } );\n'
    UPSTREAM = 'upstreams = ( { address = "127.0.0.1:10025"; identify = "xclient"; } );\n'

    def blocks(self):
        with open(os.path.join(TOP, "README.md"), encoding="utf-8") as file:
            for block in re.findall(r"(?m)(?:^    .*\n|^\n)+", file.read()):
                yield block.split("    postern check")[0]
        with open(os.path.join(TOP, "packaging/man/postern.conf.5"), encoding="utf-8") as file:
            page = file.read()
        for block in re.findall(r"(?ms)^[.]Bd -literal -offset indent\n(.*?)^[.]Ed", page):
            yield block.replace("\\e", "\\")

    def whole(self, block):
        """As much of a configuration around it as it needs; None: it is none."""
        start = block.strip()
        if start.startswith("{ name"):
            rules = re.sub(r"(?s)samples = .*?[)];", "", start)
            block = f"{self.PREAMBLE}rules = ( {rules} );\n"
        elif not re.match(r"(listeners|upstreams|lists|milters) = ", start):
            return None
        for name in sorted(set(re.findall(r'"@(\w+)"', block))):
            if f"{name} =" not in block:
                block += f'lists = {{ {name} = [ "example.org" ]; }};\n'
        block = re.sub(r"[{] file = .*?; [}]", '"a.test"', block)
        return block if "upstreams =" in block else block + self.UPSTREAM

    def test_no_warnings(self):
        texts = [text for text in map(self.whole, self.blocks()) if text]
        self.assertGreater(len(texts), 15)
        for text in texts:
            with self.subTest(text=text), tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
                file.write(text)
                file.flush()
                result = subprocess.run(
                    [harness.POSTERN, "check", "-c", file.name], stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False, text=True)
                doubts = [line for line in result.stderr.splitlines() if "transparent =" not in text
                          or "could be an open relay" not in line]
                self.assertEqual((doubts, result.returncode), ([], OK))


class Manual(unittest.TestCase):
    """postern.conf(5) names each setting, field and action that the sources name, and no other value
    for a default."""

    @classmethod
    def setUpClass(cls):
        with open(os.path.join(TOP, "packaging/man/postern.conf.5"), encoding="utf-8") as file:
            cls.page = file.read()
        items = re.findall(r"(?m)^[.]It (.*)$", cls.page)
        cls.named = {word for item in items for word in re.findall(r"[a-z_]+", item)}

    def source(self, path):
        with open(os.path.join(TOP, path), encoding="utf-8") as file:
            return file.read()

    def test_settings(self):
        names = set()
        for name in os.listdir(os.path.join(TOP, "conf")):
            if name.endswith(".c"):
                names |= set(re.findall(r'SETTING\("(\w+)", (?!LATER)', self.source(f"conf/{name}")))
        self.assertGreater(len(names), 50)
        groups = {"listeners", "upstreams", "limits", "timeouts", "on_failure", "resolver", "audit",
                  "log", "lists", "rules", "final_rules", "milters", "policies"}
        sections = set(re.findall(r"\w+", " ".join(re.findall(r"(?m)^[.]Ss (.*)$", self.page))))
        self.assertEqual(groups - sections, set())
        # Members of values, explained where the value is.
        inside = {"value", "file", "header", "pattern", "with", "mode"}
        self.assertEqual(names - groups - inside - self.named, set())

    def test_fields(self):
        names = set(re.findall(r'ROW\("(\w+)"', self.source("filters/field.c")))
        self.assertGreater(len(names), 15)
        self.assertEqual(names - self.named, set())

    def test_actions(self):
        names = set(re.findall(r'\{"(\w+)", read_', self.source("conf/actions.c")))
        self.assertGreater(len(names), 15)
        self.assertEqual(names - self.named, set())

    def test_defaults(self):
        """Those of limits and timeouts, which are many."""
        source = self.source("conf/limits.c").split("LIMITS_DEFAULT = {")[1]
        shown = re.findall(
            r"(?m)^[.]It Ic (\w+)\n(?:[^.\n].*\n)*?Default:\n?(?: |[.]Qq )(\w+)", self.page
        )
        manual = {name: value for name, value in shown}
        units = {"KIB": "K", "MIB": "M", "SECOND_MS": "s"}
        found = {}
        for name, number, unit in re.findall(
            r"[.](\w+?)(?:_bytes|_ms)? = (\d+)(?: \* (\w+))?,", source
        ):
            found[name] = number + (units[unit] if unit else "")
        self.assertGreater(len(found), 15)
        for name, value in found.items():
            self.assertIn(manual.get(name), (value, value + "ms"), name)


if __name__ == "__main__":
    unittest.main()
