"""A Maildir that a server delivers to."""

import glob
import os
import re

import harness

TRACE = re.compile(
    rb"((Return-Path|X-Original-To|Delivered-To|Envelope-To|Received): .*\n([ \t].*\n)*)+", re.IGNORECASE
)


def difference(arrived, sent):
    """How what has arrived, below the fields that servers put above it, differs from what was sent but for
    the kind of its line ends; None if in nothing."""
    arrived, sent = arrived.replace(b"\r\n", b"\n"), sent.replace(b"\r\n", b"\n")
    trace = TRACE.match(arrived)
    if not trace:
        return f"no trace fields above {arrived[:200]!r}"
    rest = arrived[trace.end() :]
    if rest == sent:
        return None
    at = next((i for i, (a, b) in enumerate(zip(rest, sent)) if a != b), min(len(rest), len(sent)))
    start = max(0, at - 40)
    return f"at octet {at}: {rest[start : at + 80]!r} is not {sent[start : at + 80]!r}"


class Maildir:
    def __init__(self, place):
        self.place = place

    def messages(self):
        """What was delivered, as bytes, in no order."""
        found = []
        for path in glob.glob(os.path.join(self.place, "new", "*")):
            with open(path, "rb") as file:
                found.append(file.read())
        return found

    def with_token(self, token, count=1):
        """Waits until ${count} messages that hold the token are delivered, and returns them."""
        harness.wait_for(
            lambda: len(self._holding(token)) >= count, f"{count} messages with {token}"
        )
        return self._holding(token)

    def _holding(self, token):
        return [message for message in self.messages() if token.encode() in message]
