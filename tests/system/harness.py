"""The pieces of a system test: the gateway under test, a client, an upstream that records bytes."""

import json
import os
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "dialogues"))

from kit import tls  # noqa: E402,F401  certificates, for those who import it from here

WAIT_SECONDS = 20
# What a sanitizer says before it ends the program, or instead.
SANITIZER = re.compile(r"(Address|Leak|UndefinedBehavior)Sanitizer|runtime error:")

POSTERN = os.path.abspath("build/postern")  # tests/system/run says which


PORTS = range(10000, 32000)  # below those the system gives to connections

given_ports = set()


class Trouble(Exception):
    """The test could not be carried out; no verdict about the gateway."""


def use_slot(number, count):
    """From now on this process takes its ports as the ${number}th, from 0, of ${count} that run side by side."""
    global PORTS
    PORTS = PORTS[number::count]


def free_port():
    """A port of ours that nobody uses, and not one given before."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in given_ports:
            given_ports.add(port)
            return port


def read_text(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def module_folder(name, reason):
    """For setUpModule: a folder that goes away after its tests, and that the servers' own users can go through; ${reason}
    why they cannot run: skips them."""
    if reason:
        raise unittest.SkipTest(reason)
    folder = tempfile.mkdtemp(prefix=f"postern-{name}-")
    os.chmod(folder, 0o755)
    unittest.addModuleCleanup(shutil.rmtree, folder, ignore_errors=True)
    return folder


def wait_for(condition, what, seconds=WAIT_SECONDS):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.02)


def answers(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as client:
            return client.recv(512).startswith(b"220")
    except OSError:
        return False


def stuff(content):
    """Content with CRLF line ends as it goes over the wire, the final dot included."""
    stuffed = re.sub(rb"(?m)^\.", b"..", content)
    if stuffed and not stuffed.endswith(b"\r\n"):
        stuffed += b"\r\n"
    return stuffed + b".\r\n"


def plain_environment():
    """Ours without what a make above us has put there."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))
    }


class Client:
    """One SMTP conversation, as bytes."""

    def __init__(self, port, source="127.0.0.1", greet=True):
        self.socket = socket.create_connection(
            ("127.0.0.1", port), timeout=WAIT_SECONDS, source_address=(source, 0)
        )
        self.buffer = b""
        self.greeting = self.reply() if greet else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def line(self):
        while b"\n" not in self.buffer:
            data = self.socket.recv(65536)
            if not data:
                raise EOFError(f"closed after {self.buffer!r}")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return (line + b"\n").decode("latin-1")

    def reply(self):
        """A whole reply, its lines joined."""
        lines = [self.line()]
        while lines[-1][3:4] == "-":
            lines.append(self.line())
        return "".join(lines)

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def say(self, command):
        self.send(command + "\r\n")
        return self.reply()

    def expect(self, code, command):
        reply = self.say(command)
        if not reply.startswith(str(code)):
            raise AssertionError(f"{command!r} got {reply!r}, not {code}")
        return reply

    def envelope(self, sender, *recipients):
        self.expect(250, f"MAIL FROM:<{sender}>")
        for recipient in recipients:
            self.expect(250, f"RCPT TO:<{recipient}>")

    def content(self, data):
        """DATA and its content; the reply to the dot."""
        self.expect(354, "DATA")
        self.send(stuff(data))
        return self.reply()

    def chunks(self, pieces):
        """The content by BDAT, all pieces in one write; the reply to the last. RFC 3030."""
        wire = b"".join(b"BDAT %d\r\n%s" % (len(piece), piece) for piece in pieces[:-1])
        self.send(wire + b"BDAT %d LAST\r\n%s" % (len(pieces[-1]), pieces[-1]))
        for piece in pieces[:-1]:
            reply = self.reply()
            if not reply.startswith("250"):
                raise AssertionError(f"a chunk of {len(piece)} got {reply!r}")
        return self.reply()

    def ended(self):
        """Whether the other side closes, and says nothing more before it."""
        try:
            return self.socket.recv(1) == b"" and not self.buffer
        except ConnectionResetError:
            return True


def preload(name, folder):
    """Settings of the environment that put tests/preload/${name}.c under a program, with ${folder} for its orders; or
    skips the test, as where a sanitizer must come first."""
    library = os.path.join(os.path.dirname(POSTERN), "tests", "preload", name + ".so")
    if not os.path.exists(library):
        raise Trouble(f"no {library}: make unit-tests builds it")
    with open(POSTERN, "rb") as program:
        if b"__asan_init" in program.read():
            raise unittest.SkipTest("a sanitizer must be loaded first")
    os.makedirs(folder, exist_ok=True)
    return {"LD_PRELOAD": library, name.upper(): folder}


