"""Interception: a client, the gateway and a mail server on hosts of their own (network namespaces),
and nftables between them, as README.md shows it."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
import unittest.mock

import harness
import network

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
# Ports of the server, and what becomes of connections to them on the gateway's host.
REDIRECTED, LOOPED, DEAD = 25, 29, 30
TPROXIED, AS_CLIENT, SAME_PORT = 26, 27, 2526
# The gateway's own.
REDIRECT, TPROXY, CLIENT_SOURCE = 2525, 2526, 2527

RULES = f"""
table inet postern {{
  chain redirected {{
    type nat hook prerouting priority dstnat;
    iifname "toclient" fib daddr type != local tcp dport {{ {REDIRECTED}, {LOOPED}, {DEAD} }} redirect to :{REDIRECT}
  }}
  chain own {{
    type nat hook output priority -100;
    tcp dport {LOOPED} redirect to :{REDIRECT}
  }}
  chain tproxied {{
    type filter hook prerouting priority mangle;
    meta l4proto tcp socket transparent 1 meta mark set 1 accept
    iifname "toclient" fib daddr type != local tcp dport {{ {TPROXIED}, {SAME_PORT} }} tproxy to :{TPROXY} meta mark set 1 accept
    iifname "toclient" fib daddr type != local tcp dport {AS_CLIENT} tproxy to :{CLIENT_SOURCE} meta mark set 1 accept
  }}
}}
"""
ROUTES = (
    "ip rule add fwmark 1 lookup 100",
    "ip route add local default dev lo table 100",
    "ip -6 rule add fwmark 1 lookup 100",
    "ip -6 route add local default dev lo table 100",
)
LISTENERS = f"""
listeners = (
  {{ address = "[::]:{REDIRECT}"; name = "redirect"; transparent = "redirect"; }},
  {{ address = "[::]:{TPROXY}"; name = "tproxy"; transparent = "tproxy"; }},
  {{ address = "[::]:{CLIENT_SOURCE}"; name = "as-client"; transparent = "tproxy"; client_source = true; }} );
"""
SETTINGS = """upstreams = ( { name = "original"; } );
timeouts = { connect = "5s"; };
rules = ( { name = "no-relay"; when = { recipient_domain = { not = "example.org"; }; };
  then = { reject = "550 5.7.1 Not our domain"; }; } );
"""

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")

net = None
folder = None
program = None  # a copy where everybody gets to


def setUpModule():
    global net, folder, program
    try:
        net = network.Network()
        unittest.addModuleCleanup(net.close)
        for route in ROUTES:
            net.inside(net.gateway, *route.split())
        net.filter(RULES)
    except network.Refused as reason:
        raise unittest.SkipTest(f"no interception here: {reason}") from reason
    folder = tempfile.mkdtemp(prefix="postern-transparent-")
    os.chmod(folder, 0o755)  # the gateway gives up root
    unittest.addModuleCleanup(shutil.rmtree, folder)
    program = shutil.copy(harness.POSTERN, folder)


class Gateway(harness.Gateway):
    """On the host in the middle; ${runner} is a command to run it by."""

    def __init__(self, path, settings, *runner):
        self.runner = ("ip", "netns", "exec", net.gateway, *runner)
        super().__init__(path, settings)

    def configure(self, settings):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write('hostname = "gw.example.org";\nworkers = 2;\n' + LISTENERS + settings)


class Server(harness.Recorder):
    """On the server's host; hosts are the addresses its clients came from."""

    def __init__(self, port):
        self.hosts = []
        super().__init__(listening=net.listen(port))

    def session(self, client):
        self.hosts.append(client.getpeername()[0].removeprefix("::ffff:"))
        super().session(client)


class Client(harness.Client):
    """On the client's host."""

    def __init__(self, address, port):
        self.socket = net.connect(address, port)
        self.buffer = b""
        self.greeting = self.reply()


