"""Charts as inline SVG: they follow the page's light and dark colours and need no script."""

from collections.abc import Mapping, Sequence

import numpy as np

from myna.measure import svg

Points = Sequence[tuple[float, float]]

_WIDTH, _HEIGHT = 340, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 10, 10, 26
_WIDE, _LABELS = 960, 160


def line_chart(series: Mapping[str, Points], logarithmic: bool = False) -> str:
    """Draw curves over training steps.

    Args:
        series: Name → points `(step, value)`; at least one point in all.
        logarithmic: Values on a logarithmic axis; only where all are above zero.
    """
    drawn = {name: _thin(points) for name, points in series.items() if points}
    ys = np.array([y for points in drawn.values() for _, y in points])
    logarithmic = logarithmic and bool((ys > 0).all())
    last = max(x for points in drawn.values() for x, _ in points) or 1.0
    low, high = _span(np.log10(ys) if logarithmic else ys)

    def place(x: float, y: float) -> tuple[float, float]:
        return _x(x / last), _y(((float(np.log10(y)) if logarithmic else y) - low) / (high - low))

    parts = []
    for value in np.linspace(low, high, 4):
        y = _y((value - low) / (high - low))
        parts.append(svg.line("grid", (_LEFT, y), (_WIDTH - _RIGHT, y)))
        parts.append(svg.text("axis", _LEFT - 6, y + 4, svg.number(10**value if logarithmic else value), "end"))
    for part, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
        parts.append(svg.text("axis", _x(part), _HEIGHT - 8, svg.number(part * last), anchor))
    for index, points in enumerate(drawn.values()):
        places = [place(*point) for point in points]
        colour = f"s{index % 6}"
        parts.append(svg.dot(f"dot {colour}", *places[0]) if len(places) == 1 else svg.curve(f"line {colour}", places))
    return svg.picture("".join(parts), _WIDTH, _HEIGHT)


def strip_chart(groups: Mapping[str, Sequence[float]], low: float = 0.0, high: float = 1.0) -> str:
    """Draw one row a group: a dot a value, a bar and a number at the mean.

    Args:
        groups: Label → values, none of them empty.
        low: Left end of the axis; values below are drawn there.
        high: Right end.
    """
    row = 40
    height = row * len(groups) + 30

    def place(value: float) -> float:
        return _LABELS + (_WIDE - _LABELS - 50) * (min(max(value, low), high) - low) / (high - low)

    parts = []
    for tick in np.arange(np.ceil(low * 10), np.floor(high * 10) + 1) / 10:
        parts.append(svg.line("grid", (place(tick), 4), (place(tick), height - 24)))
        parts.append(svg.text("axis", place(tick), height - 8, f"{tick:.1f}", "middle"))
    scatter = np.random.default_rng(0)
    for index, (label, values) in enumerate(groups.items()):
        middle = 4 + row * (index + 0.5)
        mean = float(np.mean(values))
        parts.append(svg.text("label", _LABELS - 12, middle + 4, label, "end"))
        parts += [svg.dot(f"dot s{index % 6}", place(v), middle + scatter.uniform(-9, 9)) for v in values]
        parts.append(svg.line("mean", (place(mean), middle - 14), (place(mean), middle + 14)))
        parts.append(svg.text("value", _WIDE - 42, middle + 4, f"{mean:.2f}"))
    return svg.picture("".join(parts), _WIDE, height)


def matrix_chart(values: Sequence[Sequence[float]], names: Sequence[str], most: int = 24) -> str:
    """Draw a similarity matrix as shaded squares with the number in each, where there is room.

    Args:
        values: Square matrix.
        names: One a row.
        most: Names drawn; the rest is left out.
    """
    names, values = names[:most], [row[:most] for row in values[:most]]
    cell, left = (34 if len(names) <= 14 else 24), 130
    low, high = min(map(min, values)), max(map(max, values))
    parts = []
    for y, (name, row) in enumerate(zip(names, values, strict=True)):
        middle = y * cell + cell / 2 + 3
        parts.append(svg.text("label", left - 8, middle, name[:18], "end"))
        for x, value in enumerate(row):
            strength = (value - low) / max(high - low, 1e-9)
            hint = f"{name} · {names[x]}: {value:.2f}"
            parts.append(
                svg.box("cell", (left + x * cell, y * cell), (cell - 2, cell - 2), 0.06 + 0.94 * strength, hint)
            )
            if cell > 30:
                kind = "number on" if strength > 0.55 else "number"
                parts.append(svg.text(kind, left + (x + 0.5) * cell - 1, middle, f"{value:.2f}", "middle"))
    return svg.picture("".join(parts), left + cell * len(names), cell * len(names))


def bar_chart(values: Mapping[str, float], unit: str) -> str:
    """Draw horizontal bars with their values."""
    row, top = 26, max(values.values(), default=0.0) or 1.0
    parts = []
    for index, (label, value) in enumerate(values.items()):
        y, length = row * index, max((_WIDE - _LABELS - 90) * value / top, 1.0)
        parts.append(svg.text("label", _LABELS - 12, y + 17, label, "end"))
        parts.append(svg.box("bar", (_LABELS, y + 5), (length, 16)))
        parts.append(svg.text("value", _LABELS + length + 8, y + 17, f"{svg.number(value)} {unit}"))
    return svg.picture("".join(parts), _WIDE, row * len(values))


def _x(fraction: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * fraction


def _y(fraction: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * fraction


def _span(values: np.ndarray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = max((high - low) * 0.05, abs(high) * 1e-3, 1e-6)
    return low - margin, high + margin


def _thin(points: Points, most: int = 300) -> Points:
    """Average neighbours so that a curve of many steps stays readable and the page small."""
    if len(points) <= most:
        return points
    return [(float(part[:, 0].mean()), float(part[:, 1].mean())) for part in np.array_split(np.asarray(points), most)]
