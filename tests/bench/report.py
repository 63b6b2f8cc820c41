"""report: what the figures mean: which are judged, against what."""

import hold
import milters
import peers
import steps
import traffic

DIRECT, HAPROXY, TEN, HUNDRED = "smtp-sink", "haproxy", "postern-10", "postern-100"
IDLE = "idle"  # the milter that does nothing
COLUMNS = (DIRECT, HAPROXY, TEN, HUNDRED)

# With 10 rules, and HAProxy's figure of the same rounds as the yardstick where it is a ratio.
CPU_RATIO = {"one": 1.5, "kept": 2.0, "big": 2.0}
RATE_RATIO = 0.8
MORE_RULES_RATIO = 1.25  # 100 rules to 10
SESSION_MS = 1.0
HELD_KIB = 16.0
IDLE_PERCENT = 0.5  # what rounds to 0; a timer that is moved lazily may still fire once
BACKLOG = 1024


def leg(table, chosen, results):
    def medians(figure, names):
        return [None] * (4 - len(names)) + [results.median(name, figure) for name in names]

    def to_haproxy(figure):
        return results.ratio(TEN, HAPROXY, figure)

    table.title(chosen.title)
    cpu = medians(traffic.cpu_us, COLUMNS[1:])
    if chosen.name in CPU_RATIO:
        table.ratio("  CPU a message, us", cpu, 1, to_haproxy(traffic.cpu_us),
                    ("<=", CPU_RATIO[chosen.name]))
        table.ratio("    100 rules to 10", [None] * 4, 0,
                    results.ratio(HUNDRED, TEN, traffic.cpu_us),
                    ("<", MORE_RULES_RATIO))
    else:
        table.row("  CPU a message, us", cpu, 1)
    table.ratio("  messages a second", medians(traffic.rate, COLUMNS), 0,
                to_haproxy(traffic.rate), (">=", RATE_RATIO))
    if chosen.name == "single":
        times = medians(traffic.session_ms, COLUMNS)
        table.figure("  a session, ms", times, 3, times[2], ("<=", SESSION_MS))


def tls_leg(table, chosen, results):
    """No targets: figures, and their ratios."""
    work, event = ("message", "message") if chosen.bytes else ("TLS session", "handshake")
    names = [HAPROXY + peers.TLS_NAME, TEN + peers.TLS_NAME]
    table.title(chosen.title)
    for label, figure, digits in ((f"  CPU a {work}, us", traffic.cpu_us, 1),
                                  (f"  {event}s a second", traffic.rate, 0)):
        values = [None] + [results.median(name, figure) for name in names]
        table.compared(label, values, digits, results.ratio(names[1], names[0], figure))


def milter_part(table, results):
    """No targets either. The ratios: Postern to Postfix, both with the milter; with the policy to without."""
    askers = ("postfix", f"postfix+{IDLE}", TEN, f"{TEN}+milter")
    table.title(f"a milter that does nothing: {milters.LEG.title}")
    table.columns(("postfix", "+milter", "postern", "+milter", "ratio"))
    _milter_rows(table, results, askers, (askers[3], askers[1]))
    policy = f"postfix+milter-{milters.RULES}"
    table.title(f"Postern as a milter with {milters.RULES} rules: the same traffic")
    table.columns(("", "", "postfix", "+milter", "ratio"))
    _milter_rows(table, results, (None, None, "postfix", policy), (policy, "postfix"))


def _milter_rows(table, results, names, compared):
    for label, figure, digits in (("  CPU a message, us", milters.all_us, 1),
                                  ("    of it in the milter", milters.milter_us, 1),
                                  ("  messages a second", traffic.rate, 0)):
        values = [results.median(name, figure) if name else None for name in names]
        if figure is milters.milter_us:
            table.row(label, values, digits)
        else:
            table.compared(label, values, digits, results.ratio(*compared, figure))


def patterns_part(table, cases):
    """The ratio is how many times the work of the rules PCRE2 alone needs."""
    table.title("many patterns: PCRE2 one by one, and rules, in ms and MB/s")
    table.columns(("PCRE2", "MB/s", "rules", "MB/s", "ratio"))
    for title, figures, size in cases:
        values = [figures.alone / 1e3, size / figures.alone, figures.together / 1e3, size / figures.together]
        table.compared(f"  {title}", values, 2, figures.alone / figures.together)
        if figures.bare:
            print(f"    {figures.bare:.0f} of them without a literal")


def keywords_part(table, found):
    """What many rules add to a message, of the whole gateway's CPU; the ratio is that of both."""
    table.title("many rules with a keyword each, CPU a message, us")
    table.columns(("", "ratio", "10 rules", "and more", "added", "target", "met"))
    for case, few, many, added in found:
        table.figure(f"  {case.title}", [None, many / few, few, many], 1, added, ("<=", case.added_us))


def single_sessions(table, spreads):
    table.title("sessions one by one, of a client that cuts its writes in three ways, ms")
    for label, figure in (("  median", "median_ms"), ("  99 of 100 within", "p99_ms"),
                          ("  longest", "max_ms")):
        table.row(label, [getattr(spreads[name], figure) for name in COLUMNS], 3)
    late = [spreads[name].late for name in COLUMNS]
    table.figure(f"  how many took over {steps.STEP_MS:.0f} ms", late, 0, late[2] + late[3],
                 ("<=", 0))


def held_sessions(table, held, backlogs):
    def values(figure):
        return [None] + [figure(held[name]) for name in COLUMNS[1:]]

    table.title(f"{held[TEN].sessions:,} sessions held")
    for label, figure in (("  KiB a session, after EHLO", hold.greeted_kib),
                          ("  KiB a session, after RCPT", hold.enveloped_kib)):
        table.figure(label, values(figure), 1, figure(held[TEN]), ("<", HELD_KIB))
    table.figure("  % CPU while they wait", values(hold.cpu_percent), 2, held[TEN].cpu_percent,
                 ("<", IDLE_PERCENT))
    table.figure("  listen backlog", [None] + [backlogs[name] for name in COLUMNS[1:]], 0,
                 backlogs[TEN], (">=", BACKLOG))
