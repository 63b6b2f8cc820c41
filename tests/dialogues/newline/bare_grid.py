"""The grid of PROTOCOL 1.1: every line end before a dot with every one after it, in each mode of `bare_newline`, in one
write and byte by byte, streamed and held; and cut in two at every place around the dot.

A model of ten lines says what must arrive; the oracle looks at the bytes upstream. Covers S01 to S11.
"""

import re
import select
import signal
import time

from kit import oracle
from kit.client import Client
from kit.gateway import LISTENER_PORT, UPSTREAM_PORT, Gateway
from kit.play import HOLD
from kit.upstream import Upstream
from kit.words import Failure, show

BEFORE = [b"\n", b"\r", b"\r\n", b"\n\r", b"\r\r\n", b"\r\n\n", b"\0\r\n", b"\r\0\n", b"\r\n\0", None]
AFTER = [b"\n", b"\r", b"\r\n", b"\n\r", b"\r\r\n", b"\0\r\n", b"\r\0\n", b" \r\n", b"\t\r\n"]
MODES = ["normalize", "reject", "allow"]
LINE = re.compile(rb"([^\n]*?)(\r\n|\n)")
BARE_OR_NUL = re.compile(rb"\r(?!\n)|(?<!\r)\n|\0")
SECONDS = 20  # on a busy machine


def read_content(data, mode):
    """The model: (content as it must stand on the wire upstream, all of it clean, what follows the end)."""
    wire, soft = b"", False
    for match in LINE.finditer(data):
        line, end = match.groups()
        if line == b"." and (mode == "allow" or (not soft and end == b"\r\n")):
            rest = data[match.end() :]
            return wire, not BARE_OR_NUL.search(data[: match.end()]), rest
        if line != b".":
            line = line.removeprefix(b".").replace(b"\r", b" ").replace(b"\0", b" ")
        wire += (b"." if line.startswith(b".") else b"") + line + b"\r\n"
        soft = end == b"\n"
    raise ValueError("content without an end")


class Cell:
    """One session: a message with the sequence in it, behind which commands are to be smuggled."""

    def __init__(self, number, before, after, mode):
        start = b"" if before is None else b"Subject: cell\r\n\r\ntext" + before
        self.sequence_at = len(start) - len(before or b"")
        self.sequence_end = len(start) + 1 + len(after)
        self.content = (
            start + b"." + after + b"MAIL FROM:<smuggled-%d@client.example>\r\n" % number
            + b"RCPT TO:<v@example.net>\r\nDATA\r\nsmuggled\r\n.\r\n")
        self.name = f"{show(before or b'')}.{show(after)}"
        self.number, self.replies = number, b""
        self.expect(mode)

    def expect(self, mode):
        """What must come: final reply codes, and the wire content of each message upstream."""
        wire, clean, rest = read_content(self.content, mode)
        self.closes = mode == "reject" and not clean
        self.codes = [b"550"] if self.closes else [b"250"]
        self.messages = {} if self.closes else {b"cell": wire}
        if self.closes or not rest:
            return
        if BARE_OR_NUL.search(rest.partition(b"\n")[0].removesuffix(b"\r")):
            self.codes.append(b"500")
            self.closes = True
        else:
            self.codes += [b"250", b"250", b"354", b"250"]
            self.messages[b"smuggled"] = b"smuggled\r\n"


