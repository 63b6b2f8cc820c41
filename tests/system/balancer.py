"""HAProxy, Debian's, unpacked, in front of a port: one door for each version of the PROXY protocol."""

import os
import socket
import subprocess

import harness
import unpacked

PACKAGE = "haproxy"
CHECK_SECONDS = 0.2  # between two looks
PROGRAM = unpacked.path(PACKAGE, "usr/sbin/haproxy")
CONFIG = """\
defaults
  mode tcp
  timeout connect 10s
  timeout client 30s
  timeout server 30s
listen v1
  bind 127.0.0.1:{v1}
  server gateway 127.0.0.1:{port} send-proxy
listen v2
  bind 127.0.0.1:{v2}
  server gateway 127.0.0.1:{port} send-proxy-v2 proxy-v2-options crc32c,unique-id check inter {check}ms
backend looks
  option smtpchk
  server gateway 127.0.0.1:{port} send-proxy check inter {check}ms
"""


def usable():
    """Why it cannot run here, or None."""
    return unpacked.absent(PACKAGE)


class Balancer:
    """v1 and v2 are its ports. The second looks now and again whether the gateway is there, by a LOCAL
    header, and adds a checksum to the others; so does a backend without a port, in version 1 and by HELO and QUIT."""

    def __init__(self, folder, port):
        self.v1, self.v2 = harness.free_port(), harness.free_port()
        path = os.path.join(folder, "haproxy.cfg")
        with open(path, "w", encoding="ascii") as file:
            file.write(CONFIG.format(v1=self.v1, v2=self.v2, port=port, check=int(1000 * CHECK_SECONDS)))
        self.process = subprocess.Popen(
            [PROGRAM, "-db", "-f", path], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=unpacked.environment(PACKAGE),
        )
        try:
            for door in (self.v1, self.v2):
                harness.wait_for(lambda: self._opens(door), f"HAProxy on port {door}")
        except AssertionError:
            self.stop()
            raise

    @staticmethod
    def _opens(port):
        try:
            # From an address of its own: the gateway hears of it as of a client.
            socket.create_connection(("127.0.0.1", port), timeout=2, source_address=("127.0.0.3", 0)).close()
        except OSError:
            return False
        return True

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
