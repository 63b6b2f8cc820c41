"""Every case of PROTOCOL 1.2 that is one session's: what a command line may hold, what it is answered, and that nothing
of a refused one reaches the upstream. Whatever is called "smuggled" must never be seen there.

Covers C01, C02, C03, C04, C05, C06, C07, C09, C10.
"""

import re
import signal
import time

from kit import oracle
from kit.client import Client
from kit.gateway import LISTENER_PORT, UPSTREAM_PORT, Gateway
from kit.upstream import Upstream
from kit.words import Failure, show

SECONDS = 10
OFFERS = ["PIPELINING", "SIZE 10240000", "8BITMIME", "DSN", "ENHANCEDSTATUSCODES", "AUTH PLAIN"]
PATIENT = "limits = { errors = 100000; junk_commands = 100000; };"
HELLO = b"EHLO client.example\r\n"
MAIL = b"MAIL FROM:<a@client.example>\r\n"
RCPT = b"RCPT TO:<b@example.org>\r\n"
LIMIT = 2048
GONE = None  # expected in place of a reply: the connection is closed


def bare():
    """C01: no line end but CRLF; ${mode} says what becomes of a bare LF."""
    for end in (b"\r", b"\0", b"\r\0\n"):
        for first in (b"NOOP", b"HELO a", b"RCPT TO:<smuggled@b.example>", b"AUTH PLAIN AGEAYg=="):
            yield HELLO + MAIL, first + end + b"RCPT TO:<smuggled@example.net>\r\n", ["500 5[.]5[.]2", GONE]
    for first in (b"NOOP", b"HELO a", b"AUTH PLAIN AGEAYg=="):
        yield HELLO + MAIL, first + b"\nRCPT TO:<smuggled@example.net>\r\n", ["500 5[.]5[.]2", GONE]
    yield HELLO, b"MAIL FROM:<smuggled@b.example>\nRCPT TO:<smuggled@d.example>\r\n", ["500 5[.]5[.]2", GONE]


def lengths():
    """C02: up to the limit it is a command; above it one 500, and its tail is no command."""
    for size in (512, LIMIT - 1, LIMIT):
        yield HELLO, b"NOOP " + b"x" * (size - 7) + b"\r\n", ["250"]
    tail = b"MAIL FROM:<smuggled@client.example>\r\n"
    for size in (LIMIT + 2, 4096, 8192, 17000, 65000, 65536):
        yield HELLO, b"NOOP " + b"x" * (size - 7) + b"\r\n", ["500 5[.]5[.]2"]
        for shift in (-1, 0, 1):  # around the edges of blocks and limits
            yield HELLO, b"x" * (size + shift - len(tail)) + tail, ["500 5[.]5[.]2"]
            yield HELLO, b"x" * (size + shift) + tail, ["(500 5[.]5[.]2|421 4[.]7[.]0)", "maybe gone"]
    for size in (LIMIT - 2, LIMIT - 1, LIMIT, LIMIT + 1, 4096, 65536):
        yield HELLO, b"x" * size + b"\r\nNOOP\r\n", ["500 5[.]5", "250"]
    yield HELLO, b"x" * 2**20, ["421 4[.]7[.]0", GONE]
    yield b"", b"x" * 2**20 + b"\r\n" + tail, ["421 4[.]7[.]0", GONE]


BAD_PATHS = [
    b"<a@b>(smuggled", b"<(smuggled@legit>", b"<smuggled@legit.example'@any.attack>", b"<smuggled", b"smuggled>",
    b"<smuggled@>", b"<@smuggled.example>", b"<smuggled@b@c>", b"<smuggled b@c.example>", b'<"smuggled@b.example>',
    b'<"smuggled"x@b.example>', b"<smuggled@b..example>", b"<smuggled@-b.example>", b"<smuggled@[1.2.3.4>",
    b"<smuggled@[1.2.3.400]>", b"<smuggled@b.example>,<c@d.example>", b"<smuggled@b.example><c@d.example>",
    b"<@h1.example,@h2.example smuggled@b.example>", b"<@h1.example:>", b"<smuggled@b.example>x",
]
GOOD_PATHS = [
    (b'<"x"@b.example>', b'<"x"@b.example>'), (b'<"a b"@b.example>', b'<"a b"@b.example>'),
    (b'<"(),:;<>[]"@b.example>', b'<"(),:;<>[]"@b.example>'),
    (b"<@h1.example,@h2.example:a@b.example>", b"<a@b.example>"), (b"<a@[192.0.2.1]>", b"<a@[192.0.2.1]>"),
    (b"<a@[IPv6:2001:db8::1]>", b"<a@[IPv6:2001:db8::1]>"), (b"<a$b#c@d.example>", b"<a$b#c@d.example>"),
]
ROUTED_PATHS = [b"<a!b%c@d.example>", b'<"(),:;<>@[]"@b.example>', b"<a%b.example>"]  # a sender may be one


