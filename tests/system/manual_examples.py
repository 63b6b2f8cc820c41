"""Of each example in postern-rules(7): for which messages it holds and for which it does not, or what it does.

An example is called by the name of its last rule; one without a name by the item it stands in, as "client", the second one there
"client 2". What stands here and not in the page fails, and the other way round.
"""

import base64
import io
import zipfile
from dataclasses import dataclass, field


@dataclass
class Mail:
    """What `postern explain` is told. Without a message only the envelope is judged."""

    message: str = "From: a@b.test\nTo: u@example.org\nSubject: hello\n\nhi\n"
    sender: str = "a@b.test"
    to: tuple = ("u@example.org",)
    facts: dict = field(default_factory=dict)

    def arguments(self):
        yield from ("--from", self.sender)
        for address in self.to:
            yield from ("--rcpt", address)
        for name, value in self.facts.items():
            yield from ("--fact", f"{name}={value}")


@dataclass
class Holds:
    """The example's last rule fires for each of ${yes} and for none of ${no}."""

    yes: tuple
    no: tuple


@dataclass
class Does:
    """What explain says of ${mail}: members of its JSON, and lines of its differences, with their sign."""

    mail: Mail
    says: dict
    lines: tuple = ()


@dataclass
class Samples:
    """It has samples of its own, which are judged when it is loaded."""

    count: int


def holds(yes, no):
    def several(mails):
        return tuple(mails) if isinstance(mails, (list, tuple)) else (mails,)

    return Holds(several(yes), several(no))


def does(mail=None, lines=(), **says):
    return Does(mail or Mail(), says, tuple(lines))


def refuses(*reply, mail=None, verdict="reject"):
    return does(mail, verdict=verdict, reply=list(reply))


# --- messages -----------------------------------------------------------------------------------


def envelope(**facts):
    """No message: what is known before it."""
    sender, to = facts.pop("sender", "a@b.test"), facts.pop("to", ("u@example.org",))
    return Mail(None, sender, (to,) if isinstance(to, str) else to, facts)


def header(*lines, **facts):
    sender, to = facts.pop("sender", "a@b.test"), facts.pop("to", ("u@example.org",))
    return Mail("\n".join(lines) + "\n\nhi\n", sender, (to,) if isinstance(to, str) else to, facts)


def text(content, kind="text/plain; charset=utf-8", *more):
    return Mail("\n".join(("From: a@b.test", "Subject: hello", "MIME-Version: 1.0", f"Content-Type: {kind}", *more, "", content, "")))


def html(content):
    return text(content, "text/html; charset=utf-8")


def file(name, octets=b"hello", kind="application/octet-stream"):
    """A text with a file attached."""
    return text(
        "--BND\n\nhi\n--BND\n"
        f'Content-Type: {kind}\nContent-Disposition: attachment; filename="{name}"\nContent-Transfer-Encoding: base64\n\n'
        + base64.encodebytes(octets).decode() + "--BND--", "multipart/mixed; boundary=BND")


