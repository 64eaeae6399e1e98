"""The few SVG elements that the charts are made of; colours come from the page's style sheet by class.

By hand, because what matplotlib draws has colours and fonts of its own and does not follow the page into the dark.
"""

from html import escape


def text(kind: str, x: float, y: float, content: str, anchor: str = "start") -> str:
    """Return a text element of class `kind`; `anchor` is start, middle or end."""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(content)}</text>'


def line(kind: str, start: tuple[float, float], end: tuple[float, float]) -> str:
    """Return a straight line of class `kind`."""
    return f'<line class="{kind}" x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}"/>'


def dot(kind: str, x: float, y: float) -> str:
    """Return a small disc of class `kind`."""
    return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'


def box(kind: str, corner: tuple[float, float], size: tuple[float, float], opacity: float = 1.0, hint: str = "") -> str:
    """Return a rectangle of class `kind` with a hint that appears under the pointer."""
    return (
        f'<rect class="{kind}" x="{corner[0]:.1f}" y="{corner[1]:.1f}" width="{size[0]:.1f}" height="{size[1]:.1f}" '
        f'rx="2" style="fill-opacity:{opacity:.2f}"><title>{escape(hint)}</title></rect>'
    )


def curve(kind: str, points: list[tuple[float, float]]) -> str:
    """Return a polyline of class `kind`."""
    return f'<polyline class="{kind}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'


def picture(body: str, width: float, height: float) -> str:
    """Return the whole picture, which shrinks with the page but does not grow."""
    return f'<svg viewBox="0 0 {width:.0f} {height:.0f}" style="max-width:{width:.0f}px" role="img">{body}</svg>'


def number(value: float) -> str:
    """Return a number short enough for an axis."""
    if abs(value) >= 10_000:
        return f"{value / 1000:.0f}k"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
