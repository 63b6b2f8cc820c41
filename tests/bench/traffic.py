"""traffic: rounds of smtp-source, directly and through each proxy in turn.

A round goes to every target before the next begins, in another order each time, so that what else
the machine does falls on all alike; compared is within a round, and the median of rounds counts.
"""

import os
import statistics
import subprocess
import time
from collections import namedtuple

import postfix
from peers import BenchError

SOURCE_SECONDS = 120  # a leg that takes longer hangs
MESSAGES_MIN = 20
SETTLE_SECONDS = 0.05  # for what a proxy still has to do when the last client is served
LINE = b"TWF0dGVyIG9mIGZhY3QsIG1lYXN1cmVkIHR3aWNlIGFuZCB3cml0dGVuIGRvd24gb25jZS4\n"

# arguments: of smtp-source beyond the common ones. quick: the share of messages in a quick run.
Leg = namedtuple("Leg", "name title messages bytes arguments")
Sample = namedtuple("Sample", "messages seconds cpu_seconds")

KIB2 = 2048
MIB = 1048576
LEGS = (
    Leg("one", "2 KB, one message a session, 10 sessions at once", 4000, KIB2, ("-s", "10")),
    Leg("kept", "2 KB, kept sessions, 10 at once", 8000, KIB2, ("-d", "-s", "10")),
    Leg("big", "1 MiB, 4 sessions at once", 120, MIB, ("-s", "4")),
    Leg("crowd", "2 KB, one message a session, 500 at once", 5000, KIB2, ("-s", "500")),
    Leg("single", "2 KB, one session at a time", 1500, KIB2, ("-s", "1")),
)

HEADER = b"""\
Received: from client.example.net (client.example.net [192.0.2.7])
\tby mail.example.net with ESMTPS id 4F2B71A0C3
\tfor <reader@example.org>; Sat, 21 Nov 2026 09:00:00 +0000
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.net; s=bench;
\th=from:to:subject:date:message-id; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;
\tb=dzdVyOfAKCdLXdJOc9G2q8LoXSlEniSbav+yuU4zGeeruD00lszZVoG4ZHRNiYzR
From: =?UTF-8?Q?J=C3=BCrgen_Writer?= <writer@example.net>
To: "A Reader" <reader@example.org>
Subject: =?UTF-8?Q?Minutes_of_the_meeting_on_Thursday?=
Date: Sat, 21 Nov 2026 09:00:00 +0000
Message-ID: <20261121090000.4F2B71A0C3@mail.example.net>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit
X-Mailer: Example Mail 7.2
List-Id: <minutes.example.net>

"""


def write_message(folder, size):
    """A message that is ${size} bytes on the wire, or some bytes less. Returns its path."""
    header_size = len(HEADER) + HEADER.count(b"\n")
    lines = (size - header_size) // (len(LINE) + 1)
    path = os.path.join(folder, f"message-{size}.eml")
    with open(path, "wb") as message:
        message.write(HEADER + LINE * lines)
    return path


def send(leg, count, path, port):
    """Sends ${count} messages as the leg says. Returns the seconds it took."""
    command = [postfix.tool("smtp-source"), *leg.arguments, "-m", str(count), "-F", path,
               "-M", "client.example.net", "-f", "writer@example.net", "-t", "reader@example.org",
               f"127.0.0.1:{port}"]
    environment = postfix.environment()
    began = time.perf_counter()
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=SOURCE_SECONDS, check=False,
                              env=environment)
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"leg '{leg.name}' hangs at port {port}") from error
    seconds = time.perf_counter() - began
    if done.returncode != 0:
        text = done.stdout[-400:].decode(errors="replace").strip()
        raise BenchError(f"leg '{leg.name}' failed at port {port}: {text}")
    return seconds


def sample(leg, count, path, target):
    before = target.cpu_ns()
    seconds = send(leg, count, path, target.port)
    time.sleep(SETTLE_SECONDS)
    return Sample(count, seconds, (target.cpu_ns() - before) / 1e9)


class Results:
    """The samples of one leg by target, one a round."""

    def __init__(self):
        self.samples = {}
        self.sent = 0  # messages through each target, those of the warming up included

    def add(self, target, taken):
        self.samples.setdefault(target.name, []).append(taken)

    def median(self, name, figure):
        return statistics.median(figure(taken) for taken in self.samples[name])

    def ratio(self, name, yardstick, figure):
        """The median of the rounds' ratios: what disturbed a round disturbs both its terms."""
        return statistics.median(figure(ours) / figure(theirs) for ours, theirs
                                 in zip(self.samples[name], self.samples[yardstick]))


def cpu_us(taken):
    return taken.cpu_seconds / taken.messages * 1e6


def rate(taken):
    return taken.messages / taken.seconds


def session_ms(taken):
    return taken.seconds / taken.messages * 1e3


def run(leg, targets, folder, rounds, share):
    """${rounds} rounds of the leg against each target, with ${share} of its messages."""
    path = write_message(folder, leg.bytes)
    count = max(MESSAGES_MIN, int(leg.messages * share))
    return run_rounds(lambda part, target: sample(leg, part, path, target), targets, count, rounds)


def run_rounds(take, targets, count, rounds):
    """Rounds of ${take}, which does a count of things at a target and returns the Sample."""
    results = Results()
    for turn in range(rounds + 1):  # the first warms up
        part = count if turn else max(MESSAGES_MIN, count // 10)
        first = turn % len(targets)
        for target in targets[first:] + targets[:first]:
            taken = take(part, target)
            if turn:
                results.add(target, taken)
        results.sent += taken.messages
    return results
