"""List files that change are taken in by themselves, in both programs; bad ones are not, and that is said once."""

import os
import shutil
import tempfile
import time
import unittest

import harness
import milter

RULE = 'lists = { bad = { file = "bad"; }; };\n' \
       'rules = ( { name = "listed"; when = { sender = "@bad"; }; then = { reject = "550 5.7.1 Listed"; }; } );\n'
RESTS = 1.0  # seconds
MANY = 1000000


class Lists(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="postern-lists-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.place = os.path.join(self.folder, "run")
        self.server = harness.Recorder()
        self.addCleanup(self.server.close)
        self.settings = f'upstreams = ( {{ address = "127.0.0.1:{self.server.port}"; }} );\n{RULE}'

    def write(self, text):
        """As an editor does it: the file is replaced."""
        with open(os.path.join(self.folder, "new"), "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(os.path.join(self.folder, "new"), os.path.join(self.folder, "bad"))

    def start(self, program=harness.Gateway):
        self.write("nobody@b.test\n")
        settings = self.settings.replace('"bad"; }', f'"{self.folder}/bad"; }}')
        gateway = program(self.place, settings if program is harness.Gateway else settings.split("\n", 1)[1])
        self.addCleanup(gateway.stop)
        return gateway

    @staticmethod
    def reloads(gateway):
        return gateway.log().count("info: reloaded ")

    def answer(self, gateway):
        with harness.Client(gateway.port) as client:
            client.expect(250, "EHLO client.example")
            return client.say("MAIL FROM:<a@b.test>")[:3]

    @staticmethod
    def answer_to(gateway, header):
        with harness.Client(gateway.port) as client:
            client.expect(250, "EHLO client.example")
            client.envelope("a@b.test", "u@example.org")
            return client.content(f"{header}\r\n\r\nhi\r\n".encode()).strip()

    def test_a_change_is_taken_in(self):
        gateway = self.start()
        self.assertEqual(self.answer(gateway), "250")
        self.write("a@b.test\n")
        start = time.monotonic()
        harness.wait_for(lambda: self.answer(gateway) == "550", "the list")
        self.assertGreater(time.monotonic() - start, RESTS * 0.9)
        time.sleep(2.5 * RESTS)
        self.assertEqual(self.reloads(gateway), 1)
        os.remove(os.path.join(self.folder, "bad"))
        harness.wait_for(lambda: "reload failed" in gateway.log(), "the line")
        self.assertEqual(self.answer(gateway), "550")
        self.assertEqual(gateway.stop(), 0)

    def test_imitations_of_the_new_list(self):
        self.settings = self.settings.replace(
            'sender = "@bad"', 'lookalike = "@bad"').replace("Listed", "Not ${matched}")
        gateway = self.start()
        self.assertEqual(self.answer_to(gateway, "From: a@examp1e.org")[:3], "250")
        self.write("example.org\n")
        harness.wait_for(lambda: self.reloads(gateway) == 1, "the list")
        self.assertEqual(self.answer_to(gateway, "From: a@examp1e.org"), "550 5.7.1 Not example.org")

    def test_what_is_still_written_is_not(self):
        gateway = self.start()
        with open(os.path.join(self.folder, "bad"), "a", encoding="utf-8") as file:
            for i in range(25):
                file.write(f"a{i}@b.test\n")
                file.flush()
                time.sleep(0.15)
                self.assertEqual(self.reloads(gateway), 0)
        harness.wait_for(lambda: self.reloads(gateway) == 1, "the whole list")

    def test_a_bad_line_keeps_the_old_list(self):
        gateway = self.start()
        self.write("a@b.test\n@c.test\n")
        harness.wait_for(lambda: "reload failed, the old policy stays" in gateway.log(), "the line")
        self.assertIn(f'{self.folder}/bad:2: list entry "@c.test"', gateway.log().replace("error: ", ""))
        time.sleep(2.5 * RESTS)
        self.assertEqual(gateway.log().count("reload failed"), 1)
        self.assertEqual(self.answer(gateway), "250")
        self.write("a@b.test\n")
        harness.wait_for(lambda: self.answer(gateway) == "550", "the list")

    def test_a_changed_configuration_waits_to_be_asked(self):
        gateway = self.start()
        with open(gateway.config, "a", encoding="utf-8") as file:
            file.write("# another text\n")
        self.write("a@b.test\n")
        harness.wait_for(lambda: "both wait for a reload" in gateway.log(), "the line")
        self.assertEqual(self.answer(gateway), "250")
        gateway.reload_as_before()
        self.assertEqual(self.answer(gateway), "550")

    def test_clients_do_not_wait(self):
        gateway = self.start()
        self.write("".join(f"u{i}@b.test\n" for i in range(MANY)) + "a@b.test\n")
        worst = 0
        while self.reloads(gateway) == 0:
            start = time.monotonic()
            self.answer(gateway)
            worst = max(worst, time.monotonic() - start)
        self.assertEqual(self.answer(gateway), "550")
        self.assertLess(worst, 0.5)

    def test_stopped_while_it_loads(self):
        gateway = self.start()
        self.write("".join(f"u{i}@b.test\n" for i in range(MANY)))
        time.sleep(2.2 * RESTS)
        self.assertEqual(gateway.stop(), 0)

    def test_milter(self):
        service = self.start(milter.Milter)
        self.write("a@b.test\n")
        harness.wait_for(lambda: self.reloads(service) == 1, "the list")
        self.write("@c.test\n")
        harness.wait_for(lambda: "reload failed, the old policy stays" in service.log(), "the line")
        time.sleep(2.5 * RESTS)
        self.assertEqual(service.log().count("reload failed"), 1)
        with open(service.config, "a", encoding="utf-8") as file:
            file.write("# another text\n")
        self.write("b@b.test\n")
        harness.wait_for(lambda: "both wait for a reload" in service.log(), "the line")
        self.assertEqual(self.reloads(service), 1)
        service.reload_as_before()
        harness.wait_for(lambda: self.reloads(service) == 2, "the reload")


if __name__ == "__main__":
    unittest.main()
