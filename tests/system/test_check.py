"""What `postern check` says, word for word; and that the manual lists all that can be configured."""

import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import unittest

import harness
from harness import tls

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

lists
  ours  1 entry  (N) KiB

"""


# One policy's listener begins in TLS, the other's does not.
IN_TLS = """
listeners = ( {{ address = "127.0.0.1:2465"; tls = {{ mode = "implicit"; certificate = "{0}/gw.pem"; key = "{0}/gw.key"; }}; }},
              {{ address = "127.0.0.1:2525"; policy = "other"; }} );
rules = ( {{ name = "tls"; when = {{ tls = true; }}; then = {{ tag = "t"; }}; }},
          {{ name = "helo"; when = {{ tls = true; helo = "x"; }}; then = {{ tag = "t"; }}; }},
          {{ name = "late"; when = {{ tls = true; header = {{ A = "b"; }}; }}; then = {{ tag = "t"; }}; }},
          {{ name = "none"; when = {{ client = "192.0.2.1"; }}; then = {{ tag = "t"; }}; }} );
final_rules = ( {{ name = "end"; when = {{ tls = true; }}; then = {{ tag = "t"; }}; }} );
policies = {{ other = {{ rules = ( {{ name = "tls"; when = {{ tls = true; }}; then = {{ tag = "t"; }}; }} ); }}; }};
"""
TABLE_IN_TLS = """\
certificates
  {0}/gw.pem  (N) days left

policy default
  #  rule  mode     facts       decided at      acts at  held back by  speaks for
  1  tls   enforce  tls         mail (connect)  mail     -             message
  2  helo  enforce  helo,tls    mail (helo)     mail     -             message
  3  late  enforce  tls,header  header          header   -             message
  4  none  enforce  client      connect         connect  -             message

policy default, final rules
  #  rule  mode     facts  decided at                  acts at                     held back by  speaks for
  1  end   enforce  tls    message, after the milters  message, after the milters  -             message

policy other
  #  rule  mode     facts  decided at  acts at  held back by  speaks for
  1  tls   enforce  tls    mail        mail     -             message

"""

# Of every file here that is only a part of a configuration.
NEITHER = ("note: there are no listeners, no upstreams and no 'milter': neither `postern proxy` nor "
           "`postern milter` starts with this")


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
        output = re.sub(r"\d+ KiB", "(N) KiB", result.stdout)
        complaint = result.stderr
        if "--for" not in arguments:
            complaint = complaint.replace(f"{self.config}: {NEITHER}\n", "")
        return result.returncode, output, complaint

    def test_table(self):
        code, output, complaint = self.check(RULES)
        self.assertEqual(output, TABLE + f"{self.config}: ok, 9 rules, 3 samples\n")
        self.assertEqual((code, complaint), (OK, ""))

    def test_rules_that_speak_for_a_recipient(self):
        _, output, complaint = self.check(
            'rules = ( { name = "no"; when = { recipient = "no@*"; }; then = { reject = "550 No"; }; },\n'
            '  { name = "small"; when = { recipient = "s@*"; size = "> 1M"; }; then = { reject = "552 Big"; }; } );\n'
            'final_rules = ( { name = "away"; when = { recipient = "a@*"; }; then = { redirect = "b@x.test"; }; } );\n'
        )
        self.assertEqual([line.split("  ")[-1].strip() for line in output.split("\n") if "enforce" in line],
                         ["recipient", "recipient by SIZE, or message", "recipient"])
        self.assertIn("without a declared SIZE", complaint)

    def test_table_where_tls_is_known_at_once(self):
        code, output, _ = self.check(IN_TLS.format(tls.folder()))
        output = re.sub(r"\d+ days", "(N) days", output)
        self.assertEqual(output, TABLE_IN_TLS.format(tls.folder()) + f"{self.config}: ok, 6 rules, 0 samples\n")
        self.assertEqual(code, OK)

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

    def test_lists(self):
        with open(os.path.join(self.folder, "many"), "w", encoding="utf-8") as file:
            file.writelines(f"user{i}@example.org\n" for i in range(10000))
        config = 'lists = { many = { file = "many"; }; one = [ "example.org" ]; };'
        code, output, _ = self.check(config)
        self.assertEqual(code, OK)
        self.assertTrue(output.startswith("lists\n  many  10000 entries  (N) KiB\n  one  1 entry  (N) KiB\n\n"), output)
        result = subprocess.run([harness.POSTERN, "check", "-c", self.config], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, timeout=60, check=False, text=True)
        kib = [int(size) for size in re.findall(r"(\d+) KiB", result.stdout)]
        self.assertTrue(500 < kib[0] < 5000 and 0 < kib[1] < 20, result.stdout)

    def test_patterns_searched_one_by_one(self):
        """Those without a text that must occur, of rules and of lists."""
        text = r"""lists = { words = [ "/casino/", "/\\d{4}/", "*x*" ]; };
