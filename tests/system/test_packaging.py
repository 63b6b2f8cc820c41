"""What is asked of the machine (packaging/deps, packaging/peers), what is put on it (`make install`), and the units."""

import os
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest

import harness

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.normpath(os.path.join(HERE, "..", ".."))
VERBS = {"install", "update", "download"}
# Programs of a Debian system that has nothing installed; FOLDER is theirs. Each call of apt-get is a line in FOLDER/apt.
FAKES = {
    "dpkg-query": """\
for package; do :; done
grep -qx "$package" "$FOLDER/installed" 2>/dev/null && echo "installed " """,
    "apt-get": """\
echo "$*" >>"$FOLDER/apt"
[ "$DEBIAN_FRONTEND $NEEDRESTART_SUSPEND" = "noninteractive 1" ] || echo "$*" >>"$FOLDER/asks"
case " $* " in
*" update "*) touch "$FOLDER/updated"; exit 0 ;;
esac
[ -z "$NEEDS_UPDATE" ] || [ -e "$FOLDER/updated" ] || exit 100
for word; do
    case $word in
    Dir::Cache::archives=*) archives=${word#*=} ;;
    esac
done
case " $* " in
*" -s "*) for word; do echo "Inst $word (1 Debian [amd64])"; done ;;
*" download "*) : >one.deb ;;
*" --download-only "*) : >"$archives/one.deb" ;;
*) printf '%s\\n' "$@" >>"$FOLDER/installed" ;;
esac""",
    "dpkg-deb": 'printf "%s\\n" "$CONTENT"',
    "dpkg": 'mkdir -p "$3"; for mode in 2755 4755; do : >"$3/$mode"; chmod $mode "$3/$mode"; done',
    "id": 'echo "$NUMBER"',
}
# As dpkg-deb(1) lists them.
HARMLESS = "-rw-r--r-- root/root 9 2026-01-01 00:00 ./usr/include/x.h\n-rw-r--r-- root/root 9 2026-01-01 00:00 ./etc/default/x"
SERVICES = (
    "-rwxr-xr-x root/root 9 2026-01-01 00:00 ./etc/init.d/exim4",
    "-rw-r--r-- root/root 9 2026-01-01 00:00 ./lib/systemd/system/haproxy.service",
    "-rw-r--r-- root/root 9 2026-01-01 00:00 ./usr/lib/systemd/system/dovecot.socket",
    "lrwxrwxrwx root/root 0 2026-01-01 00:00 ./lib/systemd/system/x.timer -> y.timer",
)


