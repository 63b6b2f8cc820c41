"""hold: what a session costs that only waits: memory, and processor time while thousands wait (PROTOCOL Z07)."""

import time
from collections import namedtuple

from peers import BenchError, connections, dial

WARM_SESSIONS = 20  # opened and closed before, so that first-time costs are not counted

Held = namedtuple("Held", "sessions greeted_bytes enveloped_bytes cpu_percent")


def talk(client, command, code):
    client.sendall(command)
    return listen(client, code)


def listen(client, code):
    reply = b""
    while not complete(reply):
        more = client.recv(4096)
        if not more:
            raise BenchError(f"a held session was closed after {reply!r}")
        reply += more
    if not reply.startswith(code):
        raise BenchError(f"a held session heard {reply!r}")
    return reply


def complete(reply):
    last = reply[reply.rfind(b"\n", 0, -1) + 1:]
    return reply.endswith(b"\n") and last[3:4] == b" "


def greet(port, context=None):
    client = dial(port, context)
    listen(client, b"220")
    talk(client, b"EHLO client.example.net\r\n", b"250")
    return client


def envelope(client):
    talk(client, b"MAIL FROM:<writer@example.net>\r\n", b"250")
    talk(client, b"RCPT TO:<reader@example.org>\r\n", b"250")


def leave(clients):
    for client in clients:
        talk(client, b"QUIT\r\n", b"221")
        client.close()


def warm(port):
    clients = [greet(port) for _ in range(WARM_SESSIONS)]
    for client in clients:
        envelope(client)
    leave(clients)
    time.sleep(0.2)


def hold(peer, sessions, seconds):
    """Opens the sessions through a proxy freshly started, lets them wait, closes them in order."""
    sessions = min(sessions, connections())
    warm(peer.port)
    empty = peer.memory_bytes()
    clients = [greet(peer.port) for _ in range(sessions)]
    greeted = peer.memory_bytes()
    for client in clients:
        envelope(client)
    enveloped = peer.memory_bytes()
    cpu, began = peer.cpu_ns(), time.monotonic_ns()
    time.sleep(seconds)
    percent = 100 * (peer.cpu_ns() - cpu) / (time.monotonic_ns() - began)
    leave(clients)
    return Held(sessions, (greeted - empty) / sessions, (enveloped - empty) / sessions, percent)


def greeted_kib(held):
    return held.greeted_bytes / 1024


def enveloped_kib(held):
    return held.enveloped_bytes / 1024


def cpu_percent(held):
    return held.cpu_percent