rules = ( { when = { header = { Subject = [ "/lottery/", "/\\w\\d/", "@words" ]; }; }; then = { tag = "t"; }; } );"""
        code, output, complaint = self.check(text, "-v")
        self.assertEqual(code, OK, complaint)
        shown = re.sub(r"[0-9.]+ ms", "N ms", output)
        self.assertIn("""
policy default, patterns without a text that must occur: searched one by one
  rule-1  header Subject  /\\w\\d/  N ms a MiB
  1 of 2 patterns
""", shown)
        self.assertIn("""
lists, patterns without a text that must occur: searched one by one
  words  /\\d{4}/  N ms a MiB
  1 of 2 patterns
""", shown)
        self.assertNotIn("one by one", self.check(text)[1])

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

    def test_samples_see_what_a_message_contains(self):
        for name in ("a.exe", "a.txt"):
            with open(os.path.join(self.folder, name + ".eml"), "w", encoding="utf-8") as file:
                file.write(f"Subject: x\nContent-Type: text/plain; name={name}\n\nhi\n")
        samples = ['{ to = "u@x.test"; message = "a.exe.eml"; expect = "550 5.7.1"; }',
                   '{ to = "u@x.test"; message = "a.txt.eml"; expect = "continue"; }']
        rule = '{ name = "exe"; when = { attachment = "*.exe"; }; then = { reject = "550 5.7.1 No"; }; samples = ( %s ); }'
        self.assertEqual(self.check(f"rules = ( {rule % ', '.join(samples)} );")[::2], (OK, ""))
        wrong = rule % samples[1].replace("continue", "550")
        code, _, complaint = self.check(f"rules = ( {wrong} );")
        self.assertEqual(code, CONFIG)
        self.assertIn('a sample of rule \'exe\' expects "550", but what came is "continue"', complaint)

    def test_edits_of_what_signatures_cover(self):
        rules = (
            ('set_header = { Subject = "x"; };', "Subject"),
            ('prepend = { X-A = "x"; }; remove_header = "date";', "date"),
            ('replace = { header = "From"; pattern = "/x/"; with = "y"; };', "From"),
            ('replace_body = { pattern = "/x/"; with = "y"; };', "the body"),
            ('append_text = "x";', "the body"),
            ('append_html = "x";', "the body"),
            ('remove_attachment = { name = "x"; note = "y"; };', "the body"),
            ('insert_header = { Subject = "x"; };', None),
            ('set_header = { X-A = "x"; };', None),
            ('add_recipient = "x@b.test"; archive = true;', None),
        )
        for actions, covered in rules:
            for more, said in (("", covered), ('if_breaks_dkim = "apply";', None), ('mode = "off";', None)):
                _, _, complaint = self.check(f'rules = ( {{ name = "r"; {more} then = {{ {actions} }}; }} );')
                note = f"{self.config}:1: note: rule 'r' edits {said}, which most DKIM signatures cover: they will not " \
                       "verify behind it; if_breaks_dkim says what is wanted\n"
                self.assertEqual(complaint, note if said else "", (actions, more))

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
        elif not re.match(r"(listeners|upstreams|lists|milters|rules) = ", start):
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
                doubts = [line for line in result.stderr.splitlines() if ": note: " not in line and (
                    "transparent =" not in text or "could be an open relay" not in line)]
                self.assertEqual((doubts, result.returncode), ([], OK))


GOOD = """
hostname = "gw.example.org";
listeners = ( { address = "127.0.0.1:%d"; %s } );
upstreams = ( { address = "127.0.0.1:9"; identify = "xclient"; } );
limits = { spool_dir = "/tmp"; };
milter = { address = "%s"; };
"""
NOBODY = pwd.getpwnam("nobody")


class Judging(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="postern-for-")
        self.addCleanup(shutil.rmtree, self.folder)
        os.chmod(self.folder, 0o755)
        self.config = os.path.join(self.folder, "postern.conf")
        self.port = harness.free_port()

    def make(self, name, mode, owner=None):
        path = os.path.join(self.folder, name)
        os.mkdir(path)
        os.chmod(path, mode)
        if owner:
            os.chown(path, owner.pw_uid, owner.pw_gid)
        return path

    def write(self, text="", listener="", milter=None):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(GOOD % (self.port, listener, milter or f"unix:{self.folder}/m") + text)

    def change(self, old, new):
        with open(self.config, encoding="utf-8") as file:
            text = file.read()
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new, 1))

    def listing(self):
        return sorted(os.path.join(place, name) for place, folders, files in os.walk(self.folder)
                      for name in folders + files)

    def postern(self, *arguments):
        """What a command says when it ends by itself, and nothing is left running if it does not."""
        try:
            result = subprocess.run(
                [harness.POSTERN, *arguments, "-c", self.config], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=1.5, check=False, text=True)
        except subprocess.TimeoutExpired:
            return None, ""
        return result.returncode, result.stderr

    def judge(self, program, problem):
        """${problem}: what stands in the way; None: nothing does."""
        before = self.listing()
        code, complaint = self.postern("check", "--for", program)
        noted, notes = self.postern("check")
        self.assertEqual(self.listing(), before)
        started, words = self.postern(program)
        if problem is None:
            self.assertEqual((code, noted, started), (OK, OK, None), complaint + words)
            self.assertNotIn("error", complaint)
            return
        self.assertEqual((code, noted), (CONFIG, OK), complaint + notes)
        self.assertIn(f"error: {problem}", complaint)
        self.assertIn(f"note: {problem}", notes)
        self.assertIsNotNone(started, words)
        self.assertNotEqual(started, OK)
        self.assertIn(problem, words)


class For(Judging):
    """`check --for` refuses what the program then refuses, plain `check` notes it, and both leave the
    machine as it was."""

    def test_good(self):
        self.write()
        self.judge("proxy", None)
        self.judge("milter", None)

    def test_nothing_to_do(self):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("workers = 1;\n")
        for program, problem in (("proxy", "there is no listener"),
                                 ("milter", "it is not said where to listen")):
            code, complaint = self.postern("check", "--for", program)
            self.assertEqual(code, CONFIG)
            self.assertIn(problem, complaint)
        code, complaint = self.postern("check")
        self.assertEqual((code, complaint), (OK, f"{self.config}: {NEITHER}\n"))

    def test_two_for_one_port(self):
        self.write()
        self.change("} );", '}, { address = "0.0.0.0:%d"; } );' % self.port)
        self.judge("proxy", "listener '0.0.0.0:%d' and listener '127.0.0.1:%d' in line 3 cannot both be "
                            "opened" % (self.port, self.port))

    def test_address_of_another_machine(self):
        self.write()
        self.change("127.0.0.1:%d" % self.port, "192.0.2.1:25")
        self.judge("proxy", "cannot listen on 192.0.2.1:25: no interface of this machine has that address")

    def test_a_port_in_use_is_ours(self):
        self.write()
        with socket.create_server(("127.0.0.1", self.port)):
            self.assertEqual(self.postern("check", "--for", "proxy"), (OK, ""))

    def test_milter_socket(self):
        self.write(milter=f"unix:{self.folder}/none/m")
        self.judge("milter", f"cannot listen on unix:{self.folder}/none/m: its folder does not exist")
        self.write(milter=f"unix:{self.config}")
        self.judge("milter", f"cannot listen on unix:{self.config}: something stands there that is no "
                             "socket")

    def test_places_that_are_not_there(self):
        limits = 'limits = { spool_dir = "/tmp"; };'
        for setting, name, problem in (
            (limits + ' audit = { file = "%s/none/x"; };', "audit", "No such file or directory"),
            (limits + ' log = { to = "%s"; };', "log", "Is a directory"),
            ('limits = { spool_dir = "%s/none"; };', "spool_dir", "No such file or directory"),
        ):
            self.write()
            self.change(limits, setting % self.folder)
            for program in ("proxy", "milter"):
                code, complaint = self.postern("check", "--for", program)
                self.assertEqual(code, CONFIG)
                self.assertRegex(complaint, f'error: {name}: ".*" cannot be used.*: {problem}')
                self.assertEqual(self.postern(program)[0], 71)


@unittest.skipUnless(os.geteuid() == 0, "needs root to become somebody else")
class ForUser(Judging):
    """The same as root with a user, who sees what he may do."""

    QUARANTINE = """
