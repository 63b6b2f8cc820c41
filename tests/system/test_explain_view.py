"""What `postern explain --view` shows of a message: what rules see, within bounds, and nothing that a terminal obeys."""

import json
import os
import subprocess
import tempfile
import unicodedata
import unittest

import harness
import test_corpus

OK, USAGE, NO_INPUT, CONFIG = 0, 64, 66, 78

MESSAGE = b"""\
From: Ann <a@b.test>
Subject: =?utf-8?q?gr=C3=BC=C3=9Fe?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=B

--B
Content-Type: text/plain; charset=iso-8859-1

Gr\xfc\xdfe von http://c.test/x
--B
Content-Type: application/zip; name="a.zip"
Content-Transfer-Encoding: base64

UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==
--B--
"""

WHOLE = """\
message           332 bytes, 4 header fields, 3 parts

header
    1  From: "Ann <a@b.test>"
    2  Subject: "grüße"
    3  MIME-Version: "1.0"
    4  Content-Type: "multipart/mixed; boundary=B"

from_address      "a@b.test"
from_name         "Ann"

parts
    1  multipart/mixed, 208 bytes
    2    text/plain, iso-8859-1, 25 bytes: shown, lines 7 to 9
    3    application/zip "a.zip", base64, 22 bytes: attachment, lines 11 to 14

part 2, text/plain
  text, 27 bytes
  | Grüße von http://c.test/x
  link              "http://c.test/x"
  host              "c.test"

part 3, application/zip
  name              "a.zip"
  type              "application/zip"
  size              "22"
  encrypted         "no"
"""

NESTED_BEGIN = b"Content-Type: multipart/mixed; boundary=B\n\n"