class AsRoot(unittest.TestCase):
    """One gateway for all tests of a class."""

    user, runner = "", ()

    @classmethod
    def setUpClass(cls):
        cls.servers = {}
        for port in (REDIRECTED, LOOPED, TPROXIED, AS_CLIENT, SAME_PORT):
            cls.servers[port] = Server(port)
            cls.addClassCleanup(cls.servers[port].close)
        with unittest.mock.patch.object(harness, "POSTERN", program):
            cls.gateway = Gateway(
                os.path.join(folder, cls.__name__), cls.user + SETTINGS, *cls.runner
            )

    @classmethod
    def tearDownClass(cls):
        code = cls.gateway.stop()
        if code != 0:
            raise AssertionError(f"postern ended with {code}: {cls.gateway.log()}")

    def deliver(self, port, listener, sources):
        """A message by each family arrives at the server it was sent to, from ${sources}."""
        server = self.servers[port]
        for to, source, host in zip(network.SERVER, sources, network.CLIENT):
            del server.hosts[:]
            sender = f"{self.id().replace('_', '-')}-{port}@v{6 if ':' in to else 4}.test"
            with Client(to, port) as client:
                self.assertIn("gw.example.org", client.greeting)
                client.expect(250, "EHLO client.example")
                client.envelope(sender, f"{sender.replace('@', '.')}@example.org")
                self.assertTrue(client.content(b"Subject: x\r\n\r\ntext\r\n").startswith("250"))
                client.expect(221, "QUIT")
            self.assertIn(f"{sender.replace('@', '.')}@example.org", server.content)
            self.assertEqual(server.hosts, [source])
            (record,) = self.gateway.wait_records(1, lambda r: r["sender"] == sender)
            self.assertEqual(record["verdict"], "accept")
            self.assertEqual(record["listener"], listener)
            self.assertEqual(record["client"]["address"], host)
            where = f"[{to}]:{port}" if ":" in to else f"{to}:{port}"
            self.assertEqual(record["upstream"]["address"], where)

    def wait_log(self, text):
        harness.wait_for(lambda: text in self.gateway.log(), f"the log's word {text!r}")

    def refuse(self, port, hosts, reply):
        for host in hosts:
            with Client(host, port) as client:
                self.assertTrue(client.greeting.startswith(reply), client.greeting)
                self.assertTrue(client.ended())

    def test_redirect(self):
        self.deliver(REDIRECTED, "redirect", network.TOWARDS_SERVER)

    def test_tproxy(self):
        self.deliver(TPROXIED, "tproxy", network.TOWARDS_SERVER)

    def test_tproxy_to_the_port_of_the_listener(self):
        self.deliver(SAME_PORT, "tproxy", network.TOWARDS_SERVER)

    def test_tproxy_from_the_client(self):
        self.deliver(AS_CLIENT, "as-client", network.CLIENT)

    def test_rules_hold(self):
        with Client(network.SERVER[0], REDIRECTED) as client:
            client.expect(250, "EHLO client.example")
            client.expect(250, "MAIL FROM:<a@b.test>")
            client.expect("550 5.7.1 Not our domain", "RCPT TO:<x@elsewhere.test>")

    def test_direct_connections_are_refused(self):
        for port in (REDIRECT, TPROXY, CLIENT_SOURCE):
            for hosts in (network.TOWARDS_CLIENT, network.TOWARDS_SERVER):
                self.refuse(port, hosts, "421 4.4.6 ")
        self.wait_log("turned away by listener tproxy")

    def test_own_connections_are_refused(self):
        """A filter rule that catches what the gateway sends: the second time around it is known."""
        for host in network.SERVER:
            with Client(host, LOOPED) as client:
                client.expect("421 4.4.6 The gateway's own connection", "EHLO client.example")
        self.assertEqual(self.servers[LOOPED].hosts, [])
        self.wait_log("it is this gateway's own connection to there")

    def test_server_that_is_not_there(self):
        """Nobody listens; the next server is not the worse for it."""
        for _ in range(2):
            with Client(network.SERVER[0], DEAD) as client:
                client.expect("421 4.4.1", "EHLO client.example")
        self.assertNotIn(" rests ", self.gateway.log())
        self.deliver(REDIRECTED, "redirect", network.TOWARDS_SERVER)


class AsNobody(AsRoot):
    """After the change of user the gateway may still speak from its clients' addresses, and has no
    other right."""

    user = 'user = "nobody";\n'

    def test_rights(self):
        with open(f"/proc/{self.gateway.process.pid}/status", encoding="ascii") as file:
            status = dict(line.split(":\t", 1) for line in file if ":\t" in line)
        self.assertNotEqual(status["Uid"].split()[1], "0")
        for name in ("CapPrm", "CapEff"):
            self.assertIn(int(status[name], 16), (1 << 13, 1 << 12), name)
        self.assertEqual(int(status["CapAmb"], 16), 0)

    def test_reload(self):
        self.gateway.reload(self.user + SETTINGS)
        self.wait_log("reloaded")
        self.deliver(AS_CLIENT, "as-client", network.CLIENT)

    def test_reload_cannot_change_interception(self):
        """What would need other sockets leaves the old configuration in force."""
        with open(self.gateway.config, encoding="utf-8") as file:
            before = file.read()
        with open(self.gateway.config, "w", encoding="utf-8") as file:
            file.write(before.replace("client_source = true;", ""))
        self.gateway.reload_as_before()
        self.wait_log("listener 'as-client' cannot intercept otherwise than before without a restart")
        self.deliver(AS_CLIENT, "as-client", network.CLIENT)


class AsService(AsRoot):
    """Never root, with the one right that it is given, as by systemd."""

    runner = (*NOBODY, "--inh-caps=+net_raw", "--ambient-caps=+net_raw")


class Recipe(unittest.TestCase):
    """What README.md says to type; its configurations are checked in test_commands."""

    def test_rules_and_routes(self):
        with open(os.path.join(TOP, "README.md"), encoding="utf-8") as file:
            section = file.read().split("### Transparent\n")[1].split("\n### ")[0]
        blocks = re.findall(r"(?:^    .*\n)+", section, re.MULTILINE)
        tables = [block for block in blocks if "table inet" in block]
        self.assertEqual(len(tables), 2)
        for table in tables:
            net.filter(table.replace("lan0", "toclient"), "-c")
        (routes,) = [block for block in blocks if "ip rule" in block]
        typed = [line.strip() for line in routes.replace(";", "\n").splitlines()]
        self.assertEqual(sorted(typed), sorted(ROUTES))


class Rights(unittest.TestCase):
    """Without them the gateway does not start, and says which."""

    def test_tproxy_needs_them(self):
        config = os.path.join(folder, "rights.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(LISTENERS + SETTINGS)
        done = subprocess.run(
            ["ip", "netns", "exec", net.gateway, *NOBODY, program, "proxy", "-c", config],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=60, check=False,
        )
        self.assertEqual(done.returncode, 71, done.stdout)  # EX_OSERR
        self.assertIn(
            f"cannot listen on [::]:{TPROXY}: tproxy needs root, CAP_NET_RAW or CAP_NET_ADMIN",
            done.stdout,
        )


if __name__ == "__main__":
    unittest.main()