user = "nobody";
state_dir = "%s";
rules = ( { name = "q"; when = { sender = "q@*"; }; then = { quarantine = "q"; }; } );
"""

    def test_no_such_user(self):
        self.write('user = "nobodies";\n')
        self.judge("proxy", "there is no user 'nobodies' on this machine")
        self.judge("milter", "there is no user 'nobodies' on this machine")

    def test_state_that_can_be_made(self):
        self.write(self.QUARANTINE % self.make("mine", 0o700, NOBODY))
        self.judge("proxy", None)
        self.write(self.QUARANTINE % (self.make("also", 0o755, NOBODY) + "/deeper/still"))
        self.judge("proxy", None)

    def test_state_that_cannot(self):
        state = self.make("roots", 0o755)
        self.write(self.QUARANTINE % state)
        self.judge("proxy", f'quarantine: "{state}/quarantine" cannot be used by user \'nobody\': '
                            "Permission denied")

    def test_state_unused(self):
        self.write('user = "nobody";\nstate_dir = "%s";\n' % self.make("roots", 0o755))
        self.judge("proxy", None)

    def test_audit_of_another(self):
        path = os.path.join(self.folder, "audit")
        with open(path, "w", encoding="utf-8") as file:
            file.write("kept\n")
        self.write(f'user = "nobody";\naudit = {{ file = "{path}"; }};\n')
        self.judge("proxy", f'audit: "{path}" cannot be used by user \'nobody\': Permission denied')
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "kept\n")

    def test_key_of_another(self):
        key = os.path.join(self.folder, "gw.key")
        for name in ("gw.pem", "gw.key"):
            shutil.copy(os.path.join(harness.tls.folder(), name), self.folder)
        os.chmod(os.path.join(self.folder, "gw.pem"), 0o644)
        tls = 'tls = { mode = "starttls"; certificate = "gw.pem"; key = "gw.key"; };'
        os.chmod(key, 0o600)
        self.write('user = "nobody";\n', listener=tls)
        code, complaint = self.postern("check", "--for", "proxy")
        self.assertEqual(code, CONFIG)
        self.assertIn(f'error: cannot use "{key}": the user \'nobody\' may not read it', complaint)
        code, complaint = self.postern("check")
        self.assertEqual(code, OK)
        self.assertIn(f'note: cannot use "{key}": the user \'nobody\' may not read it', complaint)
        self.assertNotIn(self.postern("proxy")[0], (None, OK))
        self.write('user = "nobody";\n')
        self.change('identify = "xclient";',
                    'identify = "xclient"; tls_certificate = "gw.pem"; tls_key = "gw.key";')
        code, complaint = self.postern("check", "--for", "proxy")
        self.assertEqual(code, CONFIG)
        self.assertEqual(complaint.count(f'cannot use "{key}"'), 1, complaint)
        os.chown(key, NOBODY.pw_uid, NOBODY.pw_gid)
        self.judge("proxy", None)

    def test_who_could_be_an_open_relay(self):
        """A milter relays nothing: the MTA before it does."""
        self.write()
        self.change('identify = "xclient";', "")
        for program, warned in (([], True), (["--for", "proxy"], True), (["--for", "milter"], False)):
            code, complaint = self.postern("check", *program)
            self.assertEqual((code, "could be an open relay" in complaint), (OK, warned), complaint)

    def test_a_file_that_no_reload_can_read(self):
        self.write('user = "nobody";\n')
        os.chmod(self.config, 0o600)
        code, complaint = self.postern("check", "--for", "proxy")
        self.assertEqual(code, OK)
        self.assertIn(f'warning: "{self.config}" cannot be read again by the user that serves', complaint)

    def test_usage(self):
        code, complaint = self.postern("check", "--for", "proxies")
        self.assertEqual(code, USAGE)
        self.assertIn("--for proxy or --for milter, not 'proxies'", complaint)


class Manual(unittest.TestCase):
    """postern.conf(5) and postern-rules(7) name each setting that the sources name, and no other value
    for a default. For fields and actions see test_manual_rules."""

    @classmethod
    def setUpClass(cls):
        cls.page = "".join(harness.read_text(os.path.join(TOP, "packaging/man", name))
                           for name in ("postern.conf.5", "postern-rules.7"))
        items = re.findall(r"(?m)^[.]It (.*)$", cls.page)
        cls.named = {word for item in items for word in re.findall(r"[a-z_]+", item)}

    def source(self, path):
        with open(os.path.join(TOP, path), encoding="utf-8") as file:
            return file.read()

    def test_settings(self):
        names = set()
        for name in os.listdir(os.path.join(TOP, "conf", "read")):
            if name.endswith(".c"):
                names |= set(re.findall(r'SETTING\("(\w+)", (?!LATER)', self.source(f"conf/read/{name}")))
        self.assertGreater(len(names), 50)
        groups = {"listeners", "upstreams", "limits", "timeouts", "on_failure", "resolver", "audit",
                  "log", "lists", "rules", "final_rules", "milters", "policies"}
        sections = set(re.findall(r"\w+", " ".join(re.findall(r"(?m)^[.]Ss (.*)$", self.page))))
        self.assertEqual(groups - sections, set())
        # Members of values, explained where the value is.
        inside = {"value", "file", "header", "pattern", "with", "mode"}
        self.assertEqual(names - groups - inside - self.named, set())

    def test_defaults(self):
        """Those of limits and timeouts, which are many."""
        source = self.source("conf/limits.c") + self.source("conf/read/limits.c").split("DEFAULT = {")[1]
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
