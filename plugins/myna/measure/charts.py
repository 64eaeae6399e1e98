"""Charts as inline SVG: they follow the page's light and dark colours and need no script."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

_WIDTH, _HEIGHT = 340, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 10, 10, 26

Points = Sequence[tuple[float, float]]


def line_chart(series: Mapping[str, Points], logarithmic: bool = False) -> str:
    """Draw curves over training steps.

    Args:
        series: Name → points `(step, value)`.
        logarithmic: Values on a logarithmic axis; only where all are above zero.
    """
    drawn = {name: points for name, points in series.items() if points}
    ys = np.array([y for points in drawn.values() for _, y in points])
    logarithmic = logarithmic and bool((ys > 0).all())
    high_x = max(x for points in drawn.values() for x, _ in points) or 1.0
    low, high = _span(np.log10(ys) if logarithmic else ys)

    def place(x: float, y: float) -> tuple[float, float]:
        value = float(np.log10(y)) if logarithmic else y
        return _scale_x(x / high_x), _scale_y((value - low) / (high - low))

    parts = [_grid([(10**v if logarithmic else v, (v - low) / (high - low)) for v in np.linspace(low, high, 4)])]
    parts += [f'<text class="axis" x="{_scale_x(f)}" y="{_HEIGHT - 8}" text-anchor="{anchor}">{_number(f * high_x)}</text>'
              for f, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end"))]  # fmt: skip
    for index, (_, points) in enumerate(drawn.items()):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in _thin(points)))
        if len(points) == 1:
            x, y = place(*points[0])
            parts.append(f'<circle class="dot s{index % 6}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>')
        else:
            parts.append(f'<polyline class="line s{index % 6}" points="{path}"/>')
    return _svg("".join(parts), _HEIGHT)


def strip_chart(groups: Mapping[str, Sequence[float]], low: float = 0.0, high: float = 1.0) -> str:
    """Draw one row a group: a dot a value, a bar at the mean.

    Args:
        groups: Label → values.
        low: Left end of the axis; values below are drawn at the end.
        high: Right end.
    """
    row, left, width = 40, 150, 720
    height = row * len(groups) + 30
    span = width - left - 50

    def place(value: float) -> float:
        return left + span * (min(max(value, low), high) - low) / (high - low)

    parts = []
    for tick in np.arange(np.ceil(low * 10), np.floor(high * 10) + 1) / 10:
        parts.append(f'<line class="grid" x1="{place(tick):.1f}" x2="{place(tick):.1f}" y1="4" y2="{height - 24}"/>')
        parts.append(f'<text class="axis" x="{place(tick):.1f}" y="{height - 8}" text-anchor="middle">{tick:.1f}</text>')
    spread = np.random.default_rng(0)
    for index, (label, values) in enumerate(groups.items()):
        middle = 4 + row * (index + 0.5)
        parts.append(f'<text class="label" x="{left - 12}" y="{middle + 4:.1f}" text-anchor="end">{escape(label)}</text>')
        for value in values:
            y = middle + spread.uniform(-9, 9)
            parts.append(f'<circle class="dot s{index % 6}" cx="{place(value):.1f}" cy="{y:.1f}" r="3"/>')
        mean = float(np.mean(values))
        parts.append(f'<line class="mean" x1="{place(mean):.1f}" x2="{place(mean):.1f}" y1="{middle - 14:.1f}" '
                     f'y2="{middle + 14:.1f}"/><text class="value" x="{width - 42}" y="{middle + 4:.1f}">{mean:.2f}</text>')  # fmt: skip
    return _svg("".join(parts), height, width)


def matrix_chart(values: Sequence[Sequence[float]], names: Sequence[str]) -> str:
    """Draw a similarity matrix as coloured squares with the number in each, up to 24 names."""
    names, values = names[:24], [row[:24] for row in values[:24]]
    cell, left = 34 if len(names) <= 14 else 24, 120
    low, high = min(map(min, values)), max(map(max, values))
    parts = []
    for y, (name, row) in enumerate(zip(names, values, strict=True)):
        middle = y * cell + cell / 2 + 4
        parts.append(f'<text class="label" x="{left - 8}" y="{middle:.1f}" text-anchor="end">{escape(name[:16])}</text>')
        for x, value in enumerate(row):
            strength = (value - low) / max(high - low, 1e-9)
            parts.append(f'<rect class="cell" x="{left + x * cell}" y="{y * cell}" width="{cell - 2}" height="{cell - 2}" '
                         f'style="fill-opacity:{0.06 + 0.94 * strength:.2f}"><title>{escape(name)} · {escape(names[x])}: '
                         f'{value:.2f}</title></rect>')  # fmt: skip
            if cell > 30:
                shade = "on" if strength > 0.55 else ""
                parts.append(f'<text class="number {shade}" x="{left + x * cell + cell / 2 - 1}" y="{middle:.1f}" '
                             f'text-anchor="middle">{value:.2f}</text>')  # fmt: skip
    return _svg("".join(parts), cell * len(names), left + cell * len(names))


def bar_chart(values: Mapping[str, float], unit: str) -> str:
    """Draw horizontal bars with their values."""
    row, left, width = 26, 150, 720
    top = max(values.values(), default=0.0) or 1.0
    parts = []
    for index, (label, value) in enumerate(values.items()):
        y = row * index
        length = (width - left - 90) * value / top
        parts.append(f'<text class="label" x="{left - 12}" y="{y + 17}" text-anchor="end">{escape(label)}</text>'
                     f'<rect class="bar" x="{left}" y="{y + 5}" width="{max(length, 1):.1f}" height="16" rx="3"/>'
                     f'<text class="value" x="{left + length + 8:.1f}" y="{y + 17}">{_number(value)} {unit}</text>')  # fmt: skip
    return _svg("".join(parts), row * len(values), width)


def _svg(body: str, height: float, width: float = _WIDTH) -> str:
    return f'<svg viewBox="0 0 {width:.0f} {height:.0f}" style="max-width:{width:.0f}px" role="img">{body}</svg>'


def _grid(ticks: Sequence[tuple[float, float]]) -> str:
    return "".join(
        f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{_scale_y(f):.1f}" y2="{_scale_y(f):.1f}"/>'
        f'<text class="axis" x="{_LEFT - 6}" y="{_scale_y(f) + 4:.1f}" text-anchor="end">{_number(value)}</text>'
        for value, f in ticks
    )


def _scale_x(fraction: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * fraction


def _scale_y(fraction: float) -> float:
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


def _number(value: float) -> str:
    if abs(value) >= 10_000:
        return f"{value / 1000:.0f}k"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
