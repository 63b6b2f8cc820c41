"""What `postern explain` says of rules about content: each match with its place, edits of the body as a diff with what
they break, and samples with attachments."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

import harness

MESSAGE = b"""\
From: Ann <a@b.test>
Subject: =?utf-8?q?gr=C3=BC=C3=9Fe?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=B

--B
Content-Type: text/plain; charset=iso-8859-1

Gr\xfc\xdfe von
http://c.test/x
--B
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<p>secr=65t</p><a href=3D"http://d.test">http://e.test</a>
--B
Content-Type: application/zip; name="a.zip"
Content-Transfer-Encoding: base64

UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==
--B--
"""

SIGNED = b"DKIM-Signature: v=1; a=rsa-sha256; d=b.test; s=s; h=From; bh=AAAA; b=AAAA\n" + MESSAGE

RULES = r"""
rules = (
  { name = "text"; when = { body = "/secret/"; }; then = { tag = "t"; }; },
  { name = "link"; when = { link_host = "c.test"; link_mismatch = true; }; then = { tag = "l"; }; },
  { name = "subject"; when = { header = { Subject = "/gr.*/"; }; raw_body = "/^UEs/"; }; then = { tag = "s"; }; },
  { name = "file"; when = { attachment = "*.zip"; }; then = { remove_attachment = { name = "*.zip"; note = "It is gone."; }; }; },
  { name = "foot"; then = { append_text = "-- \nFooter"; append_html = "<p>Footer</p>"; }; },
  { name = "unfit"; then = { append_text = "你好"; }; },
  { name = "missed"; when = { body = "/nowhere/"; }; then = { tag = "m"; }; } );
final_rules = ( { name = "after"; when = { body = "/Footer/"; }; then = { tag = "f"; }; } );
"""

TOLD = """\
message    485 bytes, 4 header fields
part 1     multipart/mixed, 361 bytes
part 2     text/plain, iso-8859-1, 26 bytes: shown
part 3     text/html, utf-8, quoted-printable, 54 bytes: shown
part 4     application/zip "a.zip", base64, 22 bytes: attachment

rules
"""


class Content(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="postern-content-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.config = os.path.join(self.folder, "postern.conf")
        self.configure(RULES)

    def configure(self, text):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text)

    def explain(self, message, *arguments):
        result = subprocess.run(
            [harness.POSTERN, "explain", "-c", self.config, "--rcpt", "u@b.test", *arguments, "-"], input=message,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False,
        )
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        return result.stdout.decode()

    def told(self, message):
        return json.loads(self.explain(message, "--json"))

    def test_what_it_contains(self):
        self.assertIn(TOLD, self.explain(MESSAGE))
        content = self.told(MESSAGE)["message"]["content"]
        self.assertEqual([part["type"] for part in content["parts"]], ["multipart/mixed", "text/plain", "text/html", "application/zip"])
        self.assertEqual(content["doubts"], [])
        self.assertTrue(content["read"] and content["link_mismatch"])

    def test_nobody_has_asked(self):
        self.configure('rules = ( { when = { header = { Subject = "x"; }; }; then = { tag = "x"; }; } );')
        self.assertNotIn("part 1", self.explain(MESSAGE))
        self.assertIsNone(self.told(MESSAGE)["message"]["content"])

    def test_ambiguous(self):
        output = self.explain(MESSAGE.replace(b"--B--\n", b""))
        self.assertIn("\nambiguous  part 1: a multipart without its last delimiter\n", output)

    def test_places(self):
        output = self.explain(MESSAGE)
        for wanted in (
            'body: "<p>secret</p><a href=\\"http://d.test\\">http://e.test</a>", bytes 3 to 9 of 54, part 3 (lines 12 to 15), as written',
            'link_host: "c.test", part 2 (lines 7 to 10)',
            'header Subject: "grüße", line 2',
            'raw_body: "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==", bytes 0 to 3 of 32, line 20',
            'attachment: "a.zip", line 17, part 4',
        ):
            self.assertIn("       " + wanted + "\n", output)
        matches = [match for rule in self.told(MESSAGE)["rules"] for match in rule["matches"]]
        (text,) = [match for match in matches if match["field"] == "body"]
        self.assertEqual((text["part"], text["part_line"], text["part_last_line"]), (3, 12, 15))
        self.assertEqual((text["view"], text["start"], text["end"]), ("as written", 3, 9))
        self.assertNotIn("message_line", text)
        (raw,) = [match for match in matches if match["field"] == "raw_body"]
        self.assertEqual(raw["message_line"], 20)

    def test_what_stands_as_it_is_has_its_line(self):
        self.configure('rules = ( { when = { body = "/two/"; }; then = { tag = "x"; }; } );')
        self.assertIn("bytes 5 to 8 of 10, line 4, part 1, text\n", self.explain(b"Subject: x\n\none\ntwo\n"))

    def test_edits(self):
        output = self.explain(MESSAGE)
        self.assertIn("""\
