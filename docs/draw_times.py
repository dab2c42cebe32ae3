"""Draw times.svg of the first page from the README's table of times: python docs/draw_times.py.

A bar is as long as the other library's time divided by ours, on the first data set of a row.
"""

import re
from html import escape
from pathlib import Path

DOCS = Path(__file__).parent
LEFT, FULL, ROW = 400, 320, 34  # pixels: of the names, of the longest bar, of a row


def rows(readme):
    """Yield (task, seconds of the other, our seconds, ratio), without rows that begin with dots."""
    table = readme.split("| time | other library | skmultitext | |")[1].split("\n\n")[0]
    for line in table.strip().splitlines()[1:]:
        task, other, ours, ratio = (cell.strip() for cell in line.strip("|").split("|"))
        if not task.startswith("..."):
            # several data sets have several figures: the first is GoEmotions
            first = (cell.split(",")[0] for cell in (other, ours, ratio))
            yield task.replace("`", "").replace(": GoEmotions, long texts", ""), *first


def draw(readme):
    """Write the picture as text."""
    found = list(rows(readme))
    longest = max(float(ratio.rstrip("x")) for *_, ratio in found)
    width, height = LEFT + FULL + 200, ROW * len(found) + 20
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        "<title>Time of other libraries divided by that of skmultitext</title>",
        "<style>text{font:14px sans-serif;fill:#222}.task{text-anchor:end}</style>",
        f'<rect width="{width}" height="{height}" rx="10" fill="#fff"/>',
    ]
    for i, (task, other, ours, ratio) in enumerate(found):
        y = 10 + ROW * i
        length = FULL * float(ratio.rstrip("x")) / longest
        name = re.sub(r"^(.{52}).+", r"\1...", task)
        figures = f"{ratio}: {ours} against {other}"
        lines += [
            f'<text x="{LEFT - 10}" y="{y + 22}" class="task">{escape(name)}</text>',
            f'<rect x="{LEFT}" y="{y + 6}" width="{length:.0f}" height="22" fill="#2a7ab8"/>',
            f'<text x="{LEFT + length + 8:.0f}" y="{y + 22}">{figures}</text>',
        ]
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    (DOCS / "_static" / "times.svg").write_text(draw(readme), encoding="utf-8")