def paths():
    """C03: a path of the grammar goes on in its canonical form, another is a 501."""
    for path in BAD_PATHS:
        yield HELLO, b"MAIL FROM:" + path + b"\r\n", ["501 5[.](1[.]7|5[.]4)"]
        yield HELLO + MAIL, b"RCPT TO:" + path + b"\r\n", ["501 5[.](1[.]3|5[.]4)"]
    yield HELLO + MAIL, b'RCPT TO:<"a\r\nRCPT TO:<smuggled@y>"@b.example>\r\n', ["501", "501"]
    for path, _ in GOOD_PATHS:
        yield HELLO, b"MAIL FROM:" + path + b"\r\n", ["250"]
        yield HELLO + MAIL, b"RCPT TO:" + path + b"\r\n", ["250"]
    for path in ROUTED_PATHS:
        yield HELLO, b"MAIL FROM:" + path + b"\r\n", ["250"]
        yield HELLO + MAIL, b"RCPT TO:" + path + b"\r\n", ["550 5[.]1[.]3"]
    yield HELLO + MAIL, b'RCPT TO:<""@b.example>\r\n', ["(250|501 5[.]1[.]3)"]


BAD_VALUES = {
    b"MAIL": [
        b"SIZE=", b"SIZE=-1", b"SIZE=1x", b"SIZE=999999999999999999999", b"SIZE", b"BODY=", b"BODY", b"BODY=9BIT",
        b"BODY=BINARYMIME", b"RET", b"RET=", b"RET=ALL", b"ENVID=", b"ENVID=a+00", b"ENVID=a+0Ab", b"ENVID=a+0D",
        b"ENVID=a+0a", b"ENVID=a+4", b"ENVID=a+", b"ENVID=a=b", b"AUTH=", b"AUTH=a+0Ab", b"AUTH=a+00", b"AUTH=a+0D",
        b"SIZE=1 SIZE=1", b"BODY=7BIT BODY=8BITMIME", b"RET=FULL RET=FULL", b"ENVID=a ENVID=a", b"AUTH=<> AUTH=<>",
    ],
    b"RCPT": [
        b"NOTIFY=NEVER,SUCCESS", b"NOTIFY=SUCCESS,NEVER", b"NOTIFY=", b"NOTIFY", b"NOTIFY=MAYBE", b"NOTIFY=SUCCESS,",
        b"NOTIFY=SUCCESS,SUCCESS", b"ORCPT=rfc822;+00", b"ORCPT=rfc822;a+0D+0Ab", b"ORCPT=rfc822;", b"ORCPT=rfc822",
        b"ORCPT=;a", b"ORCPT=rfc822;a+2", b"ORCPT", b"NOTIFY=NEVER NOTIFY=NEVER", b"ORCPT=rfc822;a ORCPT=rfc822;a",
    ],
}
UNKNOWN_PARAMETERS = [b"FOO=1", b"FOO", b"SMTPUTF8", b"BY=60;R", b"HOLDFOR=60", b"MT-PRIORITY=3", b"REQUIRETLS"]


