"""table: the figures as text, at most 100 columns wide."""

LABEL_WIDTH = 38
CELL_WIDTHS = (8, 9, 10, 11, 9, 10, 5)
HEAD = ("direct", "haproxy", "10 rules", "100 rules", "judged", "target", "met")

HOLDS = {
    "<=": lambda figure, limit: figure <= limit,
    "<": lambda figure, limit: figure < limit,
    ">=": lambda figure, limit: figure >= limit,
}


def number(value, digits):
    return "-" if value is None else f"{value:,.{digits}f}"


class Table:
    """Prints row by row, and counts the targets.

    Values are those of the direct connection, HAProxy, Postern with 10 and with 100 rules; None
    where there is no such figure.
    """

    def __init__(self):
        self.targets = 0
        self.met = 0

    def head(self):
        self._line("", HEAD)

    def columns(self, names):
        """Other columns than the head's, for what follows."""
        self._line("", names)

    def title(self, text):
        print(f"\n{text}")

    def row(self, label, values, digits):
        self._line(label, [number(value, digits) for value in values])

    def ratio(self, label, values, digits, ratio, target):
        """A row judged by a ratio; ${target} is the sign and the limit."""
        self._judged(label, values, digits, ratio, target, " x")

    def compared(self, label, values, digits, ratio):
        """A row with a ratio that no target is set for."""
        self._line(label, [number(value, digits) for value in values] + [
            "-"] * (4 - len(values)) + [f"{ratio:,.2f} x", "-"])

    def figure(self, label, values, digits, figure, target):
        """A row judged by a figure of its own unit."""
        self._judged(label, values, digits, figure, target, "")

    def _judged(self, label, values, digits, judged, target, unit):
        sign, limit = target
        met = HOLDS[sign](judged, limit)
        self.targets += 1
        self.met += met
        shown = 2 if unit else digits
        self._line(label, [number(value, digits) for value in values] + [
            f"{judged:,.{shown}f}{unit}", f"{sign} {limit:,}{unit}", "yes" if met else "NO"])

    def _line(self, label, cells):
        text = "".join(f"{cell:>{width}}" for cell, width in zip(cells, CELL_WIDTHS))
        print(f"{label:<{LABEL_WIDTH}}{text}".rstrip(), flush=True)
