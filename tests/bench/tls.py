"""tls: sessions inside TLS, ended by HAProxy or by Postern before the same smtp-sink.

smtp-source speaks no TLS, so the clients are processes of ours. What they cost is not counted, but
they share the processors with the proxy: rates are theirs as much as its own.
"""

import multiprocessing
import os
import ssl
import subprocess
import time
from collections import namedtuple

import hold
import traffic
from peers import BenchError

CLIENTS = 4  # processes, each with one session at a time
LEG_SECONDS = 120  # one that takes longer hangs

# each: what a client does ${count} times at a port. bytes: of a message, 0 where none is sent.
Leg = namedtuple("Leg", "name title count bytes each")
# Peers whose handshakes differ in this cannot be compared.
Agreed = namedtuple("Agreed", "version cipher reused")


def make_certificate(folder):
    """A P-256 key and a certificate for it, where HAProxy looks for both. Returns the path of the
    certificate; that of the key has .key behind it."""
    path = os.path.join(folder, "server.pem")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
               "-nodes", "-days", "2", "-subj", "/CN=gateway.bench.test",
               "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", path + ".key", "-out", path]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
    except FileNotFoundError as error:
        raise BenchError("openssl cannot be run: there is no such program") from error
    if done.returncode != 0:
        raise BenchError(f"openssl makes no certificate: {done.stdout[-400:].decode()}")
    return path


def client_context(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(certificate)
    return context


def leave(client):
    """Ends when the proxy has: its part of the closing is counted."""
    hold.talk(client, b"QUIT\r\n", b"221")
    while client.recv(4096):
        pass
    client.close()


def agreed(client):
    return Agreed(client.version(), client.cipher()[0], client.session_reused)


def open_and_leave(port, context, count, _content):
    """No earlier session is given to a handshake, so each is a full one."""
    seen = set()
    for _ in range(count):
        client = hold.greet(port, context)
        seen.add(agreed(client))
        leave(client)
    return seen


def send_messages(port, context, count, content):
    client = hold.greet(port, context)
    for _ in range(count):
        hold.envelope(client)
        hold.talk(client, b"DATA\r\n", b"354")
        hold.talk(client, content, b"250")
    seen = {agreed(client)}
    leave(client)
    return seen


LEGS = (
    Leg("handshake", "TLS 1.3, P-256, full handshake, EHLO and QUIT, 4 sessions at once", 1600, 0,
        open_and_leave),
    Leg("bulk", "TLS 1.3, 1 MiB messages, 4 kept sessions", 120, traffic.MIB, send_messages),
)


def content_of(leg, folder):
    if leg.bytes == 0:
        return b""
    with open(traffic.write_message(folder, leg.bytes), "rb") as message:
        return message.read().replace(b"\n", b"\r\n") + b".\r\n"


class Clients:
    """The client processes of one leg; a context that ends them. They are forked once, so that no
    round pays for their start."""

    def __init__(self, leg, certificate, folder):
        self.leg = leg
        self.work = (certificate, content_of(leg, folder))
        self.agreed = set()
        self.pool = None

    def __enter__(self):
        self.pool = multiprocessing.get_context("fork").Pool(CLIENTS, prepare,
                                                             (self.leg, *self.work))
        return self

    def __exit__(self, *unused):
        self.pool.terminate()
        self.pool.join()

    def sample(self, count, target):
        """${count} sessions or messages in all, the same number for each client."""
        each = count // CLIENTS
        before, began = target.cpu_ns(), time.perf_counter()
        going = self.pool.map_async(work, [(target.port, each)] * CLIENTS, 1)
        try:
            self.agreed.update(*going.get(LEG_SECONDS))
        except multiprocessing.TimeoutError as error:
            raise BenchError(f"leg '{self.leg.name}' hangs at {target.name}") from error
        except OSError as error:
            raise BenchError(f"leg '{self.leg.name}' failed at {target.name}: {error}") from error
        seconds = time.perf_counter() - began
        time.sleep(traffic.SETTLE_SECONDS)
        return traffic.Sample(each * CLIENTS, seconds, (target.cpu_ns() - before) / 1e9)

    def check_agreed(self):
        """Both proxies must have done the same work."""
        if len(self.agreed) != 1 or next(iter(self.agreed)).reused:
            raise BenchError(f"handshakes are not comparable: {sorted(self.agreed)}")


OWN = {}  # of a client process: its leg, context and content, as prepare() left them


def prepare(leg, certificate, content):
    OWN.update(leg=leg, context=client_context(certificate), content=content)


def work(task):
    port, count = task
    return OWN["leg"].each(port, OWN["context"], count, OWN["content"])


def run(leg, targets, certificate, rounds, share):
    """Rounds of the leg, as traffic.run() does them."""
    count = max(traffic.MESSAGES_MIN, int(leg.count * share))
    with Clients(leg, certificate, os.path.dirname(certificate)) as clients:
        results = traffic.run_rounds(clients.sample, targets, count, rounds)
        clients.check_agreed()
    return results