def parameters():
    """C04: a bad value is 501 5.5.4, a parameter that was not offered 555 5.5.4."""
    before = {b"MAIL": (HELLO, b"MAIL FROM:<smuggled@client.example> "),
              b"RCPT": (HELLO + MAIL, b"RCPT TO:<smuggled@example.org> ")}
    for verb, (prelude, command) in before.items():
        other = b"RCPT" if verb == b"MAIL" else b"MAIL"
        for value in BAD_VALUES[verb]:
            yield prelude, command + value + b"\r\n", ["501 5[.]5[.]4"]
        for value in UNKNOWN_PARAMETERS + [b"NOTIFY=NEVER" if other == b"RCPT" else b"RET=HDRS"]:
            yield prelude, command + value + b"\r\n", ["555 5[.]5[.]4"]
    yield HELLO, b"MAIL FROM:<smuggled@client.example> SIZE=99999999999999999999\r\n", ["(501 5[.]5[.]4|552 5[.]3[.]4)"]


CLIENT_HELLO = (b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03" + bytes(range(32)) + b"\x00\x00\x02\x13\x01\x01\x00"
                + b"\x00\x99" + b"smuggled" * 19 + b"\r")


def strangers():
    """C05: another protocol: one reply, which has none of its words, and the end."""
    methods = [b"GET", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"CONNECT", b"DELETE", b"PATCH", b"TRACE"]
    for method in methods:
        request = b" /smuggled HTTP/1.1\r\nHost: smuggled.example\r\nContent-Length: 60\r\n\r\nEHLO x\r\n" + MAIL + RCPT
        yield b"", method + request, ["421 (?!.*smuggled)", GONE]
        yield HELLO, method + request, ["421 (?!.*smuggled)", GONE]
    yield b"", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ["421", GONE]
    for hello in (CLIENT_HELLO, CLIENT_HELLO + b"\n", b"\x16\x03", b"\x16\x03\x01", b"\x16\x03\x03\r\n" + MAIL):
        yield b"", hello, ["421 (?!.*smuggled)", GONE]
        yield HELLO, hello, ["421 (?!.*smuggled)", GONE]


def eager():
    """C06: what is sent too early is not lost and not mixed up: one reply each, in order; behind STARTTLS, which
    is not offered here, and after a refused DATA, whose content it is, nothing is taken for a command."""
    yield b"", HELLO + MAIL + RCPT, ["250", "250", "250"]
    yield HELLO, b"AUTH PLAIN AGEAYg==\r\n" + MAIL, ["235", "250"]
    yield HELLO, b"STARTTLS\r\nNOOP\r\n", ["502 5[.]5[.]1", "250"]
    yield HELLO, b"DATA\r\nSubject: smuggled\r\n\r\n.\r\n", ["503 5[.]5[.]1", GONE]


