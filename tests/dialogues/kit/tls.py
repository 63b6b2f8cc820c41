"""TLS for clients and the upstream: certificates made once a run, and a socket with TLS inside.

The certificates, each NAME.pem with NAME.key in the folder that @TLS@ stands for: gw (gw.example.org), other
(other.example.net and *.wild.example), rsa and other-rsa (the same names, with a key of RSA), mx (mx.example.net), client and client-rsa (CN=alice), stranger (the same, of nobody's
authority), soon (expires in 3 days); ca.pem signed all but stranger; wrong.pem is the key of another.
"""

import atexit
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time

NAMES = {
    "gw": ("gw.example.org", "DNS:gw.example.org", 365),
    "other": ("other.example.net", "DNS:other.example.net,DNS:*.wild.example", 365),
    "rsa": ("gw.example.org", "DNS:gw.example.org", 365),
    "other-rsa": ("other.example.net", "DNS:other.example.net,DNS:*.wild.example", 365),
    "mx": ("mx.example.net", "DNS:mx.example.net", 365),
    "client": ("alice", "email:alice@example.org", 365),
    "client-rsa": ("alice", "email:alice@example.org", 365),
    "soon": ("soon.example.org", "DNS:soon.example.org", 3),
}
MADE, LOCK = [], threading.Lock()


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make(folder):
    def new(name, common, days, *more):
        key = ["rsa:2048"] if name.endswith("rsa") else ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        openssl(folder, "req", "-x509", "-newkey", *key, "-nodes", "-subj", f"/O=Postern tests/CN={common}",
                "-days", str(days), "-keyout", f"{name}.key", "-out", f"{name}.pem", *more)

    new("ca", "Test authority", 365)
    new("stranger", "alice", 365)
    for name, (common, alternatives, days) in NAMES.items():
        new(name, common, days, "-CA", "ca.pem", "-CAkey", "ca.key",
            "-addext", f"subjectAltName={alternatives}", "-addext", "basicConstraints=critical,CA:FALSE")


def folder():
    """Where the certificates are; the first who asks makes them."""
    with LOCK:
        if not MADE:
            MADE.append(tempfile.mkdtemp(prefix="postern-tls-"))
            os.chmod(MADE[0], 0o755)
            atexit.register(shutil.rmtree, MADE[0], ignore_errors=True)
            make(MADE[0])
        return MADE[0]


def context(server, certificate=None, alpn=None, ca=None, versions=None, only=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    if certificate:
        path = os.path.join(folder(), certificate)
        made.load_cert_chain(path + ".pem", path + ".key")
    if ca:
        made.load_verify_locations(os.path.join(folder(), ca + ".pem"))
        made.verify_mode = ssl.CERT_OPTIONAL if server else ssl.CERT_REQUIRED
    if alpn:
        made.set_alpn_protocols(alpn.split(","))
    if versions:
        exact = {"1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
        made.set_ciphers("ALL:@SECLEVEL=0")
        made.minimum_version = made.maximum_version = exact[versions]
    if only:
        made.maximum_version = ssl.TLSVersion.TLSv1_2
        made.set_ciphers(f"kECDHE+a{only}")
    return made


class Pieces:
    """A socket that sends ${before} in front of the first bytes, and all bytes ${size} at a time."""

    def __init__(self, sock, before, size):
        self.sock, self.before, self.size = sock, before, size

    def sendall(self, data):
        data, self.before = self.before + data, b""
        for at in range(0, len(data), self.size or len(data)):
            self.sock.sendall(data[at : at + (self.size or len(data))])
            time.sleep(0.0003 if self.size else 0)

    def __getattr__(self, name):
        return getattr(self.sock, name)


class TlsSocket:
    """Like a socket, as far as the kit uses one. Reading and writing may be done by two threads."""

    def __init__(self, sock, made, server, name=None, early=b""):
        self.sock, self.lock = sock, threading.Lock()
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.incoming.write(early)
        self.inside = made.wrap_bio(self.incoming, self.outgoing, server_side=server, server_hostname=name)
        while True:
            try:
                self.inside.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.flush()
                self.feed()
            except ssl.SSLError:
                self.flush()
                raise
        self.flush()

    def flush(self):
        data = self.outgoing.read()
        if data:
            self.sock.sendall(data)

    def feed(self):
        data = self.sock.recv(65536)
        if data:
            self.incoming.write(data)
        else:
            self.incoming.write_eof()

    def recv(self, size):
        while True:
            with self.lock:
                try:
                    return self.inside.read(size)
                except ssl.SSLWantReadError:
                    pass
                except ssl.SSLZeroReturnError:
                    return b""
                except ssl.SSLError:
                    return b""
            data = self.sock.recv(65536)
            with self.lock:
                if data:
                    self.incoming.write(data)
                else:
                    self.incoming.write_eof()

    def sendall(self, data):
        with self.lock:
            self.inside.write(data)
            self.flush()

    def shutdown(self, how):
        if how != socket.SHUT_RD:
            with self.lock:
                try:
                    self.inside.unwrap()
                except ssl.SSLError:
                    pass
                self.flush()
        self.sock.shutdown(how)

    def __getattr__(self, name):
        return getattr(self.sock, name)
