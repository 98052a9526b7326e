"""What is printed: one table, and what there is to know beside it."""

from dataclasses import dataclass
from statistics import median

HEADINGS = ("work", "ours", "Node", "ratio", "target", "met")


@dataclass(frozen=True)
class Figure:
    """One row. `met` is None where there is nothing to compare."""

    work: str
    ours: str
    node: str = "-"
    ratio: str = "-"
    target: str = ""
    met: bool | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        met = {True: "met", False: "not met", None: "-"}[self.met]
        return (self.work, self.ours, self.node, self.ratio, self.target, met)


def compared(
    work: str,
    unit: str,
    ours: list[float],
    node: list[float],
    at_most: float,
    *,
    whole: bool = True,
) -> Figure:
    """A figure by the medians of its rounds; one that is not of the `whole` load is not met."""
    mine, theirs = median(ours), median(node)
    ratio = mine / theirs if theirs else float("inf")
    return Figure(
        work=work,
        ours=f"{mine:.1f} {unit}",
        node=f"{theirs:.1f} {unit}",
        ratio=f"{ratio:.2f}",
        target=f"≤ {at_most:.2f} x Node",
        met=whole and ratio <= at_most,
    )


def drawn(figures: list[Figure]) -> str:
    """The table, in Markdown that is also easy to read as it is."""
    lines = [HEADINGS, *(figure.cells for figure in figures)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    rows = [
        " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    ]
    rule = " | ".join("-" * width for width in widths)
    return "\n".join(f"| {row} |" for row in (rows[0], rule, *rows[1:]))