--- part 2 as received: text/plain, iso-8859-1, 26 bytes: shown
+++ part 2 as passed on: text/plain, iso-8859-1, 39 bytes: shown
@@ -1,2 +1,4 @@
 Grüße von
 http://c.test/x
+--\x20
+Footer
--- part 4 as received: application/zip "a.zip", base64, 22 bytes: attachment
+++ part 4 as passed on: text/plain, utf-8, 11 bytes: shown
@@ -1,1 +1,1 @@
-application/zip "a.zip", base64, 22 bytes: attachment
+It is gone.
""", output)
        self.assertIn("skipped    append_text by rule unfit: it does not fit the text's charset and encoding\n", output)
        self.assertIn('       body: "Grüße von\\r\\nhttp://c.test/x\\r\\n-- \\r\\nFooter", bytes', output)
        told = self.told(MESSAGE)
        self.assertEqual([part["part"] for part in told["parts_diff"]], [2, 4])
        self.assertEqual(told["parts_diff"][0]["diff"][-2:], ["+-- ", "+Footer"])
        (skipped,) = [edit for edit in told["skipped"] if edit["by"] == "unfit"]
        self.assertEqual(skipped["why"], "it does not fit the text's charset and encoding")

    def test_what_they_break(self):
        output = self.explain(SIGNED)
        self.assertIn("breaks     append_text by rule foot: the DKIM signature of b.test covers it\n", output)
        self.assertIn("breaks     remove_attachment a.zip by rule file: the DKIM signature of b.test covers it\n", output)

    def test_over_a_limit(self):
        self.configure("limits = { mime_parts = 2; };\n" + RULES)
        output = self.explain(MESSAGE)
        self.assertIn("\ncontent    not read: its structure is over a limit\n", output)
        self.assertEqual(self.told(MESSAGE)["message"]["content"], {"read": False, "why": "its structure is over a limit"})

    def test_samples_with_an_attachment(self):
        with open(os.path.join(self.folder, "zip.eml"), "wb") as file:
            file.write(MESSAGE)
        rule = """
rules = ( {{ name = "zip"; when = {{ attachment = "*.{end}"; auth = "bob"; }}; then = {{ reject = "550 5.7.1 No archives"; }};
  samples = ( {{ from = "a@b.test"; to = [ "u@b.test" ]; message = "zip.eml"; facts = {{ auth = "bob"; }}; expect = "550 5.7.1"; }},
              {{ from = "a@b.test"; to = [ "u@b.test" ]; message = "zip.eml"; expect = "continue"; }} ); }} );
"""
        for end, wanted in (("zip", 0), ("exe", 1)):
            with self.subTest(end=end):
                self.configure(rule.format(end=end))
                result = subprocess.run(
                    [harness.POSTERN, "check", "-c", self.config], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                    timeout=60, check=False,
                )
                self.assertEqual(result.returncode != 0, wanted != 0, result.stdout.decode())


if __name__ == "__main__":
    unittest.main()
