"""What `postern milter-probe` says about milters that behave, and about those that do not."""

import json
import os
import re
import shutil
import struct
import subprocess
import tempfile
import unittest

import harness
import milters
from scripted_milter import (
    CLOSE, CONTINUE, LEADING_SPACE, NO, SKIP, UNANSWERED, ScriptedMilter, indexed, options, packet, text,
)

OK, USAGE, DATA, NO_INPUT, UNAVAILABLE, MACHINE, TEMPFAIL, PROTOCOL = 0, 64, 65, 66, 69, 71, 75, 76

MESSAGE = b"""\
From: Ann <ann@example.com>
To: bob@example.org
Subject: one
X-Old: 1

line one
line two

line four
line five
"""

WHOLE = """\
milter     ADDRESS
offered    version 6
  actions  ADDHDRS CHGBODY ADDRCPT DELRCPT CHGHDRS QUARANTINE CHGFROM ADDRCPT_PAR SETSYMLIST
  protocol NOCONNECT NOHELO NOMAIL NORCPT NOBODY NOHDRS NOEOH NOUNKNOWN NODATA SKIP RCPT_REJ \
NR_CONN NR_HELO NR_MAIL NR_RCPT NR_DATA NR_UNKN NR_HDR NR_EOH NR_BODY HDR_LEADSPC MDS_256K MDS_1M
answered   version 6
  actions  ADDHDRS CHGBODY ADDRCPT DELRCPT CHGHDRS QUARANTINE CHGFROM ADDRCPT_PAR SETSYMLIST
  protocol NOHELO SKIP NR_HDR
  macros   mail: i {auth_authen}

steps
  OPTNEG   version 6, actions 0x1FF, protocol 0x301FFFFF: options: version 6, actions 0x1FF, protocol 0x482 (T)
  CONNECT  [192.0.2.1], 192.0.2.1 port 40000: continue (T)
  HELO     not sent: NOHELO
  MAIL     <ann@example.com> SIZE=120: continue (T)
  RCPT     <bob@example.org>: continue (T)
  RCPT     <carl@example.org>: reply: 550 5.1.1 no carl (T)
  DATA: continue (T)
  HEADER   From: Ann <ann@example.com>
  HEADER   To: bob@example.org
  HEADER   Subject: one
  HEADER   X-Old: 1
  EOH: continue (T)
  BODY     44 octets: skip (T)
  EOB
    progress, 2 times (T)
    add header: X-New: a (T)
    insert header [1]: X-Top: b (T)
    change header [1]: X-Old, deleted (T)
    change header [1]: Subject: two (T)
    change sender: <eve@example.com> SIZE=1 (T)
    add recipient: <dora@example.org> (T)
    remove recipient: <bob@example.org> (T)
    replace body, 48 octets, 2 times (T)
    quarantine: odd (T)
    continue (T)
  QUIT

edits
  add_header X-New "a"
  insert_header [1] X-Top "b"
  delete_header [1] X-Old
  change_header [1] Subject "two"
  set_sender "eve@example.com"
  add_recipient "dora@example.org"
  remove_recipient "bob@example.org"
  replace_body 48 octets
  quarantine "odd"

--- envelope as sent
+++ envelope as the milter wants it
@@ -1,2 +1,2 @@
-MAIL FROM:<ann@example.com>
-RCPT TO:<bob@example.org>
+MAIL FROM:<eve@example.com>
+RCPT TO:<dora@example.org>
--- header as sent
+++ header as the milter wants it
@@ -1,4 +1,5 @@
+X-Top: b
 From: Ann <ann@example.com>
 To: bob@example.org
-Subject: one
-X-Old: 1
+Subject: two
+X-New: a
--- body as sent
+++ body as the milter wants it
@@ -1,5 +1,6 @@
 line one
-line two
+line 2
 
 line four
+more
 line five

verdict    continue at message
"""