class Fakes(unittest.TestCase):
    """Runs a script of packaging/ on such a system."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="postern-packaging-")
        self.addCleanup(shutil.rmtree, self.folder)
        for name in ("bin", "tmp"):
            os.mkdir(self.path(name))
        for name, text in FAKES.items():
            with open(self.path(f"bin/{name}"), "w", encoding="ascii") as file:
                file.write(f"#!/bin/sh\n{text}\n")
            os.chmod(file.name, 0o755)

    def path(self, name):
        return os.path.join(self.folder, name)

    def script(self, *command, **environment):
        """How it ends and what it says; it leaves no temporary file behind."""
        done = subprocess.run(
            command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False, timeout=60, env={
                **os.environ, "DEBIAN_FRONTEND": "readline", "PATH": self.path("bin") + ":" + os.environ["PATH"], "FOLDER": self.folder,
                "TMPDIR": self.path("tmp"), "POSTERN_PEERS": self.path("peers"), "NEEDS_UPDATE": "",
                "CONTENT": HARMLESS, "NUMBER": "0", **environment})
        self.assertEqual(os.listdir(self.path("tmp")), [])
        return done.returncode, done.stdout

    def calls(self):
        """The words of each call of apt-get. None may take a package away."""
        try:
            with open(self.path("apt"), encoding="ascii") as file:
                calls = [line.split() for line in file]
        except FileNotFoundError:
            return []
        for words in calls:
            self.assertLessEqual({"--no-remove", "--no-install-recommends"}, set(words))
            self.assertEqual(len(VERBS & set(words)), 1, words)
        return calls

    def asked(self):
        """The packages of each installation that was not simulated, without those that were only fetched."""
        return [
            words[words.index("install") + 1:] for words in self.calls()
            if "install" in words and not {"-s", "--download-only"} & set(words)]


class Deps(Fakes):
    def test_building_asks_for_what_builds(self):
        code, output = self.script("packaging/deps", "--build")
        self.assertEqual(code, 0, output)
        (packages,) = self.asked()
        for package in packages:
            self.assertRegex(package, r"^(gcc|make|pkg-config|python3|(lib|zlib).*-dev)$")
        self.assertFalse(os.path.exists(self.path("peers")))

    def test_nobody_is_asked_and_nothing_is_restarted(self):
        """apt-get would ask at the terminal, and needrestart would restart what uses a new library."""
        self.assertEqual(self.script("packaging/deps", "--build")[0], 0)
        self.assertFalse(os.path.exists(self.path("asks")))

    def test_nothing_is_done_twice(self):
        for arguments in (["--build"], []):
            self.assertEqual(self.script("packaging/deps", *arguments)[0], 0)
        before = len(self.calls())
        for arguments in (["--build"], ["--bench"], []):
            self.assertEqual(self.script("packaging/deps", *arguments), (0, ""))
        self.assertEqual(len(self.calls()), before)

    def test_tests_install_no_server(self):
        code, output = self.script("packaging/deps")
        self.assertEqual(code, 0, output)
        packages = sum(self.asked(), [])
        self.assertIn("libcmocka-dev", packages)
        for package in packages:
            self.assertNotRegex(package, r"postfix|exim|sendmail|opensmtpd|dovecot|haproxy|nftables|milter$|clamav|msmtp-mta")
        self.assertIn("postfix", os.listdir(self.path("peers")))

    def test_bench_unpacks_what_it_compares_with(self):
        self.assertEqual(self.script("packaging/deps", "--bench")[0], 0)
        self.assertEqual(sorted(os.listdir(self.path("peers"))), ["haproxy", "postfix"])

    def test_what_holds_a_service_is_not_installed(self):
        for line in SERVICES:
            with self.subTest(line):
                code, output = self.script("packaging/deps", "--build", CONTENT=HARMLESS + "\n" + line)
                self.assertEqual((code, self.asked()), (1, []))
                self.assertIn("one.deb holds a service", output)

    def test_lists_are_fetched_when_they_are_old(self):
        self.assertEqual(self.script("packaging/deps", "--build", NEEDS_UPDATE="yes")[0], 0)
        self.assertEqual([words[-1] for words in self.calls()].count("update"), 1)
        self.assertEqual(len(self.asked()), 1)

    def test_others_than_root_are_told(self):
        code, output = self.script("packaging/deps", "--build", NUMBER="1000")
        self.assertEqual((code, self.calls()), (1, []))
        self.assertIn("as root: apt-get install gcc make", output)

    def test_others_than_root_do_without_clients(self):
        self.assertEqual(self.script("packaging/deps")[0], 0)
        with open(self.path("installed"), encoding="ascii") as file:
            names = file.read().split()
        with open(self.path("installed"), "w", encoding="ascii") as file:
            file.write("\n".join(name for name in names if name not in ("curl", "ecj")))
        before = len(self.calls())
        code, output = self.script("packaging/deps", NUMBER="1000")
        self.assertEqual((code, len(self.calls())), (0, before))
        self.assertIn("there is no curl ecj", output)

    def test_usage(self):
        self.assertEqual(self.script("packaging/deps", "--everything")[0], 64)
        self.assertEqual(self.script("packaging/peers")[0], 64)


class Peers(Fakes):
    def test_installs_nothing(self):
        code, output = self.script("packaging/peers", "all")
        self.assertEqual((code, self.asked()), (0, []), output)
        self.assertGreaterEqual(
            set(os.listdir(self.path("peers"))), {"postfix", "dovecot", "haproxy", "exim4-daemon-heavy", "sendmail-bin"})

    def test_gives_no_rights(self):
        self.script("packaging/peers", "haproxy")
        for name in ("2755", "4755"):
            self.assertEqual(os.stat(self.path(f"peers/haproxy/{name}")).st_mode & 0o7777, 0o755, name)

    def test_what_this_machine_has_is_not_asked(self):
        """What a package needs is the same everywhere: the simulation knows of no installed package."""
        self.script("packaging/peers", "dovecot")
        simulated = [words for words in self.calls() if "-s" in words]
        self.assertEqual(len(simulated), 2)
        for words in simulated:
            self.assertIn("Dir::State::status=/dev/null", words)
        self.assertIn("dovecot-lmtpd", simulated[1])

    def test_without_the_network(self):
        self.script("packaging/peers", "haproxy")
        os.unlink(self.path("bin/dpkg"))
        with open(self.path("bin/dpkg"), "w", encoding="ascii") as file:
            file.write("#!/bin/sh\nexit 1\n")
        os.chmod(file.name, 0o755)
        code, output = self.script("packaging/peers", "haproxy", "postfix")
        self.assertEqual(code, 0)
        self.assertIn("cannot unpack postfix: its tests will be skipped", output)
        self.assertEqual(os.listdir(self.path("peers")), ["haproxy"])


class Goals(unittest.TestCase):
    def test_ask_for_what_they_need(self):
        for goal, wanted in (
            ("run", ["--build"]), ("install", ["--build"]), ("test", []), ("lint", []), ("bench", ["--bench"]),
        ):
            with self.subTest(goal):
                plan = subprocess.run(
                    ["make", "-n", goal, f"BUILD={os.path.dirname(harness.POSTERN)}"], cwd=TOP, check=True,
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env=harness.plain_environment()).stdout
                self.assertEqual(re.findall(r"(?m)^packaging/deps(.*)$", plan), [" ".join(["", *wanted])])


class Place(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="postern install ")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def install(self, **where):
        """By somebody whose files nobody else may read."""
        subprocess.run(
            ["make", "install", f"BUILD={os.path.dirname(harness.POSTERN)}",
             *(f"{name}={value}" for name, value in where.items())],
            cwd=TOP, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
            env=harness.plain_environment(), umask=0o077,
        )

    def read(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as file:
            return file.read()


class Installed(Place):
    def test_files(self):
        self.install(DESTDIR=self.folder, PREFIX="/usr")
        for path in (
            "usr/sbin/postern", "usr/share/man/man8/postern.8", "usr/share/man/man5/postern.conf.5",
            "usr/share/man/man7/postern-recipes.7", "usr/lib/systemd/system/postern.service",
            "usr/lib/systemd/system/postern-milter.service", "usr/share/doc/postern/README.md",
            "usr/share/doc/postern/LICENSE", "usr/share/doc/postern/core-rules.md",
            "usr/share/doc/postern/examples/try.conf", "usr/share/doc/postern/examples/recipes/exim.conf",
        ):
            self.assertTrue(os.path.isfile(os.path.join(self.folder, path)), path)
        self.assertTrue(os.path.isdir(os.path.join(self.folder, "etc/postern")))
        self.assertNotIn("/usr/local", self.read("usr/lib/systemd/system/postern.service"))

    def test_without_a_prefix(self):
        self.install(DESTDIR=self.folder)
        self.assertIn(" /usr/local/sbin/postern ", self.read("usr/local/lib/systemd/system/postern.service"))
        for folder, _, names in os.walk(self.folder):
            for name in names:
                path = os.path.join(folder, name)
                mode = os.stat(path).st_mode & 0o7777
                self.assertEqual(mode, 0o755 if path.endswith("/usr/local/sbin/postern") else 0o644, path)
                self.assertNotRegex(name, r"\.[ch]$")

    def test_units_can_be_verified(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("there is no systemd-analyze")
        prefix = os.path.join(self.folder, "usr")
        self.install(PREFIX=prefix, SYSCONFDIR=os.path.join(self.folder, "my etc"))
        for name in ("postern", "postern-milter"):
            done = subprocess.run(
                ["systemd-analyze", "verify", "--man=no", f"{prefix}/lib/systemd/system/{name}.service"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                check=False, timeout=60)
            ours = [line for line in done.stdout.splitlines() if name in line]
            self.assertEqual((done.returncode, ours), (0, []), done.stdout)


class Units(Place):
    """Their commands, run with a program that only writes down how it was called, at paths with odd characters."""

    PREFIX, SYSCONFDIR = "/opt/my $mail & 100%|\\", "/opt/it's \"etc\""
    NAMES = (("postern", "proxy", "HUP"), ("postern-milter", "milter", "USR1"))
    PROGRAM = """\
