"""A small internet on this machine: a client's host, a gateway between, a mail server's host.

Each is a network namespace with a name of its own for this run, IPv4 and IPv6. The gateway forwards
between the two others.
"""

import ctypes
import os
import re
import socket
import subprocess
import threading

import unpacked

CLIENT, SERVER = ("10.91.1.2", "fd91:1::2"), ("10.91.2.2", "fd91:2::2")
TOWARDS_CLIENT, TOWARDS_SERVER = ("10.91.1.1", "fd91:1::1"), ("10.91.2.1", "fd91:2::1")
CLONE_NEWNET = 0x40000000
WAIT_SECONDS = 30
NFTABLES = "nftables"


class Refused(Exception):
    """The kernel, or the rights of this process, do not allow it."""


def run(*command, text=None, environment=None):
    """What the command prints; Refused with its complaint when it fails."""
    try:
        done = subprocess.run(
            command, input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=60, check=False, env=environment,
        )
    except OSError as error:
        raise Refused(f"{command[0]}: {error.strerror}") from error
    if done.returncode != 0:
        complaint = (done.stderr.strip().split("\n") or [""])[0]
        raise Refused(f"{' '.join(command[:6])}: {complaint}")
    return done.stdout


class Network:
    """client, gateway and server are the names of the namespaces. close() removes them all."""

    def __init__(self):
        self.names = []
        self.client, self.gateway, self.server = (
            f"postern-{os.getpid()}-{part}" for part in ("client", "gateway", "server")
        )
        if os.geteuid() != 0:
            raise Refused("network namespaces need root")
        self._sweep()
        try:
            self._build()
        except Refused:
            self.close()
            raise

    @staticmethod
    def _sweep():
        """Removes what a run has left that was killed."""
        for line in run("ip", "netns", "list").splitlines():
            left = re.match(r"postern-(\d+)-\w+", line)
            if left and not os.path.exists(f"/proc/{left.group(1)}"):
                run("ip", "netns", "del", left.group(0))

    def _build(self):
        for name in (self.client, self.gateway, self.server):
            run("ip", "netns", "add", name)
            self.names.append(name)
            self.inside(name, "ip", "link", "set", "lo", "up")
        self._join("toclient", TOWARDS_CLIENT, self.client, CLIENT)
        self._join("toserver", TOWARDS_SERVER, self.server, SERVER)
        for setting in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            self.inside(self.gateway, "sh", "-c", f"echo 1 >/proc/sys/net/{setting}")

    def _join(self, device, ours, host, theirs):
        run(
            "ip", "link", "add", device, "netns", self.gateway, "type", "veth",
            "peer", "name", "eth0", "netns", host,
        )
        for name, end, addresses in ((self.gateway, device, ours), (host, "eth0", theirs)):
            for address, bits in zip(addresses, ("/24", "/64")):
                nodad = ["nodad"] if ":" in address else []
                self.inside(name, "ip", "address", "add", address + bits, "dev", end, *nodad)
            self.inside(name, "ip", "link", "set", end, "up")
        for family, address in zip(("-4", "-6"), ours):
            self.inside(host, "ip", family, "route", "add", "default", "via", address)

    def inside(self, name, *command, text=None):
        return run("ip", "netns", "exec", name, *command, text=text)

    def filter(self, rules, *options):
        """Loads rules of nftables into the gateway's host; ${options} are further ones of nft(8)."""
        reason = unpacked.absent(NFTABLES)
        if reason:
            raise Refused(reason)
        run("ip", "netns", "exec", self.gateway, unpacked.path(NFTABLES, "usr/sbin/nft"), *options, "-f", "-",
            text=rules, environment=unpacked.environment(NFTABLES))

    @staticmethod
    def within(name, make):
        """What ${make} returns when it is called in that namespace: a socket stays there."""
        result = []

        def enter():
            try:
                with open(f"/run/netns/{name}", "rb") as place:
                    if ctypes.CDLL(None, use_errno=True).setns(place.fileno(), CLONE_NEWNET) != 0:
                        raise OSError(ctypes.get_errno(), "setns")
                result.append(make())
            except OSError as error:
                result.append(error)

        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        if isinstance(result[0], OSError):
            raise result[0]
        return result[0]

    def connect(self, address, port):
        """A socket of the client's host, connected to there."""
        return self.within(
            self.client, lambda: socket.create_connection((address, port), timeout=WAIT_SECONDS)
        )

    def listen(self, port):
        """A socket of the server's host, of both families."""
        return self.within(
            self.server,
            lambda: socket.create_server(
                ("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64
            ),
        )

    def close(self):
        while self.names:
            subprocess.run(
                ["ip", "netns", "del", self.names.pop()], stderr=subprocess.DEVNULL, check=False
            )
