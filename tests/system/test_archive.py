"""The archive: of what was delivered there is a copy, whatever dies when; of what was not there is none that says so."""

import json
import os
import random
import shutil
import signal
import stat
import tempfile
import threading
import time

import harness
import test_quarantine
from test_quarantine import NO_INPUT, OK, TEMPFAIL, USAGE

SETTINGS = """
upstreams = ( {{ name = "mta"; address = "127.0.0.1:{port}"; }} );
archive = {{ directory = "{folder}/q"; }};
quarantine = {{ directory = "{folder}/aside"; }};
rules = ( {{ name = "keep"; then = {{ archive = true; }}; }},
          {{ name = "copy"; when = {{ recipient = "aside@*"; }}; then = {{ quarantine = "why"; }}; }} );
"""


class ArchiveCase(test_quarantine.CopyCase):
    settings_of_copies, command = SETTINGS, "archive"

    def begin(self, subject, *recipients):
        """A message whose dot the upstream has not answered."""
        self.upstream.slow.clear()
        client = self.client()
        client.envelope("a@b.test", *(recipients or ("u@x.test",)))
        client.send(f"DATA\r\nSubject: {subject}\r\n\r\n.\r\n".encode())
        self.assertRegex(client.reply(), "^354 ")
        self.assertTrue(self.upstream.at_dot.wait(harness.WAIT_SECONDS))
        return client

    def subjects_taken(self):
        return {content.split(b"\r\n")[0].decode()[len("Subject: "):] for _, _, content in self.upstream.taken}


class Copies(ArchiveCase):
    def test_before_the_answer(self):
        """Killed before the upstream has answered: nobody can know, and a restart says so."""
        self.begin("one")
        self.assertEqual(self.states(), {"one": "under way"})
        (name,) = self.ids()
        self.assertEqual(self.run_command("delete", name).returncode, TEMPFAIL)
        self.kill()
        self.upstream.slow.set()
        self.assertEqual(self.states(), {"one": "unconfirmed"})
        self.start("gw-next")
        self.logs("warning: archive: 1 unconfirmed in ")
        self.assertRegex(self.run_command("list").stdout.decode(), f"^{name}  .*  unconfirmed  <a@b.test> -> .*  keep\n$")
        self.assertIn(b"state       unconfirmed\n", self.run_command("show", name).stdout)
        self.assertEqual(self.run_command("delete", name).returncode, OK)
        self.assertEqual(self.states(), {})

    def test_after_a_refusal(self):
        self.upstream.replies = {"dot": "554 5.6.0 no"}
        self.assertRegex(self.send(self.client(), "one"), "^554 5.6.0 no")
        self.kill()
        self.assertEqual(self.states(), {})

    def test_after_the_250(self):
        self.assertRegex(self.send(self.client(), "one"), "^250 ")
        self.kill()
        self.assertEqual(self.states(), {"one": None})

    def test_a_client_that_leaves(self):
        """The upstream has taken it: the copy stays, and the record says who did not hear so."""
        self.begin("two").__exit__()
        self.upstream.slow.set()
        record = self.gateway.wait_records(1)[0]
        self.assertEqual((record["verdict"], record["archived"]), ("accept", {"id": self.ids()[0]}))
        harness.wait_for(lambda: self.states() == {"two": None}, "the copy")

    def test_stopped(self):
        """The gateway ends before the upstream has answered: what it could not learn is left unconfirmed, and told."""
        self.begin("one")
        self.gateway.process.send_signal(signal.SIGTERM)
        harness.wait_for(lambda: "info: stopping" in self.gateway.log(), "the drain")
        self.gateway.process.send_signal(signal.SIGTERM)
        self.gateway.process.wait(3 * harness.WAIT_SECONDS)
        self.upstream.slow.set()
        self.assertEqual(self.states(), {"one": "unconfirmed"})
        self.assertTrue(self.gateway.records()[0]["archived"]["unconfirmed"])

    def test_with_the_quarantine(self):
        """Two copies of one message, which both wait for its fate."""
        client = self.begin("both", "aside@x.test", "u@x.test")
        self.assertEqual(len(os.listdir(os.path.join(self.folder, "aside/pending"))), 1)
        self.assertEqual(self.states(), {"both": "under way"})
        self.upstream.slow.set()
        self.assertRegex(client.reply(), "^250 ")
        self.assertEqual(self.states(), {"both": None})
        self.assertEqual(len(os.listdir(os.path.join(self.folder, "aside/mail"))), 1)
        record = self.gateway.wait_records(1)[0]
        self.assertEqual(set(record) & {"quarantine", "archived"}, {"quarantine", "archived"})


