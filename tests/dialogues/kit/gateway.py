"""The gateway under test: its configuration, its process, its log and its audit records."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from kit import dns, milter, tls
from kit.words import Failure

LISTENER_PORT, UPSTREAM_PORT = 2525, 10025
NOBODY_PORT = 9  # nobody listens there
READY_SECONDS, EXIT_SECONDS = 10, 3
REST_SECONDS, REST_TICKS = 0.5, 3  # of processor time, at most, while everybody is waited for
SETTLE_SECONDS = 0.1  # its workers take a new configuration at their next turn
SETTING = re.compile(r"^(\w+)\s*=", re.MULTILINE)
ALARMING = re.compile(r"Sanitizer|runtime error:|[Aa]ssert|stack smashing|double free")


class Gateway:
    """`config`, `listener` and `relay` are libconfig text: top-level settings, settings of the
    one listener, settings of the one upstream. @DIR@ is a folder of this dialogue's own."""

    def __init__(self, binary, host, config="", listener="", relay="", workers=1):
        self.binary, self.host, self.workers = binary, host, workers
        self.listener, self.relay = listener, relay
        self.dir = tempfile.mkdtemp(prefix="postern-dialogue-")
        self.file = os.path.join(self.dir, "postern.conf")
        self.process = None
        self.log, self.audit = [], []
        self.changed = threading.Condition()
        self.threads = []
        self.write(config)

    def write(self, config):
        """The configuration file anew: what ${config} sets replaces ours of the same name."""
        ours = {
            "hostname": '"gw.example.org"',
            "workers": str(self.workers),
            "listeners": '( { address = "%s:%d"; name = "test"; %s } )'
            % (self.host, LISTENER_PORT, self.listener),
            "upstreams": '( { name = "mta"; %s %s } )'
            % ("" if "address" in self.relay else 'address = "@UPSTREAM@";', self.relay),
            "audit": '{ file = "-"; }',
            "resolver": '{ servers = [ "@DNS@" ]; }',
        }
        for name in SETTING.findall(config):
            ours.pop(name, None)
        text = "".join(f"{name} = {value};\n" for name, value in ours.items()) + config
        with open(self.file, "w", encoding="utf-8") as out:
            text = text.replace("@DIR@", self.dir)
            text = text.replace("@LISTEN@", "%s:%d" % (self.host, LISTENER_PORT))
            text = text.replace("@LISTEN2@", "%s:%d" % (self.host, LISTENER_PORT + 1))
            text = text.replace("@UPSTREAM@", "%s:%d" % (self.host, UPSTREAM_PORT))
            text = text.replace("@NOBODY@", "%s:%d" % (self.host, NOBODY_PORT))
            text = text.replace("@DNS@", "%s:%d" % (self.host, dns.PORT))
            text = text.replace("@MILTER@", "inet:%d@%s" % (milter.PORT, self.host))
            text = text.replace("@MILTER2@", "inet:%d@%s" % (milter.PORT + 1, self.host))
            if "@TLS@" in text:
                text = text.replace("@TLS@", tls.folder())
            out.write(text)

    def start(self):
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind("\0" + os.path.basename(self.dir))
        env = dict(os.environ, NOTIFY_SOCKET="@" + os.path.basename(self.dir))
        self.process = subprocess.Popen(
            [self.binary, "proxy", "-c", self.file], cwd=self.dir, env=env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for stream, lines in ((self.process.stdout, self.audit), (self.process.stderr, self.log)):
            thread = threading.Thread(target=self.collect, args=(stream, lines), daemon=True)
            thread.start()
            self.threads.append(thread)
        if not self.ready(READY_SECONDS):
            self.process.kill()
            self.process.wait()
            self.join()
            raise Failure("a gateway that gets ready", "\n".join(self.log) or "silence")

    def collect(self, stream, lines):
        for line in stream:
            with self.changed:
                lines.append(line.decode("utf-8", "backslashreplace").rstrip("\n"))
                self.changed.notify_all()

    def ready(self, seconds):
        """Waits for READY=1; False when the process ends or the time is up first."""
        for _ in range(int(seconds * 10)):
            self.notify.settimeout(0.1)
            try:
                if b"READY=1" in self.notify.recv(4096).split(b"\n"):
                    return True
            except TimeoutError:
                if self.process.poll() is not None:
                    return False
        return False

    def signal(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)

    def reload(self, config):
        """A new file and SIGHUP; back when the gateway says it is ready again."""
        self.write(config)
        self.signal(signal.SIGHUP)
        if not self.ready(3):
            raise Failure("READY=1 after a reload, good or bad", "silence")
        time.sleep(SETTLE_SECONDS)

    def ticks(self):
        """Processor time it has taken so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    def rests(self):
        before = self.ticks()
        time.sleep(REST_SECONDS)
        took = self.ticks() - before
        if took > REST_TICKS:
            raise Failure("a gateway that sleeps while it waits", f"{took} ticks in {REST_SECONDS} s")

    def join(self):
        for thread in self.threads:
            thread.join(2)

    def exits(self):
        """Waits for the end; complains unless it is a clean one."""
        try:
            code = self.process.wait(EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failure(f"an exit within {EXIT_SECONDS} s of SIGTERM", "none") from None
        self.join()
        if code != 0:
            raise Failure("exit code 0", f"{code}; the log ends\n" + "\n".join(self.log[-30:]))
        for line in self.log:
            if ALARMING.search(line):
                raise Failure("a quiet log", "\n".join(self.log[-40:]))

    def stop(self):
        """Ends it somehow, if it still runs, and cleans up."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def wait_line(self, lines, start, wanted, seconds):
        """The index of the first line from ${start} on that ${wanted} accepts, or -1."""
        found = []

        def look():
            found[:] = [i for i in range(start, len(lines)) if wanted(lines[i])]
            return bool(found)

        with self.changed:
            self.changed.wait_for(look, seconds)
        return found[0] if found else -1

    def records(self):
        return [json.loads(line) for line in self.audit]
