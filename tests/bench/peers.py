"""peers: the processes of a run: smtp-sink, HAProxy, Postern. Each can be asked what it cost."""

import os
import pwd
import resource
import socket
import ssl
import subprocess
import time

import policy
import postfix
import unpacked

THREADS = 2  # of HAProxy and of Postern alike
START_SECONDS = 10
STOP_SECONDS = 10
TLS_NAME = "-tls"  # ends the name of one whose clients speak TLS
CONNECTIONS_MAX = 20000
DESCRIPTORS_SPARE = 1000
SINK_BACKLOG = 4096
CLOCK_OF_PROCESS = 2  # CPUCLOCK_SCHED: nanoseconds the scheduler gave to all threads

HAPROXY = unpacked.path("haproxy", "usr/sbin/haproxy")
HAPROXY_FILE = """\
global
    nbthread {threads}
    maxconn {connections}
defaults
    mode tcp
    maxconn {connections}
    timeout connect 10s
    timeout client 600s
    timeout server 600s
listen smtp
    bind 127.0.0.1:{port} backlog 4096{tls}
    server sink 127.0.0.1:{upstream}
"""


HAPROXY_TLS = " ssl crt {certificate} ssl-min-ver TLSv1.3"  # the key is beside it, as .key


class BenchError(Exception):
    """Something does not run; no figure can be given."""


def dial(port, context=None, timeout=30):
    """A connection to a port here, in TLS if there is a context for it."""
    client = socket.create_connection(("127.0.0.1", port), timeout)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client if context is None else context.wrap_socket(client, server_hostname="127.0.0.1")


def unverified_context():
    """For the question whether somebody is there at all."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Peer:
    """One server process, on a port of its own."""

    def __init__(self, name, port, command, log_path, environment):
        self.name = name
        self.port = port
        self.context = unverified_context() if name.endswith(TLS_NAME) else None
        self.log_path = log_path
        with open(log_path, "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=environment)

    def wait_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while not self._greets():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise BenchError(f"{self.name} does not come up: {self.last_words()}")
            time.sleep(0.05)
        return self

    def _greets(self):
        try:
            with dial(self.port, self.context, timeout=2) as client:
                greeting = client.recv(512)
                client.sendall(b"QUIT\r\n")
                return greeting.startswith(b"220")
        except OSError:
            return False

    def last_words(self):
        with open(self.log_path, "rb") as log:
            return log.read()[-600:].decode(errors="replace").strip() or "it said nothing"

    def cpu_ns(self):
        """Processor time of all its threads, living and gone, user and system."""
        try:
            return time.clock_gettime_ns((~self.process.pid << 3) | CLOCK_OF_PROCESS)
        except OSError as error:
            raise BenchError(f"{self.name} is gone: {self.last_words()}") from error

    def memory_bytes(self):
        """Its share of memory (Pss), which leaves out what it has in common with others."""
        with open(f"/proc/{self.process.pid}/smaps_rollup", encoding="ascii") as smaps:
            for line in smaps:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
        raise BenchError("the system does not tell Pss")

    def backlog(self):
        """The length of its listen queue, as the kernel set it."""
        try:
            listing = subprocess.run(["ss", "-Hltn", f"sport = :{self.port}"], check=True,
                                     stdout=subprocess.PIPE, text=True).stdout
        except FileNotFoundError as error:
            raise BenchError("ss (package iproute2) is not installed") from error
        return max((int(line.split()[2]) for line in listing.splitlines()), default=0)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Milter(Peer):
    """One that does not speak first."""

    def _greets(self):
        try:
            dial(self.port).close()
            return True
        except OSError:
            return False


class Peers:
    """All processes of a run; a context that ends them."""

    def __init__(self, postern_path, folder):
        self.postern_path = postern_path
        self.folder = folder
        self.started = []
        self.sink = None

    def __enter__(self):
        raise_descriptors()
        return self

    def __exit__(self, *unused):
        for peer in reversed(self.started):
            peer.stop()

    def start_sink(self):
        port = free_port()
        user = ["-u", pwd.getpwnam("nobody").pw_name] if os.getuid() == 0 else []
        self.sink = self._start("smtp-sink", port, [
            postfix.tool("smtp-sink"), *user, "-m", str(CONNECTIONS_MAX), f"127.0.0.1:{port}",
            str(SINK_BACKLOG)], environment=postfix.environment())
        return self.sink

    def start_haproxy(self, certificate=None):
        tls = HAPROXY_TLS.format(certificate=certificate) if certificate else ""
        port = free_port()
        path = os.path.join(self.folder, f"haproxy-{port}.cfg")
        write_text(path, HAPROXY_FILE.format(
            threads=THREADS, port=port, upstream=self.sink.port, tls=tls,
            connections=connections()))
        name = "haproxy" + (TLS_NAME if tls else "")
        return self._start(name, port, [HAPROXY, "-db", "-f", path],
                           environment=unpacked.environment("haproxy"))

    def start_postern(self, rule_count, certificate=None, milter=None, more=""):
        port = free_port()
        path = os.path.join(self.folder, f"postern-{port}.conf")
        write_text(path, policy.configuration(
            rule_count, port=port, upstream=self.sink.port, folder=self.folder,
            connections=connections(), audit=f"audit-{port}.jsonl", workers=THREADS, more=more,
            certificate=certificate, milter_port=milter.port if milter else None))
        name = f"postern-{rule_count}" + (TLS_NAME if certificate else "") + (
            "+milter" if milter else "") + ("+more" if more else "")
        return self._start(name, port, [self.postern_path, "proxy", "-c", path])

    def audit_lines(self, peer):
        """Lines in the audit file of a Postern that has been stopped."""
        try:
            with open(os.path.join(self.folder, f"audit-{peer.port}.jsonl"), "rb") as audit:
                return sum(1 for _ in audit)
        except FileNotFoundError:
            return 0

    def stop(self, peer):
        self.started.remove(peer)
        peer.stop()

    def start_idle_milter(self):
        port = free_port()
        program = os.path.join(os.path.dirname(self.postern_path), "tests", "bench", "idle_milter")
        return self._start("idle", port, [program, f"inet:{port}@127.0.0.1"], Milter)

    def start_policy_milter(self, rule_count):
        port = free_port()
        path = os.path.join(self.folder, f"milter-{port}.conf")
        write_text(path, policy.milter_configuration(
            rule_count, port=port, folder=self.folder, audit=f"audit-{port}.jsonl"))
        return self._start(f"milter-{rule_count}", port,
                           [self.postern_path, "milter", "-c", path], Milter)

    def _start(self, name, port, command, kind=Peer, environment=None):
        log_path = os.path.join(self.folder, f"{name}-{port}.log")
        try:
            peer = kind(name, port, command, log_path, environment)
        except FileNotFoundError as error:
            raise BenchError(f"{command[0]} cannot be run: there is no such program") from error
        self.started.append(peer)
        return peer.wait_ready()


def write_text(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def raise_descriptors():
    """As many descriptors as are allowed without asking, for us and, inherited, for the peers."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def connections():
    """How many sessions a proxy can hold: two descriptors each, and some for itself."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return min(CONNECTIONS_MAX, (hard - DESCRIPTORS_SPARE) // 2)
