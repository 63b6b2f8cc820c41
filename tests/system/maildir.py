"""A Maildir that a server delivers to."""

import glob
import os

import harness


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