#!/bin/sh
printf "%s|" "$@" >>"$CALLS"
echo >>"$CALLS"
[ "$1" != check ] || exit "$CHECK"
echo $$
"""

    def setUp(self):
        super().setUp()
        environment = {**harness.plain_environment(), "BUILD": os.path.dirname(harness.POSTERN),
                       "DESTDIR": self.folder, "PREFIX": self.PREFIX, "SYSCONFDIR": self.SYSCONFDIR}
        subprocess.run(["packaging/install"], cwd=TOP, check=True, env=environment)
        with open(os.path.join(self.folder + self.PREFIX, "sbin/postern"), "w", encoding="ascii") as file:
            file.write(self.PROGRAM)

    def unit(self, name):
        """Its settings: a list for each name."""
        settings = {}
        text = self.read(f"{self.PREFIX}/lib/systemd/system/{name}.service".lstrip("/")).replace("\\\n", " ")
        for key, value in re.findall(r"(?m)^(\w+)=(.*)$", text):
            settings.setdefault(key, []).append(value)
        return settings

    def run_line(self, line, check):
        """How a command of a unit ends, and how the program was called; its paths as if they were below DESTDIR.
        What serves is the process that the service manager has started."""
        self.assertNotRegex(re.sub(r"\$\$|%%", "", line), "[$%]")
        words = [word.replace("$$", "$").replace("%%", "%") for word in shlex.split(line)]
        program, file = self.PREFIX + "/sbin/postern", self.SYSCONFDIR + "/postern/postern.conf"
        self.assertTrue({program, file} <= set(words), words)
        words = [self.folder + word if word == program else word for word in words]
        calls = os.path.join(self.folder, "calls")
        open(calls, "w", encoding="utf-8").close()
        process = subprocess.Popen(
            words, stdout=subprocess.PIPE, text=True, env={"CALLS": calls, "CHECK": str(check)})
        self.assertIn(process.communicate()[0], ("", f"{process.pid}\n"))
        return process.returncode, [call.replace(file, "FILE") for call in self.read("calls").splitlines()]

    def test_checked_before_it_starts(self):
        for name, verb, _ in self.NAMES:
            with self.subTest(name):
                unit = self.unit(name)
                (line,) = unit["ExecStart"]
                self.assertNotIn("ExecStartPre", unit)
                check, start = f"check|--for|{verb}|-c|FILE|", f"{verb}|-c|FILE|"
                self.assertEqual(self.run_line(line, 0), (0, [check, start]))
                self.assertEqual(self.run_line(line, 78), (78, [check]))

    def test_checked_before_it_reloads(self):
        for name, verb, signal in self.NAMES:
            with self.subTest(name):
                first, second = self.unit(name)["ExecReload"]
                self.assertEqual(self.run_line(first, 78), (78, [f"check|--for|{verb}|-c|FILE|"]))
                self.assertEqual(second, f"/bin/sh -c 'kill -{signal} ${{MAINPID}}'")

    def test_goes_on_trying(self):
        for name, _, _ in self.NAMES:
            with self.subTest(name):
                unit = self.unit(name)
                self.assertEqual(unit["Restart"], ["on-failure"])
                self.assertGreaterEqual(int(unit["RestartSec"][0]), 1)
                self.assertEqual(unit["StartLimitIntervalSec"], ["0"])
                self.assertEqual(unit["RestartPreventExitStatus"], ["64 78"])

    def test_serves_with_few_rights(self):
        """An account of its own that can write to its folders, and nothing that root has but the low ports."""
        for name, _, _ in self.NAMES:
            with self.subTest(name):
                unit = self.unit(name)
                for key, value in {
                    "Type": "notify", "NotifyAccess": "main", "WantedBy": "multi-user.target",
                    "DynamicUser": "yes", "User": "postern", "NoNewPrivileges": "yes", "ProtectSystem": "strict",
                    "StateDirectory": "postern", "LogsDirectory": "postern", "SystemCallErrorNumber": "EPERM",
                }.items():
                    self.assertEqual(unit.get(key), [value], key)
        ports = ["CAP_NET_BIND_SERVICE"]
        proxy, milter = self.unit("postern"), self.unit("postern-milter")
        self.assertEqual((proxy["AmbientCapabilities"], proxy["CapabilityBoundingSet"]), (ports, ports))
        self.assertEqual((milter.get("AmbientCapabilities"), milter["CapabilityBoundingSet"]), (None, [""]))
        self.assertEqual(milter["RuntimeDirectory"], ["postern-milter"])

    def test_is_given_time_and_descriptors(self):
        """More than timeouts.drain, and what limits.connections takes, by default."""
        unit = self.unit("postern")
        self.assertGreater(int(unit["TimeoutStopSec"][0]), 30)
        self.assertGreaterEqual(int(unit["LimitNOFILE"][0]), 4 * 10000)


if __name__ == "__main__":
    unittest.main()
