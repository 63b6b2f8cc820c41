"""Memory that fails: every allocation of a session in its turn, under a rule of every kind.

Whatever is lost so, a message that is refused when nothing fails is never accepted, one that is accepted went
upstream once and as it should, and one that is not accepted did not.
"""

import base64
import glob
import io
import os
import random
import re
import shutil
import tempfile
import time
import unittest
import zipfile

import harness
import starving
from kit import tls
from kit import dns
from scripted_milter import CONTINUE, ScriptedMilter, text

SPANS = (1, 2, 5)  # allocations that fail in a row
FEW = 10  # so many allocations a session has at least
REFUSE = 'rules = ( {{ name = "no"; when = {{ {when} }}; then = {{ reject = "550 5.7.1 no"; }}; }} );'
FINAL = 'final_rules = ( {{ name = "no"; when = {{ {when} }}; then = {{ reject = "550 5.7.1 no"; }}; }} );'
GREETING = [b"EHLO client.test\r\n"]
ENVELOPE = [b"MAIL FROM:<ann@example.net> SIZE=900\r\n", b"RCPT TO:<bob@example.org>\r\n"]
MESSAGE = (
    b"Received: from a by b; Mon, 1 Jan 2024 00:00:00 +0000\r\nReceived: from c by d; Mon, 1 Jan 2024 00:00:00 +0000\r\n"
    b"From: \"Bad, Guy\" <bad@evil.test>, =?utf-8?q?Other?= <other@example.net>\r\nTo: bob@example.org\r\n"
    b"Subject: =?utf-8?B?Y2FzaW5v?=\r\n =?utf-8?q?_royale_=C3=BC?= and more\r\n"
    b"X-Japanese: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?=\r\nX-Plain: one\r\n  two\r\n"
    b"\r\nfirst line\r\nfree viagra here\r\n"
)
CONTENT = [b"DATA\r\n", MESSAGE + b".\r\n"]
CHUNK = [b"BDAT %d LAST\r\n%s" % (len(MESSAGE), MESSAGE)]
LOGIN = [b"AUTH PLAIN AGJvYgBwdw==\r\n"]  # bob
TLS_SETTINGS = 'tls = {{ mode = "starttls"; certificate = "{0}/gw.pem"; key = "{0}/gw.key"; }};'

# What a rule may look at; each refuses the message above.
FACTS = {
    "client": 'client = "127.0.0.0/8";',
    "listener": 'listener = "test";',
    "helo": 'helo = "client.test";',
    "sender": 'sender = "ann@example.net";',
    "sender_domain": 'sender_domain = "example.net";',
    "recipient": 'recipient = "bob@example.org";',
    "recipient_domain": 'recipient_domain = "*.org";',
    "recipient_count": 'recipient_count = "> 0";',
    "size": 'size = "> 100";',
    "hops": 'hops = "> 1";',
    "header": 'header = { Subject = "/casino royale/"; };',
    "header_charset": 'header = { X-Japanese = "/\u65e5\u672c/"; };',
    "raw_header": 'raw_header = { X-Plain = "/one +two/"; };',
    "header_line": 'header_line = "/^Subject: casino royale/";',
    "missing_header": 'missing_header = "Date";',
    "from_address": 'from_address = "bad@evil.test";',
    "from_domain": 'from_domain = "evil.test";',
    "raw_body": 'raw_body = "/viagra/";',
    "not": 'header = { Subject = { not = "/dull/"; }; }; not = { sender = "nobody@*"; };',
    "list": 'sender = "@bad"; header = { Subject = "@words"; };',
}
LISTS = 'lists = { bad = [ "ann@example.net", "/^nobody@/", "*.evil.test" ]; words = [ "/casino/", "*other*" ]; };'


def archive(name):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as writer:
        writer.writestr(name, "x")
    return file.getvalue()


