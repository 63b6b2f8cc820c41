"""The program from the command line: help, exit codes, and that what the papers show works as shown."""

import glob
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

import harness

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.normpath(os.path.join(HERE, "..", ".."))
OK, USAGE, NO_INPUT, UNAVAILABLE, CANNOT_CREATE, CONFIG = 0, 64, 66, 69, 73, 78
COMMANDS = ("proxy", "milter", "check", "explain", "milter-probe", "quarantine", "archive", "sink")

LISTENER = """
listeners = ( { address = "127.0.0.1:2525"; } );
upstreams = ( { address = "127.0.0.1:10025"; } );
"""
RULES = """
rules = (
  { name = "no-relay"; when = { recipient_domain = { not = "example.org"; }; };
    then = { reject = "550 5.7.1 Not our domain"; }; },
  { name = "casino"; when = { header = { Subject = "/casino/i"; }; };
    then = { reject = "554 5.7.1 No casino"; }; },
  { name = "tag"; when = { sender = "tag@*"; }; then = { add_header = { X-Tag = "yes"; }; };
    %s }
);
"""
MESSAGE = b"From: a@b.test\nSubject: =?utf-8?q?=63asino?= royal\n\nhi\n"


class Commands(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="postern-commands-")
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())
        return path

    def postern(self, *arguments, data=b""):
        result = subprocess.run(
            [harness.POSTERN, *arguments], input=data, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=60, check=False, cwd=TOP,
        )
        return result.returncode, result.stdout.decode(), result.stderr.decode()

    def test_help(self):
        code, output, _ = self.postern("--help")
        self.assertEqual(code, OK)
        self.assertEqual(tuple(re.findall(r"(?m)^  ([\w-]+) ", output)), COMMANDS)
        for command in COMMANDS:
            with self.subTest(command=command):
                code, output, complaint = self.postern(command, "--help")
                self.assertEqual((code, complaint), (OK, ""))
                self.assertIn(f"usage: postern {command}", output)

    def test_usage(self):
        for arguments in ([], ["nothing"], *([command, "--nothing"] for command in COMMANDS)):
            with self.subTest(arguments=arguments):
                code, output, complaint = self.postern(*arguments)
                self.assertEqual((code, output), (USAGE, ""))
                self.assertIn("usage: postern", complaint)

    def test_hints(self):
        for arguments, hint in (
            (["chek"], "postern: there is no command 'chek'; did you mean 'check'?"),
            (["Quarentine", "list"], "postern: there is no command 'Quarentine'; did you mean 'quarantine'?"),
            (["frobnicate"], f"postern: there is no command 'frobnicate'; known are {', '.join(COMMANDS)}"),
            (["quarantine", "relese", "ID"], "postern quarantine: there is no verb 'relese'; did you mean 'release'?"),
            (["--versoin"], "postern: there is no option '--versoin'; did you mean '--version'?"),
            (["-V"], "postern: there is no option '-V'; known are --help, --version"),
            (["explain", "--clinet=192.0.2.1"], "postern explain: there is no option '--clinet'; did you mean '--client'?"),
            (["milter", "--hepl"], "postern milter: there is no option '--hepl'; did you mean '--help'?"),
            (["quarantine", "-xc", "f", "list"], "postern quarantine: there is no option '-x'; known are --json, "
             "--raw, --to, --older-than, --force, --help"),
            (["check", "--for"], "postern check: '--for' needs a value"),
            (["proxy", "-c"], "postern proxy: '-c' needs a value"),
            (["explain", "--json=1"], "postern explain: '--json=1': this option takes no value"),
        ):
            with self.subTest(arguments=arguments):
                code, output, complaint = self.postern(*arguments)
                self.assertEqual((code, output), (USAGE, ""))
                self.assertEqual(complaint.splitlines()[0], hint)

    def test_version(self):
        code, output, complaint = self.postern("--version")
        self.assertEqual((code, complaint), (OK, ""))
        self.assertRegex(output, r"\Apostern \d+\.\d+\.\d+\n\Z")

    def test_quarantine_of_a_service(self):
        """A shell that was not told where the service keeps it says so, rather than show an empty list."""
        path = self.write("c", LISTENER)
        for verb in (["list"], ["show", "X"], ["delete", "--older-than", "1d"]):
            code, output, complaint = self.postern("quarantine", "-c", path, *verb)
            self.assertEqual((code, output), (NO_INPUT, ""))
            self.assertIn(os.path.join(self.folder, "state", "quarantine"), complaint)
            self.assertIn('set state_dir, to "/var/lib/postern"', complaint)
        path = self.write("c", LISTENER + 'state_dir = "empty";\n')
        self.assertEqual(self.postern("quarantine", "-c", path, "list"), (OK, "", ""))

    def test_check_says_when_and_why(self):
        code, output, complaint = self.postern("check", "-c", self.write("c", LISTENER + RULES % ""))
        self.assertEqual(code, OK, complaint)
        for rule, stage in (("no-relay", "rcpt"), ("casino", "header"), ("tag", "mail")):
            self.assertRegex(output, rf"{rule}[^\n]*(\n[^\n]*)?\b{stage}\b")

    def test_check_names_file_line_and_remedy(self):
        path = self.write("c", LISTENER + 'rules = (\n { name = "x"; whn = { size = 1; }; }\n);\n')
        code, _, complaint = self.postern("check", "-c", path)
        self.assertEqual(code, CONFIG)
        self.assertRegex(complaint, rf"(?m)^{re.escape(path)}:5: error: .*whn.*when")

    def test_check_runs_samples(self):
        sample = 'samples = ( {{ from = "tag@b.test"; to = [ "u@example.org" ]; expect = "{}"; }} );'
        for expect, want in (("continue", OK), ("550", CONFIG)):
            with self.subTest(expect=expect):
                path = self.write("c", LISTENER + RULES % sample.format(expect))
                self.assertEqual(self.postern("check", "-c", path)[0], want)

    def test_explain(self):
        config = self.write("c", LISTENER + RULES % "")
        message = self.write("m.eml", MESSAGE)
        arguments = ["explain", "-c", config, "--from", "tag@b.test", "--rcpt", "u@example.org"]
        code, output, complaint = self.postern(*arguments, message)
        self.assertEqual((code, complaint), (OK, ""))
        self.assertIn("554 5.7.1 No casino", output)
        code, output, _ = self.postern(*arguments, "--json", message)
        self.assertEqual(code, OK)
        told = json.loads(output)
        self.assertEqual(told["verdict"], "reject")
        self.assertIn("casino royal", output)

    def test_explain_edits(self):
        config = self.write("c", LISTENER + RULES % "")
        message = self.write("m.eml", MESSAGE.replace(b"=63", b"k"))
        code, output, _ = self.postern(
            "explain", "-c", config, "--from", "tag@b.test", "--rcpt", "u@example.org", message
        )
        self.assertEqual(code, OK)
        self.assertRegex(output, r"(?m)^\s*\+\s*X-Tag: yes$")

    def test_explain_without_a_file(self):
        config = self.write("c", RULES % "")
        code, _, complaint = self.postern("explain", "-c", config, os.path.join(self.folder, "no"))
        self.assertEqual(code, NO_INPUT, complaint)

    def test_proxy_needs_a_listener(self):
        code, _, complaint = self.postern("proxy", "-c", self.write("c", RULES % ""))
        self.assertEqual(code, CONFIG)
        self.assertIn("listeners", complaint)

    def test_address_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            text = LISTENER.replace("2525", str(other.getsockname()[1]))
            code, _, complaint = self.postern("proxy", "-c", self.write("c", text))
        self.assertNotIn(code, (OK, CONFIG))
        self.assertIn("127.0.0.1", complaint)

    def test_examples_are_right(self):
        examples = sorted(glob.glob(os.path.join(TOP, "conf", "*.conf")))
        self.assertTrue(examples)
        for path in examples:
            with self.subTest(path=os.path.basename(path)):
                code, output, complaint = self.postern("check", "-c", path)
                self.assertEqual(code, OK, output + complaint)
                self.assertNotIn("warning", complaint)

    def test_readme_is_right(self):
        with open(os.path.join(TOP, "README.md"), encoding="utf-8") as file:
            blocks = re.findall(r"(?m)(?:^    .*\n|^\n)+", file.read())
        whole = [block for block in blocks if "listeners =" in block and "rules =" in block]
        parts = [block for block in blocks if "listeners =" in block and block not in whole]
        rules = [block for block in blocks if block.strip().startswith("{ name")]
        self.assertEqual((len(whole), len(rules)), (1, 4))
        first = whole[0].split("    postern check")[0]
        lists = 'lists = { staff = [ "*@example.org" ]; our_domains = [ "example.org" ]; };\n'
        upstream = 'upstreams = ( { address = "127.0.0.1:10025"; identify = "xclient"; } );\n'
        texts = [first] + [f"{LISTENER}{lists}rules = (\n{rule});\n" for rule in rules]
        texts += [part if "upstreams =" in part else part + upstream for part in parts]
        for text in texts:
            path = self.write("c", text)
            code, output, complaint = self.postern("check", "-c", path)
            self.assertEqual(code, OK, output + complaint)
        code, output, _ = self.postern(
            "explain", "-c", self.write("c", first), "--from", "a@b.test", "--rcpt", "x@y.test"
        )
        self.assertEqual(code, OK)
        self.assertIn("550 5.7.1 Not our domain", output)


