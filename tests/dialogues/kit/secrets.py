"""Passwords must not be found: in what the gateway says and writes, nor in its memory afterwards."""

import base64
import re

from kit import memory
from kit.words import Failure, show


def forms(secret):
    """A secret as it is and in base64 at each of the three places where it may begin: only the
    digits that no neighbour touches."""
    plain = secret.encode()
    yield plain
    for before in range(3):
        text = base64.b64encode(b"\0" * before + plain)
        first, last = -(-before * 8 // 6), (before + len(plain)) * 8 // 6
        yield text[first:last]
    try:  # SASL data given as the client sends it
        decoded = base64.b64decode(secret, validate=True)
    except ValueError:
        return
    if len(decoded) > 7:
        yield decoded


def squeezed(data):
    """Without line ends and what stands around a line, so that nothing hides by being split."""
    return re.sub(rb"[\r\n \t]|\d\d\d[- ]", b"", data)


def judge_outputs(player):
    """No reply, log line or audit record holds one, whole or over several lines."""
    said = b"\n".join(data for _, mark, data in player.exchange if mark[0] == "S")
    outputs = {"a reply": said}
    for name, lines in (("the log", player.gateway.log), ("the audit", player.gateway.audit)):
        outputs[name] = "\n".join(lines).encode()
    for secret in player.dialogue.secrets:
        for form in forms(secret):
            for name, data in outputs.items():
                if form in data or form in squeezed(data):
                    raise Failure(f"no secret in {name}", f"{show(form)} ({secret})")


def judge_memory(player):
    """The exchange is over: its buffers were overwritten."""
    wanted = [(form, secret) for secret in player.dialogue.secrets for form in forms(secret)]
    try:
        pieces = list(memory.pieces(player.gateway.process.pid))
    except OSError as error:
        raise Failure("to look into the gateway's memory", str(error)) from None
    if not any(place == "[stack]" and data for place, data in pieces):
        raise Failure("to look into the gateway's memory", f"no stack in {len(pieces)} pieces")
    for place, data in pieces:
        for form, secret in wanted:
            at = data.find(form)
            if at >= 0:
                around = show(data[max(0, at - 40) : at + len(form) + 40])
                raise Failure(f"no secret in memory ({place})", f"{around} ({secret})")
