"""The policy as a milter, spoken to packet by packet (PROTOCOL ML06, ML07, ML09, ML10): what it asks
for, MTAs that can little, and MTAs that do what none should."""

import os
import random
import shutil
import signal
import struct
import tempfile
import unittest

import harness
import milter

CONTINUE = (b"c", b"")
QUIET = 'rules = ( { name = "r"; when = { recipient = "no@*"; }; then = { reject = "550 5.7.1 No"; }; } );\n'
BODY = 'rules = ( { name = "r"; when = { raw_body = "/^b[ae]d$/"; }; then = { reject = "550 5.7.1 Body"; }; } );\n'
HEADER = 'rules = ( { name = "r"; when = { header = { Subject = "bad"; }; }; then = { reject = "550 5.7.1 Header"; }; } );\n'
EDITS = """
rules = ( { name = "mark"; when = { sender = "edit@*"; };
            then = { add_header = { X-A = "1"; }; insert_header = { X-B = "2"; }; remove_header = "X-C";
                     set_header = { X-D = "3"; }; set_sender = "n@b.test"; add_recipient = "v@example.org";
                     remove_recipient = "u@example.org"; }; },
          { name = "first"; when = { sender = "first@*"; header = { Subject = "x"; }; };
            then = { reject = "550 5.7.1 First only"; }; } );
"""


POLICIES = {"quiet": QUIET, "body": BODY, "header": HEADER, "edits": EDITS}
programs = {}


def setUpModule():
    folder = tempfile.mkdtemp(prefix="postern-protocol-")
    unittest.addModuleCleanup(shutil.rmtree, folder)
    unittest.addModuleCleanup(stop_all)
    for name, settings in POLICIES.items():
        programs[name] = milter.Milter(os.path.join(folder, name), settings)


def stop_all():
    """All at once: libmilter looks only every few seconds whether it shall end."""
    for program in programs.values():
        program.process.terminate()
    codes = [program.stop() for program in programs.values()]
    if any(codes):
        raise AssertionError(f"postern ended with {codes}")


class Case(unittest.TestCase):
    def mta(self, program):
        mta = milter.Mta(program)
        self.addCleanup(mta.__exit__)
        return mta


class Negotiation(Case):
    def test_no_more_than_the_policy_needs(self):
        every = milter.NO_BODY | milter.NO_EOH | milter.NO_UNKNOWN
        for name, actions, without in (
            ("quiet", 0, every),
            ("body", 0, every & ~milter.NO_BODY),
            ("header", 0, every & ~milter.NO_EOH),
            ("edits", 0x01 | 0x04 | 0x08 | 0x10 | 0x40, every & ~milter.NO_EOH),
        ):
            with milter.Mta(programs[name]) as mta:
                mta.negotiate()
                self.assertEqual(mta.actions, actions | milter.SET_MACROS, name)
                self.assertEqual(mta.steps & every, without, name)
                self.assertFalse(mta.steps & milter.NO_DATA, name)
                for step in (milter.LEADING_SPACE, milter.REFUSED_RECIPIENTS, milter.UNANSWERED_HEADERS):
                    self.assertTrue(mta.steps & step)
                self.assertIn(b"{daemon_name}", mta.macros)
                self.assertIn(b"{auth_authen}", mta.macros)

    def test_an_mta_that_can_not_do_what_a_rule_does_is_refused(self):  # ML10
        program = programs["edits"]
        mta = self.mta(program)
        mta.send(b"O", struct.pack("!III", 6, milter.ALL_ACTIONS & ~milter.CHANGE_SENDER, milter.ALL_STEPS))
        self.assertRaises(EOFError, mta.read)
        harness.wait_for(lambda: "change the sender, which rule 'mark' needs" in program.log(), "a line")
        self.mta(program).negotiate().begin()

    def test_an_old_mta_without_steps(self):  # ML07
        program = programs["header"]
        for version, steps in ((2, 0x7F), (6, 0)):
            mta = self.mta(program).negotiate(0x3F, steps, version)
            mta.begin()
            mta.header((b"Subject", b"bad"))
            code, reply = mta.ask(b"N")
            self.assertEqual((code, reply), (b"y", b"550 5.7.1 Header\0"))

    def test_a_body_that_was_not_asked_for(self):
        program = programs["quiet"]
        mta = self.mta(program).negotiate(0x3F, 0x7F, 2)
        mta.begin(sender="short@b.test")
        mta.header((b"Subject", b"x"))
        mta.end()
        record = program.wait_records(1, lambda record: record["sender"] == "short@b.test")[0]
        self.assertEqual(record["verdict"], "continue")


