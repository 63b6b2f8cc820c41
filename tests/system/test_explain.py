"""What `postern explain` says, word for word: as text, as JSON, and about hostile messages."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

import harness

OK, USAGE, NO_INPUT, CONFIG = 0, 64, 66, 78

CONFIGURATION = r"""
listeners = ( { address = "127.0.0.1:2525"; name = "in"; add_received = true; },
              { address = "127.0.0.1:2526"; name = "late"; refuse_at = "rcpt"; policy = "gates"; },
              { address = "127.0.0.1:2527"; name = "out"; policy = "gates"; } );
limits = { message = "4K"; };
lists = { ours = [ "example.org" ]; };
rules = (
  { name = "relay"; when = { recipient_domain = { not = "@ours"; }; };
    then = { reject = "550 5.7.1 Not our domain"; }; },
  { name = "casino"; when = { header = { Subject = "/cas(ino)\b/i"; }; };
    then = { reject = [ "554 5.7.1 No $1 here", "Go away" ]; }; },
  { name = "friend"; when = { sender = "friend@*"; raw_body = "/^secret/"; };
    then = { accept = true; }; },
  { name = "mark"; when = { header = { X-Old = "*"; }; };
    then = { set_header = { X-Old = "new"; }; prepend = { Subject = "[x] "; };
             insert_header = { X-Top = "${client}"; }; remove_header = "X-Gone"; score = 2; }; },
  { name = "move"; when = { recipient = "old@example.org"; };
    then = { remove_recipient = "old@example.org"; add_recipient = "new@example.org";
             set_sender = "bounce@example.org"; tag = "moved"; delay = "2s"; }; },
  { name = "sleeping"; mode = "off"; then = { discard = true; }; },
  { name = "watch"; mode = "shadow"; when = { score = "> 1"; };
    then = { add_header = { X-Watch = "yes"; }; tempfail = "451 4.7.1 Watched"; }; },
  { name = "bury"; when = { recipient = "hole@example.org"; }; then = { discard = true; }; }
);
policies = { gates = { rules = (
  { name = "gate"; when = { client = "192.0.2.0/24"; };
    then = { reject = [ "550 5.7.1 Not you", "Nor your kind" ]; }; },
  { name = "slow"; when = { client = "198.51.100.0/24"; };
    then = { tempfail = "451 4.7.1 Later"; }; },
  { name = "nobody"; when = { helo = "nobody"; };
    then = { remove_recipient = "*"; }; },
  { name = "hole"; when = { recipient = "hole@*"; }; then = { discard = true; }; }
); };
             names = { rules = (
  { name = "dsl"; when = { client_name = "*.dsl.test"; };
    then = { reject = "550 5.7.1 Not from ${client_name}"; }; }
); }; };
"""

MESSAGE = """\
Return-Path: <ann@example.com>
From: Ann <ann@other.example>
To: "Bob, the \\"Boss\\"" <bob@example.org>, c@example.org
Subject: =?utf-8?q?gr=C3=BC=C3=9Fe?=
X-Gone: 1
X-Old: one
X-Old: two

