"""Edits of the body over the corpus: what they name says what it should, all else is the same octets, and a DKIM
signature that fails afterwards was named.

One message in SIGNED_IS is signed first, in one of eight ways by its number. How an edited part reads is asked of Python's email
module, but of those messages only whose structure is not in doubt.
"""

import email
import os
import re
import unittest

import harness
import milters
import test_corpus
from test_milters import no_verifier, plain_names

try:
    import dkim
except ImportError:  # no_verifier says so
    dkim = None

SETTINGS = """
upstreams = ( {{ name = "recorder"; address = "127.0.0.1:{port}"; }} );
limits = {{ header = "4M"; header_fields = 100000; memory_per_message = "16K"; }};
log = {{ level = "warning"; }};
on_failure = {{ content = "continue"; }};
rules = ( {{ name = "doubt"; when = {{ mime_ambiguous = true; }}; then = {{ tag = "doubt"; }}; }},
          {{ name = "edit"; then = {{ {edit} }}; }} );
"""
FOOTER, HTML, NOTE = "-- \nA footer for \u00fc", "<p>A footer for \u00fc</p>", "This was taken out."
TEXT_EDIT = f'append_text = "{FOOTER}";'.replace("\n", "\\n")
THE = re.compile(r"\b([tT])he\b", re.ASCII)
UNCHECKED = b"X-Postern-Unchecked:"
PLACES = 120, 300  # octets that go, and that come, where one text is put in
SIGNED_IS = 5  # for dkimpy takes long
SIGNED = [b"from", b"subject", b"date"]
DESCRIBING = [b"content-type", b"content-transfer-encoding", b"mime-version"]


