"""TLS with real peers: swaks and openssl s_client in front of the gateway."""

import os
import shutil
import subprocess
import tempfile
import unittest

import harness
from harness import tls

SWAKS, OPENSSL = shutil.which("swaks"), shutil.which("openssl")


def swaks_has_tls():
    """Debian's swaks needs libnet-ssleay-perl for it."""
    said = subprocess.run([SWAKS, "--support"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=60, check=False).stdout if SWAKS else ""
    return "=== TLS supported" in said


class Gateway(harness.Gateway):
    """With a listener for STARTTLS, one with TLS from the first byte, and another of that kind."""

    def configure(self, settings):
        self.implicit, self.other = harness.free_port(), harness.free_port()
        pair = f'certificate = "{tls.folder()}/gw.pem"; key = "{tls.folder()}/gw.key";'
        rows = [
            f'{{ address = "127.0.0.1:{port}"; name = "{name}"; tls = {{ mode = "{mode}"; {pair} {more} }}; }}'
            for port, name, mode, more in (
                (self.port, "test", "starttls", "required = true;"),
                (self.implicit, "implicit", "implicit", ""),
                (self.other, "other", "implicit", ""),
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

    def test_no_renegotiation(self):
        _, output = self.s_client(self.gateway.implicit, "-tls1_2", said="R\n")
        self.assertIn("RENEGOTIATING", output)
        self.assertIn("no renegotiation", output)
        code, output = self.swaks(self.gateway.implicit, "after@example.org", "--tls-on-connect")
        self.assertEqual(code, 0, output)

    def test_sessions_stay_with_their_listener(self):
        for version in ("-tls1_2", "-tls1_3"):
            _, first = self.openssl(self.gateway.implicit, version, "-sess_out", "session")
            self.assertIn("221 2.0.0", first)
            _, again = self.openssl(self.gateway.implicit, version, "-sess_in", "session")
            self.assertIn("Reused, TLS", again)
            _, elsewhere = self.openssl(self.gateway.other, version, "-sess_in", "session")
            self.assertIn("New, TLS", elsewhere)
            self.assertIn("221 2.0.0", elsewhere)


@unittest.skipUnless(OPENSSL, "openssl is not installed")
class Check(unittest.TestCase):
    def check(self, certificate, key):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write(
                'upstreams = ( { address = "127.0.0.1:1"; } );\nrules = ( { when = { recipient = "x"; }; then '
                '= { reject = "550 5.7.1 x"; }; } );\nlisteners = ( { address = "127.0.0.1:0"; tls = { mode = '
                f'"implicit"; certificate = "{tls.folder()}/{certificate}.pem"; key = "{tls.folder()}/{key}'
                '.key"; }; } );\n')
            file.flush()
            result = subprocess.run(
                [harness.POSTERN, "check", "-c", file.name], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        return result.returncode, result.stdout, result.stderr

    def test_good(self):
        code, output, complaint = self.check("gw", "gw")
        self.assertEqual((code, complaint), (0, ""))
        self.assertRegex(output, r"certificates\n  .*/gw\.pem  36[45] days left\n")

    def test_soon(self):
        code, _, complaint = self.check("soon", "soon")
        self.assertEqual(code, 0)
        self.assertRegex(complaint, r"warning: certificate .*soon\.pem\" expires in [23] days")

    def test_bad(self):
        code, _, complaint = self.check("gw", "other")
        self.assertEqual(code, 78)
        self.assertRegex(complaint, r":3: error: cannot use the key \".*other\.key\": .*mismatch")


if __name__ == "__main__":
    unittest.main()
