"""milters: what milters cost: Postern's gateway and Postfix with the same one that does nothing, and
the policy as a milter under Postfix.

Postfix queues each message and throws it away, Postern hands it on to smtp-sink: each does its own work, and
what is compared is what asking the milter adds as well as the whole. What the milter's own process takes is
counted apart from those that ask it.
"""

import os
import time
from collections import namedtuple

import mta
import traffic

RULES = 100
LEG = traffic.Leg("milter", "2 KB, one message a session, 10 sessions at once", 1500, traffic.KIB2,
                  ("-s", "10"))

Sample = namedtuple("Sample", "messages seconds cpu_seconds milter_seconds")


class Gateway:
    """A Postern with or without a milter."""

    def __init__(self, peer, milter):
        self.peer, self.milter = peer, milter
        self.name, self.port, self.cpu_ns = peer.name, peer.port, peer.cpu_ns

    def settle(self):
        time.sleep(traffic.SETTLE_SECONDS)


def milter_ns(target):
    return target.milter.cpu_ns() if target.milter else 0


def sample(count, path, target):
    before, milter_before = target.cpu_ns(), milter_ns(target)
    seconds = traffic.send(LEG, count, path, target.port)
    target.settle()
    return Sample(count, seconds, (target.cpu_ns() - before) / 1e9,
                  (milter_ns(target) - milter_before) / 1e9)


def milter_us(taken):
    return taken.milter_seconds / taken.messages * 1e6


def all_us(taken):
    """Of those who ask and of the milter together."""
    return traffic.cpu_us(taken) + milter_us(taken)


def run(group, rounds, share):
    """The results, and of each Postern the messages it was sent. Whatever runs is stopped."""
    path = traffic.write_message(group.folder, LEG.bytes)
    idle, policy = group.start_idle_milter(), group.start_policy_milter(RULES)
    gateways = [Gateway(group.start_postern(10), None),
                Gateway(group.start_postern(10, milter=idle), idle)]
    count = max(traffic.MESSAGES_MIN, int(LEG.messages * share))
    with mta.Server(os.path.join(group.folder, "postfix"), [idle, policy]) as server:
        results = traffic.run_rounds(lambda part, target: sample(part, path, target),
                                     server.listeners + gateways, count, rounds)
    posterns = [gateway.peer for gateway in gateways] + [policy]
    for peer in [*posterns, idle]:
        group.stop(peer)
    return results, {peer: results.sent for peer in posterns}