def sign(content, number, private):
    """The message with a signature, or as it is if it cannot have one."""
    if number % SIGNED_IS != 0 or test_corpus.ambiguous(content):
        return content
    number //= SIGNED_IS
    kind = [b"relaxed", b"simple"][number % 2]
    names = SIGNED + DESCRIBING * (number // 4 % 2)
    try:
        return dkim.sign(content, b"s", b"signer.test", private, canonicalize=(kind, kind), include_headers=names,
                         length=number // 2 % 2 == 1) + content
    except (dkim.DKIMException, ValueError, TypeError):  # the last is a fault of its own, of an empty body
        return content


def difference(before, after):
    """How many octets went and came where the two differ, from the first to the last that does."""
    front = len(os.path.commonprefix([before, after]))
    back = len(os.path.commonprefix([before[front:][::-1], after[front:][::-1]]))
    return len(before) - front - back, len(after) - front - back


def parts(content):
    return [part for part in email.message_from_bytes(content).walk() if not part.is_multipart()]


def understood(content):
    return not any(part.defects for part in email.message_from_bytes(content).walk())


def text_of(part):
    octets = part.get_payload(decode=True)
    try:
        return octets.decode(part.get_content_charset() or "latin-1", "replace").replace("\r\n", "\n")
    except LookupError:
        return octets.decode("latin-1").replace("\r\n", "\n")


def without_blanks(text):
    """Lines may be broken."""
    return re.sub(r"\s+", "", text)


def longest_line(content):
    return max(map(len, content.split(b"\r\n")))


class EditedCorpus(test_corpus.Corpus):
    test_harness = test_untouched = test_one_header_added = None

    @classmethod
    def setUpClass(cls):
        if no_verifier():
            raise unittest.SkipTest(no_verifier())
        super().setUpClass()
        private, cls.record = milters.key()
        cls.messages = {name: sign(content, number, private) for number, (name, content) in enumerate(sorted(cls.messages.items()))}

    def edited(self, tag, edit):
        """(name, message sent, message that arrived, its record) of each."""
        gateway = harness.Gateway(
            os.path.join(self.folder, tag),
            SETTINGS.format(port=self.recorder.port, edit=edit).replace("limits", 'audit = { file = "-"; };\nlimits'))
        try:
            self.assertEqual(self.send_all(gateway.port, tag), {})
        finally:
            code = gateway.stop()
        self.assertEqual(code, 0)
        records = {r["recipients"][0]["address"]: r for r in gateway.records() if r["recipients"]}
        for number, name in enumerate(sorted(self.messages)):
            recipient = f"{tag}{number}@example.org"
            arrived = re.sub(rb"(?m)^\.", b"", bytes(self.recorder.content.pop(recipient))[:-3])
            yield name, self.messages[name], arrived, records[recipient]

    def look(self, tag, edit, compare, at_least):
        """${compare} says what is wrong with a message whose body was edited: at least so many are."""
        wrong, count = [], 0
        for name, sent, arrived, record in self.edited(tag, edit):
            own = [e for e in record["edits"] if e["by"] == "edit"]
            if not own:
                same = sent == arrived or UNCHECKED in arrived
                wrong += [] if same else [(name, "changed without an edit")]
                continue
            count += 1
            wrong += [(name, why) for why in self.in_any_case(sent, arrived, record)]
            if "doubt" not in record["tags"] and not test_corpus.ambiguous(sent) and understood(sent):
                wrong += [(name, why) for why in compare(sent, arrived)]
        self.assertEqual(wrong, [])
        self.assertGreaterEqual(count, at_least)

    def in_any_case(self, sent, arrived, record):
        if sent == arrived:
            yield "an edit that changed nothing"
        if longest_line(arrived) > max(998, longest_line(sent)):
            yield "a line grew too long"
        named = [e["breaks_dkim"] for e in record["edits"] if "breaks_dkim" in e]
        if self.holds(sent) and not self.holds(arrived) and "signer.test" not in named:
            yield f"a broken signature that nobody named: {named}"

    def holds(self, content):
        if not content.startswith(b"DKIM-Signature:"):
            return False
        return dkim.verify(plain_names(content), dnsfunc=lambda *_, **__: self.record)

    def compare_added(self, text, subtype):
        ways = [text, text.replace("\u00fc", "&#252;")]

        def compare(sent, arrived):
            gone, come = difference(sent, arrived)
            before, after = parts(sent), parts(arrived)
            if gone > PLACES[0] or come > PLACES[1]:
                yield f"{gone} octets have gone, {come} come"
            if [p.items() for p in before] != [p.items() for p in after]:
                yield "other parts"
            changed = [(old, new) for old, new in zip(before, after) if old.get_payload() != new.get_payload()]
            if len(changed) != 1 or changed[0][0].get_content_subtype() not in (subtype, "xhtml+xml"):
                yield f"{len(changed)} changed"
            for old, new in changed:
                said = text_of(new)
                there = [said.rpartition(way) for way in ways if way in said]
                if not there or without_blanks(there[0][0] + there[0][2]) != without_blanks(text_of(old)):
                    yield "it says something else"

        return compare

    def test_text(self):
        self.look("text", TEXT_EDIT, self.compare_added(FOOTER, "plain"), 100)

    def test_plain_text(self):
        self.look("ascii", 'append_text = "A footer";', self.compare_added("A footer", "plain"), 1000)

    def test_html(self):
        self.look("html", f'append_html = "{HTML}";', self.compare_added(HTML, "html"), 50)

    def test_replace(self):
        def compare(sent, arrived):
            before, after = parts(sent), parts(arrived)
            if [p.items() for p in before] != [p.items() for p in after]:
                yield "other parts"
            for old, new in zip(before, after):
                want = THE.sub(r"\1ue", text_of(old)) if old.get_payload() != new.get_payload() else text_of(old)
                if without_blanks(want) != without_blanks(text_of(new)):
                    yield "it says something else"
            lines = set(arrived.split(b"\r\n"))
            encoded = re.search(rb"(?i)encoding:\s*(base64|quoted)", sent)
            if not encoded and any(line not in lines for line in sent.split(b"\r\n") if not re.search(rb"(?i)\bthe\b", line)):
                yield "another line is not as it was"

        self.look("the", r'replace_body = { pattern = "/\b([tT])he\b/"; with = "$1ue"; };', compare, 1000)

    def test_remove(self):
        def compare(sent, arrived):
            before, after = parts(sent), parts(arrived)
            for old, new in zip(before, after):
                out = new.get_payload().strip() == NOTE and new.get_content_type() == "text/plain"
                if not out and (old.as_bytes() != new.as_bytes() or old.get_content_maintype() == "image"):
                    yield f"{old.get_content_type()} stands there as {new.get_content_type()}"
            if len(before) != len(after):
                yield "other parts"

        self.look("out", f'remove_attachment = {{ type = "image/*"; note = "{NOTE}"; }};', compare, 20)


if __name__ == "__main__":
    unittest.main()
