"""Passwords must not be found: in what the gateway says and writes, nor in its memory afterwards."""

import base64
import re

from kit.words import Failure, show

PIECE_MAX = 1 << 28  # bytes; larger ones are a sanitizer's own maps


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


def memory(pid):
    """Everything the process may write to, piece by piece."""
    with open(f"/proc/{pid}/maps", encoding="ascii", errors="replace") as maps:
        pieces = [line.split() for line in maps]
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for piece in pieces:
            if not piece[1].startswith("rw"):
                continue
            start, end = (int(x, 16) for x in piece[0].split("-"))
            if end - start > PIECE_MAX:
                continue
            try:
                mem.seek(start)
                yield piece[-1], mem.read(end - start) or b""
            except (OSError, ValueError, OverflowError):
                continue  # [vvar] and the like


def judge_memory(player):
    """The exchange is over: its buffers were overwritten."""
    wanted = [(form, secret) for secret in player.dialogue.secrets for form in forms(secret)]
    try:
        pieces = list(memory(player.gateway.process.pid))
    except PermissionError:
        return  # not allowed to look, as in some containers
    for place, data in pieces:
        for form, secret in wanted:
            at = data.find(form)
            if at >= 0:
                around = show(data[max(0, at - 40) : at + len(form) + 40])
                raise Failure(f"no secret in memory ({place})", f"{around} ({secret})")