class Upstream(harness.Server):
    """Takes whatever comes, and keeps it."""

    def __init__(self, more=b"", lmtp=False):
        self.taken, self.more, self.lmtp = [], more, lmtp
        self.word = b"250 2.0.0 Ok\r\n"  # on a message
        super().__init__()

    def serve(self, client, lines):
        recipients, content = [], b""
        client.sendall(b"220 mx.example ESMTP\r\n")
        for line in lines:
            verb, reply = line[:4].upper(), b"250 2.0.0 Ok\r\n"
            if verb in (b"EHLO", b"LHLO"):
                reply = b"250-mx.example\r\n" + self.more + b"250 SIZE 9999999\r\n"
            elif verb == b"MAIL":
                recipients, content = [], b""
            elif verb == b"RCPT":
                recipients.append(re.search(rb"<(.*)>", line).group(1).decode())
            elif verb == b"AUTH":
                reply = b"235 2.7.0 Welcome\r\n"
            elif verb == b"BDAT":
                content += lines.read(int(line.split()[1]))
                if b"LAST" in line:
                    self.taken.append((recipients, content))
            elif verb == b"DATA":
                client.sendall(b"354 Go on\r\n")
                content = self.content(lines)
                if content is None:
                    return
                self.taken.append((recipients, content))
                reply = self.word * (len(recipients) if self.lmtp else 1)
            elif verb == b"QUIT":
                client.sendall(b"221 2.0.0 Bye\r\n")
                return
            client.sendall(reply)

    @staticmethod
    def content(lines):
        content = b""
        for line in lines:
            if line == b".\r\n":
                return content
            content += line
        return None


class Told(Upstream):
    """One that must be told who the client is, by a PROXY header or XCLIENT; it keeps whether it was, of each message."""

    def serve(self, client, lines):
        client.sendall(b"220 mx.example ESMTP\r\n")
        replies = {b"EHLO": b"250-mx.example\r\n250 XCLIENT ADDR\r\n", b"XCLI": b"220 mx.example\r\n", b"PROX": b""}
        told = False
        for line in lines:
            told = told or line.startswith((b"PROXY TCP4 127.0.0.1 ", b"XCLIENT ADDR=127.0.0.1"))
            if line.startswith(b"MAIL"):
                self.taken.append((["told" if told else "not told"], b""))
            client.sendall(replies.get(line[:4], b"250 2.0.0 Ok\r\n"))


class Challenger(Upstream):
    """Asks for one response to AUTH, whatever it is."""

    def serve(self, client, lines):
        client.sendall(b"220 mx.example ESMTP\r\n")
        replies = {b"EHLO": b"250-mx.example\r\n250 AUTH LOGIN\r\n", b"AUTH": b"334 \r\n", b"*\r\n": b"501 5.7.0 no\r\n"}
        for line in lines:
            client.sendall(replies.get(line[:4], b"235 2.7.0 Welcome\r\n"))