class Sink(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="postern-sink-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.maildir = os.path.join(self.folder, "mail")
        self.port = harness.free_port()
        self.log = os.path.join(self.folder, "log")
        with open(self.log, "wb") as log:
            self.sink = subprocess.Popen(
                [harness.POSTERN, "sink", "--listen", f"127.0.0.1:{self.port}", "--maildir", self.maildir],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
            )
        self.addCleanup(self.sink.wait)
        self.addCleanup(self.sink.kill)
        harness.wait_for(lambda: harness.answers(self.port), "the sink")

    def messages(self):
        found = []
        for path in glob.glob(os.path.join(self.maildir, "new", "*")):
            with open(path, "rb") as file:
                found.append(file.read())
        return found

    def test_writes_what_it_acknowledges(self):
        with harness.Client(self.port) as client:
            client.expect(250, "EHLO client.example")
            client.expect(503, "DATA")
            for text in (b"one\r\n.dot\r\n", b"two\r\n"):
                client.envelope("a@b.test", "u@example.org")
                self.assertTrue(client.content(b"Subject: x\r\n\r\n" + text).startswith("250 "))
            client.expect(221, "QUIT")
        bodies = sorted(message.split(b"\n\n", 1)[-1] for message in self.messages())
        self.assertEqual(len(bodies), 2)
        self.assertIn(b".dot", bodies[0])
        noted = r"stored \S+ from 127\.0\.0\.1:\d+: sender <a@b\.test>, 1 recipients, (\d+) bytes\n"
        harness.wait_for(lambda: re.findall(noted, harness.read_text(self.log)) == ["25", "19"], "a line for each, with its size")

    def test_unfinished_is_not_written(self):
        with harness.Client(self.port) as client:
            client.expect(250, "EHLO client.example")
            client.envelope("a@b.test", "u@example.org")
            client.expect(354, "DATA")
            client.send(b"Subject: x\r\n\r\nhalf")
        with harness.Client(self.port) as client:
            client.expect(221, "QUIT")
        self.assertEqual(self.messages(), [])

    def test_ends_on_a_signal(self):
        """Those who are there hear so."""
        with harness.Client(self.port) as client:
            client.expect(250, "EHLO client.example")
            self.sink.send_signal(signal.SIGTERM)
            self.assertRegex(client.reply(), "^421 4.3.2 ")
            self.assertTrue(client.ended())
        self.assertEqual(self.sink.wait(10), 0)

    def run_sink(self, *arguments):
        done = subprocess.run([harness.POSTERN, "sink", *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=60, check=False, text=True)
        self.assertEqual(done.stdout, "")
        return done.returncode, done.stderr

    def test_wrong_arguments(self):
        at, into = ("--listen", f"127.0.0.1:{self.port}"), ("--maildir", self.maildir)
        for arguments in (at, into, (*at, *into, "more")):
            code, complaint = self.run_sink(*arguments)
            self.assertEqual((code, complaint[:19]), (USAGE, "usage: postern sink"))
        for address in ("127.0.0.1", "unix:", "host:25", ""):
            self.assertEqual(self.run_sink("--listen", address, *into),
                             (USAGE, f"postern sink: '{address}' is no address with a port\n"))
        code, complaint = self.run_sink(*at, *into)
        self.assertEqual(code, UNAVAILABLE)
        self.assertRegex(complaint, "^postern sink: .*: Address already in use\n$")
        code, complaint = self.run_sink(*at, "--maildir", harness.POSTERN)
        self.assertEqual(code, CANNOT_CREATE)
        self.assertRegex(complaint, f"^postern sink: cannot use the Maildir {harness.POSTERN}: Not a directory\n$")

    def test_lmtp_on_a_unix_socket(self):
        path = os.path.join(self.folder, "s")
        sink = subprocess.Popen([harness.POSTERN, "sink", "--lmtp", "--listen", f"unix:{path}", "--maildir", self.maildir],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(sink.stdout.close)
        self.addCleanup(sink.wait)
        self.addCleanup(sink.kill)
        self.assertEqual(sink.stdout.readline(), f"listening on unix:{path}\n")
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
            client.sendall(b"EHLO x\r\nLHLO x\r\nQUIT\r\n")
            with client.makefile(encoding="ascii") as lines:
                said = lines.read()
        self.assertRegex(said, "(?s)^220 .*\n500 5.5.1 This is LMTP.*\n250.*\n221 ")

    def test_any_port(self):
        sink = subprocess.Popen([harness.POSTERN, "sink", "--listen", "127.0.0.1:0", "--maildir", self.maildir],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(sink.stdout.close)
        self.addCleanup(sink.wait)
        self.addCleanup(sink.kill)
        port = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", sink.stdout.readline()).group(1)
        self.assertTrue(harness.answers(int(port)))


class Descriptors(unittest.TestCase):
    """Each program takes as many as it needs, where it may."""

    def started(self, soft, hard, *arguments):
        """The soft limit of one that was started with these limits, once it is ready."""
        program = subprocess.Popen(
            ["sh", "-c", f'ulimit -Sn {soft}; ulimit -Hn {hard}; exec "$@"', "sh", harness.POSTERN, *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            for line in program.stdout:
                if re.search("ready, configuration|^listening on ", line):
                    return resource.prlimit(program.pid, resource.RLIMIT_NOFILE)[0]
            return None
        finally:
            program.terminate()
            program.communicate(timeout=60)

    def test_raised(self):
        with tempfile.TemporaryDirectory(prefix="postern-descriptors-") as folder:
            config = os.path.join(folder, "c")
            with open(config, "w", encoding="utf-8") as file:
                file.write(f'milter = {{ address = "inet:{harness.free_port()}@127.0.0.1"; }}; limits = {{ connections = 100; }};')
            milter = ("milter", "-c", config)
            sink = ("sink", "--listen", "127.0.0.1:0", "--maildir", os.path.join(folder, "mail"))
            for arguments, soft, hard, wanted in (
                    (milter, 64, 1000, 264), (milter, 64, 200, 200), (milter, 300, 1000, 300), (sink, 64, 200, 200)):
                with self.subTest(arguments[0], soft=soft, hard=hard):
                    self.assertEqual(self.started(soft, hard, *arguments), wanted)


if __name__ == "__main__":
    unittest.main()
