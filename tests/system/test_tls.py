"""TLS with real peers: swaks and openssl s_client in front of the gateway."""

import os
import pty
import re
import signal
import select
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
from xml.etree import ElementTree

import balancer
import harness
from harness import tls

SWAKS, OPENSSL, SSLSCAN = shutil.which("swaks"), shutil.which("openssl"), shutil.which("sslscan")


def swaks_has_tls():
    """Debian's swaks needs libnet-ssleay-perl for it."""
    said = subprocess.run([SWAKS, "--support"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=60, check=False).stdout if SWAKS else ""
    return "=== TLS supported" in said


class Gateway(harness.Gateway):
    """With a listener for STARTTLS, and others with TLS from the first byte: one, another of that kind,
    one behind a balancer, and two that ask for certificates."""

    def configure(self, settings):
        self.implicit, self.other = harness.free_port(), harness.free_port()
        self.balanced = harness.free_port()
        self.requests, self.requires = harness.free_port(), harness.free_port()
        ask = f'client_ca = "{tls.folder()}/ca.pem"; client_certificate ='
        pair = f'certificate = "{tls.folder()}/gw.pem"; key = "{tls.folder()}/gw.key";'
        rows = [
            f'{{ address = "127.0.0.1:{port}"; name = "{name}"; tls = {{ mode = {mode}; {pair} }}; {more} }}'
            for port, name, mode, more in (
                (self.port, "test", '"starttls"; required = true', ""),
                (self.implicit, "implicit", '"implicit"', ""),
                (self.other, "other", '"implicit"', ""),
                (self.requests, "requests", f'"implicit"; {ask} "request"', ""),
                (self.requires, "requires", f'"implicit"; {ask} "require"', ""),
                (self.balanced, "balanced", '"implicit"', 'proxy_protocol = [ "127.0.0.1" ];'),
            )
        ]
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f'hostname = "gw.example.org";\nlisteners = ( {", ".join(rows)} );\n{settings}')