class Case(unittest.TestCase):
    server = Upstream
    first = b""  # said before the greeting
    spans = SPANS
    secret = False  # inside TLS that fails nothing can be said
    few, what, library = FEW, "allocation", "failing_malloc"

    def setUp(self):
        why = starving.unusable(self.library)
        if why:
            self.skipTest(why)
        self.folder = tempfile.mkdtemp(prefix="postern-memory-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.orders = starving.Orders(os.path.join(self.folder, "orders"), self.library)

    def start(self, settings, listener="", more=b"", upstream_more="", lmtp=False, limits=""):
        self.upstream = self.server(more, lmtp)
        self.addCleanup(self.upstream.close)
        self.store = os.path.join(self.folder, "quarantine")
        head = (f'upstreams = ( {{ name = "mta"; address = "127.0.0.1:{self.upstream.port}"; {upstream_more} }} );\n'
                f'quarantine = {{ directory = "{self.store}"; }};\nlimits = {{ connections_per_client = 10000; {limits} }};\n')
        with starving.environment(self.orders):
            self.gateway = harness.Gateway(os.path.join(self.folder, "gw"), head + LISTS + settings, listener)
        self.addCleanup(self.stop, self.gateway)

    def converse(self, steps):
        return starving.converse(self.gateway.port, steps, self.first)

    @staticmethod
    def stop(gateway):
        code = gateway.stop()
        if code != 0:
            raise AssertionError(f"the gateway ended with {code}\n{gateway.log()[-2000:]}")

    def stored(self):
        return len(glob.glob(self.store + "/mail/*"))

    def starve(self, steps, judge):
        """Fails each allocation in its turn until none is left, alone and with those that follow it.
        ${judge}(number, done, reply) says what is wrong."""
        for span in self.spans:
            self.starve_by(span, steps, judge)

    def starve_by(self, span, steps, judge):
        for number in range(1, starving.TRIES_MAX + 1):
            self.orders.arm(number, span)
            done, reply = self.converse(steps)
            _, failed = self.orders.disarm()
            if self.gateway.process.poll() is not None:
                self.fail(f"{self.what} {number}: the gateway is gone: {self.gateway.process.returncode}\n"
                          + self.gateway.log()[-2000:])
            wrong = judge(number, done, reply)
            if not reply and not self.secret:
                wrong = "nothing was said"
            if wrong:
                self.fail(f"{self.what} {number}, after {done} steps and {reply!r}: {wrong}\n"
                          + self.gateway.log()[-1500:])
            if failed == 0:
                self.assertGreater(number, self.few)
                return

    def starve_good(self, steps, judge):
        """The same for steps that are all taken when nothing fails."""
        done, reply = self.converse(steps)
        self.assertEqual((done, reply[:1]), (len(steps), "2"), reply)
        self.assertIsNone(judge(0, done, reply))
        self.starve(steps, judge)

    def refuses_after(self, first, steps):
        self.first = first
        self.refuses(steps)

    def refuses(self, steps):
        """The steps end in a refusal of ours; never in less."""
        done, reply = self.converse(steps)
        self.assertRegex(reply, "^55[04][ -]5.7.1 no")
        last = done

        def judge(_, done, reply):
            if self.upstream.taken:
                return "it went upstream"
            return "nothing was refused" if reply[:1] in ("2", "3") or done > last else None

        self.starve(steps, judge)

    def delivers(self, steps, right):
        """The steps end in a 250, and ${right}(what was taken) says what is wrong with it."""

        def judge(_, done, reply):
            taken, self.upstream.taken = self.upstream.taken, []
            accepted = done == len(steps) and reply[:1] == "2"
            if not accepted:
                return f"upstream {len(taken)} times" if taken else None
            return right(taken)

        self.starve_good(steps, judge)


class Facts(Case):
    def test_facts(self):
        for name, when in FACTS.items():
            with self.subTest(name):
                self.start(REFUSE.format(when=when))
                self.refuses(GREETING + ENVELOPE + CONTENT)

    def test_final_facts(self):
        for name in ("client", "helo", "sender", "recipient", "header", "from_address", "raw_body", "list"):
            with self.subTest(name):
                self.start(FINAL.format(when=FACTS[name]))
                self.refuses(GREETING + ENVELOPE + CONTENT)

    def test_refused_late(self):
        """A greeting that may not be refused at once is remembered until the recipient."""
        for name in ("client", "helo"):
            with self.subTest(name):
                self.start(REFUSE.format(when=FACTS[name]), 'refuse_at = "rcpt";')
                self.refuses(GREETING + ENVELOPE + CONTENT)

    def test_score_and_tag(self):
        self.start(
            """rules = (
              { name = "a"; when = { header = { Subject = "/casino/"; }; }; then = { score = 2; tag = "t"; log = "a ${sender} ${score}"; }; },
              { name = "b"; when = { from_domain = "evil.test"; }; then = { score = 2.5; }; },
              { name = "no"; when = { score = ">= 4"; tag = "t"; }; then = { reject = "550 5.7.1 no ${from_address}"; }; } );""")
        self.refuses(GREETING + ENVELOPE + CONTENT)

    def test_login(self):
        for form in (REFUSE, FINAL):
            with self.subTest(form[:5]):
                self.start(form.format(when='auth = "bob";'), more=b"250-AUTH PLAIN\r\n")
                self.refuses(GREETING + LOGIN + ENVELOPE + CONTENT)

    def test_tls(self):
        self.spans, self.secret = SPANS[:1], True  # OpenSSL takes hundreds
        for when in ("tls = true;", 'tls_version = "1.*";'):
            with self.subTest(when):
                self.start(REFUSE.format(when=when), TLS_SETTINGS.format(tls.folder()))
                self.refuses(GREETING + [b"STARTTLS\r\n"] + GREETING + ENVELOPE + CONTENT)

    def test_told_by_a_filter(self):
        """XCLIENT: another client, with another name and another greeting."""
        for when in ('client = "192.0.2.1";', 'helo = "told.test";', 'client_name = "named.test";'):
            with self.subTest(when):
                self.start(REFUSE.format(when=when), 'xclient = [ "127.0.0.0/8" ];')
                told = b"XCLIENT ADDR=192.0.2.1 NAME=named.test HELO=told.test\r\n"
                self.refuses([told] + ([] if "helo" in when else GREETING) + ENVELOPE + CONTENT)

    def test_told_by_a_balancer(self):
        self.start(REFUSE.format(when='client = "192.0.2.1";'), 'proxy_protocol = [ "127.0.0.0/8" ];')
        self.refuses_after(b"PROXY TCP4 192.0.2.1 192.0.2.9 4711 25\r\n", GREETING + ENVELOPE + CONTENT)

    def test_looked_up(self):
        """A name that is lost on its way is a lookup that failed."""
        self.spans = SPANS[:1]  # it is waited for
        server = dns.Server("127." + ".".join(str(random.randrange(1, 255)) for _ in range(3)))
        self.addCleanup(server.stop)
        server.rules[(dns.owner("127.0.0.1"), dns.TYPES["PTR"])] = dns.Rule(["named.test"], server.host)
        server.rules[("named.test", dns.TYPES["A"])] = dns.Rule(["127.0.0.1"], server.host)
        self.start(REFUSE.format(when='client_name = "named.test";') + 'on_failure = { lookup = "tempfail"; };'
                   f'resolver = {{ servers = [ "{server.host}:{dns.PORT}" ]; timeout = "300ms"; }};')
        self.refuses(GREETING + ENVELOPE + CONTENT)

    def test_next_message(self):
        """What the first message has lost of the session, the second one misses."""
        self.start(REFUSE.format(when='helo = "client.test"; header = { X-Second = "*"; };'))
        second = [b"DATA\r\n", b"X-Second: yes\r\n" + MESSAGE + b".\r\n"]
        steps = GREETING + ENVELOPE + CONTENT + ENVELOPE + second

        def judge(_, done, reply):
            taken, self.upstream.taken = self.upstream.taken, []
            if any(b"X-Second" in content for _, content in taken) or len(taken) > 1:
                return f"upstream: {taken}"
            return None

        self.assertIsNone(judge(0, *self.converse(steps)))
        self.starve(steps, judge)

    def test_read_ahead(self):
        """Input that waits has to be kept somewhere; a client that is cut off for that is told."""
        self.start("")
        many = [GREETING[0] + (b"NOOP " + b"x" * 1500 + b"\r\n") * 8]
        half = [GREETING[0] + b"NOOP half", b" of it\r\n"]

        def judge(_, done, reply):
            return None if reply[:3] in ("250", "421", "452") else "neither"

        self.starve(many, judge)
        self.starve(half, judge)

    def test_intercepted(self):
        """Who was not redirected here is told so; nothing else is said to him, and nobody is connected to."""
        self.start("", 'transparent = "redirect";')
        self.starve(GREETING, lambda _, done, reply: None if (done, reply[:3]) == (0, "421") else "it goes on")

    def test_chunks(self):
        self.start(REFUSE.format(when=FACTS["header"]), more=b"250-CHUNKING\r\n")
        self.refuses(GREETING + ENVELOPE + CHUNK)

    def test_lmtp(self):
        self.start(REFUSE.format(when=FACTS["header"]), 'protocol = "lmtp";', upstream_more='protocol = "lmtp";', lmtp=True)
        self.refuses([b"LHLO client.test\r\n"] + ENVELOPE + CONTENT)


class Contents(Case):
    """What a message contains, looked for while memory is out: it is found, or the client comes again."""

    WHEN = 'attachment = "*.exe"; body = "*found*"; link_host = "x.test"; archive_member = "m.js"; archive_encrypted = "no"'
    PARTS = (b"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n"
             b"Content-Type: text/html; charset=koi8-r\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
             b"<p>fo=75nd <a href=3Dhttp://x.test/>here</a>\r\n--B\r\n"
             b"Content-Disposition: attachment; filename*=utf-8''a%2Eexe\r\nContent-Transfer-Encoding: base64\r\n\r\n"
             + base64.encodebytes(archive("m.js")).replace(b"\n", b"\r\n") + b"--B--\r\n")

    def content(self, filling=b""):
        return [b"DATA\r\n", self.PARTS + filling + b".\r\n"]

    def test_small(self):
        self.start(REFUSE.format(when=self.WHEN))
        self.refuses(GREETING + ENVELOPE + self.content())

    def test_beside_the_loop(self):
        self.start(REFUSE.format(when=self.WHEN))
        self.spans = self.spans[:1]
        self.refuses(GREETING + ENVELOPE + self.content(b"filling\r\n" * 40000))

    def test_final(self):
        """Final rules, of a message that was edited: it is read a second time."""
        edit = 'rules = ( { name = "e"; when = { attachment = "*.exe"; }; then = { add_header = { X-Name = "${attachment}"; }; }; } );\n'
        self.start(edit + FINAL.format(when=self.WHEN + '; header = { X-Name = "a.exe"; }'))
        self.refuses(GREETING + ENVELOPE + self.content())

    def test_edited(self):
        """Its body is edited in all three ways, or the client comes again."""
        self.start("""rules = ( { name = "e"; then = {
            append_html = "<p>f\u00fcr"; replace_body = { pattern = "/found/"; with = "lost"; };
            remove_attachment = { name = "*.exe"; note = "gone"; }; }; } );""")

        def right(taken):
            body = taken[0][1] if len(taken) == 1 else b""
            return None if all(t in body for t in (b"lost", b"<p>f&#252;r", b"\r\n\r\ngone\r\n")) else taken

        self.delivers(GREETING + ENVELOPE + self.content(), right)


class Introductions(Case):
    server = Told

    def test_told(self):
        for how in ("proxy-v1", "xclient"):
            with self.subTest(how):
                self.start("", upstream_more=f'identify = "{how}";')
                self.delivers(GREETING + [b"MAIL FROM:<ann@example.net>\r\n"],
                              lambda taken: None if taken == [(["told"], b"")] else taken)


class Responses(Case):
    server = Challenger

    def test_answered(self):
        """Whatever becomes of a response, also of one that is too long, the client hears."""
        for response, code in ((b"Ym9i", "235"), (b"x" * 13000, "500")):
            with self.subTest(code):
                self.start("")
                steps = GREETING + [b"AUTH LOGIN\r\n", response + b"\r\n"]
                self.assertEqual(self.converse(steps)[1][:3], code)
                self.starve(steps, lambda _, done, reply: None)


class Milters(Case):
    def milter(self, script):
        milter = ScriptedMilter(script)
        self.addCleanup(milter.close)
        return f'milters = ( {{ name = "m"; address = "{milter.address}"; }} );'

    def test_refusals(self):
        refusal = text("y", "550 5.7.1 no")
        for code in "CHMRTLBE":
            with self.subTest(code):
                self.start(self.milter({code: refusal}))
                self.refuses(GREETING + ENVELOPE + CONTENT)

    def test_refused_late(self):
        self.start(self.milter({"H": text("y", "550 5.7.1 no")}), 'refuse_at = "rcpt";')
        self.refuses(GREETING + ENVELOPE + CONTENT)

    def test_final_rules_see_its_edits(self):
        self.start(self.milter({"E": text("h", "X-Milter", "found") + CONTINUE}) + FINAL.format(when='header = { X-Milter = "found"; };'))
        self.refuses(GREETING + ENVELOPE + CONTENT)


class Deliveries(Case):
    def test_edits(self):
        """Every kind of edit is in what arrives, or nothing arrives."""
        self.start(
            """rules = (
              { name = "e"; then = { add_header = { X-Added = "for ${sender} from ${from_address}"; }; prepend = { Subject = "[x] "; };
                                     remove_header = [ "X-Plain" ]; set_sender = "other@example.net"; }; },
              { name = "r"; when = { raw_body = "/viagra/"; }; then = { add_recipient = "also@example.org"; log = "r ${helo}"; }; } );
            final_rules = ( { name = "f"; when = { header = { X-Added = "/ann/"; }; }; then = { add_header = { X-Final = "${auth}${score}"; }; }; } );""",
            "add_received = true;")

        def right(taken):
            if len(taken) != 1:
                return f"upstream {len(taken)} times"
            recipients, content = taken[0]
            wanted = (b"X-Added: for ann@example.net from bad@evil.test\r\n", b"\r\nX-Final:", b"[x] ", b"Received: from client.test (")
            missing = [want for want in wanted if want not in content]
            if missing or b"X-Plain" in content or recipients != ["bob@example.org", "also@example.org"]:
                return f"{recipients} got {content!r}"
            return None

        self.delivers(GREETING + ENVELOPE + CONTENT, right)

    def test_streamed(self):
        self.start("")
        self.delivers(GREETING + ENVELOPE + CONTENT, lambda taken: None if len(taken) == 1 and taken[0][1] == MESSAGE else taken)

    def test_long_reply(self):
        """Nothing of ours turns the upstream's 250 into something else, however much there is to keep of it."""
        for protocol in ("", 'protocol = "lmtp";'):
            with self.subTest(protocol):
                self.start(REFUSE.format(when='raw_body = "/nothing/";'), protocol, upstream_more=protocol, lmtp=bool(protocol))
                self.upstream.word = (b"250-2.0.0 taken " + b"x" * 400 + b"\r\n") * 15 + b"250 2.0.0 Ok\r\n"
                greeting, second = GREETING, []
                if protocol:
                    greeting, second = [b"LHLO client.test\r\n"], [b"RCPT TO:<eve@example.org>\r\n"]
                self.delivers(greeting + ENVELOPE + second + CONTENT, lambda taken: None if len(taken) == 1 else taken)

    def test_redirect(self):
        self.start('rules = ( { name = "r"; when = { header = { Subject = "/casino/"; }; }; then = { redirect = "jail@example.org"; }; } );')
        self.delivers(GREETING + ENVELOPE + CONTENT,
                      lambda taken: None if [recipients for recipients, _ in taken] == [["jail@example.org"]] else taken)

    def test_unchecked(self):
        """A lost milter that does not matter leaves its mark."""
        self.start('milters = ( { name = "m"; address = "inet:127.0.0.1:1"; on_failure = "continue"; } );')
        self.delivers(GREETING + ENVELOPE + CONTENT,
                      lambda taken: None if len(taken) == 1 and b"X-Postern-Unchecked: " in taken[0][1] else taken)

    def test_quarantine_whole(self):
        self.start('rules = ( { name = "q"; when = { header = { Subject = "/casino/"; }; }; then = { quarantine = "odd ${sender}"; }; } );')
        self.stores(GREETING + ENVELOPE + CONTENT, 0)

    def test_quarantine_parameters(self):
        """What was said of the message and of each recipient lies there, too."""
        self.start('rules = ( { name = "q"; when = { recipient = "kept*"; }; then = { quarantine = "odd"; }; } );',
                   more=b"250-8BITMIME\r\n250-DSN\r\n")
        envelope = [b"MAIL FROM:<ann@example.net> BODY=8BITMIME\r\n", b"RCPT TO:<kept1@example.org> NOTIFY=NEVER\r\n",
                    b"RCPT TO:<kept2@example.org> NOTIFY=FAILURE\r\n"]
        self.stores(GREETING + envelope + CONTENT, 0, ("BODY=8BITMIME", "kept1@", "NOTIFY=NEVER", "kept2@", "NOTIFY=FAILURE"))

    def test_quarantine_copy_of_none(self):
        """The copy stays when the message is discarded for the others."""
        self.start('rules = ( { name = "w"; when = { raw_body = "/nothing/"; }; then = { reject = "550 5.7.1 no"; }; },'
                   '          { name = "q"; when = { recipient = "kept*"; }; then = { quarantine = "odd"; }; },'
                   '          { name = "d"; when = { raw_body = "/viagra/"; }; then = { discard = true; }; } );'
                   ' final_rules = ( { name = "f"; then = { add_header = { X-Final = "yes"; }; }; } );', more=b"250-DSN\r\n")
        kept = [b"RCPT TO:<kept1@example.org> NOTIFY=NEVER\r\n", b"RCPT TO:<kept2@example.org> NOTIFY=FAILURE\r\n"]
        self.stores(GREETING + ENVELOPE + kept + CONTENT, 0, ("kept1@", "NOTIFY=NEVER", "kept2@", "NOTIFY=FAILURE"))

    def test_quarantine_copy(self):
        """For one recipient, known at RCPT or only with the message."""
        late = '{ name = "w"; when = { raw_body = "/nothing/"; }; then = { discard = true; }; },'
        for above in ("", late):
            with self.subTest(above):
                self.start(
                    'rules = ( %s { name = "q"; when = { recipient = "kept@*"; }; then = { quarantine = "odd"; }; },'
                    '          { name = "e"; then = { add_header = { X-Seen = "yes"; }; }; } );' % above
                    + ' final_rules = ( { name = "f"; then = { add_header = { X-Final = "yes"; }; }; } );')
                self.stores(GREETING + ENVELOPE + [b"RCPT TO:<kept@example.org>\r\n"] + CONTENT, 1)

    def record(self):
        """That of the newest."""
        with open(max(glob.glob(self.store + "/mail/*"), key=os.path.getmtime), "rb") as file:
            return file.readline().decode()

    def stores(self, steps, upstream, wanted=()):
        """The steps end in a 250 with a file in the store, whose record says ${wanted}, and so many messages upstream."""
        state = {"stored": self.stored()}

        def judge(number, done, reply):
            taken, self.upstream.taken = self.upstream.taken, []
            accepted = done == len(steps) and reply[:1] == "2"
            expected = state["stored"] + accepted
            for _ in range(200):  # what was not acknowledged is removed by another thread
                if self.stored() == expected:
                    break
                time.sleep(0.005)
            if self.stored() != expected:
                return f"{self.stored()} in the store, not {expected}"
            state["stored"] = expected
            if accepted and any(text not in self.record() for text in wanted):
                return f"the record: {self.record()}"
            if len(taken) != (upstream if accepted else 0):
                return f"upstream {len(taken)} times"
            if accepted and upstream and (taken[0][0] != ["bob@example.org"] or b"X-Seen: yes" not in taken[0][1]):
                return f"upstream: {taken}"
            return None

        self.starve_good(steps, judge)
