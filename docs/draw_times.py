"""Draw times.svg of the first page from figures.json: python docs/draw_times.py.

A bar is as long as the other library's time divided by ours, on GoEmotions.
"""

import json
from html import escape
from pathlib import Path

DOCS = Path(__file__).parent
LEFT, FULL, ROW = 400, 320, 34  # pixels: of the names, of the longest bar, of a row


def rows(figures):
    """Yield the rows to draw: of each task that was timed on GoEmotions, the first."""
    drawn = set()
    for part in figures.values():
        for row in part["rows"]:
            if row["times"] and row["data"] == "GoEmotions" and row["task"] not in drawn:
                drawn.add(row["task"])
                yield row


def draw(figures):
    """Write the picture as text."""
    found = list(rows(figures))
    longest = max(float(row["times"].rstrip("x")) for row in found)
    width, height = LEFT + FULL + 300, ROW * len(found) + 20
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        "<title>Time of other libraries divided by that of skmultitext</title>",
        "<style>text{font:14px sans-serif;fill:#222}.task{text-anchor:end}</style>",
        f'<rect width="{width}" height="{height}" rx="10" fill="#fff"/>',
    ]
    for i, row in enumerate(found):
        y = 10 + ROW * i
        length = FULL * float(row["times"].rstrip("x")) / longest
        other = row["other"].split(",")[0]
        lines += [
            f'<text x="{LEFT - 10}" y="{y + 22}" class="task">{escape(row["task"])}</text>',
            f'<rect x="{LEFT}" y="{y + 6}" width="{length:.0f}" height="22" fill="#2a7ab8"/>',
            f'<text x="{LEFT + length + 8:.0f}" y="{y + 22}">'
            f"{row['times']}: {row['ours']}, {escape(other)} {row['theirs']}</text>",
        ]
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    figures = json.loads((DOCS / "figures.json").read_text(encoding="utf-8"))
    (DOCS / "_static" / "times.svg").write_text(draw(figures), encoding="utf-8")
