"""The grid of PROTOCOL 1.1 over BDAT: what would be an end of data somewhere is content here, in every mode of
`bare_newline`, towards an upstream with CHUNKING and one without; as one chunk, as chunks of one octet, written byte
by byte, and in two chunks at every place around the dot.

Covers S01 to S11, B03, B06, R63, R68.
"""

import re

from newline import bare_grid
from newline.bare_grid import BARE_OR_NUL, MODES, Cell, Round, grid

CHUNKING = ["PIPELINING", "8BITMIME", "CHUNKING"]


def normal(content):
    """The model: content as it must arrive."""
    text = re.sub(rb"\r\n|\n", b"\n", content)
    return re.sub(rb"[\r\0]", b" ", text).replace(b"\n", b"\r\n")


def stuffed(content):
    return re.sub(rb"(?m)^\.", b"..", content)


class ChunkCell(Cell):
    def expect(self, mode):
        clean = not BARE_OR_NUL.search(self.content)
        self.closes = mode == "reject" and not clean
        self.messages = {} if self.closes else {b"cell": normal(self.content)}
        self.codes = [b"550"] if self.closes else [b"250"]

    def cut(self, places):
        """The wire of its chunks; the replies to come."""
        edges = [0, *places, len(self.content)]
        self.codes = [b"250"] * (len(edges) - 2) + self.codes
        pieces = [self.content[a:b] for a, b in zip(edges, edges[1:])]
        wire = [b"BDAT %d\r\n%s" % (len(piece), piece) for piece in pieces[:-1]]
        return b"".join(wire) + b"BDAT %d LAST\r\n%s" % (len(pieces[-1]), pieces[-1])


class ChunkRound(Round):
    def start(self, cells):
        self.cells = cells
        self.upstream.listen()
        self.gateway.start()
        mail = b"EHLO x\r\nMAIL FROM:<cell-%d@client.example>\r\nRCPT TO:<v@example.net>\r\n"
        for cell in cells:
            cell.client = bare_grid.Client("", (self.host, bare_grid.LISTENER_PORT), self.record)
            cell.client.connect()
            cell.client.send(mail % cell.number)
        self.read(lambda cell: b"\n250 2.1.5 " in cell.replies)


def play(binary, host, mode, held, chunks, cells, pieces_of):
    this = ChunkRound(binary, host, mode, held)
    if chunks:
        this.upstream.offers = CHUNKING
    else:
        for cell in cells:
            cell.messages = {kind: stuffed(wire) for kind, wire in cell.messages.items()}
    return this.run(cells, pieces_of)


def one_chunk(cell):
    return [cell.cut([])]


def bytewise(cell):
    wire = cell.cut([])
    return [wire[at : at + 1] for at in range(len(wire))]


def single_octets(cell):
    return [cell.cut(range(1, len(cell.content)))]


def in_two(cell):
    return [cell.cut([cell.cut_at])]


def cells(binary, host):
    for mode in MODES:
        for held in (False, True):
            for chunks in (False, True):
                manner = f"{mode}, {'held' if held else 'streamed'}, to {'chunks' if chunks else 'DATA'}"
                for pieces_of in (one_chunk, bytewise, single_octets):
                    these = grid(mode, cell=ChunkCell)
                    yield (f"{manner}, {pieces_of.__name__}",
                           play(binary, host, mode, held, chunks, these, pieces_of))
        for cut_at in range(8):
            these = grid(mode, cut_at, ChunkCell)
            yield (f"{mode}, in two chunks, {cut_at} bytes into the sequence",
                   play(binary, host, mode, False, cut_at % 2 == 0, these, in_two))