class SlowDisk(ArchiveCase):
    ROUNDS = 4

    def setUp(self):
        self.orders = os.path.join(tempfile.mkdtemp(prefix="postern-orders-"), "o")
        self.addCleanup(shutil.rmtree, os.path.dirname(self.orders))
        self.environment = harness.preload("failing_disk", self.orders)
        self.order("slow")
        super().setUp()

    def order(self, what):
        open(os.path.join(self.orders, what), "wb").close()

    def test_killed_at_any_moment(self):
        """What was refused is never there, what was acknowledged is; all that the upstream has is there, be it
        unconfirmed."""
        heard, unheard = {}, set()
        self.upstream.replies = {"dot": "250 queued"}
        for number in range(self.ROUNDS):
            clients = [threading.Thread(target=self.send_many, args=(f"{number}-{n}", heard, unheard)) for n in range(4)]
            for client in clients:
                client.start()
            for _ in range(3):
                time.sleep(random.uniform(0.05, 0.2))
                self.upstream.replies = {"dot": random.choice(("250 queued", "554 5.6.0 no"))}
            self.kill()
            for client in clients:
                client.join()
            self.start(f"gw-{number}")
        states = self.states()
        self.assertTrue(any(code == "250" for code in heard.values()))
        for subject, code in heard.items():
            self.assertEqual(states.get(subject, "gone"), None if code == "250" else "gone", subject)
        self.assertEqual({s for s in states if s not in heard} - unheard, set())
        self.assertEqual(self.subjects_taken() - set(states), set())

    def send_many(self, name, heard, unheard):
        try:
            with harness.Client(self.gateway.port) as client:
                client.expect(250, "EHLO client.example")
                for count in range(10000):
                    subject = f"{name}-{count}"
                    unheard.add(subject)
                    code = self.send(client, subject)[:3]
                    unheard.discard(subject)
                    heard[subject] = code
        except (OSError, EOFError, AssertionError):
            pass

    def test_cannot_be_taken_back(self):
        self.order("sync")
        self.order("unlink")
        self.assertRegex(self.send(self.client(), "one"), "^452 4.3.1 ")
        record = self.gateway.wait_records(1)[0]
        (name,) = self.ids()
        self.assertEqual(record["failures"], [f"the archive cannot store: Input/output error; {name} lies there all the same"])
        self.logs(f"archive: {name} was not acknowledged and could not be removed again, and lies in {self.folder}/q: ")
        self.assertEqual(self.upstream.taken, [])
        self.assertEqual(self.states(), {"one": "unconfirmed"})

    def test_cannot_be_confirmed(self):
        """The upstream has the message: the client hears so, whatever becomes of the copy, which stays."""
        client = self.begin("one")
        self.order("sync")
        self.upstream.slow.set()
        self.assertRegex(client.reply(), "^250 ")
        self.assertEqual(self.states(), {"one": None})
        self.logs(f"was acknowledged and could not be confirmed in {self.folder}/q: Input/output error")

    def test_archive_fails_behind_the_quarantine(self):
        """The copy in the quarantine was stored first: it goes again, for the message is refused."""
        shutil.rmtree(os.path.join(self.folder, "q"))
        open(os.path.join(self.folder, "q"), "wb").close()
        client = self.client()
        client.envelope("a@b.test", "aside@x.test", "u@x.test")
        self.assertRegex(client.content(b"Subject: one\r\n\r\n"), "^452 4.3.1 ")
        for place in ("mail", "pending", "tmp"):
            self.assertEqual(os.listdir(os.path.join(self.folder, "aside", place)), [])
        self.assertEqual(self.upstream.taken, [])


class Order(test_quarantine.Watched):
    """What is on the disk when something is said."""

    settings_of_copies, command = SETTINGS, "archive"

    def test_delivered(self):
        self.upstream.replies = {"dot": "250 2.0.0 taken"}
        client = self.client()
        self.forget()
        self.assertRegex(self.send(client, "one"), "^250 ")
        self.in_order(
            r"fsync q/tmp/.+", r"link q/pending/.+", r"fsync q/pending", r"send DATA", r"link q/mail/.+", r"fsync q/mail",
            r"unlink q/pending/.+", r"send 250 2\.0\.0 taken")

    def test_refused(self):
        self.upstream.replies = {"dot": "554 5.6.0 no"}
        client = self.client()
        self.forget()
        self.assertRegex(self.send(client, "one"), "^554 ")
        self.in_order(r"fsync q/pending", r"send DATA", r"unlink q/pending/.+", r"send 554 5\.6\.0 no")

    def test_killed_in_between(self):
        """A copy in both places is a kept one."""
        self.assertRegex(self.send(self.client(), "one"), "^250 ")
        (name,) = self.ids()
        os.link(os.path.join(self.folder, "q/mail", name), os.path.join(self.folder, "q/pending", name))
        self.assertEqual(self.states(), {"one": None})


class Store(ArchiveCase):
    def test_rights(self):
        """Nobody but the gateway's user reads what others have written to each other."""
        self.assertRegex(self.send(self.client(), "one"), "^250 ")
        for folder, _, files in os.walk(os.path.join(self.folder, "q")):
            self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode), 0o700, folder)
            for file in files:
                self.assertEqual(stat.S_IMODE(os.stat(os.path.join(folder, file)).st_mode), 0o600)

    def test_commands(self):
        self.assertRegex(self.send(self.client(), "one"), "^250 ")
        (name,) = self.ids()
        self.assertEqual(json.loads(self.run_command("show", "--json", name).stdout)["rule"], "keep")
        self.assertEqual(self.run_command("show", "--raw", name).stdout, self.upstream.taken[0][2])
        for wrong in (("release", name), ("delete", "--force", name), ("list", name), ("show", "--to", "a@b.test", name)):
            self.assertEqual(self.run_command(*wrong).returncode, USAGE, wrong)
        self.assertEqual(self.run_command("delete", "--older-than", "1h").returncode, OK)
        self.assertEqual(self.ids(), [name])
        self.assertEqual(self.run_command("delete", name).returncode, OK)
        done = self.run_command("show", name)
        self.assertEqual((done.returncode, done.stderr), (NO_INPUT, f"postern archive: there is no message '{name}'\n".encode()))

    def test_too_old(self):
        """What is older than max_age goes when a gateway starts, or takes in a configuration that says so."""
        self.assertRegex(self.send(self.client(), "old"), "^250 ")
        (name,) = self.ids()
        os.utime(os.path.join(self.folder, "q/mail", name), (1, 1))
        self.assertRegex(self.send(self.client(), "new"), "^250 ")
        self.gateway.reload(self.settings.replace('archive = {', 'archive = { max_age = "30d";'))
        self.logs(f"archive: 1 older than max_age removed from {self.folder}/q")
        self.assertEqual(self.states(), {"new": None})