hello
"""

WHOLE = """\
policy     default
listener   in
client     192.0.2.1
helo       (none)
sender     <ann@example.com> (from the message's Return-Path)
recipient  <bob@example.org> (from the message's To): accepted
message    203 bytes, 7 header fields

rules
    1  relay: no
       but recipient_domain is "example.org", in @ours by "example.org" at postern.conf:6
    2  casino: no
       but header Subject is "grüße"
    3  friend: no
       but sender is "ann@example.com"
    4  mark: fired: set_header X-Old, prepend Subject, insert_header X-Top, remove_header X-Gone, score
       header X-Old: "one", line 6
    5  move: no
       but recipient is "bob@example.org"
    6  sleeping: off
    7  watch (shadow): fired: add_header X-Watch, tempfail
       score: "2"
    8  bury: no
       but recipient is "bob@example.org"

score      2

--- header as received
+++ header as passed on
@@ -1,7 +1,6 @@
+X-Top: 192.0.2.1
 Return-Path: <ann@example.com>
 From: Ann <ann@other.example>
 To: "Bob, the \\"Boss\\"" <bob@example.org>, c@example.org
-Subject: =?utf-8?q?gr=C3=BC=C3=9Fe?=
-X-Gone: 1
-X-Old: one
-X-Old: two
+Subject: [x] =?utf-8?q?gr=C3=BC=C3=9Fe?=
+X-Old: new

would      tempfail by rule watch: 451 4.7.1 Watched
would      add_header X-Watch "yes"
verdict    continue
reply      the upstream's
note       add_received: the listener puts a Received field of its own at the top
"""

REFUSED = """\
policy     default
listener   in
client     [2001:db8::7]:4711
helo       mx.test
sender     <>
recipient  <u@x.test>: 550 5.7.1 Not our domain (rule relay)
recipient  <bob@example.org>: accepted
message    32 bytes, 1 header field

rules
    1  relay: fired: reject
       recipient_domain: "x.test"
    2  casino: fired: reject
       header Subject: "The Casino", bytes 4 to 10 of 10, line 1
    3  friend: not tried
    4  mark: not tried
    5  move: not tried
    6  sleeping: off
    7  watch (shadow): not tried
    8  bury: not tried

verdict    reject by rule casino at header
reply      554-5.7.1 No ino here
reply      554 5.7.1 Go away
"""

ENVELOPE = """\
policy     default
listener   in
client     192.0.2.1
helo       (none)
sender     <a@b.test>
recipient  <old@example.org>: accepted
recipient  <hole@example.org>: accepted
message    19 bytes, 1 header field

rules
    1  relay: no
       but recipient_domain is "example.org", in @ours by "example.org" at postern.conf:6 and 1 more
    2  casino: no
       but header Subject is "hi"
    3  friend: no
       but sender is "a@b.test"
    4  mark: no
       but header X-Old has no value
    5  move: fired: remove_recipient, add_recipient, set_sender, tag, delay
       recipient: "old@example.org"
    6  sleeping: off
    7  watch (shadow): no
       but score is "0"
    8  bury: fired: discard
       recipient: "hole@example.org"

tags       moved
delay      2000 ms

--- envelope as received
+++ envelope as passed on
@@ -1,3 +1,2 @@
-MAIL FROM:<a@b.test>
-RCPT TO:<old@example.org>
-RCPT TO:<hole@example.org>
+MAIL FROM:<bounce@example.org>
+RCPT TO:<new@example.org>

verdict    continue
reply      the upstream's
note       add_received: the listener puts a Received field of its own at the top
"""

SET_ASIDE = """
milters = ( { name = "m"; address = "unix:/m"; } );
rules = (
  { name = "kept"; when = { recipient = "kept@*"; }; then = { quarantine = "odd one"; }; },
  { name = "moved"; when = { recipient = "old@*"; }; then = { redirect = "new@example.org"; }; },
  { name = "off"; when = { recipient = "off@*"; }; then = { remove_recipient = "off@*"; }; },
  { name = "tell"; then = { log = "from ${sender}"; tag = [ "a", "b" ]; }; },
  { name = "hold"; when = { header = { Subject = "hold"; }; }; then = { quarantine = "held back"; }; },
  { name = "late"; when = { recipient = "late@*"; raw_body = "/late/"; }; then = { quarantine = "too late"; }; } );
"""
UNASKED = "milters are not asked: what they would say or change is missing here, and final rules have not seen it"

FOR_SOME = f"""\
policy     default
client     192.0.2.1
helo       (none)
sender     <a@b.test>
recipient  <kept@x.test>: 250 2.1.5 Ok, and taken off for the quarantine: odd one (rule kept)
recipient  <old@x.test>: accepted, redirected to <new@example.org> (rule moved)
message    19 bytes, 1 header field

rules
    1  kept: fired: quarantine
       recipient: "kept@x.test"
    2  moved: fired: redirect
       recipient: "old@x.test"
    3  off: not tried
    4  tell: not tried
    5  hold: not tried
    6  late: not tried

--- envelope as received
+++ envelope as passed on
@@ -1,2 +1,2 @@
 MAIL FROM:<a@b.test>
-RCPT TO:<old@x.test>
+RCPT TO:<new@example.org>

verdict    accept by rule moved at data
reply      the upstream's
note       {UNASKED}
"""

HELD = f"""\
tags       a, b
log        from a@b.test

verdict    quarantine by rule hold at header: held back
reply      250 2.0.0 Ok
note       {UNASKED}
"""


class Explain(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="postern-explain-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.config = os.path.join(self.folder, "postern.conf")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIGURATION)

    def run_postern(self, *arguments, message=None):
        """Exit code, standard output, standard error; the message comes on standard input."""
        given = [] if message is None else ["-"]
        data = message.encode() if isinstance(message, str) else message
        result = subprocess.run(
            [harness.POSTERN, "explain", "-c", self.config, *arguments, *given], input=data,
            stdin=subprocess.DEVNULL if message is None else None, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=60, check=False,
        )
        return result.returncode, result.stdout, result.stderr.decode()

    def explain(self, *arguments, message=None):
        code, output, complaint = self.run_postern(*arguments, message=message)
        self.assertEqual((code, complaint), (OK, ""))
        return output.decode()

    def shown(self, *arguments, message=None):
        """The same, with files named as seen from the folder."""
        return self.explain(*arguments, message=message).replace(self.folder + os.sep, "")

    def told(self, *arguments, message=None):
        output = self.explain("--json", *arguments, message=message)
        self.assertEqual(output.count("\n"), 1)
        return json.loads(output)

    def test_everything_from_the_message(self):
        self.assertEqual(self.shown(message=MESSAGE), WHOLE)

    def test_a_login(self):
        envelope = ["--from", "a@b.test", "--rcpt", "u@example.org"]
        self.assertRegex(self.explain(*envelope, "--fact", "auth=bob"), r"(?m)^auth +bob$")
        self.assertEqual(self.told(*envelope, "--fact", "auth=bob")["auth"], "bob")
        self.assertNotIn("auth", self.told(*envelope))

    def test_refusals(self):
        output = self.explain(
            "--client", "2001:db8::7", "--fact", "client_port=4711", "--helo", "mx.test",
            "--from", "<>", "--rcpt", "u@x.test", "--rcpt", "<bob@example.org>",
            message="Subject: The Casino\n\nhi\r\nyou",
        )
        self.assertEqual(output, REFUSED)
        told = self.told("--from", "<>", "--rcpt", "u@x.test", "--rcpt", "bob@example.org")
        self.assertEqual(told["recipients"], [
            {"address": "u@x.test", "verdict": "reject", "by": "relay", "reply": "550 5.7.1 Not our domain"},
            {"address": "bob@example.org", "verdict": "continue"}])

    def test_addresses_as_clients_say_them(self):
        for said in ("a@x.test", "<a@x.test>", "< a@x.test >", "a@x.test.", "<@relay.test,@b.test:a@x.test.>"):
            told = self.told("--from", said, "--rcpt", said)
            self.assertEqual((told["sender"], told["recipients"][0]["address"]), ("a@x.test", "a@x.test"), said)
        self.assertEqual(self.told("--from", "<>", "--rcpt", "<a@x.test")["recipients"][0]["address"], "<a@x.test")

    def test_envelope_edits(self):
        output = self.shown(
            "--from", "a@b.test", "--rcpt", "old@example.org", "--rcpt", "hole@example.org",
            message="Subject: hi\n\nho\n",
        )
        self.assertEqual(output, ENVELOPE)

    def test_without_a_message(self):
        output = self.explain("--from", "friend@x.test", "--rcpt", "bob@example.org")
        self.assertIn("message    (none: the envelope only)\n", output)
        self.assertIn("    2  casino: undecided until header\n", output)
        self.assertIn("    3  friend: undecided until message\n", output)
        self.assertIn("verdict    continue\n", output)

    def test_held_back(self):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(
                'rules = ( { name = "first"; when = { hops = 5; }; then = { discard = true; }; },'
                ' { name = "then"; when = { sender = "a@*"; }; then = { tag = "x"; }; } );'
            )
        arguments = ("--from", "a@b.test", "--rcpt", "u@x.test")
        output = self.explain(*arguments)
        self.assertIn("    1  first: undecided until header\n    2  then: held back by first\n", output)
        rules = self.told(*arguments)["rules"]
        self.assertEqual([rule["outcome"] for rule in rules], ["undecided", "held"])
        self.assertEqual(rules[1]["held_by"], "first")

    def test_recipient_taken_off(self):
        arguments = ("--policy", "gates", "--client", "203.0.113.1", "--rcpt", "hole@x.test")
        output = self.explain(*arguments, "--rcpt", "u@x.test", message=MESSAGE)
        self.assertIn("<hole@x.test>: 250 2.1.5 Ok, and taken off (rule hole)\n", output)
        self.assertIn("<u@x.test>: accepted\n", output)
        self.assertIn("verdict    continue\n", output)
        output = self.explain(*arguments, message=MESSAGE)
        self.assertIn("message    not heard: the answer came before it\n", output)
        self.assertIn("verdict    discard by rule hole at rcpt\nreply      250 2.0.0 Ok\n", output)

    def test_accepted(self):
        output = self.explain(
            "--from", "friend@x.test", "--rcpt", "bob@example.org", message="X-Old: 1\n\nhi\nsecret\n"
        )
        self.assertIn('    3  friend: fired: accept\n       sender: "friend@x.test"\n', output)
        self.assertIn('       raw_body: "secret", line 4\n', output)
        self.assertIn("    4  mark: not tried\n", output)
        self.assertIn("verdict    accept by rule friend at message\nreply      the upstream's\n", output)

    def test_set_aside(self):
        """For some, for all, and where nobody else is left."""
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(SET_ASIDE)
        some = ("--from", "a@b.test", "--rcpt", "kept@x.test", "--rcpt", "old@x.test")
        self.assertEqual(self.explain(*some, message="Subject: hi\n\nho\n"), FOR_SOME)
        self.assertEqual(self.told(*some)["recipients"], [
            {"address": "kept@x.test", "verdict": "quarantine", "by": "kept", "reason": "odd one"},
            {"address": "old@x.test", "verdict": "continue", "by": "moved", "redirect": "new@example.org"}])
        whole = ("--from", "a@b.test", "--rcpt", "u@x.test")
        self.assertTrue(self.explain(*whole, message="Subject: hold\n\nho\n").endswith("\n\n" + HELD))
        told = self.told(*whole, message="Subject: hold\n\nho\n")
        self.assertEqual((told["verdict"], told["reason"]), ("quarantine", "held back"))
        nobody = "edits leave no recipient: the gateway answers 451 4.3.0 No recipient is left"
        for recipients, notes in ((["off"], [UNASKED, nobody]), (["off", "kept"], [UNASKED]), (["off", "late"], [UNASKED])):
            with self.subTest(recipients):
                named = [word for name in recipients for word in ("--rcpt", f"{name}@x.test")]
                self.assertEqual(self.told(*named, message="Subject: hi\n\nlate\n")["notes"], notes)

    def test_many_matches(self):
        rules = ",".join(f'{{ when = {{ sender = "/a@b|{i}/"; }}; then = {{ tag = "t"; }}; }}' for i in range(1002))
        self.configure(rules)
        output = self.explain("--from", "a@b.test", "--rcpt", "u@x.test", message="A: b\n\n")
        self.assertEqual(output.count('sender: "a@b.test"'), 1000)
        self.assertIn("       and 2 more matches\n", output)

    def test_discarded(self):
        output = self.explain("--rcpt", "hole@example.org", message=MESSAGE)
        self.assertIn("verdict    discard by rule bury", output)
        self.assertIn("reply      250 2.0.0 Ok\n", output)
        self.assertNotIn("---", output)

    def test_replies_at_connect(self):
        arguments = ("--rcpt", "u@example.org")
        for listener, client, code, wanted in (
            ("out", "192.0.2.9", "554", ["554-5.7.1 Not you", "554 5.7.1 Nor your kind"]),
            ("out", "198.51.100.9", "421", ["421 4.7.1 Later"]),
            ("late", "192.0.2.9", "550", ["550-5.7.1 Not you", "550 5.7.1 Nor your kind"]),
            ("late", "198.51.100.9", "451", ["451 4.7.1 Later"]),
        ):
            with self.subTest(listener=listener, code=code):
                told = self.told("--listener", listener, "--client", client, *arguments)
                self.assertEqual(told["reply"], wanted)
                self.assertEqual(told["stage"], "connect")
                self.assertEqual(told["recipients"], [{"address": "u@example.org"}])

    def test_routed(self):
        output = self.explain("--rcpt", "bob%far.test@example.org", message=MESSAGE)
        self.assertRegex(output, r"recipient  <bob%far.test@example.org>: 550 5.1.3 .* \(the gateway: routed address\)")

    def test_notes(self):
        long = MESSAGE + "x" * 78 + "\n"
        output = self.explain(message=MESSAGE + ("x" * 78 + "\n") * 50)
        self.assertIn("note       larger than limits.message: the gateway answers 552 5.3.4", output)
        self.assertNotIn("larger", self.explain(message=long))
        loop = "Received: x\n" * 100 + "\nhi\n"
        output = self.explain("--rcpt", "bob@example.org", message=loop)
        self.assertIn("note       a hundred Received fields: the gateway answers 554 5.4.6", output)
        output = self.explain(
            "--policy", "gates", "--client", "203.0.113.1", "--helo", "nobody", message=MESSAGE
        )
        self.assertIn("note       edits leave no recipient: the gateway answers 451 4.3.0", output)

    def test_names_are_given_not_looked_up(self):
        note = "note       the client's name is not looked up here"
        output = self.explain("--policy", "names", message=MESSAGE)
        self.assertIn("verdict    continue\n", output)
        self.assertIn(note, output)
        self.assertNotIn(note, self.explain(message=MESSAGE))
        arguments = ("--policy", "names", "--fact", "client_name=a.dsl.test")
        output = self.explain(*arguments, message=MESSAGE)
        self.assertIn("name       a.dsl.test\n", output)
        self.assertIn("reply      554 5.7.1 Not from a.dsl.test\n", output)
        self.assertNotIn(note, output)
        self.assertEqual(self.told(*arguments, message=MESSAGE)["client_name"], "a.dsl.test")

    def test_nothing_reaches_the_terminal(self):
        hostile = b"Subject: casino \x1b[2J\x07\x9b31m \xe2\x80\xae\xe2\x80\x8b\xc2\x85\"\\\n\nhi\n"
        code, output, _ = self.run_postern(
            "--from", "x\x1b[1m@y", "--rcpt", "b\x7f\n@example.org", message=hostile
        )
        self.assertEqual(code, OK)
        allowed = set(b"\n") | set(range(0x20, 0x7F))
        self.assertEqual(set(output) - allowed, set())
        self.assertIn(b"sender     <x\\x1B[1m@y>", output)
        self.assertIn(b"recipient  <b\\x7F\\n@example.org>", output)
        self.assertIn(b'"casino \\x1B[2J\\x07\\x9B31m \\u{202E}\\u{200B}\\u{85}\\"\\\\"', output)
        edited = b"X-Old: 1\nX-Gone: a\x1bb\t\"c\\\n\nhi\n"
        _, output, _ = self.run_postern("--rcpt", "b@example.org", message=edited)
        self.assertIn(b'-X-Gone: a\\x1Bb\t"c\\\n', output)

    def test_long_values_are_cut(self):
        message = "Subject: " + "\u00fc" * 300 + " casino " + "y" * 300 + "\n\nhi\n"
        told = self.told("--rcpt", "b@example.org", message=message)
        (match,) = told["rules"][1]["matches"]
        self.assertLessEqual(len(match["excerpt"].encode()), 160)
        self.assertIn(" casino ", match["excerpt"])
        self.assertEqual(match["length"], 2 * 300 + 8 + 300)
        self.assertEqual((match["start"], match["end"]), (601, 607))
        at = match["start"] - match["excerpt_start"]
        self.assertEqual(match["excerpt"].encode()[at : at + 6], b"casino")
        output = self.explain("--rcpt", "b@example.org", message=message)
        self.assertRegex(output, 'header Subject: \\.\\.\\."\u00fc+ casino y+"\\.\\.\\., bytes 601 to 607 of 908')

    WHY = r"""
lists = { ours = [ "example.org", "*.example.net" ]; };
rules = (
  { name = "all"; when = { header = { Subject = "/casino/"; }; sender = "x@y.test"; }; then = { tag = "x"; }; },
  { name = "second"; when = { sender = "s@b.test"; recipient = "boss@*"; }; then = { tag = "x"; }; },
  { name = "any"; when = { any = ( { sender = "z@*"; }, { size = "> 10M"; } ); }; then = { tag = "x"; }; },
  { name = "not"; when = { not = { any = ( { size = "> 10M"; }, { sender = "s@*"; } ); }; }; then = { tag = "x"; }; },
  { name = "missing"; when = { missing_header = "Subject"; }; then = { tag = "x"; }; },
  { name = "present"; when = { not = { missing_header = "X-No"; }; }; then = { tag = "x"; }; },
  { name = "none"; when = { header = { X-No = "*"; }; }; then = { tag = "x"; }; },
  { name = "score"; when = { score = "> 3"; }; then = { tag = "x"; }; },
  { name = "login"; when = { auth = "*"; }; then = { tag = "x"; }; },
  { name = "listed"; when = { recipient_domain = "@ours"; }; then = { score = 1; }; },
  { name = "again"; when = { recipient_domain = "@ours"; sender = "s@*"; }; then = { tag = "x"; }; },
  { name = "shadow"; mode = "shadow"; when = { recipient_domain = "@ours"; }; then = { reject = "no"; }; },
  { name = "without"; when = { not = { recipient_domain = "@ours"; }; }; then = { tag = "x"; }; },
  { name = "other"; when = { recipient_domain = [ "no.test", "!@ours" ]; }; then = { tag = "x"; }; },
  { name = "sum"; when = { score = "> 3"; }; then = { tag = "x"; }; },
  { name = "refuses"; when = { recipient = "v@*"; helo = "me"; }; then = { reject = "no"; }; } );
"""

    def test_why(self):
        """The first part of a condition that did not hold, and what it saw; and which entry did."""
        path = os.path.join(self.folder, "why.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.WHY)
        arguments = ("-c", path, "--from", "s@b.test", "--rcpt", "u@example.org", "--rcpt", "v@a.example.net")
        message = b"Subject: he\xf6llo\nSubject: h\xc3\xb6\n\nhi\n"
        _, output, _ = self.run_postern(*arguments, message=message)
        entry = f'recipient_domain: "example.org", in @ours by "example.org" at {path}:2\n'
        for line in (
            'all: no\n       but header Subject is "he\\xF6llo" and 1 more\n',
            'second: no\n       but recipient is "u@example.org" and 1 more\n',
            'any: no\n       but sender is "s@b.test"\n',
            'not: no\n       but sender is "s@b.test", which is excluded\n',
            "missing: no\n       but missing_header Subject: it is there\n",
            "present: no\n       but missing_header X-No holds, which is excluded\n",
            "none: no\n       but header X-No has no value\n",
            'score: no\n       but score is "0"\n',
            "login: no\n       but auth has no value\n",
            f"listed: fired: score\n       {entry}",
            f'again: fired: tag\n       sender: "s@b.test"\n       {entry}',
            f"shadow (shadow): fired: reject\n       {entry}",
            'without: no\n       but recipient_domain is "example.org" and 1 more, which is excluded\n'
            f"       {entry}",
            f'other: no\n       but recipient_domain is "example.org", in @ours by "example.org" at {path}:2 and 1 more\n',
            f'recipient_domain: "a.example.net", in @ours by "*.example.net" at {path}:2\n',
            'sum: no\n       but score is "1"\n',
            "refuses: no\n       but helo has no value\n",
        ):
            self.assertIn(line, output.decode())
        _, output, _ = self.run_postern("--json", *arguments, message=message)
        rules = {rule["name"]: rule for rule in json.loads(output)["rules"]}
        self.assertEqual(rules["all"]["missed"], {
            "field": "header", "name": "Subject", "excluded": False, "value": "he\\xf6llo", "values": 2})
        self.assertEqual(rules["not"]["missed"]["excluded"], True)
        self.assertEqual(rules["none"]["missed"]["value"], None)
        self.assertNotIn("missed", rules["listed"])
        self.assertEqual(rules["again"]["matches"][1:], rules["listed"]["matches"])
        self.assertEqual(rules["other"]["missed"]["list"], {
            "name": "ours", "entry": "example.org", "file": path, "line": 2})
        self.assertEqual(rules["listed"]["matches"][1]["list"], {
            "name": "ours", "entry": "*.example.net", "file": path, "line": 2})

    def test_json(self):
        told = self.told(message=MESSAGE)
        self.assertEqual(told["configuration"], self.config)
        self.assertEqual(
            [told[name] for name in ("policy", "listener", "client", "client_port", "helo")],
            ["default", "in", "192.0.2.1", 0, ""],
        )
        self.assertEqual((told["sender"], told["sender_from"]), ("ann@example.com", "Return-Path"))
        self.assertEqual(told["recipients"], [{"address": "bob@example.org", "verdict": "continue"}])
        self.assertEqual(told["recipients_from"], "To")
        for absent in ("client_name", "auth", "by", "stage", "reason", "failure"):
            self.assertNotIn(absent, told)
        self.assertEqual(told["message"]["header_fields"], 7)
        mark = told["rules"][3]
        self.assertEqual((mark["name"], mark["outcome"], mark["mode"]), ("mark", "fired", "enforce"))
        self.assertEqual(mark["actions"][:2], ["set_header", "prepend"])
        self.assertEqual(mark["line"], CONFIGURATION.split('name = "mark"')[0].count("\n") + 1)
        self.assertEqual(mark["matches"][0]["name"], "X-Old")
        self.assertEqual((told["score"], told["tags"], told["delay_ms"]), (2, [], 0))
        self.assertEqual({edit["by"] for edit in told["edits"]}, {"mark"})
        self.assertEqual(told["envelope_diff"], [])
        self.assertEqual(told["header_diff"][:2], ["@@ -1,7 +1,6 @@", "+X-Top: 192.0.2.1"])
        would = told["would"]
        self.assertEqual(would["rules"], [{"rule": "watch", "verdict": "tempfail", "reply": "451 4.7.1 Watched"}])
        self.assertEqual(would["edits"][0]["what"], "add_header")
        self.assertEqual((told["verdict"], told["reply"]), ("continue", None))
        self.assertEqual(len(told["notes"]), 1)

    def configure(self, rules, settings=""):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f"{settings}\nrules = ( {rules} );\n")

    def diff(self, message, *arguments):
        told = self.told("--from", "a@b.test", "--rcpt", "u@x.test", *arguments, message=message)
        return told["header_diff"]

    def test_diff_of_folded_fields(self):
        self.configure(
            '{ name = "a"; then = { prepend = { A = "x "; }; append = { B = " y"; }; }; }'
        )
        message = "A: one\n\ttwo\n three\nX: 1\nX: 2\nX: 3\nX: 4\nX: 5\nB: one\n\ttwo\n\nhi\n"
        self.assertEqual(
            self.diff(message),
            ["@@ -1,3 +1,3 @@", "-A: one", "+A: x one", " \ttwo", "  three",
             "@@ -8,3 +8,3 @@", " X: 5", " B: one", "-\ttwo", "+\ttwo y"],
        )

    def test_diff_hunks(self):
        self.configure('{ name = "a"; then = { set_header = { M = "n"; }; remove_header = "D*"; }; }')
        fields = [f"A{i}: x" for i in range(4)]
        message = "\n".join([*fields, "M: o", *fields, "D: y", *fields, "", "hi", ""])
        self.assertEqual(
            self.diff(message),
            ["@@ -3,10 +3,9 @@", " A2: x", " A3: x", "-M: o", "+M: n", " A0: x", " A1: x", " A2: x",
             " A3: x", "-D: y", " A0: x", " A1: x"],
        )
        message = "\n".join([*fields, "M: o", *fields, *fields, "D: y", *fields, "", "hi", ""])
        self.assertEqual(
            [line for line in self.diff(message) if line.startswith("@")],
            ["@@ -3,5 +3,5 @@", "@@ -12,5 +12,4 @@"],
        )

    def test_diff_of_an_empty_header(self):
        self.configure('{ name = "a"; then = { add_header = { A = "b"; }; }; }')
        self.assertEqual(self.diff("\nbody\n"), ["@@ -0,0 +1,1 @@", "+A: b"])
        self.configure('{ name = "a"; then = { remove_header = "*"; }; }')
        self.assertEqual(self.diff("A: b\n\nbody\n"), ["@@ -1,1 +0,0 @@", "-A: b"])

    def test_envelope_keeps_what_is_kept(self):
        self.configure(
            '{ name = "a"; then = { add_recipient = [ "u@x.test", "w@x.test" ]; }; },'
            '{ name = "b"; when = { sender = "a@*"; }; then = { accept = true; }; }'
        )
        told = self.told("--from", "a@b.test", "--rcpt", "u@x.test", "--rcpt", "v@x.test",
                         message="A: b\n\n")
        self.assertEqual(
            told["envelope_diff"],
            ["@@ -2,2 +2,3 @@", " RCPT TO:<u@x.test>", " RCPT TO:<v@x.test>", "+RCPT TO:<w@x.test>"],
        )
        self.assertEqual((told["verdict"], told["stage"]), ("accept", "mail"))
        self.configure('{ name = "a"; then = { remove_recipient = "u@*"; add_recipient = "w@x.test"; }; }')
        told = self.told("--from", "a@b.test", "--rcpt", "u@x.test", "--rcpt", "v@x.test",
                         message="A: b\n\n")
        self.assertEqual(
            told["envelope_diff"],
            ["@@ -1,3 +1,3 @@", " MAIL FROM:<a@b.test>", "-RCPT TO:<u@x.test>", " RCPT TO:<v@x.test>",
             "+RCPT TO:<w@x.test>"],
        )

    def test_final_rules(self):
        self.configure(
            '{ name = "mark"; then = { set_header = { X-Mark = "new"; }; score = 1; log = "one"; }; }',
            """final_rules = (
              { name = "see"; when = { header = { X-Mark = "new"; }; score = 1; };
                then = { score = 2; tag = "t"; set_sender = ""; remove_header = "X-Mark"; log = "${score}"; }; },
              { name = "watch"; mode = "shadow"; when = { tag = "t"; }; then = { tempfail = "451 no"; }; },
              { name = "stop"; when = { recipient = "bad@*"; }; scope = "message"; then = { reject = "550 5.7.1 ${score}"; }; } );""",
        )
        arguments = ["--from", "a@b.test", "--rcpt", "u@x.test"]
        told = self.told(*arguments, message="X-Mark: old\nA: b\n\n")
        self.assertEqual([rule["name"] for rule in told["rules"]], ["mark"])
        self.assertEqual([rule["outcome"] for rule in told["final_rules"]], ["fired", "fired", "no"])
        self.assertEqual(told["final_rules"][0]["matches"][0]["excerpt"], "new")
        self.assertEqual((told["score"], told["tags"], told["logs"]), (3, ["t"], ["one", "1"]))
        self.assertEqual({edit["by"] for edit in told["edits"]}, {"mark", "see"})
        self.assertEqual(told["header_diff"], ["@@ -1,2 +1,1 @@", "-X-Mark: old", " A: b"])
        self.assertEqual(told["envelope_diff"][1:3], ["-MAIL FROM:<a@b.test>", "+MAIL FROM:<>"])
        self.assertEqual([story["rule"] for story in told["would"]["rules"]], ["watch"])
        self.assertEqual(told["verdict"], "continue")
        told = self.told(*arguments, "--rcpt", "bad@x.test", message="A: b\n\n")
        self.assertEqual((told["by"], told["reply"]), ("stop", ["550 5.7.1 3"]))
        self.assertEqual((told["edits"], told["header_diff"]), ([], []))
        told = self.told(*arguments)
        self.assertEqual({rule["outcome"] for rule in told["final_rules"]}, {"undecided"})
        output = self.explain(*arguments, "--rcpt", "bad@x.test", message="X-Mark: old\n\n")
        self.assertIn('\n\nfinal rules\n    1  see: fired: score, tag, set_sender, remove_header X-Mark, log\n'
                      '       header X-Mark: "new"\n       score: "1"\n', output)

    def test_a_match_is_told_once_at_its_rule(self):
        rules = ", ".join(
            f'{{ name = "r{i}"; when = {{ client = "192.0.2.{i}-"; }}; then = {{ tag = "t"; }}; }}'
            .replace(f".{i}-", f".0/{24 + i}") for i in range(7)
        )
        self.configure(rules)
        told = self.told("--client", "192.0.2.1", "--helo", "x", "--rcpt", "u@x.test",
                         message="A: b\n\n")
        self.assertEqual([len(rule["matches"]) for rule in told["rules"]], [1] * 7)

    def test_limits_are_noted(self):
        """A limit is the last number that passes."""
        two = ("--rcpt", "a@x.test", "--rcpt", "b@x.test")
        self.configure("", 'limits = { header = "1K"; header_fields = 30; recipients = 2; message = "2K"; };')
        for arguments, message, noted in (
            (two, "A: b\n" * 30 + "\n", None),
            (two, "A: b\n" * 31 + "\n", "limits.header_fields"),
            (two, "A: " + "b" * 1019 + "\n\n", None),
            (two, "A: " + "b" * 1020 + "\n\n", "limits.header:"),
            (two, "A: b\n\n" + "x" * 2038 + "\n", None),
            (two, "A: b\n\n" + "x" * 2039 + "\n", "limits.message"),
            ((*two, "--rcpt", "c@x.test"), "A: b\n\n", "limits.recipients"),
        ):
            with self.subTest(noted=noted, size=len(message)):
                notes = self.told(*arguments, message=message)["notes"]
                self.assertEqual(len(notes), int(noted is not None), notes)
                self.assertIn(noted or "", "".join(notes))
        self.configure("", "limits = { header_fields = 200; };")
        for count, noted in ((99, []), (100, ["a hundred Received fields: the gateway answers 554 5.4.6 Routing loop detected"])):
            self.assertEqual(self.told(*two, message="Received: x\n" * count + "\n")["notes"], noted)

    def test_an_ambiguous_header(self):
        self.configure('{ name = "odd"; when = { header_ambiguous = true; }; then = { tag = "odd"; }; }')
        message = "Subject: x\n folded\nX Foo: bar\nTo: u@x.test\n:\n\nhi\n"
        output = self.explain(message=message)
        self.assertIn(
            'ambiguous  line 3 of the header is no field (a blank in the name): "X Foo: bar"\n', output
        )
        told = self.told(message=message)
        self.assertEqual(
            told["message"]["ambiguous"],
            {"line": 3, "why": "a blank in the name", "text": "X Foo: bar"},
        )
        self.assertEqual((told["recipients_from"], told["tags"]), ("To", ["odd"]))
        told = self.told(message="To: u@x.test\n\nX Foo: bar\n")
        self.assertNotIn("ambiguous", told["message"])
        self.assertEqual(told["tags"], [])

    def test_a_bounce(self):
        message = "Return-Path: <>\nFrom: a@b.test\nTo: u@x.test\n\nhi\n"
        output = self.explain(message=message)
        self.assertIn("sender     <> (from the message's Return-Path)\n", output)
        output = self.explain(message=message.replace("<>", "nobody"))
        self.assertIn("sender     <a@b.test> (from the message's From)\n", output)

    def test_a_file(self):
        path = os.path.join(self.folder, "mail.eml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(MESSAGE)
        self.assertEqual(self.shown(path), WHOLE)

    def test_failures(self):
        slow = '{ name = "slow"; when = { raw_body = "/(a+)+[^!a]/"; }; then = { accept = true; }; }'
        message = "X: y\n\n" + ("a" * 40 + "!") * 2000 + "\n"
        self.configure(slow)
        told = self.told("--rcpt", "b@x.test", message=message)
        self.assertEqual(told["failures"], ["regex: slow"])
        self.assertEqual(told["rules"][0]["outcome"], "failed")
        self.assertEqual((told["verdict"], told["failure"]), ("tempfail", "regex"))
        self.assertTrue(told["reply"][0].startswith("451 4."))
        self.assertRegex(self.explain("--rcpt", "b@x.test", message=message), r"""(?m)^failed     regex: slow

verdict    tempfail by rule slow at message, because of a failure: regex
reply      451 4\.""")
        self.configure(slow, 'on_failure = { regex = "continue"; };')
        told = self.told("--rcpt", "b@x.test", message=message)
        self.assertEqual((told["verdict"], told["unchecked"]), ("continue", True))
        self.assertIn("X-Postern-Unchecked", told["notes"][0])

    def test_wrong_arguments(self):
        for arguments, complaint in (
            (["--listener", "lat"], "there is no listener 'lat'; did you mean 'late'?"),
            (["--policy", "gate"], "there is no policy 'gate'; did you mean 'gates'?"),
            (["--client", "host"], "client must be an IP address such as 192.0.2.1 or 2001:db8::1"),
            (["--fact", "foo"], "--fact is NAME=VALUE, not 'foo'"),
            (["--fact", "foo=1"], "a fact is one of client, client_port, client_name, listener, helo, auth"),
            (["--fact", "dnsbl=x"], "the fact 'dnsbl' is in the manual of a later version"),
            (["--fact", "size=big"], "size must be a size such as 5000 or 20M, not 'big'"),
            ([], "who is it for? Name a recipient with --rcpt"),
            (["one", "two"], "one message at a time, not 'two' too"),
        ):
            with self.subTest(arguments=arguments):
                code, output, said = self.run_postern(*arguments)
                self.assertEqual((code, output), (USAGE, b""))
                self.assertIn(complaint, said)

    def test_exit_codes(self):
        code, _, said = self.run_postern("--rcpt", "b@x.test", self.folder)
        self.assertEqual(code, NO_INPUT)
        self.assertIn("Is a directory", said)
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("rules = 5;\n")
        code, _, said = self.run_postern("--rcpt", "b@x.test")
        self.assertEqual(code, CONFIG)
        self.assertEqual(
            said, f"{self.config}:1: error: 'rules' must be a list of groups ( {{ ... }}, ... ), not 5\n"
        )


if __name__ == "__main__":
    unittest.main()