def archive(member, locked=False):
    """A ZIP with that file in it; locked: its bits say that it is encrypted."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr(member, b"x")
    octets = bytearray(out.getvalue())
    if locked:
        octets[6] |= 1
        octets[octets.index(b"PK\1\2") + 8] |= 1
    return file("a.zip", bytes(octets))


def alternatives(plain, marked):
    return text(f"--BND\n\n{plain}\n--BND\nContent-Type: text/html\n\n{marked}\n--BND--", "multipart/alternative; boundary=BND")


PLAIN = Mail()
FROM, US = "From: a@b.test", "From: u@example.org"
SIGNED = ("DKIM-Signature: v=1; a=rsa-sha256; d=b.test; s=s; h=from:subject; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=YQ==",
          FROM, "Subject: hello")
PROGRAM = bytes.fromhex("4d5a90000300000004000000ffff0000b800000000000000") + bytes(40)
LARGE = file("film.mp4", bytes(21 << 20))
INVOICE = header(FROM, "Subject: Your invoice")

# --- rules and their conditions -----------------------------------------------------------------

RULES = {
    "tag-external": Samples(1),
    "no-zip": does(file("a.zip"), verdict="continue", would={"rules": [{"rule": "no-zip", "verdict": "reject"}]}),
    "no-newsletters": holds(header("List-Unsubscribe: <mailto:x@b.test>", to=("u@example.org", "staff@example.org")),
                            [header("List-Unsubscribe: <mailto:x@b.test>"), header(FROM, to="staff@example.org")]),
    "footer": does(header(*SIGNED), skipped=[{"what": "append_text", "by": "footer"}], edits=[]),
    "insiders": Samples(2),
}

CONDITIONS = {
    "any": holds([envelope(sender=""), header("Precedence: Bulk")], PLAIN),
    "not": holds(envelope(to="u@c.test"), [envelope(), envelope(to="u@c.test", auth="bob")]),
    "/regex/flags": holds(header("Subject: AW: 12345"), [header("Subject: 1234"), header("Subject: Re: 12345!")]),
    "@list": holds(envelope(sender="a@partner.test"), envelope(sender="a@partner.test.example")),
    "10.0.0.0/8": holds([envelope(client="10.255.0.1"), envelope(client="2001:db8::1")],
                        [envelope(client="11.0.0.1"), envelope(client="2001:db8::2")]),
    "5": holds(LARGE, [PLAIN, Mail(LARGE.message, to=tuple(f"u{i}@example.org" for i in range(6)))]),
    "{ not": holds(header("X-Mailer: Pine 4"), [header("X-Mailer: MUTT 2"), PLAIN]),
    "!text": holds(envelope(sender="alice@example.org", auth="bob"),
                   [envelope(sender="alice@example.org", auth="Alice"), envelope(sender="alice@example.org")]),
    "Any other text": holds([envelope(to="a@sub.example.org"), envelope(to="ROOT"), envelope(to="info-1@b.test")],
                            [envelope(), envelope(to="info@b.test")]),
}

# --- fields -------------------------------------------------------------------------------------

FIELDS = {
    "client": holds(envelope(client="192.0.2.1"), envelope(client="192.0.3.1")),
    "client_port": holds(envelope(client_port=1023), envelope(client_port=1024)),
    "no-dialup": holds([envelope(client_name="unknown"), envelope(client_name="a.DYN.b.test")], envelope(client_name="mail.b.test")),
    "listener": holds(envelope(listener="inbound"), envelope(listener="other")),
    "helo": holds([envelope(helo="localhost"), envelope(helo="pc.local"), envelope(helo="[127.0.0.1]")], envelope(helo="b.test")),
    "tls": holds(envelope(tls="false", auth="bob"), [envelope(tls="true", auth="bob"), envelope()]),
    "tls_version": holds(envelope(tls_version="1.2"), [envelope(tls_version="1.3"), envelope()]),
    "tls_cipher": holds(envelope(tls_cipher="AES256-SHA"), envelope(tls_cipher="ECDHE-RSA-AES256-GCM-SHA384")),
    "tls_name": holds(envelope(tls_name="mx-secure.example.org"), [envelope(tls_name="mx.example.org"), envelope(tls="true")]),
    "client_cert": holds(envelope(client_cert="CN=alice,O=Example"), [envelope(client_cert="CN=alice,O=Other"), envelope(tls="true")]),
    "auth": holds(envelope(auth="alice"), [envelope(auth="alice", client="10.0.0.1"), envelope(auth="bob"), envelope()]),
    "sender": holds([envelope(sender=""), envelope(sender="bounces@b.test")], envelope()),
    "sender_domain": holds([envelope(sender="a@example.net"), envelope(sender="a@x.example.net")], envelope(sender="a@example.net.test")),
    "recipient": holds(envelope(to="cooks@Lists.example.org"), envelope(to="cooks@example.org")),
    "no-relay": holds(envelope(to="u@c.test"), [envelope(), envelope(to="u@sub.example.org")]),
    "recipient_count": holds(envelope(sender="", to=("a@b.test", "b@b.test", "c@b.test")), envelope(sender="", to=("a@b.test", "b@b.test"))),
    "size": holds(LARGE, PLAIN),
    "header": holds(header("Subject: =?utf-8?q?C=61sino?=", "X-Spam-Flag: yes"), [header("Subject: Casino"), header("X-Spam-Flag: YES")]),
    "header 2": holds(header("X.Foo: bar"), header("X.Foo: bar2")),
    "raw_header": holds(header("Subject: f\xfcr"), header("Subject: =?utf-8?q?f=C3=BCr?=")),
    "header_line": holds(header("X-Junk-Mail: yes, very"), [header("Subject: X-Spam: yes"), header("X-Spam: no")]),
    "header_ambiguous": holds(header(FROM, "no field", "Subject: x"), PLAIN),
    "missing_header": holds(header("Date: today"), header("Date: today", "Message-ID: <1@b.test>")),
    "from_address": holds(header("From: The Boss <BOSS@example.org>"), [header("From: boss@example.org", client="10.0.0.1"), PLAIN]),
    "from_domain": holds(header(US), [header(US, auth="u"), header('From: "u@example.org" <a@b.test>')]),
    "chief": holds(header("From: =?utf-8?q?Jane_Doe?= <a@b.test>"), [header("From: Jane Doe <jane@example.org>"), PLAIN]),
    "reply_to_address": holds(header("Reply-To: a@mail.example.net"), header("Reply-To: a@example.net")),
    "reply_to_domain": holds(header(US, "Reply-To: u@b.test"), [header(US, "Reply-To: u@example.org"), header(US)]),
    "imitation": refuses("550 5.7.1 That is not example.org", mail=header("From: a@examp1e.org")),
    "hops": holds(header(*["Received: x"] * 26), header(*["Received: x"] * 25)),
    "raw_body": holds(text("begin 644 a.exe"), text("so begin 644 ")),
    "body": holds([text("You have won!"), text("WW91IGhhdmUgd29u", "text/plain", "Content-Transfer-Encoding: base64"),
                   html("you <b>have</b>\nwon")], text("you have one")),
    "hidden_text": holds(html(f'hi <p style="display:none">{"word " * 51}</p>'), html(f'<p>{"word " * 51}</p>')),
    "no-executables": holds([file("a.EXE"), file("=?utf-8?q?a=2ejs?=")], file("a.exe.txt")),
    "attachment_type": holds([file("a.txt", PROGRAM), file("a", kind="application/x-dosexec")], file("a.exe")),
    "large": does(LARGE, verdict="reject", reply=["552 5.3.4 film.mp4 is too large"]),
    "archive_member": holds(archive("dir/a.js"), archive("a.js.txt")),
    "locked": holds([archive("a", locked=True), file("a.rar", b"Rar!\x1a\x07\x01\0" + bytes(20))], [archive("a"), PLAIN]),
    "link": holds([text("see http://b.test/wp-login.php"), html('<a href=https://b.test/wp-admin/>here</a>')], text("see wp-login.php")),
    "link_host": holds([text("https://t.ly/x"), html('<a href="http://x@bad.test:80/">b</a>')], text("https://not.t.ly.test/")),
    "disguised": holds(html('<a href="http://c.test/">www.bank.example</a>'), html('<a href="http://www.bank.example/">www.bank.example</a>')),
    "two-faced": holds(file('a.txt"; name="a.exe'), file("a.txt")),
    "odd": does(header("From: a@freemail.test"), score=3.5, verdict="reject", reply=["550 5.7.1 It looks like spam: 3.5"]),
    "unasked": holds(file("a.pdf"), Mail(file("a.pdf").message, "a@partner.test")),
}

# --- actions ------------------------------------------------------------------------------------

ACTIONS = {
    "accept": does(verdict="accept"),
    "monitoring": does(envelope(client="192.0.2.7"), verdict="accept"),
    "reject": refuses("550 5.7.1 No mail from b.test"),
    "reject 2": refuses("550-5.7.1 Your message was not taken.", "550 5.7.1 See https://www.example.org/mail"),
    "tempfail": refuses("451 4.7.1 Come back later", verdict="tempfail"),
    "disconnect": refuses("421 4.7.0 Not now", verdict="disconnect"),
    "discard": does(verdict="discard"),
    "odd-invoices": does(INVOICE, verdict="quarantine"),
    "moved": does(envelope(to=("jane@old.example.org", "u@example.org")),
                  ["-RCPT TO:<jane@old.example.org>", "+RCPT TO:<jane@example.org>", " RCPT TO:<u@example.org>"]),
    "add_header": does(PLAIN, [" Subject: hello", "+X-Seen-By: gateway", "+X-Client: 192.0.2.1"]),
    "insert_header": does(PLAIN, ["+X-Envelope-From: <a@b.test>", f" {FROM}"]),
    "set_header": does(header("Precedence: list", FROM, "Precedence: junk"), ["-Precedence: list", "+Precedence: bulk", f" {FROM}", "-Precedence: junk"]),
    "prepend": does(PLAIN, ["-Subject: hello", "+Subject: [EXTERNAL] hello"]),
    "append": does(header("Keywords: a, b"), ["-Keywords: a, b", "+Keywords: a, b, external"]),
    "remove_header": does(header(FROM, "User-Agent: Mutt", "X-Internal-Id: 5"), [f" {FROM}", "-User-Agent: Mutt", "-X-Internal-Id: 5"]),
    "remove_header 2": does(header("Received: from a.internal.example.org", "Received: from b.test"),
                            ["-Received: from a.internal.example.org", " Received: from b.test"]),
    "hide": does(header("Received: from x ([10.1.2.3])", client="10.0.0.1"),
                 ["-Received: from x ([10.1.2.3])", "+Received: from x ([hidden])"]),
    "replace": does(header("From: A <a@mail.example.org>, b@sales.example.org"), ["+From: A <a@example.org>, b@example.org"]),
    "replace_body": does(text("card 1234 5678 9012"), ["-card 1234 5678 9012", "+card 1234 **** 9012"]),
    "disclaimer": does(Mail(alternatives("hi", "<p>hi</p>").message, "u@example.org"),
                       [" hi", "+-- ", "+Example Ltd, 1 Main Street", "+<p>Example Ltd, 1 Main Street</p>"], skipped=[]),
    "remove_attachment": does(file("a.exe"), ["-aGVsbG8=", "+a.exe was taken out."]),
    "set_sender": does(PLAIN, ["-MAIL FROM:<a@b.test>", "+MAIL FROM:<bounces@example.org>"]),
    "add_recipient": does(PLAIN, [" RCPT TO:<u@example.org>", "+RCPT TO:<copies@example.org>", "+RCPT TO:<audit@example.org>"]),
    "remove_recipient": does(Mail(to=("a@old.example.org", "u@example.org")), ["-RCPT TO:<a@old.example.org>", " RCPT TO:<u@example.org>"]),
    "to-lists": does(envelope(to="cooks@lists.example.org"), notes=["it goes to upstream 'lists'"]),
    "keep-orders": does(Mail(to=("orders@example.org",)), edits=[{"what": "archive", "by": "keep-orders"}], verdict="continue"),
    "score": does(score=-1.5),
    "tag": does(tags=["bulk", "newsletter"]),
    "log": does(logs=["a@b.test writes to u@example.org"]),
    "delay": does(delay_ms=5000),
}

# --- texts, and the page's last examples --------------------------------------------------------

TEXTS = {
    "case": does(header("Subject: Re: [case 17] printer"), ["+X-Case: 17"]),
    "${field}": refuses("550 5.7.1 192.0.2.1 is not for a@b.test"),
    "${header.Name}": does(logs=["192.0.2.1 sends hello"]),
    "words": refuses("550 5.7.1 Not of lottery, please", mail=header("Subject: a lottery and a casino")),
    "listed": refuses("550 5.7.1 Refused: send it by post", mail=Mail(sender="a@bulk.example")),
    "$$": does(PLAIN, ["+X-Price: 5 $"]),
    "external": does(header("From: a@b.test", "Subject: x"), ["+Subject: [EXTERNAL] x"], verdict="continue"),
    "not-us": does(header(US), verdict="continue", would={"rules": [{"rule": "not-us", "reply": "550 5.7.1 You are not u@example.org"}]}),
    "too-much": refuses("552-5.3.4 film.mp4 is too large.", "552 5.3.4 See https://files.example.org/", mail=LARGE),
}

EXAMPLES = {**RULES, **CONDITIONS, **FIELDS, **ACTIONS, **TEXTS}
