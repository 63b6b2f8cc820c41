"""What a dialogue finds in the quarantine of its gateway."""

import json
import os
import time

from kit import oracle
from kit.words import Failure, show, unescape

PATIENCE = 4  # seconds until so many are there


def folder(player):
    return os.path.join(player.gateway.dir, "state", "quarantine")


def names(player):
    mail = os.path.join(folder(player), "mail")
    return sorted(os.listdir(mail)) if os.path.isdir(mail) else []


def expect_count(player, count):
    until = time.monotonic() + PATIENCE
    while len(names(player)) != count and time.monotonic() < until:
        time.sleep(0.02)
    if len(names(player)) != count:
        raise Failure(f"{count} messages in the quarantine", str(len(names(player))))
    left = os.listdir(os.path.join(folder(player), "tmp")) if os.path.isdir(folder(player)) else []
    if left:
        raise Failure("nothing half written in the quarantine", " ".join(left))


def expect_message(player, step):
    """The newest one: members of its record, and the lines of the message itself."""
    if not names(player):
        raise Failure("a message in the quarantine", "none")
    with open(os.path.join(folder(player), "mail", names(player)[-1]), "rb") as file:
        line, _, message = file.read().partition(b"\n")
    wanted, record = json.loads(step.text), json.loads(line)
    if not oracle.holds(wanted, record):
        raise Failure(f"a record with {step.text}", line.decode())
    if record["size"] != len(message):
        raise Failure(f"a message of {record['size']} octets", str(len(message)))
    lines = b"".join(unescape(text[1:]) + b"\r\n" for text in step.block)
    if step.block and message != lines:
        raise Failure(f"the message {show(lines, 800)}", show(message, 800))


def expect(player, step):
    if step.text.isdigit():
        expect_count(player, int(step.text))
    else:
        expect_message(player, step)