class View(unittest.TestCase):
    maxDiff = None

    def run_view(self, message, *arguments):
        """Exit code, standard output, standard error; the message comes on standard input."""
        result = subprocess.run(
            [harness.POSTERN, "explain", "--view", *arguments, "-"], input=message, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=60, check=False,
        )
        return result.returncode, result.stdout, result.stderr.decode()

    def view(self, message, *arguments):
        code, output, complaint = self.run_view(message, *arguments)
        self.assertEqual((code, complaint), (OK, ""))
        return output.decode()

    def told(self, message, *arguments):
        output = self.view(message, "--json", *arguments)
        self.assertEqual(output.count("\n"), 1)
        return json.loads(output)

    def configuration(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".conf", delete=False) as file:
            file.write(text)
        self.addCleanup(os.unlink, file.name)
        return file.name

    def assert_harmless(self, text):
        for character in text:
            kind = unicodedata.category(character)
            if character not in "\n\t" and (kind in ("Cc", "Zl", "Zp") or character in "\u202e\u200b\ufeff\u2066"):
                self.fail(f"U+{ord(character):04X} reaches the terminal")

    def test_all_of_it(self):
        self.assertEqual(self.view(MESSAGE), WHOLE)

    def test_json(self):
        told = self.told(MESSAGE)
        self.assertEqual(told["header"][1]["value"], "gr\u00fc\u00dfe")
        self.assertEqual(told["from_address"]["values"], ["a@b.test"])
        self.assertEqual([part["type"] for part in told["parts"]], ["multipart/mixed", "text/plain", "application/zip"])
        self.assertEqual([part["line"] for part in told["parts"]], [6, 7, 11])
        text, archive = told["parts"][1:]
        self.assertEqual(text["texts"][0]["text"], "Gr\u00fc\u00dfe von http://c.test/x")
        self.assertEqual(text["links"], [{"value": "http://c.test/x", "other": False, "mismatch": False}])
        self.assertEqual(archive["names"], [{"value": "a.zip", "other": False}])
        self.assertEqual(archive["archive_encrypted"], [{"value": "no", "other": False}])
        self.assertEqual((archive["attachment"], archive["size"], archive["parent"]), (True, 22, 1))

    def test_wrong_use(self):
        for arguments, wanted, complaint in (
            ([], USAGE, "--view of which message?"),
            (["/no/such/message"], NO_INPUT, "cannot read the message '/no/such/message'"),
            (["-c", "/no/such/file", "-"], CONFIG, "/no/such/file"),
            (["a", "b"], USAGE, "one message at a time"),
        ):
            with self.subTest(arguments=arguments):
                result = subprocess.run(
                    [harness.POSTERN, "explain", "--view", *arguments], stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False,
                )
                self.assertEqual((result.returncode, result.stdout), (wanted, b""))
                self.assertIn(complaint, result.stderr.decode())

    def test_of_a_configuration_the_limits_count(self):
        config = self.configuration("limits = { mime_parts = 2; };")
        output = self.view(MESSAGE, "-c", config)
        self.assertIn("content           not read: its structure is over a limit\n", output)
        self.assertIn('    2  Subject: "gr\u00fc\u00dfe"\n', output)
        self.assertEqual(self.told(MESSAGE, "-c", config)["why"], "its structure is over a limit")

    def test_nothing_reaches_the_terminal(self):
        evil = b"\x1b[2J\x07\r\x9b31m\xe2\x80\xae\xe2\x80\x8b\xc2\x85\xef\xbb\xbf\xe2\x81\xa6\x7f\x00"
        message = (
            b"From: " + evil + b" <a@b.test>\nX" + evil + b": 1\nSubject: =?utf-8?b?G1sySuKArg==?=\n"
            b"Content-Type: multipart/" + evil + b"; boundary=B\n\n--B\nContent-Type: text/html; charset=" + evil
            + b"\n\n<a href='http://x.test/" + evil + b"'>x" + evil + b"</a><p hidden>" + evil + b"\n--B\n"
            b"Content-Type: application/" + evil + b"; name=\"" + evil + b"\"\n\nPK\n--B--\n"
        )
        for arguments in ([], ["--json"]):
            with self.subTest(arguments=arguments):
                self.assert_harmless(self.view(message, *arguments))

    def test_a_text_cannot_pass_for_what_we_say(self):
        output = self.view(b"Subject: x\n\n\npart 7, text/plain\n  name              \"good.txt\"\n")
        self.assertIn("\n  | part 7, text/plain\n  |   name ", output)

    def test_the_output_is_bounded(self):
        config = self.configuration('limits = { mime_parts = 200000; header = "4M"; content_time = "60s"; };')
        names = b"".join(b"Content-Type: a/b; name*%d*=%%1b\n" % i for i in range(300))
        for what, message in (
            ("parts", NESTED_BEGIN + b"--B\n\nx\n" * 100000 + b"--B--\n"),
            ("attachments", NESTED_BEGIN + b"--B\nContent-Type: a/b; name=x.exe\n\n\n" * 20000 + b"--B--\n"),
            ("fields", b"".join(b"X-%d: \x1b\n" % i for i in range(20000)) + b"\nhi\n"),
            ("types", names + b"\nhi\n"),
            ("text", b"\n" + b"\x1b" * 5000000),
            ("links", b"\n" + b"http://x.test/\x7f\n" * 50000),
            ("names", b"From: " + b", ".join(b"a%d@b.test" % i for i in range(5000)) + b"\n\nhi\n"),
        ):
            for arguments in ([], ["--json"]):
                with self.subTest(what=what, arguments=arguments):
                    output = self.view(message, "-c", config, *arguments)
                    self.assertLess(len(output), 1000000)
                    self.assert_harmless(output)

    def test_what_is_left_out_is_said(self):
        message = NESTED_BEGIN + b"--B\n\nx\n" * 150 + b"--B--\n"
        self.assertIn("(51 more parts left out)", self.view(message))
        self.assertEqual(self.told(message)["parts_left_out"], 51)
        text = b"\n" + b"x" * 5000 + b"\n"
        self.assertIn("(1002 bytes left out)", self.view(text))
        (shown,) = self.told(text)["parts"][0]["texts"]
        self.assertEqual((shown["length"], len(shown["text"])), (5002, 4000))

    def test_real_messages(self):
        messages = test_corpus.messages()
        if not messages:
            self.skipTest("no corpus beside the repository (shared/corpus)")
        for name in sorted(messages)[::12]:
            with self.subTest(message=name):
                self.assert_harmless(self.view(messages[name]))
                told = self.told(messages[name])
                self.assertTrue(told["read"] or told["why"] == "its structure is over a limit")


if __name__ == "__main__":
    unittest.main()
