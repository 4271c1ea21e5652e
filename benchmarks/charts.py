"""Bars as SVG: plain text that a diff can show, readable on light and dark pages."""

from collections.abc import Mapping
from html import escape

_WIDTH = 720
_ROW = 28
_LEFT = 190
_RIGHT = 90
_COLOURS = ("#2a6f97", "#d17a22", "#5b8e7d", "#8d5a97", "#b23a48")


def bars(title: str, unit: str, values: Mapping[str, float], *, digits: int = 0) -> str:
    """Return one bar a value; `unit` says what its length means."""
    longest = max(values.values())
    room = _WIDTH - _LEFT - _RIGHT
    lines = []
    for number, (name, value) in enumerate(values.items()):
        y = 40 + number * _ROW
        width = max(room * value / longest, 1)
        colour = _COLOURS[number % len(_COLOURS)]
        lines.append(
            f'<text x="{_LEFT - 8}" y="{y + 15}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="{_LEFT}" y="{y}" width="{width:.1f}" height="20" fill="{colour}"/>'
            f'<text x="{_LEFT + width + 6:.1f}" y="{y + 15}">{value:,.{digits}f}</text>'
        )
    height = 50 + len(values) * _ROW
    style = "text{font:13px sans-serif;fill:#222}.t{font-weight:bold}"
    dark = "@media(prefers-color-scheme:dark){text{fill:#eee}}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">'
        f"<title>{escape(title)}</title><style>{style}{dark}</style>"
        f'<text class="t" x="8" y="22">{escape(title)} ({escape(unit)})</text>\n'
        + "\n".join(lines)
        + "\n</svg>\n"
    )
