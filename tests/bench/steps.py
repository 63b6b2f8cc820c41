"""steps: how long single sessions take, one by one, and whether some wait for a timer.

Two small writes in a row without TCP_NODELAY cost 40 ms: the second waits until the peer
acknowledges the first, and the peer delays that. Which session falls into it depends on how a
client cuts its writes, so the client here cuts them in three ways.
"""

import time
from collections import namedtuple

import hold

STEP_MS = 35.0  # the kernel's delayed acknowledgement is 40 ms, less a tick

Spread = namedtuple("Spread", "median_ms p99_ms max_ms late")

GREETING = b"EHLO client.example.net\r\n"
MAIL = b"MAIL FROM:<writer@example.net>\r\n"
RCPT = b"RCPT TO:<reader@example.org>\r\n"
HEADER = b"From: <writer@example.net>\r\nTo: <reader@example.org>\r\nSubject: steps\r\n\r\n"
BODY = b"A line of a message, and nothing to it.\r\n" * 45


def envelope_apart(client):
    hold.talk(client, MAIL, b"250")
    hold.talk(client, RCPT, b"250")
    hold.talk(client, b"DATA\r\n", b"354")


def envelope_together(client):
    client.sendall(MAIL + RCPT + b"DATA\r\n")
    replies = b""
    while replies.count(b"\n") < 3:
        replies += client.recv(4096)


def content_whole(client):
    hold.talk(client, HEADER + BODY + b".\r\n", b"250")


def content_in_pieces(client):
    client.sendall(HEADER)
    client.sendall(BODY)
    hold.talk(client, b".\r\n", b"250")


STYLES = (
    (envelope_apart, content_whole),
    (envelope_apart, content_in_pieces),
    (envelope_together, content_in_pieces),
)


def session_ms(port, style):
    envelope, content = style
    began = time.perf_counter()
    client = hold.greet(port)
    envelope(client)
    content(client)
    hold.leave([client])
    return (time.perf_counter() - began) * 1e3


def spread(times):
    times.sort()
    return Spread(times[len(times) // 2], times[len(times) * 99 // 100], times[-1],
                  sum(1 for t in times if t >= STEP_MS))


def run(targets, sessions):
    """${sessions} sessions to each target, in turn; the styles in turn too. Spread by target."""
    times = {target.name: [] for target in targets}
    for number in range(sessions):
        for target in targets:
            times[target.name].append(session_ms(target.port, STYLES[number % len(STYLES)]))
    return {name: spread(taken) for name, taken in times.items()}