def eight_bit():
    """C10: no byte above 127 without SMTPUTF8, be it UTF-8 or not."""
    for word in ("grüße".encode(), b"gr\xfc\xdfe", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80"):
        for command in (b"EHLO %s", b"HELO %s"):
            yield b"", command % word + b"\r\n", ["501 5"]
        yield HELLO, b"MAIL FROM:<" + word + b"smuggled@client.example>\r\n", ["(501 5|553 5[.]6[.]7)"]
        yield HELLO, b"MAIL FROM:<smuggled@" + word + b".example>\r\n", ["(501 5|553 5[.]6[.]7)"]
        yield HELLO + MAIL, b"RCPT TO:<" + word + b"smuggled@example.org>\r\n", ["(501 5|553 5[.]6[.]7)"]
        yield HELLO, b"MAIL FROM:<smuggled@client.example> ENVID=" + word + b"\r\n", ["501 5[.]5[.]4"]
        for command in (b"VRFY smuggled%s", b"EXPN smuggled%s"):
            yield HELLO, command % word + b"\r\n", ["553 5[.]6[.]7"]
        yield HELLO, b"ETRN smuggled" + word + b"\r\n", ["50[12]"]
        yield HELLO, word + b"smuggled\r\n", ["500 5[.]5[.]1"]
        yield HELLO, b"AUTH " + word + b"\r\n", ["50[14] 5[.]5[.]4"]


def junk():
    """C07: commands that do no work, and errors, come to an end."""
    for line in (b"NOOP", b"RSET", b"VRFY x", b"EXPN x", b"HELP", b"HELO x", HELLO.strip()):
        yield HELLO, (line + b"\r\n") * 200, ["2"] * 100 + ["421 4[.]7[.]0", GONE]
    for line in (b"", b"FOO", b"RCPT TO:<b@example.org>", b"MAIL", b"VRFY", b"NOOP\tx\x01 \x7f", b"TURN", b"X" * 3000):
        code = "2" if line.startswith(b"NOOP") else "5"
        many = ["2"] * 100 if code == "2" else ["5"] * 20
        yield HELLO, (line + b"\r\n") * 200, many + ["421 4[.]7[.]0", GONE]


def leavers():
    """C09: the client goes while the upstream has yet to answer."""
    for line in (b"QUIT", b"NOOP", b"VRFY x", b"EXPN x", b"RSET", b"EHLO y", MAIL.strip(), b"AUTH PLAIN AGEAYg=="):
        for prelude in (b"", HELLO, HELLO + MAIL + RCPT):
            yield prelude, line + b"\r\n", []


class Session:
    """One case: what is sent after the prelude, and the replies."""

    def __init__(self, host, case):
        self.prelude, self.sent, self.wanted = case
        self.name = show(self.sent[:60])
        self.client = Client("", (host, LISTENER_PORT), lambda mark, data: None)

    def play(self):
        self.client.connect()
        self.until = time.monotonic() + SECONDS
        self.expect(["220"] + ["250"] * self.prelude.count(b"\n"), self.prelude)
        self.expect(self.wanted, self.sent)
        if "maybe gone" in self.wanted and self.client.farewell:
            self.expect([GONE], b"")
        elif GONE not in self.wanted and self.wanted:
            self.expect(["250", "221", GONE], b"NOOP\r\nQUIT\r\n")
        self.client.close()

    def expect(self, wanted, sent):
        if sent:
            self.client.send(sent)
        for one in wanted:
            if one == "maybe gone":
                continue
            if one is GONE:
                if not self.client.closed(self.until):
                    raise Failure("the connection closed", "nothing")
                continue
            reply = self.client.reply(self.until)
            if not reply or not re.match(one.encode(), b"\n".join(reply)):
                raise Failure(one, show(b"\n".join(reply)) if reply else "nothing")


def play(binary, host, settings, listener, cases):
    """All cases against one gateway: None, or what failed (the first few)."""
    gateway = Gateway(binary, host, settings, listener)
    upstream = Upstream(host, UPSTREAM_PORT, lambda mark, data: None)
    upstream.offers = OFFERS
    failures = []
    try:
        upstream.listen()
        gateway.start()
        for case in cases:
            session = Session(host, case)
            try:
                session.play()
            except Failure as failure:
                failures.append(f"{session.name}: expected {failure.expected}, got {failure.got}")
                session.client.close()
        gateway.signal(signal.SIGTERM)
        gateway.exits()
        failures += judge(gateway, upstream)
    except Failure as failure:
        failures.append(f"expected {failure.expected}, got {failure.got}")
    finally:
        gateway.stop()
        upstream.stop()
    return "\n  ".join(failures[:8] + [f"... {len(failures)} in all"] * (len(failures) > 8)) or None


def judge(gateway, upstream):
    """What holds for all of them together."""
    for line in gateway.log:
        if not line.isprintable() or not line.isascii():
            yield f"the log is not escaped: {line!r}"
    yield from upstream.faults
    for connection in upstream.connections:
        oracle.judge_wire(bytes(connection.lines))
        if b"smuggled" in connection.raw:
            yield f"smuggled: {show(bytes(connection.raw))}"


def cells(binary, host):
    debug = PATIENT + ' log = { level = "debug"; };'
    yield "C01, bare line ends", play(binary, host, debug, 'bare_newline = "reject";', list(bare()))
    for name, cases in (("C02, lengths", lengths()), ("C03, paths", paths()), ("C04, parameters", parameters()),
                        ("C05, other protocols", strangers()), ("C06, too early", eager()),
                        ("C09, leaving early", leavers()), ("C10, 8-bit", eight_bit())):
        yield name, play(binary, host, debug, "", list(cases))
    yield "C07, junk", play(binary, host, "", "", list(junk()))