class Content(Case):
    def test_a_body_in_pieces_of_any_size(self):
        program = programs["body"]
        body = b"first\r\nbad\r\nlast\r\n"
        for cut in range(1, len(body)):
            with milter.Mta(program) as mta:
                mta.negotiate().begin()
                mta.header((b"Subject", b" x"))
                mta.body(body[:cut], body[cut:])
                self.assertEqual(mta.end(), ([], (b"y", b"550 5.7.1 Body\0")), cut)

    def test_full_chunks(self):
        program = programs["body"]
        for last, verdict in ((b"bed", b"y"), (b"good", b"c")):
            mta = self.mta(program).negotiate()
            mta.begin()
            mta.header((b"Subject", b" x"))
            mta.body(*[b"x" * 65535] * 20, b"\r\n", last + b"\r\n")
            self.assertEqual(mta.end()[1][0], verdict)

    def test_a_field_as_long_as_postfix_sends(self):
        """More than 64 KiB, which libmilter by itself ends the connection over."""
        mta = self.mta(programs["header"]).negotiate()
        mta.begin()
        mta.header((b"X-Long", b" " + b"x" * 102400), (b"Subject", b" bad"))
        self.assertEqual(mta.ask(b"N"), (b"y", b"550 5.7.1 Header\0"))

    def test_a_body_without_header(self):
        mta = self.mta(programs["body"]).negotiate()
        mta.begin()
        mta.body(b"bad")
        self.assertEqual(mta.end()[1], (b"y", b"550 5.7.1 Body\0"))

    def test_edits_with_and_without_the_leading_space(self):
        program = programs["edits"]
        for steps, blank in ((milter.ALL_STEPS, b" "), (milter.ALL_STEPS & ~milter.LEADING_SPACE, b"")):
            mta = self.mta(program).negotiate(steps=steps)
            mta.begin(sender="edit@b.test")
            mta.header(*((name, blank + b"old") for name in (b"X-C", b"X-D", b"X-C", b"X-D")))
            self.assertEqual(mta.ask(b"N"), CONTINUE)
            edits, last = mta.end()
            self.assertEqual(last, CONTINUE)
            self.assertEqual(sorted(edits), sorted([
                (b"e", b"<n@b.test>\0"), (b"+", b"<v@example.org>\0"), (b"-", b"<u@example.org>\0"),
                (b"m", b"\0\0\0\1X-D\0" + blank + b"3\0"), (b"m", b"\0\0\0\2X-D\0\0"),
                (b"m", b"\0\0\0\2X-C\0\0"), (b"m", b"\0\0\0\1X-C\0\0"),
                (b"h", b"X-A\0" + blank + b"1\0"), (b"i", b"\0\0\0\1X-B\0" + blank + b"2\0"),
            ]))

    def test_each_message_of_a_session_is_judged_anew(self):  # ML06
        mta = self.mta(programs["edits"]).negotiate()
        mta.begin(sender="first@b.test")
        for refused in (True, False, True):
            mta.header((b"Subject", b" x" if refused else b" y"))
            self.assertEqual(mta.ask(b"N")[0], b"y" if refused else b"c")
            if not refused:
                self.assertEqual(mta.end(), ([], CONTINUE))
            self.assertEqual([mta.mail("first@b.test"), mta.rcpt()], [CONTINUE] * 2)


