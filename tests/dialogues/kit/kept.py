"""What a dialogue finds in the depots of its gateway: the quarantine, the archive."""

import json
import os
import time

from kit import oracle
from kit.words import Failure, show, unescape

PATIENCE = 4  # seconds until so many are there


class Depot:
    def __init__(self, player, name):
        self.name = name
        self.folder = os.path.join(player.gateway.dir, "state", name)

    def names(self, place="mail"):
        folder = os.path.join(self.folder, place)
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []

    def expect_count(self, count, place):
        until = time.monotonic() + PATIENCE
        while len(self.names(place)) != count and time.monotonic() < until:
            time.sleep(0.02)
        if len(self.names(place)) != count:
            raise Failure(f"{count} messages in {place} of the {self.name}", str(len(self.names(place))))
        left = self.names("tmp")
        if left:
            raise Failure(f"nothing half written in the {self.name}", " ".join(left))

    def expect_message(self, step):
        """The newest one: members of its record, and the lines of the message itself."""
        if not self.names():
            raise Failure(f"a message in the {self.name}", "none")
        with open(os.path.join(self.folder, "mail", self.names()[-1]), "rb") as file:
            line, _, message = file.read().partition(b"\n")
        wanted, record = json.loads(step.text), json.loads(line)
        if not oracle.holds(wanted, record):
            raise Failure(f"a record with {step.text}", line.decode())
        if record["size"] != len(message):
            raise Failure(f"a message of {record['size']} octets", str(len(message)))
        lines = b"".join(unescape(text[1:]) + b"\r\n" for text in step.block)
        if step.block and message != lines:
            raise Failure(f"the message {show(lines, 800)}", show(message, 800))


def expect(player, step, name):
    depot = Depot(player, name)
    words = step.text.split()
    if step.text.isdigit():
        depot.expect_count(int(step.text), "mail")
    elif words[0] == "pending":
        depot.expect_count(int(words[1]), "pending")
    else:
        depot.expect_message(step)
