"""Bytes as readable text and back, and the one exception of a failed expectation."""

import re

ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|\{\d+\*[^}]*\}|[rnt0\\])")
SINGLE = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}


class Failure(Exception):
    """An expectation that was not met: what was expected, what came."""

    def __init__(self, expected, got):
        super().__init__(f"expected {expected}, got {got}")
        self.expected, self.got = expected, got


def unescape(text):
    r"""The bytes meant by \r \n \t \0 \\ \xNN and \{COUNT*TEXT}."""

    def replace(match):
        code = match.group(1)
        if code in SINGLE:
            return SINGLE[code]
        if code.startswith(b"x"):
            return bytes([int(code[1:], 16)])
        count, _, piece = code[1:-1].partition(b"*")
        return int(count) * unescape(piece.decode())

    return ESCAPE.sub(replace, text.encode())


def show(data, width=160):
    """Bytes for a person: one line, control bytes escaped, long ones cut in the middle."""
    text = "".join(
        {13: "\\r", 10: "\\n", 9: "\\t", 0: "\\0", 92: "\\\\"}.get(byte)
        or (chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}")
        for byte in (data if len(data) <= 2 * width else data[:width] + data[-width:])
    )
    if len(text) > width:
        text = f"{text[: width // 2]} ... {text[-width // 2 :]} ({len(data)} bytes)"
    return text


def pattern(text):
    """The compiled expression of an expectation written /like this/, or None for plain text."""
    if len(text) > 1 and text.startswith("/") and text.endswith("/"):
        return re.compile(unescape_keeping_regex(text[1:-1]), re.DOTALL)
    return None


def unescape_keeping_regex(text):
    """Expressions keep their own escapes; only \\{N*x} is ours."""
    return re.sub(rb"\\\{(\d+)\*([^}]*)\}", lambda m: int(m.group(1)) * m.group(2), text.encode())
