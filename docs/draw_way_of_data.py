"""Draw way_of_data.svg, the figure of "How it is built": python docs/draw_way_of_data.py."""

from pathlib import Path

STAGES = [  # heading, what it handles, colour
    ("gates", "users", "#fde0c5"),
    ("representation", "texts", "#fdf3c5"),
    ("engine", "arrays", "#d5ecd4"),
    ("probabilities", "sigmoid", "#cfe6f5"),
    ("thresholds", "one a label", "#d9d7f1"),
    ("labels", "as y came", "#f3d6e8"),
]
NOTES = [
    ("_gate/documents.py", "_gate/labels.py"),
    ("feature_extraction", "sequences"),
    ("linear, neural", "transformer"),
    ("base.py", "calibration"),
    ("_gate/decision.py", "thresholds"),
    ("metrics", "display"),
]
WIDE, HIGH, GAP = 128, 74, 22


def box(x, stage, notes):
    """Draw a stage: its heading, what it handles, and its modules."""
    (heading, known, color), middle = stage, x + WIDE / 2
    yield f'<rect x="{x}" y="40" width="{WIDE}" height="{HIGH}" rx="8" fill="{color}"/>'
    yield f'<text x="{middle}" y="72" class="heading">{heading}</text>'
    yield f'<text x="{middle}" y="96">{known}</text>'
    for row, note in enumerate(notes):
        yield f'<text x="{middle}" y="{140 + 20 * row}" class="module">{note}</text>'


def draw():
    """Write the picture as text."""
    left = 92
    width = left + len(STAGES) * (WIDE + GAP)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 180" role="img">',
        "<title>The way of the data, from texts and labels to labels and metrics</title>",
        "<style>text{font:15px sans-serif;text-anchor:middle;fill:#222}"
        ".heading{font-weight:600}.module{font-size:13px;fill:#444}"
        "path{stroke:#555;stroke-width:2;fill:none;marker-end:url(#tip)}</style>",
        '<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="6" refY="3" orient="auto">'
        '<path d="M0 0 L6 3 L0 6" style="marker-end:none;stroke:none;fill:#555"/></marker></defs>',
        f'<rect width="{width}" height="180" rx="10" fill="#fff"/>',
        '<text x="38" y="68">texts</text><text x="38" y="100">labels</text>',
        f'<path d="M62 63 H{left - 4}"/><path d="M66 95 H{left - 4}"/>',
    ]
    for i, (stage, notes) in enumerate(zip(STAGES, NOTES, strict=True)):
        x = left + i * (WIDE + GAP)
        lines += box(x, stage, notes)
        if i:
            lines.append(f'<path d="M{x - GAP + 2} 77 H{x - 4}"/>')
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    (Path(__file__).parent / "_static" / "way_of_data.svg").write_text(draw(), encoding="utf-8")
