"""Small multiples of curves as SVG, without a plotting library."""

from collections.abc import Mapping, Sequence

WIDE, TALL, GAP, ACROSS = 220, 140, 56, 3


def plot(curves: Mapping[str, Sequence[tuple[float, float, float]]]) -> str:
    """Return an SVG: for each name recall (0–1) against strength, plain PDQ dashed and ours solid."""
    rows = -(-len(curves) // ACROSS)
    width, height = ACROSS * (WIDE + GAP) + GAP, rows * (TALL + GAP + 20) + GAP
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" font-size="12"',
        f' viewBox="0 0 {width} {height}">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        '<text x="16" y="20">Recall by strength of edit: Siyaj (solid), plain PDQ at radius 31 (dashed)</text>',
    ]
    for number, (name, points) in enumerate(curves.items()):
        left, top = GAP + number % ACROSS * (WIDE + GAP), GAP + number // ACROSS * (TALL + GAP + 20)
        parts += _panel(name, points, left, top)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(name: str, points: Sequence[tuple[float, float, float]], left: int, top: int) -> list[str]:
    low, high = min(point[0] for point in points), max(point[0] for point in points)
    scale = WIDE / ((high - low) or 1.0)
    parts = [
        f'<text x="{left}" y="{top - 6}" font-weight="bold">{name}</text>',
        f'<rect x="{left}" y="{top}" width="{WIDE}" height="{TALL}" fill="none" stroke="#999"/>',
        f'<text x="{left - 6}" y="{top + 8}" text-anchor="end">1</text>',
        f'<text x="{left - 6}" y="{top + TALL}" text-anchor="end">0</text>',
    ]
    for strength, _, _ in points:
        x = left + (strength - low) * scale
        parts.append(f'<text x="{x:.0f}" y="{top + TALL + 14}" text-anchor="middle">{strength:g}</text>')
    for column, style in ((1, 'stroke="#c33" stroke-dasharray="5 4"'), (2, 'stroke="#157"')):
        line = " ".join(f"{left + (p[0] - low) * scale:.1f},{top + TALL * (1 - p[column]):.1f}" for p in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke-width="2" {style}/>')
    return parts