# The same for a program: each step without its macros, each answer without its time.
STEPS = [
    ("OPTNEG", "version 6, actions 0x1FF, protocol 0x301FFFFF", True,
     [{"answer": "options", "text": "version 6, actions 0x1FF, protocol 0x482"}]),
    ("CONNECT", "[192.0.2.1], 192.0.2.1 port 40000", True, [{"answer": "continue", "text": ""}]),
    ("HELO", "not sent: NOHELO", False, []),
    ("MAIL", "<ann@example.com> SIZE=120", True, [{"answer": "continue", "text": ""}]),
    ("RCPT", "<bob@example.org>", True, [{"answer": "continue", "text": ""}]),
    ("RCPT", "<carl@example.org>", True, [{"answer": "reply", "text": "550 5.1.1 no carl"}]),
    ("DATA", "", True, [{"answer": "continue", "text": ""}]),
    ("HEADER", "From: Ann <ann@example.com>", False, []), ("HEADER", "To: bob@example.org", False, []),
    ("HEADER", "Subject: one", False, []), ("HEADER", "X-Old: 1", False, []),
    ("EOH", "", True, [{"answer": "continue", "text": ""}]),
    ("BODY", "44 octets", True, [{"answer": "skip", "text": ""}]),
    ("EOB", "", True, [
        {"answer": "progress", "text": "", "count": 2},
        {"answer": "add header", "text": "X-New: a"},
        {"answer": "insert header", "text": "X-Top: b", "index": 1},
        {"answer": "change header", "text": "X-Old, deleted", "index": 1},
        {"answer": "change header", "text": "Subject: two", "index": 1},
        {"answer": "change sender", "text": "<eve@example.com>", "parameters": "SIZE=1"},
        {"answer": "add recipient", "text": "<dora@example.org>"},
        {"answer": "remove recipient", "text": "<bob@example.org>"},
        {"answer": "replace body", "text": "", "size": 48, "count": 2},
        {"answer": "quarantine", "text": "odd"},
        {"answer": "continue", "text": ""}]),
    ("QUIT", "", False, []),
]
OUTCOME = {
    "verdict": "continue", "stage": "message", "edits_fit": True,
    "edits": [
        {"edit": "add_header", "name": "X-New", "value": " a"},
        {"edit": "insert_header", "name": "X-Top", "index": 1, "value": " b"},
        {"edit": "delete_header", "name": "X-Old", "index": 1},
        {"edit": "change_header", "name": "Subject", "index": 1, "value": " two"},
        {"edit": "set_sender", "value": "eve@example.com"},
        {"edit": "add_recipient", "value": "dora@example.org"},
        {"edit": "remove_recipient", "value": "bob@example.org"},
        {"edit": "replace_body", "size": 48},
        {"edit": "quarantine", "value": "odd"}],
    **{name: WHOLE.split(f"+++ {what} as the milter wants it\n")[1].split("--- ")[0].rstrip("\n").split("\n")
       for name, what in (("envelope_diff", "envelope"), ("header_diff", "header"))},
    "body_diff": WHOLE.split("+++ body as the milter wants it\n")[1].split("\n\nverdict")[0].split("\n"),
}

ENDING = (
    packet("p") * 2 + text("h", "X-New", "a") + indexed("i", 1, "X-Top", "b") + indexed("m", 1, "X-Old", "")
    + indexed("m", 1, "Subject", "two") + text("e", "<eve@example.com>", "SIZE=1")
    + text("+", "<dora@example.org>") + text("-", "<bob@example.org>")
    + packet("b", b"line one\r\nline 2\r\n\r\nline") + packet("b", b" four\r\nmore\r\nline five\r\n")
    + text("q", "odd") + CONTINUE
)


class Probe(unittest.TestCase):
    maxDiff = None

    def run_probe(self, *arguments, message=MESSAGE):
        done = subprocess.run(
            [harness.POSTERN, "milter-probe", *arguments], input=message, capture_output=True, timeout=120
        )
        self.assertNotRegex(done.stderr.decode(), harness.SANITIZER)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def probe(self, milter, *arguments, message=MESSAGE, code=OK):
        got, output, complaint = self.run_probe(milter.address, "-", *arguments, message=message)
        self.assertEqual((got, complaint), (code, ""), output)
        return re.sub(r"\(\d+\.\d ms\)", "(T)", output)

    def assert_ended(self, milter):
        """QUIT comes after the last answer: the report may be there before it."""
        harness.wait_for(lambda: milter.codes()[-1:] == "Q", f"QUIT after {milter.codes()}")

    def assert_heard(self, milter, codes):
        self.assert_ended(milter)
        self.assertEqual(milter.codes(), codes)

    def probe_json(self, milter, *arguments, **more):
        return json.loads(self.probe(milter, "--json", *arguments, **more))


