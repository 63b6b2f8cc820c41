"""What must hold after every dialogue, whatever it was about."""

import json
import re

from kit.words import Failure, show

BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n|\0")


def holds(wanted, got):
    """Whether ${got} has at least what ${wanted} says; "/.../" in it is an expression."""
    if isinstance(wanted, dict):
        return isinstance(got, dict) and all(holds(v, got.get(k)) for k, v in wanted.items())
    if isinstance(wanted, list):
        return isinstance(got, list) and len(got) == len(wanted) and all(map(holds, wanted, got))
    if isinstance(wanted, str) and len(wanted) > 1 and wanted[0] == wanted[-1] == "/":
        return isinstance(got, str) and re.search(wanted[1:-1], got) is not None
    return wanted == got


def judge_wire(raw):
    """Every byte towards the upstream: lines end in CRLF, no CR, LF or NUL stands alone (R1)."""
    bare = BARE.search(raw)
    if bare:
        at = bare.start()
        raise Failure("no bare CR or LF and no NUL upstream", show(raw[max(0, at - 60) : at + 60]))


def judge_content(transaction):
    """Dots are stuffed (R39), the last line is ended; the one dot line is not part of it. By BDAT there
    are no dots, and binary content may hold anything."""
    content = bytes(transaction.content)
    if transaction.chunks:
        if not transaction.binary():
            judge_wire(content)
        return
    for line in content.split(b"\r\n"):
        if line.startswith(b".") and not line.startswith(b".."):
            raise Failure("stuffed dots upstream", show(line))
    if transaction.dotted and content and not content.endswith(b"\r\n"):
        raise Failure("content upstream that ends with a line end", show(content[-60:]))


def judge_upstream(player):
    upstream = player.upstream
    for connection in upstream.connections:
        judge_wire(bytes(connection.lines))
    for transaction in upstream.transactions():
        judge_content(transaction)
    if upstream.faults:
        raise Failure("a well-behaved client of the upstream", "; ".join(upstream.faults))
    for wanted in player.never:
        for connection in upstream.connections:
            if wanted.encode() in connection.raw:
                raise Failure(f"never upstream: {wanted}", show(bytes(connection.raw)))


def judge_counts(player):
    """What the client was told was accepted was, and nothing else (I1, I2). With LMTP on either side
    recipients are counted."""
    clients, transactions = player.clients.values(), player.upstream.transactions()
    told = sum(c.acknowledged for c in clients)
    accepted = sum(t.accepted for t in transactions)
    if player.lmtp or player.upstream.lmtp:
        told = sum(ledger.told for c in clients for ledger in c.ledgers)
        accepted = sum(t.taken for t in transactions)
    told -= player.dialogue.discards
    accepted -= player.dialogue.unacknowledged
    if told != accepted:
        raise Failure(f"as many accepted upstream as acknowledged ({told})",
                      f"{accepted}")


def judge_lines(player):
    """Audit records are JSON objects, log lines have no control bytes."""
    for line in player.gateway.audit:
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        if not isinstance(record, dict):
            raise Failure("audit records in JSON", line)
    for line in player.gateway.log:
        if not line.isprintable():
            raise Failure("a printable log", repr(line))
        for wanted in player.never_logged:
            if wanted.search(line):
                raise Failure(f"never in the log: {wanted.pattern}", line)
    for wanted in player.once_logged:
        count = sum(1 for line in player.gateway.log if wanted.search(line))
        if count != 1:
            raise Failure(f"once in the log: {wanted.pattern}", f"it {count} times")


def judge(player):
    judge_upstream(player)
    judge_counts(player)
    judge_lines(player)