class Gateway:
    """`postern proxy` with one listener, to which ${listener} may add, and the settings of the test's. Its audit records are in
    records()."""

    runner = ()  # a command that runs it
    command, reload_signal = "proxy", signal.SIGHUP

    def __init__(self, folder, settings, listener="", descriptors=None, environment=(), workers=2):
        """${descriptors}: how many it may have open; ${environment}: what it has beside ours."""
        self.port, self.listener, self.workers = free_port(), listener, workers
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        self.config = os.path.join(folder, "postern.conf")
        self.configure(settings)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(os.path.join(folder, "notify"))
        os.chmod(os.path.join(folder, "notify"), 0o777)  # the gateway may give up root before it speaks
        self.notify.settimeout(WAIT_SECONDS)
        self.log_path = os.path.join(folder, "log")
        self.audit_path = os.path.join(folder, "audit")
        limited = ["prlimit", f"--nofile={descriptors}"] if descriptors else []
        with open(self.log_path, "wb") as log, open(self.audit_path, "wb") as audit:
            self.process = subprocess.Popen(
                [*self.runner, *limited, POSTERN, self.command, "-c", self.config], stdin=subprocess.DEVNULL, stdout=audit,
                stderr=log, env={**os.environ, **dict(environment), "NOTIFY_SOCKET": os.path.join(folder, "notify")},
            )
        try:
            self.wait_state("READY=1")
        except AssertionError:
            self.process.kill()
            self.process.wait()
            raise

    def configure(self, settings):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(
                f'hostname = "gw.example.org";\nworkers = {self.workers};\n'
                f'listeners = ( {{ address = "127.0.0.1:{self.port}"; name = "test"; {self.listener} }} );\n'
                + settings
            )

    def wait_state(self, state):
        """Until the program has told the service manager so."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"postern ended: {self.process.returncode}\n{self.log()}")
            if select.select([self.notify], [], [], 0.1)[0]:
                if state in self.notify.recv(4096).decode().split("\n"):
                    return
        raise AssertionError(f"postern never said {state}\n{self.log()}")

    def reload(self, settings):
        self.configure(settings)
        self.reload_as_before()

    def reload_as_before(self):
        self.process.send_signal(self.reload_signal)
        self.wait_state("READY=1")

    def log(self):
        return read_text(self.log_path)

    def records(self):
        with open(self.audit_path, encoding="utf-8") as file:
            return [json.loads(line) for line in file.read().split("\n") if line]

    def wait_records(self, count, chosen=lambda record: True):
        wait_for(
            lambda: sum(map(chosen, self.records())) >= count, f"{count} audit records: {self.log()}"
        )
        return [record for record in self.records() if chosen(record)]

    def stop(self, signo=signal.SIGTERM):
        """Ends it and returns the exit code; -1 when it had to be killed."""
        if self.process.poll() is None:
            self.process.send_signal(signo)
        try:
            code = self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = -1
        self.notify.close()
        complaint = SANITIZER.search(self.log())
        if complaint:
            raise AssertionError(self.log()[complaint.start() - 200 :])
        return code


# More than a socket holds: who reads less from a full one makes the kernel wait for its timers, at each piece.
READ_BYTES = 1 << 20


class Server:
    """Listens on loopback, on a free port when ${port} is 0, and hands each client to self.session in a thread of its
    own. There serve(client, lines) talks, until it returns or the connection fails."""

    def __init__(self, port=0, listening=None):
        self.socket = listening or socket.create_server(("127.0.0.1", port), backlog=512)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.session, args=(client,), daemon=True).start()

    def session(self, client):
        try:
            with client, client.makefile("rb", READ_BYTES) as lines:
                self.serve(client, lines)
        except OSError:
            pass

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


class Recorder(Server):
    """An upstream that keeps the bytes of every transaction, before any undoing of dots.

    content[recipient] is what came between its 354 and the end of data, the final dot included, or, when
    the gateway left before it, what came until then; with ${chunking}, the octets
    of its chunks, and DATA is not known. recipients are all it has heard, in order; sessions is how many are open."""

    def __init__(self, chunking=False, listening=None):
        self.content = {}
        self.recipients = []
        self.sessions = 0
        self.lock = threading.Lock()
        self.chunking = chunking
        super().__init__(listening=listening)

    def _count(self, difference):
        with self.lock:
            self.sessions += difference

    def session(self, client):
        self._count(1)
        try:
            super().session(client)
        finally:
            self._count(-1)

    def serve(self, client, lines):
        recipient, chunks = None, []
        client.sendall(b"220 recorder.example ESMTP\r\n")
        for line in lines:
            verb = line[:4].upper()
            reply = b"250 2.0.0 Ok\r\n"
            if verb == b"EHLO":
                last = b"CHUNKING" if self.chunking else b"SIZE"
                reply = b"250-recorder.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 " + last + b"\r\n"
            elif verb == b"MAIL":
                chunks = []
            elif verb == b"BDAT" and self.chunking:
                chunks.append(lines.read(int(line.split()[1])))
                if line.upper().endswith(b" LAST\r\n"):
                    self.content[recipient] = b"".join(chunks)
            elif verb == b"RCPT":
                recipient = re.search(rb"<(.*)>", line).group(1).decode()
                self.recipients.append(recipient)
            elif verb == b"DATA" and self.chunking:
                reply = b"502 5.5.1 Not here\r\n"
            elif verb == b"DATA":
                client.sendall(b"354 Go on\r\n")
                self._data(lines, self.content.setdefault(recipient, bytearray()))
            elif verb == b"QUIT":
                client.sendall(b"221 2.0.0 Bye\r\n")
                return
            client.sendall(reply)

    @staticmethod
    def _data(lines, taken):
        # Lines end at LF: a bare one, which must never come, shows in the bytes kept.
        del taken[:]
        for line in lines:
            at_line_start = not taken or taken.endswith(b"\r\n")
            taken += line
            if line == b".\r\n" and at_line_start:
                return