class Disorder(Case):
    """ML09."""

    def test_abort_at_every_stage(self):
        program = programs["edits"]
        steps = (
            lambda mta: mta.mail("abort@b.test"), lambda mta: mta.rcpt(),
            lambda mta: mta.header((b"Subject", b" x")), lambda mta: mta.ask(b"N"),
        )
        mta = self.mta(program).negotiate()
        mta.connect()
        mta.send(b"A")
        mta.helo()
        for count in range(1, len(steps) + 1):
            for step in steps[:count]:
                step(mta)
            mta.send(b"A")
            mta.send(b"A")
            records = program.wait_records(count, lambda record: record["sender"] == "abort@b.test")
            self.assertEqual({record["verdict"] for record in records}, {"abort"})
        mta.mail("plain@b.test"), mta.rcpt()
        mta.header((b"Subject", b" x"))
        self.assertEqual(mta.ask(b"N"), CONTINUE)
        self.assertEqual(mta.end(), ([], CONTINUE))

    def test_the_connection_is_lost_at_every_stage(self):
        program = programs["edits"]
        steps = (
            lambda mta: mta.negotiate(), lambda mta: mta.connect(), lambda mta: mta.helo(),
            lambda mta: mta.mail("lost@b.test"), lambda mta: mta.rcpt(),
            lambda mta: mta.header((b"Subject", b" x")), lambda mta: mta.ask(b"N"), lambda mta: mta.send(b"E"),
        )
        for count in range(len(steps) + 1):
            with milter.Mta(program) as mta:
                for step in steps[:count]:
                    step(mta)
        program.wait_records(len(steps) - 3, lambda record: record["sender"] == "lost@b.test")
        self.mta(program).negotiate().begin()

    def test_a_connection_used_for_another_session(self):
        """No MTA does so, and with Debian's libmilter 8.17 the next session is never heard. All else goes on."""
        program = programs["edits"]
        mta = self.mta(program).negotiate()
        mta.begin(sender="again@b.test")
        mta.send(b"K")  # QUIT_NC
        record = program.wait_records(1, lambda record: record["sender"] == "again@b.test")[0]
        self.assertEqual(record["verdict"], "abort")
        mta.send(b"H", b"x\0")
        self.mta(program).negotiate().begin()

    def test_macros_with_line_ends(self):
        program = programs["edits"]
        mta = self.mta(program).negotiate()
        mta.told(b"C", **{"{daemon_name}": "in\r\nbound", "j": "x\n"})
        mta.connect()
        mta.helo()
        mta.told(b"M", i="Q\r\n1", **{"{auth_authen}": "bob\r\n\"", "{tls_version}": "\n"})
        mta.mail("macros@b.test")
        mta.send(b"A")
        record = program.wait_records(1, lambda record: record["sender"] == "macros@b.test")[0]
        self.assertEqual((record["listener"], record["transaction"]), ("in\r\nbound", "Q\r\n1"))
        self.assertEqual(record["auth"], 'bob\r\n"')

    def test_anything_in_any_order(self):
        program = programs["edits"]
        generator = random.Random(20261121)
        pieces = (
            (b"C", b"h\0" + b"4" + b"\1\1" + b"192.0.2.1\0"), (b"C", b"h\0U"), (b"C", b"h\0L\0\0/x\0"),
            (b"C", b"h"), (b"H", b"x\0"), (b"H", b""), (b"M", b"<a@b>\0"), (b"M", b"\0"), (b"M", b""),
            (b"M", b"edit@b.test\0SIZE=\0SIZE=9x\0"), (b"R", b"<u@example.org>\0"), (b"R", b"@\0"),
            (b"T", b""), (b"L", b"Subject\0 x\0"), (b"L", b"A B\0x\0"), (b"L", b"X\0a\n\n b\r\0"),
            (b"L", b"X"), (b"N", b""), (b"B", b"text\r\n"), (b"B", b""), (b"B", b"\0\r\n.\n"),
            (b"E", b""), (b"E", b"tail"), (b"A", b""), (b"U", b"XYZZY\0"), (b"D", b"Mi\0Q\0"), (b"D", b""),
            (b"Q", b""), (b"K", b""), (b"O", struct.pack("!III", 6, 0x1FF, 0x1FFFFF)), (b"~", b"?"),
        )
        for _ in range(150):
            with milter.Mta(program) as mta:
                mta.socket.settimeout(0.05)
                try:
                    if generator.random() < 0.9:
                        mta.negotiate()
                    for _ in range(generator.randrange(1, 20)):
                        mta.send(*generator.choice(pieces))
                except OSError:
                    pass
        self.assertIsNone(program.process.poll(), program.log())
        self.mta(program).negotiate().begin()


class End(unittest.TestCase):
    """A service manager starts again what failed, and only that: the exit code says whether a stop was asked."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="postern-end-")
        self.addCleanup(shutil.rmtree, self.folder)

    def program(self, name, environment=()):
        program = milter.Milter(os.path.join(self.folder, name), QUIET, environment=environment)
        self.addCleanup(program.stop)
        return program

    def end(self, programs, *signals):
        """All at once: libmilter looks only every few seconds whether it shall end."""
        for program, signo in zip(programs, signals):
            program.process.send_signal(signo)
        return [program.process.wait(harness.WAIT_SECONDS) for program in programs]

    def test_asked(self):
        """Whatever libmilter says of it: its signals come between its threads."""
        environment = harness.preload("failing_libmilter", os.path.join(self.folder, "orders"))
        signals = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        programs = [self.program(str(signo), environment) for signo in signals]
        self.assertEqual(self.end(programs, *signals), [0, 0, 0])

    def test_not_asked(self):
        orders = os.path.join(self.folder, "orders")
        environment = harness.preload("failing_libmilter", orders)
        with open(os.path.join(orders, "start"), "wb"):
            pass
        self.assertEqual(self.program("failed", environment).process.wait(harness.WAIT_SECONDS), 71)

    def test_asked_at_once(self):
        """While it is still about to begin."""
        programs = []
        for number in range(40):
            programs.append(self.program(str(number)))
            programs[-1].process.send_signal(signal.SIGTERM)
        self.assertEqual([program.process.wait(harness.WAIT_SECONDS) for program in programs], 40 * [0])


if __name__ == "__main__":
    unittest.main()
