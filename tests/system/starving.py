"""A program whose Nth allocation fails, or Nth call of the system: tests/preload/failing_malloc.c and failing_calls.c;
and what a session then hears."""

import contextlib
import mmap
import os
import socket
import ssl
import struct

import harness

TRIES_MAX = 3000  # allocations of one session that are failed, one after the other
WAIT_SECONDS = 20


def library(name="failing_malloc"):
    """The preloaded library beside the program under test."""
    return os.path.join(os.path.dirname(harness.POSTERN), "tests/preload", name + ".so")


def unusable(name="failing_malloc"):
    """Why nothing can be failed here, or None."""
    with open(harness.POSTERN, "rb") as file:
        if b"__asan_init" in file.read():
            return "a sanitizer has the allocator"
    return None if os.access(library(name), os.R_OK) else f"{library(name)} is not built: make unit-tests"


class Orders:
    """What the library is told, and what it says; struct orders there."""

    def __init__(self, path, name="failing_malloc"):
        self.path, self.name = path, name
        with open(path, "wb") as file:
            file.write(bytes(32))
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 32)

    def environment(self):
        return {"LD_PRELOAD": library(self.name), self.name.upper(): self.path}

    def arm(self, number, span=1):
        struct.pack_into("<QQQQ", self.map, 0, 0, span, 0, 0)
        struct.pack_into("<Q", self.map, 0, number)

    def rest(self):
        """Nothing fails from now on; what has been counted stays."""
        struct.pack_into("<Q", self.map, 0, 0)

    def failed(self):
        """How many have failed so far."""
        return struct.unpack_from("<Q", self.map, 24)[0]

    def disarm(self):
        """How many allocations, or calls, there were, and how many of them failed."""
        struct.pack_into("<Q", self.map, 0, 0)
        return struct.unpack_from("<QQ", self.map, 16)


@contextlib.contextmanager
def environment(orders):
    """Programs started inside are under those orders."""
    before = dict(os.environ)
    os.environ.update(orders.environment())
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class Talk:
    """One SMTP session, step by step, until something is refused or it ends."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=WAIT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def reply(self):
        """A whole reply; empty when the other side has closed."""
        while True:
            lines = self.buffer.split(b"\r\n")
            for i, line in enumerate(lines[:-1]):
                if line[3:4] != b"-":
                    self.buffer = b"\r\n".join(lines[i + 1 :])
                    return b"\r\n".join(lines[: i + 1]).decode("latin-1")
            try:
                data = self.socket.recv(65536)
            except (ConnectionResetError, ssl.SSLError):
                data = b""
            if not data:
                return ""
            self.buffer += data

    def say(self, data):
        try:
            self.socket.sendall(data)
        except OSError:  # TLS has words of its own for a connection that has gone
            pass
        return self.reply()

    def secure(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            self.socket = context.wrap_socket(self.socket)
            return True
        except (OSError, ssl.SSLError):
            return False

    def close(self):
        """After the other side has: its record is written then. It must not keep us waiting."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
            while self.socket.recv(65536):
                pass
        except TimeoutError:
            raise
        except OSError:
            pass
        finally:
            self.socket.close()


def converse(port, steps, first=b""):
    """Plays ${steps}, after ${first}, which has no reply. Returns (how many were answered well, the last reply)."""
    talk = Talk(port)
    try:
        talk.socket.sendall(first)
        reply, done = talk.reply(), 0
        for step in steps:
            if reply[:1] not in ("2", "3"):
                break
            done += 1
            reply = talk.say(step)
            if step.upper() == b"STARTTLS\r\n" and reply.startswith("220") and not talk.secure():
                return done, ""
        return done, reply
    finally:
        talk.close()