@unittest.skipUnless(swaks_has_tls() and OPENSSL, "swaks with TLS or openssl is not installed")
class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="postern-tls-system-")
        cls.recorder = harness.Recorder()
        cls.gateway = Gateway(
            cls.folder, f'upstreams = ( {{ address = "127.0.0.1:{cls.recorder.port}"; }} );\n')

    @classmethod
    def tearDownClass(cls):
        code = cls.gateway.stop()
        cls.recorder.close()
        log = cls.gateway.log()
        shutil.rmtree(cls.folder)
        if code != 0:
            raise AssertionError(f"postern ended with {code}: {log}")

    def run_program(self, *arguments, said=""):
        result = subprocess.run(
            arguments, input=said, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=60, check=False, cwd=self.folder)
        return result.returncode, result.stdout

    def swaks(self, port, recipient, *arguments):
        return self.run_program(
            SWAKS, "--server", f"127.0.0.1:{port}", "--helo", "client.example", "--from", "a@b.test",
            "--to", recipient, "--tls-ca-path", f"{tls.folder()}/ca.pem", *arguments)

    def openssl(self, port, *arguments):
        return self.s_client(port, "-ign_eof", *arguments, said="quit\n")

    def s_client(self, port, *arguments, said):
        return self.run_program(
            OPENSSL, "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", f"{tls.folder()}/ca.pem",
            "-crlf", *arguments, said=said)

    def test_swaks_starttls(self):
        code, output = self.swaks(self.gateway.port, "starttls@example.org", "--tls")
        self.assertEqual(code, 0, output)
        self.assertIn(b"This is a test mailing", self.recorder.content["starttls@example.org"])

    def test_swaks_implicit(self):
        code, output = self.swaks(
            self.gateway.implicit, "implicit@example.org", "--tls-on-connect", "--body", "x" * 100000)
        self.assertEqual(code, 0, output)
        self.assertIn(b"x" * 100000, self.recorder.content["implicit@example.org"])
        record = self.gateway.wait_records(
            1, lambda record: record["listener"] == "implicit" and bool(record["recipients"]))[0]
        self.assertEqual(record["tls"]["version"], "1.3")

    @unittest.skipIf(balancer.usable(), "HAProxy is not unpacked")
    def test_behind_a_balancer(self):
        """HAProxy passes TLS on behind its header; its own checks end before a handshake."""
        doors = balancer.Balancer(self.folder, self.gateway.balanced)
        self.addCleanup(doors.stop)
        for name, door in (("v1", doors.v1), ("v2", doors.v2)):
            code, output = self.swaks(
                door, f"{name}@example.org", "--tls-on-connect", "--local-interface", "127.0.0.9")
            self.assertEqual(code, 0, output)
            self.assertIn(f"{name}@example.org", self.recorder.content)
        wanted = {"listener": "balanced", "address": "127.0.0.9"}
        records = self.gateway.wait_records(2, lambda record: bool(record["recipients"]) and wanted == {
            "listener": record["listener"], "address": record["client"]["address"]})
        self.assertEqual({record["tls"]["version"] for record in records}, {"1.3"})
        time.sleep(5 * balancer.CHECK_SECONDS)
        self.assertNotIn("TLS with 127.0.0.1 failed", self.gateway.log())
        self.assertEqual([record for record in self.gateway.records() if record["listener"] == "balanced"
                          and record["client"]["address"] == "127.0.0.1"], [])

    def test_swaks_in_plain_text(self):
        code, output = self.swaks(self.gateway.port, "plain@example.org")
        self.assertNotEqual(code, 0)
        self.assertIn("530 5.7.0", output)
        self.assertNotIn("plain@example.org", self.recorder.content)

    def test_s_client(self):
        code, output = self.openssl(self.gateway.port, "-starttls", "smtp", "-alpn", "smtp", "-tls1_2",
                                    "-verify_return_error")
        self.assertEqual(code, 0, output)
        self.assertIn("ALPN protocol: smtp", output)
        self.assertIn("221 2.0.0", output)

    def test_no_application_protocol(self):
        code, output = self.openssl(self.gateway.implicit, "-alpn", "h2")
        self.assertNotEqual(code, 0)
        self.assertIn("alert number 120", output)

    def test_old_version(self):
        code, output = self.openssl(self.gateway.implicit, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
        self.assertNotEqual(code, 0)
        self.assertIn("alert protocol version", output)

    def greeted(self, version):
        """An s_client that has had its greeting."""
        peer = subprocess.Popen(
            [OPENSSL, "s_client", "-connect", f"127.0.0.1:{self.gateway.implicit}", version],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=self.folder)
        while b"220 " not in peer.stdout.readline():
            self.assertIsNone(peer.poll())
        return peer

    def test_no_renegotiation(self):
        """PROTOCOL T06."""
        said, _ = self.greeted("-tls1_2").communicate(b"R\n", timeout=60)
        self.assertIn(b"RENEGOTIATING", said)
        self.assertIn(b"no renegotiation", said)
        code, output = self.swaks(self.gateway.implicit, "after@example.org", "--tls-on-connect")
        self.assertEqual(code, 0, output)

    def test_flood_of_key_updates(self):
        """PROTOCOL T06: each is answered, and others are served meanwhile."""
        peer = self.greeted("-tls1_3")
        for _ in range(200):
            peer.stdin.write(b"K\n")  # a line that s_client takes for "key update, please"
            peer.stdin.flush()
            time.sleep(0.002)
        code, output = self.swaks(self.gateway.implicit, "meanwhile@example.org", "--tls-on-connect")
        self.assertEqual(code, 0, output)
        said, _ = peer.communicate(b"QUIT\r\n", timeout=60)
        self.assertGreater(said.count(b"KEYUPDATE"), 10)
        self.assertNotIn(b"error", said.lower())


@unittest.skipUnless(swaks_has_tls(), "swaks with TLS is not installed")
class Passthrough(unittest.TestCase):
    """A gateway that passes TLS through, before one that ends it."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="postern-tls-passthrough-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.recorder = harness.Recorder()
        self.addCleanup(self.recorder.close)
        self.behind = Gateway(os.path.join(self.folder, "behind"),
                              f'upstreams = ( {{ address = "127.0.0.1:{self.recorder.port}"; }} );\n')
        self.addCleanup(self.behind.stop)
        self.gateway = harness.Gateway(
            os.path.join(self.folder, "before"),
            f'upstreams = ( {{ address = "127.0.0.1:{self.behind.port}"; }} );\n',
            'tls = { mode = "passthrough"; };')
        self.addCleanup(self.gateway.stop)

    def test_swaks(self):
        body = "y" * 60 + "\\n"
        result = subprocess.run(
            [SWAKS, "--server", f"127.0.0.1:{self.gateway.port}", "--helo", "client.example", "--from",
             "a@b.test", "--to", "through@example.org", "--tls", "--tls-ca-path", f"{tls.folder()}/ca.pem",
             "--tls-verify", "--body", body * 1500], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
        self.assertEqual(result.returncode, 0, result.stdout[-2000:])
        self.assertEqual(self.recorder.content["through@example.org"].count(b"y" * 60), 1500)
        (record,) = self.gateway.wait_records(1)
        self.assertEqual((record["verdict"], record["transaction"]), ("passthrough", None))
        self.assertGreater(record["tls"]["client_bytes"], 90000)
        self.assertGreater(record["tls"]["upstream_bytes"], 1000)
        self.assertIn("is not judged", self.gateway.log())


class Sessions(unittest.TestCase):
    """PROTOCOL T10: a session goes on only at the listener where it began."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="postern-tls-sessions-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.gateway = Gateway(cls.folder, 'upstreams = ( { address = "127.0.0.1:1"; } );\n')

    @classmethod
    def tearDownClass(cls):
        if cls.gateway.stop() != 0:
            raise AssertionError(cls.gateway.log())

    def connect(self, context, port, session=None):
        """Whether an old session was taken up, and the new one; ssl.SSLError or OSError."""
        with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
            with context.wrap_socket(plain, session=session) as sock:
                greeting = sock.recv(1000)
                if not greeting.startswith(b"220 "):
                    raise OSError(f"no greeting: {greeting}")
                sock.sendall(b"QUIT\r\n")
                while sock.recv(1000):
                    pass
                return sock.session_reused, sock.session

    def test_elsewhere(self):
        for version in ("1.2", "1.3"):
            context = tls.context(False, versions=version)
            _, session = self.connect(context, self.gateway.implicit)
            self.assertTrue(self.connect(context, self.gateway.implicit, session)[0], version)
            for port in (self.gateway.other, self.gateway.requests):
                self.assertFalse(self.connect(context, port, session)[0], version)
            with self.assertRaises(OSError):  # no certificate, and none is remembered
                self.connect(context, self.gateway.requires, session)

    def test_certificates(self):
        """One that was verified at a listener that asks is not known at another, nor the other way."""
        for version in ("1.2", "1.3"):
            context = tls.context(False, "client", versions=version)
            _, trusted = self.connect(context, self.gateway.requests)
            self.assertFalse(self.connect(context, self.gateway.requires, trusted)[0], version)
            _, trusted = self.connect(context, self.gateway.requires)
            self.assertFalse(self.connect(context, self.gateway.implicit, trusted)[0], version)
            self.assertTrue(self.connect(context, self.gateway.requires, trusted)[0], version)

    def test_reload(self):
        """New certificates and authorities may come with it: nothing of before is taken up."""
        for version in ("1.2", "1.3"):
            context = tls.context(False, versions=version)
            _, session = self.connect(context, self.gateway.implicit)
            self.gateway.reload_as_before()
            self.assertFalse(self.connect(context, self.gateway.implicit, session)[0], version)


WEAK = re.compile(r"-SHA$|-MD5$|DES|RC4|RC2|NULL|EXP|ADH|AECDH|SEED|IDEA|CCM")


@unittest.skipUnless(SSLSCAN, "sslscan is not installed: the default TLS settings are not scanned")
class Scan(unittest.TestCase):
    """What sslscan finds with the default settings, on either kind of listener."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="postern-tls-scan-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.recorder = harness.Recorder()
        cls.addClassCleanup(cls.recorder.close)
        cls.gateway = Gateway(
            cls.folder, f'upstreams = ( {{ address = "127.0.0.1:{cls.recorder.port}"; }} );\n')
        cls.addClassCleanup(cls.gateway.stop)

    def scan(self, port, *arguments):
        result = subprocess.run(
            [SSLSCAN, "--no-colour", "--xml=-", *arguments, f"127.0.0.1:{port}"], check=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=120)
        self.judge(ElementTree.fromstring(result.stdout).find("ssltest"))

    def judge(self, found):
        enabled = [p.get("version") for p in found.iter("protocol") if p.get("enabled") == "1"]
        self.assertEqual(enabled, ["1.2", "1.3"])
        ciphers = [cipher.get("cipher") for cipher in found.iter("cipher")]
        self.assertIn("TLS_AES_256_GCM_SHA384", ciphers)
        self.assertEqual([name for name in ciphers if WEAK.search(name)], [])
        self.assertEqual([name for name in ciphers if not name.startswith(("TLS_", "ECDHE-"))], [])
        self.assertLessEqual({c.get("strength") for c in found.iter("cipher")}, {"strong", "acceptable"})
        for flaw, how in (("renegotiation", "supported"), ("compression", "supported"),
                          ("heartbleed", "vulnerable")):
            self.assertNotIn("1", [element.get(how) for element in found.iter(flaw)], flaw)
        self.assertNotIn("0", [element.get("supported") for element in found.iter("fallback")])
        self.assertEqual([key.get("error") for key in found.iter("pk")], ["false"])
        self.assertEqual([sign.text for sign in found.iter("signature-algorithm")], ["ecdsa-with-SHA256"])

    def test_starttls(self):
        self.scan(self.gateway.port, "--starttls-smtp")

    def test_implicit(self):
        self.scan(self.gateway.implicit)


@unittest.skipUnless(OPENSSL, "openssl is not installed")
class Kinds(unittest.TestCase):
    """A name with certificates of two kinds of key, for clients of TLS 1.3 that know one kind alone."""

    def test_sigalgs(self):
        others = ", ".join(
            f'{{ names = "{names}"; certificate = "{tls.folder()}/{name}.pem"; key = "{tls.folder()}/{name}.key"; }}'
            for names, name in (("gw.example.org", "rsa"), ("other.example.net", "other"),
                                ("other.example.net", "other-rsa")))
        rows = [(name, kind, wanted) for name, wanted in (("gw.example.org", "gw.example.org"), ("", "gw.example.org"),
                                                          ("other.example.net", "other.example.net"))
                for kind in ("rsa_pss_rsae_sha256", "ecdsa_secp256r1_sha256")]
        with tempfile.TemporaryDirectory(prefix="postern-kinds-") as folder:
            port = harness.free_port()
            gateway = harness.Gateway(
                folder, f'upstreams = ( {{ address = "127.0.0.1:{port}"; }} );\n', listener=
                f'tls = {{ mode = "implicit"; certificate = "{tls.folder()}/gw.pem"; key = "{tls.folder()}/gw.key"; '
                f"certificates = ( {others} ); }};")
            try:
                for name, kind, wanted in rows:
                    with self.subTest(name=name, kind=kind):
                        result = subprocess.run(
                            [OPENSSL, "s_client", "-connect", f"127.0.0.1:{gateway.port}", "-sigalgs", kind,
                             "-CAfile", f"{tls.folder()}/ca.pem", "-verify_return_error", "-tls1_3",
                             *(("-servername", name) if name else ("-noservername",))],
                            input="quit\n", capture_output=True, text=True, timeout=60, check=False)
                        self.assertIn(f"subject=O = Postern tests, CN = {wanted}\n", result.stdout)
                        self.assertIn("Peer signature type: " + ("RSA-PSS" if "rsa" in kind[:3] else "ECDSA"),
                                      result.stdout)
                log = gateway.log()
            finally:
                gateway.stop()
        self.assertNotIn("never shown", log)


@unittest.skipUnless(OPENSSL, "openssl is not installed")
class Check(unittest.TestCase):
    def check(self, certificate, key, when='recipient = "x"'):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write(
                'hostname = "gw.example.org"; upstreams = ( { address = "127.0.0.1:1"; identify = "xclient"; } );\n'
                f'rules = ( {{ when = {{ {when}; }}; then = {{ reject = "550 5.7.1 x"; }}; }} );\n'
                'listeners = ( { address = "127.0.0.1:0"; tls = { mode = "implicit"; '
                f'certificate = "{tls.folder()}/{certificate}.pem"; key = "{tls.folder()}/{key}.key"; }}; }} );\n')
            file.flush()
            result = subprocess.run(
                [harness.POSTERN, "check", "-c", file.name], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        return result.returncode, result.stdout, result.stderr

    def test_good(self):
        code, output, complaint = self.check("gw", "gw")
        self.assertEqual((code, complaint), (0, ""))
        self.assertRegex(output, r"certificates\n  .*/gw\.pem  36[45] days left\n")

    def test_when_tls_is_known(self):
        """At connect, for TLS is there before; with what comes later, then."""
        for when, stage in (("tls_version = \"1.2\"", r"mail \(connect\)"),
                            ("tls = true; helo = \"x\"", r"mail \(helo\)"),
                            ("tls = true; sender = \"x\"", "mail"), ("helo = \"x\"", "helo")):
            _, output, _ = self.check("gw", "gw", when)
            self.assertRegex(output, rf"enforce  \S+ +{stage}  ")

    def test_soon(self):
        code, _, complaint = self.check("soon", "soon")
        self.assertEqual(code, 0)
        self.assertRegex(complaint, r"warning: certificate .*soon\.pem\" expires in [23] days")

    def test_nobody_is_asked_for_a_passphrase(self):
        with tempfile.TemporaryDirectory() as made:
            locked = os.path.join(made, "locked.key")
            subprocess.run(["openssl", "pkey", "-in", f"{tls.folder()}/gw.key", "-aes256", "-passout", "pass:x",
                            "-out", locked], check=True, timeout=60)
            with open(os.path.join(made, "conf"), "w", encoding="utf-8") as file:
                file.write('listeners = ( { address = "127.0.0.1:0"; tls = { mode = "implicit"; '
                           f'certificate = "{tls.folder()}/gw.pem"; key = "{locked}"; }}; }} );\n')
            child, terminal = pty.fork()
            if child == 0:
                os.execv(harness.POSTERN, [harness.POSTERN, "check", "-c", file.name])
            said = b""
            try:
                while select.select([terminal], [], [], 10)[0]:
                    said += os.read(terminal, 4096)
            except OSError:  # its end
                pass
            os.kill(child, signal.SIGKILL)
            status = os.waitpid(child, 0)[1]
            os.close(terminal)
        self.assertEqual(os.waitstatus_to_exitcode(status), 78, said)
        self.assertIn(b"it is locked with a passphrase", said)

    def test_bad(self):
        code, _, complaint = self.check("gw", "other")
        self.assertEqual(code, 78)
        self.assertRegex(complaint, r":3: error: cannot use the key \".*other\.key\": .*another certificate")


@unittest.skipUnless(OPENSSL, "openssl is not installed")
class Upstream(unittest.TestCase):
    @staticmethod
    def listens(port):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def test_alert_behind_the_handshake(self):
        """A server that wants a certificate of ours says so, in TLS 1.3, when the handshake is over for us."""
        folder = tempfile.mkdtemp(prefix="postern-tls-alert-")
        self.addCleanup(shutil.rmtree, folder)
        port = harness.free_port()
        server = subprocess.Popen(
            [OPENSSL, "s_server", "-accept", f"127.0.0.1:{port}", "-cert", f"{tls.folder()}/gw.pem", "-key",
             f"{tls.folder()}/gw.key", "-Verify", "1", "-tls1_3", "-quiet"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.communicate)
        self.addCleanup(server.kill)
        harness.wait_for(lambda: self.listens(port), "openssl")
        gateway = harness.Gateway(
            os.path.join(folder, "run"), f'upstreams = ( {{ address = "127.0.0.1:{port}"; tls = "implicit"; }} );\n')
        self.addCleanup(gateway.stop)
        with harness.Client(gateway.port) as client:
            self.assertRegex(client.say("EHLO client.example"), "^421 4")
        (record,) = gateway.wait_records(1)
        self.assertRegex(record["failures"][0], "^the connection to the upstream broke: .*certificate required$")


if __name__ == "__main__":
    unittest.main()