class Behaving(Probe):
    def test_whole_report(self):
        script = {"R": [None, text("y", "550 5.1.1 no carl")], "B": packet("s"), "E": ENDING}
        steps = NO["H"] | SKIP | UNANSWERED["L"]
        with ScriptedMilter(script, options(steps=steps, lists=[(2, "i {auth_authen}")])) as milter:
            output = self.probe(milter, "--from", "<ann@example.com>", "--rcpt", "bob@example.org",
                                "--rcpt", "carl@example.org")
            self.assertEqual(output.replace(milter.address, "ADDRESS"), WHOLE)
            self.assert_heard(milter, "OCMRRTLLLLNBEQ")

    def test_whole_report_as_json(self):
        script = {"R": [None, text("y", "550 5.1.1 no carl")], "B": packet("s"), "E": ENDING}
        steps = NO["H"] | SKIP | UNANSWERED["L"]
        with ScriptedMilter(script, options(steps=steps, lists=[(2, "i {auth_authen}")])) as milter:
            found = self.probe_json(milter, "--from", "<ann@example.com>", "--rcpt", "bob@example.org",
                                    "--rcpt", "carl@example.org")
        self.assertEqual(found["milter"], milter.address)
        self.assertEqual([found[name]["protocol_bits"] for name in ("offered", "answered", "agreed")],
                         [0x301FFFFF, 0x482, 0x482])
        self.assertEqual(found["answered"]["protocol"], ["NOHELO", "SKIP", "NR_HDR"])
        self.assertEqual(found["answered"]["actions"], WHOLE.split("actions  ")[1].split("\n")[0].split())
        self.assertEqual([found[name]["macros"] for name in ("offered", "answered")], [{}, {"mail": "i {auth_authen}"}])
        self.assertEqual(found["steps"][2]["macros"], [{"name": "s", "value": "client.example.com"}])
        for step in found["steps"]:
            for answer in step["answers"]:
                self.assertGreaterEqual(answer.pop("ms"), 0)
        self.assertEqual([(step["command"], step["text"] if step["sent"] else "not sent: " + step["reason"],
                           step["awaited"], step["answers"]) for step in found["steps"]], STEPS)
        self.assertEqual(found["messages"], [OUTCOME])
        self.assertNotIn("failure", found)

    def test_every_answer_at_every_stage(self):
        answers = {
            packet("a"): "accept", packet("r"): "reject", packet("t"): "tempfail", packet("4"): "disconnect",
            text("y", "451 4.7.1 later"): "tempfail", text("y", "550 5.7.1 %% no"): "reject",
            text("y", "421 4.7.0 bye"): "disconnect", packet("f"): "disconnect", packet("d"): "discard",
        }
        stages = {"C": "connect", "H": "helo", "M": "mail", "T": "data", "L": "header", "N": "message",
                  "B": "message", "E": "message"}
        for answer, verdict in answers.items():
            for code, stage in stages.items():
                if code in "CH" and verdict == "discard":
                    continue  # says nothing there
                with self.subTest(answer=answer, stage=stage), ScriptedMilter({code: answer}) as milter:
                    message = self.probe_json(milter)["messages"][0]
                    self.assertEqual((message["verdict"], message["stage"]), (verdict, stage))
                    self.assert_ended(milter)
                    self.assertEqual("A" in milter.codes(), code not in "CHE")

    def test_refused_recipients(self):
        with ScriptedMilter({"R": packet("r")}) as milter:
            output = self.probe(milter)
            self.assertIn("note       every recipient is refused: no message follows\n", output)
            self.assert_heard(milter, "OCHMRAQ")
            self.assertEqual(self.probe_json(milter)["messages"][0]["note"],
                             "every recipient is refused: no message follows")
        with ScriptedMilter({"M": text("y", "550 5.7.1 not you")}) as milter:
            output = self.probe(milter)
            self.assertTrue(output.endswith("\nverdict    reject at mail\nreply      550 5.7.1 not you\n"
                                            "note       what comes later was not sent\n"), output)
            (message,) = self.probe_json(milter)["messages"]
            self.assertEqual((message["reply"], message["edits"]), ("550 5.7.1 not you\r\n", []))
            self.assertNotIn("note", message)

    def test_what_is_left_out(self):
        for code, name in (("C", "CONNECT"), ("H", "HELO"), ("M", "MAIL"), ("R", "RCPT"), ("T", "DATA"),
                           ("L", "HEADER"), ("N", "EOH"), ("B", "BODY")):
            with self.subTest(name), ScriptedMilter(answer=options(steps=NO[code])) as milter:
                found = [step for step in self.probe_json(milter)["steps"] if not step["sent"]]
                self.assertEqual([step["command"] for step in found], [name])
                self.assertTrue(found[0]["reason"].startswith("NO"), found[0])
                self.assertNotIn(code, milter.codes())

    def test_nothing_is_answered(self):
        with ScriptedMilter(answer=options(steps=sum(UNANSWERED.values()))) as milter:
            found = self.probe_json(milter)
            self.assertEqual([step["command"] for step in found["steps"] if step["answers"]], ["OPTNEG", "EOB"])
            self.assert_heard(milter, "OCHMRTLLLLNBEQ")

    def test_old_version(self):
        with ScriptedMilter(answer=options(2, 0xF, 0)) as milter:
            found = self.probe_json(milter, "--protocol", "2")
            self.assertEqual((found["offered"]["version"], found["agreed"]["protocol"]), (2, ["NOUNKNOWN", "NODATA"]))
            self.assertEqual(struct.unpack(">I", milter.heard[0][1][:4]), (2,))
            self.assertNotIn("T", milter.codes())
        with ScriptedMilter(answer=options(steps=0x80000000)) as milter:
            self.assertIn("  protocol and unknown ones: 0x80000000\nagreed     version 6\n", self.probe(milter))

    def test_until(self):
        for stage, codes in (("connect", "OCQ"), ("helo", "OCHQ"), ("mail", "OCHMAQ"), ("rcpt", "OCHMRAQ"),
                             ("data", "OCHMRTAQ")):
            with self.subTest(stage), ScriptedMilter() as milter:
                self.probe(milter, "--until", stage)
                self.assert_heard(milter, codes)

    def test_repeat(self):
        with ScriptedMilter({"M": [None, packet("r"), None]}) as milter:
            found = self.probe_json(milter, "--repeat", "3")
            self.assertEqual([m["verdict"] for m in found["messages"]], ["continue", "reject", "continue"])
            self.assert_heard(milter, "OCHMRTLLLLNBEMAMRTLLLLNBEQ")
            self.assertEqual(milter.connections, 1)
            self.assertEqual(milter.macros("M")["i"], "PROBE3")
        with ScriptedMilter({"E": [text("q", "odd") + CONTINUE, None]}) as milter:
            output = self.probe(milter, "--repeat", "2")
            self.assertTrue(output.endswith(
                "\n\nmessage 1\n\nedits\n  quarantine \"odd\"\n\nverdict    continue at message\n"
                "\nmessage 2\nverdict    continue at message\n"), output)

    def test_macros(self):
        with ScriptedMilter(answer=options(lists=[(1, "{cert_subject} {mine}")])) as milter:
            output = self.probe(
                milter, "--verbose", "--auth", "ann", "--tls", "TLSv1.3/AES", "--hostname", "mx.test",
                "--client", "2001:db8::1", "--client-name", "host.test", "--helo", "me", "--macro", "{mine}=1",
                "--macro", "other=2", "--macro", "auth_type=GSSAPI",
            )
            self.assertIn("    {auth_authen} \"ann\"\n", output)
            connect = milter.macros("C")
            self.assertEqual(connect["j"], "mx.test")
            self.assertEqual(connect["_"], "host.test [2001:db8::1]")
            self.assertEqual(connect["{other}"], "2")
            self.assertNotIn("{mine}", connect)
            self.assertEqual(milter.macros("H"), {"{mine}": "1"})
            self.assertEqual(milter.macros("M")["{auth_type}"], "GSSAPI")
            self.assertIn(("C", b"host.test\x006" + struct.pack(">H", 40000) + b"2001:db8::1\0"), milter.heard)
        with ScriptedMilter() as milter:
            self.probe(milter, "--macros", "postfix")
            self.assertEqual(milter.macros("N")["i"], "PROBE1")
        with ScriptedMilter() as milter:
            self.probe(milter, "--macros", "sendmail", "--tls", "TLSv1.3/AES")
            self.assertEqual(milter.macros("H")["{cipher}"], "AES")
            self.assertNotIn("i", milter.macros("N"))

    FACTS = {
        "j": "mx.test", "v": "Postern", "r": "ESMTP", "s": "client.example.com", "{client_addr}": "192.0.2.1", "{client_port}": "40000",
        "{client_name}": "unknown", "{client_ptr}": "unknown", "{client_resolve}": "FAIL", "{client_connections}": "1",
        "{daemon_name}": "mx.test", "{if_name}": "mx.test", "{daemon_addr}": "127.0.0.1", "{if_addr}": "127.0.0.1", "{daemon_port}": "25",
        "{mail_mailer}": "smtp", "{mail_host}": "example.com", "{rcpt_mailer}": "smtp", "{rcpt_host}": "example.org",
    }

    def test_facts(self):
        """All that a milter can ask for, and what nobody said."""
        known = {"{client_name}": "host.test", "{client_ptr}": "host.test", "{client_resolve}": "OK"}
        login = {"{auth_authen}": "ann", "{auth_type}": "PLAIN", "r": "ESMTPA"}
        names = [*self.FACTS, *login, "b", "t"]
        for arguments, told in (([], {}), (["--client-name", "host.test"], known), (["--auth", "ann"], login),
                                (["--from", "<a@b.test>", "--rcpt", "<u@x.test>"], {"{mail_host}": "b.test", "{rcpt_host}": "x.test"})):
            with self.subTest(arguments), ScriptedMilter(answer=options(lists=[(2, " ".join(names))])) as milter:
                self.probe(milter, "--hostname", "mx.test", *arguments)
                heard = milter.macros("M")
                self.assertRegex(heard.pop("b"), r"^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000$")
                self.assertRegex(heard.pop("t"), r"^\d{12}$")
                self.assertEqual(heard, {**self.FACTS, **told})

    def test_addresses(self):
        with ScriptedMilter() as milter:
            for address in (f"inet:127.0.0.1:{milter.port}", f"inet:{milter.port}@localhost"):
                self.assertEqual(self.run_probe(address)[0], OK)
        folder = tempfile.mkdtemp(prefix="postern-probe-")
        self.addCleanup(shutil.rmtree, folder)
        with ScriptedMilter(path=os.path.join(folder, "s")) as milter:
            self.assertEqual(self.run_probe(f"local:{folder}/s")[0], OK)
            self.assertEqual(self.run_probe(f"unix:{folder}/s")[0], OK)

    def test_messages(self):
        with ScriptedMilter() as milter:
            self.assertEqual(self.run_probe(milter.address)[0], OK)  # the one that is built in
            self.probe(milter, message=b"no header\nat all")
            self.assertIn(("B", b"no header\r\nat all\r\n"), milter.heard)
            self.probe(milter, message=b"")
            self.probe(milter, message=b"A: b\n\n" + b"x" * 69 + b"\n" + b"y" * 70000)
            self.assertEqual([len(data) for code, data in milter.heard if code == "B"][-2:], [65535, 4538])
            self.assertEqual(self.run_probe(milter.address, "/nowhere/at/all")[0], NO_INPUT)

    def test_large_new_body(self):
        body = b"".join(b"line %d\r\n" % i for i in range(200000))
        with ScriptedMilter({"E": packet("b", body) + packet("a")}) as milter:
            output = self.probe(milter)
            self.assertIn(f"replace body, {len(body)} octets", output)
            self.assertIn("body: 5 lines before, 200000 now\n", output)

    def test_terminal_is_safe(self):
        script = {"E": text("h", "X-A", "\x1b[2J\u202e") + text("q", "\x1b]0;x\x07") + CONTINUE}
        with ScriptedMilter(script, options(steps=LEADING_SPACE, lists=[(0, "\x1b[2J")])) as milter:
            output = self.probe(milter)
            self.assertNotRegex(output, "[\x00-\x08\x0b-\x1f\u202e]")
            self.assertIn("\\x1B[2J", output)