class Round:
    """All cells at once against one gateway: each has its session, all are driven in step."""

    def __init__(self, binary, host, mode, held):
        listener = f'bare_newline = "{mode}";'
        self.gateway = Gateway(binary, host, HOLD if held else "", listener)
        self.upstream = Upstream(host, UPSTREAM_PORT, self.record)
        self.host = host
        self.cells = []

    def record(self, _mark, _data):
        pass

    def start(self, cells):
        self.cells = cells
        self.upstream.listen()
        self.gateway.start()
        for cell in cells:
            cell.client = Client("", (self.host, LISTENER_PORT), self.record)
            cell.client.connect()
        mail = b"EHLO x\r\nMAIL FROM:<cell-%d@client.example>\r\nRCPT TO:<v@example.net>\r\nDATA\r\n"
        for cell in cells:
            cell.client.send(mail % cell.number)
        self.read(lambda cell: b"\n354 " in cell.replies)

    def read(self, enough):
        """Reads replies until ${enough} holds for every cell."""
        until = time.monotonic() + SECONDS
        waiting = {cell.client.sock: cell for cell in self.cells if not enough(cell)}
        while waiting and time.monotonic() < until:
            for sock in select.select(list(waiting), [], [], 1)[0]:
                cell = waiting[sock]
                try:
                    data = sock.recv(65536)
                except OSError:
                    data = b""
                cell.replies += data
                cell.client.at_end = not data
                if not data or enough(cell):
                    del waiting[sock]

    def send_pieces(self, pieces_of):
        """Sends each cell's content in its pieces, all cells abreast."""
        queues = [(cell, list(pieces_of(cell))) for cell in self.cells]
        while any(pieces for _, pieces in queues):
            for cell, pieces in queues:
                if pieces:
                    cell.client.send(pieces.pop(0))
            time.sleep(0.0005 if len(queues[0][1]) > 2 else 0.05)

    def play(self, pieces_of):
        for cell in self.cells:
            cell.replies = b""
        self.send_pieces(pieces_of)
        self.read(lambda cell: len(self.codes(cell)) >= len(cell.codes))
        for cell in self.cells:
            if not cell.closes:
                cell.client.send(b"NOOP\r\nQUIT\r\n")
                cell.codes += [b"250", b"221"]
        self.read(lambda cell: False)

    @staticmethod
    def codes(cell):
        return [line[:3] for line in cell.replies.split(b"\r\n") if line[3:4] == b" "]

    def judge(self):
        """A sentence for each cell that went wrong."""
        got = {}
        for transaction in self.upstream.done:
            kind, _, number = transaction.sender.partition(b"<")[2].partition(b"@")[0].partition(b"-")
            got.setdefault(int(number), {})[kind] = bytes(transaction.content)
        for cell in self.cells:
            if self.codes(cell) != cell.codes:
                yield f"{cell.name}: expected replies {cell.codes}, got {show(cell.replies)}"
            elif not cell.client.at_end:
                yield f"{cell.name}: the connection is still open"
            if got.get(cell.number, {}) != cell.messages:
                yield f"{cell.name}: expected upstream {cell.messages}, got {got.get(cell.number)}"

    def stop(self):
        """Ends all; yields what the general oracle finds."""
        for cell in self.cells:
            cell.client.close()
        try:
            self.gateway.signal(signal.SIGTERM)
            self.gateway.exits()
            self.upstream.wait(lambda: all(c.ended for c in self.upstream.connections), 4)
            self.oracle()
        except Failure as failure:
            yield str(failure)
        finally:
            self.gateway.stop()
            self.upstream.stop()

    def run(self, cells, pieces_of):
        """From start to stop: None, or what failed (the first few)."""
        failures = []
        try:
            self.start(cells)
            self.play(pieces_of)
            failures += self.judge()
        except Failure as failure:
            failures.append(str(failure))
        finally:
            failures += self.stop()
        return "\n  ".join(failures[:8] + [f"... {len(failures)} in all"] * (len(failures) > 8)) or None

    def oracle(self):
        for connection in self.upstream.connections:
            oracle.judge_wire(bytes(connection.lines))
        for transaction in self.upstream.transactions():
            oracle.judge_content(transaction)
        if self.upstream.faults:
            raise Failure("a well-behaved client of the upstream", self.upstream.faults[0])


def grid(mode, cut_at=None, cell=Cell):
    """All pairs; with ${cut_at} those that have a place to cut so far behind where their sequence begins."""
    cells = [cell(number, before, after, mode) for number, (before, after) in
             enumerate((before, after) for before in BEFORE for after in AFTER)]
    if cut_at is None:
        return cells
    for one in cells:
        one.cut_at = one.sequence_at + cut_at
    return [one for one in cells if 0 < one.cut_at <= one.sequence_end]


def whole(cell):
    return [cell.content]


def bytewise(cell):
    return [cell.content[at : at + 1] for at in range(len(cell.content))]


def in_two(cell):
    return [cell.content[: cell.cut_at], cell.content[cell.cut_at :]]


def cells(binary, host):
    for mode in MODES:
        for held in (False, True):
            manner = f"{mode}, {'held' if held else 'streamed'}"
            for name, pieces_of in (("in one write", whole), ("byte by byte", bytewise)):
                yield f"{manner}, {name}", Round(binary, host, mode, held).run(grid(mode), pieces_of)
        for cut_at in range(8):
            failure = Round(binary, host, mode, False).run(grid(mode, cut_at), in_two)
            yield f"{mode}, in two, {cut_at} bytes into the sequence", failure
