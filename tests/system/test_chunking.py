"""Every message of the corpus by BDAT, cut where it hurts, comes out as it went in, byte for byte: at a server that
takes chunks, and at one that only knows DATA.
"""

import harness
import test_corpus

CUTS = 7  # pieces a message is sent in


def cut(content):
    """Pieces of it: edges inside line ends first, then wherever; an empty one at the end."""
    ends = [at + 1 for at in range(len(content)) if content.startswith(b"\r\n", at)]
    step = max(1, len(ends) // CUTS)
    places = ends[::step][:CUTS] + [at * len(content) // CUTS for at in range(1, CUTS)]
    edges = [0, *sorted({at for at in places if 0 < at < len(content)}), len(content)]
    return [content[a:b] for a, b in zip(edges, edges[1:])] + [b""]


class Chunks(test_corpus.Corpus):
    """To a server with CHUNKING."""

    recorder_is = {"chunking": True}

    def hand_over(self, client, recipient, content):
        client.send(f"MAIL FROM:<s@example.org>\r\nRCPT TO:<{recipient}>\r\n")
        replies = [client.reply() for _ in range(2)]
        if [reply[:3] for reply in replies] != ["250", "250"]:
            raise AssertionError(replies)
        return client.chunks(cut(content))

    def on_wire(self, content):
        return content


class ChunksToData(Chunks):
    """To a server without it."""

    recorder_is = {}
    test_harness = None  # it does not speak BDAT itself

    def on_wire(self, content):
        return harness.stuff(content)


def load_tests(loader, _tests, _pattern):
    """Not those of the module this one borrows from."""
    return loader.suiteClass(map(loader.loadTestsFromTestCase, (Chunks, ChunksToData)))
