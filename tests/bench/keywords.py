"""keywords: what many rules with a keyword each add to the whole gateway, to one that has ten rules.

Rules about `body` ask for the whole message to be held, its structure read and its text decoded: all
of that is counted. Nothing matches. What is added is the difference within each round.
"""

import base64
import os
import statistics
from collections import namedtuple

import patterns
import traffic

LEG = traffic.Leg("keywords", "", 0, 0, ("-s", "4"))
MIB = 1048576

# count: of the rules. condition: of one. added_us: at most, to a message.
Case = namedtuple("Case", "title count condition messages added_us header body")

BASE64 = traffic.HEADER.replace(b"Encoding: 8bit", b"Encoding: base64")
BODY = 'body = "/\\\\b{word}\\\\b/i";'
SUBJECT = 'header = {{ Subject = "/\\\\b{word}\\\\b/i"; }};'


def cases():
    text = patterns.text().encode()[:MIB]
    short = text[:traffic.KIB2 - len(traffic.HEADER)]
    return (Case("100 body rules, 1 MiB of text", 100, BODY, 100, 4000, traffic.HEADER, text),
            Case("100 body rules, 1 MiB in base64", 100, BODY, 100, 4000, BASE64, base64.encodebytes(text)),
            Case("1,000 Subject rules, 2 KB", 1000, SUBJECT, 3000, 100, traffic.HEADER, short))


def rules(case):
    """The text of its rules."""
    words = [pattern.split("\\b")[1] for pattern in patterns.keywords()[:case.count]]
    return "".join(f',\n  {{ name = "keyword-{word}"; when = {{ {case.condition.format(word=word)} }};'
                   f' then = {{ reject = "550 5.7.1 {word}"; }}; }}' for word in words)


def run(group, rounds, share):
    """(case, CPU of a message without and with its rules, what they add) of each, in us; and how many messages went
    through each Postern."""
    found, sent = [], {}
    for number, case in enumerate(cases()):
        path = os.path.join(group.folder, f"keywords-{number}.eml")
        with open(path, "wb") as message:
            message.write(case.header + case.body)
        targets = [group.start_postern(10), group.start_postern(10, more=rules(case))]
        results = traffic.run_rounds(lambda count, target, file=path: traffic.sample(LEG, count, file, target),
                                     targets, max(traffic.MESSAGES_MIN, int(case.messages * share)), rounds)
        few, many = ([traffic.cpu_us(taken) for taken in results.samples[target.name]] for target in targets)
        found.append((case, statistics.median(few), statistics.median(many),
                      statistics.median(more - less for less, more in zip(few, many))))
        for target in targets:
            sent[target] = results.sent
            group.stop(target)
    return found, sent
