"""Every message of the corpus comes out as it went in, byte for byte.

The corpus lies beside the repository in shared/corpus. First the messages stream through a gateway
without rules; then one header is added to each, which holds the message, and all the rest must be
untouched.
"""

import os
import re
import shutil
import tempfile
import threading
import unittest

import harness

HERE = os.path.dirname(os.path.abspath(__file__))
CORPUS = os.path.normpath(os.path.join(HERE, "..", "..", "..", "shared", "corpus"))
CONNECTIONS = 4

SETTINGS = """
upstreams = ( {{ name = "recorder"; address = "127.0.0.1:{port}"; }} );
limits = {{ header = "4M"; header_fields = 100000; memory_per_message = "16K"; }};
log = {{ level = "warning"; }};
audit = {{ file = "/dev/null"; }};
rules = ( {rules} );
"""
ADD_ONE = '{ name = "mark"; then = { add_header = { X-Postern-Test = "yes"; }; }; }'
ADDED = b"X-Postern-Test: yes\r\n"

FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
MBOX = re.compile(rb">*From ")


def normal(raw):
    """Content as a strict client sends it: CRLF line ends only, no NUL, the last line ended."""
    text = re.sub(rb"\r\n|\n", b"\n", raw).replace(b"\r", b" ").replace(b"\0", b" ")
    text = text.replace(b"\n", b"\r\n")
    return text if text.endswith(b"\r\n") or not text else text + b"\r\n"


def messages():
    found = {}
    for where, _, names in os.walk(CORPUS):
        for name in names:
            path = os.path.join(where, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, CORPUS)] = normal(file.read())
    return found


def header_end(content):
    """Where its fields end: at the empty line, or at a line that is no field, from which on readers differ."""
    offset, in_fields = 0, False
    for line in lines_of(content):
        if not in_fields and MBOX.match(line):
            offset += len(line)
        elif FIELD.match(line) or (in_fields and line[:1] in (b" ", b"\t")):
            in_fields = True
            offset += len(line)
        else:
            break
    return offset


def ambiguous(content):
    rest = content[header_end(content):]
    return rest != b"" and not rest.startswith(b"\r\n")


def with_header(content):
    """The content with ADDED at the end of its header, and with an empty line behind it unless readers differ where
    that would be. What is a fold of nothing must not become one of ADDED."""
    end = header_end(content)
    head, rest = content[:end] + ADDED, content[end:]
    if rest[:1] in (b" ", b"\t"):
        head += b"X-Postern-Stray:\r\n"
    whole = head + rest
    return whole if header_end(whole) < len(whole) else whole + b"\r\n"


def lines_of(content):
    return [line + b"\r\n" for line in content.split(b"\r\n")[:-1]]


class Corpus(unittest.TestCase):
    recorder_is = {}

    @classmethod
    def setUpClass(cls):
        cls.messages = messages()
        if not cls.messages:
            raise unittest.SkipTest("no corpus beside the repository (shared/corpus)")
        cls.folder = tempfile.mkdtemp(prefix="postern-corpus-")
        cls.recorder = harness.Recorder(**cls.recorder_is)

    @classmethod
    def tearDownClass(cls):
        cls.recorder.close()
        shutil.rmtree(cls.folder)

    def send_all(self, port, tag):
        """All messages over a few kept sessions; name -> reply where it was not 250."""
        todo = sorted(self.messages)
        refused = {}

        def work(share):
            with harness.Client(port) as client:
                client.expect(250, "EHLO corpus.example")
                for name in share:
                    number = todo.index(name)
                    recipient = f"{tag}{number}@example.org"
                    reply = self.hand_over(client, recipient, self.messages[name])
                    if not reply.startswith("250"):
                        refused[name] = reply
                client.expect(221, "QUIT")

        threads = [
            threading.Thread(target=self.guard, args=(work, todo[start::CONNECTIONS], refused))
            for start in range(CONNECTIONS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return refused

    def hand_over(self, client, recipient, content):
        """One message; the reply to its end."""
        client.send(f"MAIL FROM:<s@example.org>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n")
        replies = [client.reply() for _ in range(3)]
        if not replies[2].startswith("354"):
            raise AssertionError(replies)
        client.send(harness.stuff(content))
        return client.reply()

    def on_wire(self, content):
        return harness.stuff(content)

    @staticmethod
    def guard(work, share, refused):
        try:
            work(share)
        except (OSError, EOFError, AssertionError) as error:
            refused[f"connection of {share[0]}"] = repr(error)

    def compare(self, tag, want):
        different = []
        for number, name in enumerate(sorted(self.messages)):
            sent = self.on_wire(want(self.messages[name]))
            if self.recorder.content.pop(f"{tag}{number}@example.org", None) != sent:
                different.append(name)
        self.assertEqual(different, [])

    def through(self, tag, rules, want):
        settings = SETTINGS.format(port=self.recorder.port, rules=rules)
        gateway = harness.Gateway(os.path.join(self.folder, tag), settings)
        try:
            self.assertEqual(self.send_all(gateway.port, tag), {})
        finally:
            code = gateway.stop()
        self.assertEqual(code, 0)
        self.compare(tag, want)

    def test_harness(self):
        """Without a gateway between: the recorder keeps what was sent."""
        self.assertEqual(self.send_all(self.recorder.port, "direct"), {})
        self.compare("direct", lambda content: content)

    def test_untouched(self):
        self.through("plain", "", lambda content: content)

    def test_one_header_added(self):
        self.through("added", ADD_ONE, with_header)


if __name__ == "__main__":
    unittest.main()