class Misbehaving(Probe):
    def failure(self, milter, *arguments, code=PROTOCOL):
        found = self.probe_json(milter, *arguments, code=code)
        return found["failure"]["text"], found["failure"].get("expected", "")

    def test_negotiation(self):
        cases = {
            options(7): "the milter answers with a newer protocol version than it was offered",
            options(1): "the milter speaks a protocol version older than 2",
            options(actions=0x3FF): "the milter wants to make changes that it was not offered",
            packet("O", b"\0\0\0\6"): "the option negotiation is cut short",
            CONTINUE: "it answers the offer with something else",
            b"220 mail.test ESMTP\r\n": "it sends a packet of an impossible length",
            b"\0\0\0\0": "it sends a packet of an impossible length",
        }
        for answer, failure in cases.items():
            with self.subTest(failure), ScriptedMilter({"O": answer}) as milter:
                said, expected = self.failure(milter)
                self.assertEqual(said, failure)
                self.assertIn("a version from 2 to the one offered", expected)

    def test_answers(self):
        cases = [
            ("M", text("h", "X-A", "b"), "it changes the message before its end"),
            ("H", packet("Z"), "an unknown reply"),
            ("C", packet("d"), "it discards before there is a message"),
            ("H", packet("d"), "it discards before there is a message"),
            ("R", packet("c", b"x"), "the data of a reply are cut short or too long"),
            ("T", packet("y", b"550 no end"), "the data of a reply are cut short or too long"),
            ("T", options(), "it negotiates once more"),
            ("B", packet("s"), "it wants to skip, which was not agreed"),
            ("E", text("h", "X A", "b") + CONTINUE, "a header's name is empty or holds what no name may hold"),
            ("E", text("+", "<a\r\nb>") + CONTINUE, "an address holds a control character"),
            ("E", text("+", "two words") + CONTINUE, "it sends an address that is none"),
            ("E", packet("b", b"x") + text("h", "A", "b") + packet("b", b"y") + CONTINUE,
             "it goes on with the new body after other changes"),
            ("L", CLOSE, "it closed the connection"),
            ("E", packet("s"), "it wants to skip, which was not agreed"),
            ("C", CONTINUE * 2, "it says something that nobody asked for"),
            ("E", CONTINUE * 2, "it says something that nobody asked for"),
        ]
        for code, answer, failure in cases:
            with self.subTest(code=code, failure=failure), ScriptedMilter({code: answer}) as milter:
                said, expected = self.failure(milter)
                self.assertEqual(said, failure)
                self.assertNotEqual(expected, "")

    def test_what_was_not_agreed(self):
        script = {"E": text("h", "X-A", "b") + CONTINUE}
        with ScriptedMilter(script, options(actions=0x2)) as milter:
            output = self.probe(milter, code=PROTOCOL)
            self.assertIn("failure    it makes a change that was not agreed\n"
                          "expected   changes that were agreed, and progress; then one of", output)
            self.assertNotIn("edits", output)

    def test_answer_that_was_not_due(self):
        with ScriptedMilter({"C": CONTINUE}, options(steps=UNANSWERED["C"])) as milter:
            output = self.probe(milter, code=PROTOCOL)
            self.assertIn("WRONG: nobody asked for it: 00 00 00 01 63 (T)\n", output)
            self.assertIn("expected   nothing, until it is asked\n", output)

    def test_silence(self):
        for code in "OCHMRTLNBE":
            with self.subTest(code), ScriptedMilter({code: b""}) as milter:
                found = self.probe_json(milter, "--timeout", "300ms", code=TEMPFAIL)
                self.assertEqual(found["failure"]["kind"], "timeout")
        with ScriptedMilter({"E": packet("p")}) as milter:
            output = self.probe(milter, "--timeout", "300ms", code=TEMPFAIL)
            self.assertIn("failure    it does not answer in time\n", output)

    def test_one_that_leaves(self):
        with ScriptedMilter({"H": CLOSE}) as milter:
            self.assertEqual(self.failure(milter)[0], "it closed the connection")
        with ScriptedMilter({"H": CLOSE}, options(steps=UNANSWERED["H"])) as milter:
            self.assertEqual(self.failure(milter)[0], "it closed the connection")

    def test_nobody_is_there(self):
        code, output, _ = self.run_probe(f"inet:{harness.free_port()}@127.0.0.1")
        self.assertEqual(code, UNAVAILABLE)
        self.assertIn("failure    it cannot be reached: Connection refused\n", output)

    def test_a_loop_that_breaks(self):
        """Is no report."""
        folder = tempfile.mkdtemp(prefix="postern-probe-")
        self.addCleanup(shutil.rmtree, folder)
        with open(os.path.join(folder, "loops"), "wb"), ScriptedMilter() as milter:
            done = subprocess.run([harness.POSTERN, "milter-probe", milter.address], capture_output=True, check=False, timeout=120,
                                  env={**os.environ, **harness.preload("failing_disk", folder)})
        self.assertEqual((done.returncode, done.stdout), (MACHINE, b""))
        self.assertIn(b"postern milter-probe: out of memory, or the output cannot be written", done.stderr)

    def test_message_that_does_not_fit(self):
        with ScriptedMilter() as milter:
            found = self.probe_json(milter, message=b"X-Long: " + b"x" * 70000 + b"\n\nhello\n", code=DATA)
            self.assertEqual(found["failure"], {
                "kind": "message", "text": "a header field is longer than the 64 KiB that it takes"})

    def test_usage(self):
        for arguments in (
            [], ["inet:1@127.0.0.1", "a", "b"], ["nowhere"], ["inet:0@127.0.0.1"], ["unix:"],
            ["--tls", "x", "unix:/x"], ["--until", "end", "unix:/x"], ["--protocol", "7", "unix:/x"],
            ["--timeout", "1", "unix:/x"], ["--repeat", "0", "unix:/x"], ["--macro", "x", "unix:/x"],
            ["--macros", "exim", "unix:/x"], ["--client", "x", "unix:/x"], ["unix:/" + "x" * 200],
            ["--tls", "x/", "unix:/x"], ["--tls", "/x", "unix:/x"], ["--macro", "=x", "unix:/x"], ["--protocol", "1", "unix:/x"],
            ["--timeout", "0s", "unix:/x"], ["--timeout", "3601s", "unix:/x"], ["--repeat", "10001", "unix:/x"],
            ["--repeat", "1x", "unix:/x"], ["--repeat", "-1", "unix:/x"], ["--until", "header", "unix:/x"], ["unix:/" + "x" * 107],
        ):
            with self.subTest(arguments):
                code, output, complaint = self.run_probe(*arguments)
                self.assertEqual((code, output), (USAGE, ""))
                self.assertIn("milter-probe", complaint)
        for arguments in (["--timeout", "1ms"], ["--timeout", "1h"], ["--repeat", "10000"], ["--protocol", "2"], ["--protocol", "6"]):
            with self.subTest(arguments):
                self.assertEqual(self.run_probe(*arguments, "unix:/nowhere")[0], UNAVAILABLE)
        self.assertEqual(self.run_probe("unix:/" + "x" * 106)[0], UNAVAILABLE)


class OpenDkim(Probe):
    def setUp(self):
        reason = milters.usable("opendkim")
        if reason:
            self.skipTest(reason)
        folder = tempfile.mkdtemp(prefix="postern-probe-")
        self.addCleanup(shutil.rmtree, folder)
        signer = milters.OpenDkim(os.path.join(folder, "dkim"), milters.key()[0])
        self.addCleanup(signer.stop)
        signer.start()
        self.address = signer.address

    def test_it_signs(self):
        code, output, _ = self.run_probe("--client", "127.0.0.1", self.address)
        self.assertEqual(code, OK, output)
        self.assertIn("\n  HELO     not sent: NOHELO\n", output)
        self.assertRegex(output, r"(?m)^\+DKIM-Signature: v=1; a=rsa-sha256;")
        self.assertIn("\nverdict    accept at message\n", output)
