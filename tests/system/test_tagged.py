"""Many sessions at once share a few upstream connections, and no byte of one appears in another."""

import os
import random
import re
import shutil
import tempfile
import threading
import unittest

import harness

THREADS, SESSIONS = 6, 60  # of each
SETTINGS = """upstreams = ( {{ address = "127.0.0.1:{port}"; keepalive = 3; }} );
limits = {{ connections_per_client = 1000; }};
log = {{ level = "debug"; }};
"""
TAG = re.compile(rb"tag-\d+-\d+-\d+-")


class Tagged(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="postern-tagged-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.recorder = harness.Recorder()
        cls.addClassCleanup(cls.recorder.close)
        cls.gateway = harness.Gateway(
            os.path.join(cls.folder, "gateway"), SETTINGS.format(port=cls.recorder.port)
        )
        cls.sent, cls.failures = {}, []

    @classmethod
    def tearDownClass(cls):
        code = cls.gateway.stop()
        if code != 0:
            raise AssertionError(f"postern ended with {code}: {cls.gateway.log()}")

    def message(self, client, tag):
        recipient = f"{tag}@example.org"
        content = f"Subject: {tag}\r\n\r\n".encode() + f"{tag} of the text\r\n".encode() * 20
        client.envelope(f"{tag}@b.test", recipient)
        reply = client.content(content)
        if not reply.startswith("250 "):
            raise AssertionError(f"{tag}: {reply}")
        self.sent[recipient] = harness.stuff(content)

    def session(self, chance, tag):
        """Ends as sessions end: with QUIT after messages, within an envelope, or by leaving anywhere."""
        with harness.Client(self.gateway.port) as client:
            client.expect(250, f"EHLO {tag}.example")
            for i in range(chance.choice((0, 1, 1, 1, 2))):
                self.message(client, f"{tag}{i}-")
            end = chance.choice(("quit", "quit", "leave", "envelope", "content"))
            if end in ("envelope", "content"):
                client.envelope(f"{tag}9-@b.test", f"{tag}9-@example.org")
            if end == "content":
                client.expect(354, "DATA")
                client.send(f"Subject: {tag}9-\r\n\r\ncut of {tag}9-")
            elif end != "leave":
                client.expect(221, "QUIT")

    def sessions(self, thread):
        chance = random.Random(thread)
        try:
            for i in range(SESSIONS):
                self.session(chance, f"tag-{thread}-{i}-")
        except Exception as error:  # to be told by the test's own thread
            self.failures.append(f"thread {thread}: {error!r}")

    def test_no_byte_strays(self):
        threads = [threading.Thread(target=self.sessions, args=(i,)) for i in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.failures, [])
        for recipient, content in self.sent.items():
            self.assertEqual(bytes(self.recorder.content[recipient]), content)
        for recipient, content in self.recorder.content.items():
            strange = {tag for tag in TAG.findall(content) if tag.decode() not in recipient}
            self.assertEqual(strange, set(), recipient)
        self.assertGreater(self.gateway.log().count("is used again"), len(self.sent) // 3)


if __name__ == "__main__":
    unittest.main()
