"""Charts as SVG made on the server: no script, no style attribute, coloured by the tokens of the style sheet.

Each has `<title>` and `<desc>`, starts its bars at zero, and wants its table one click away. Texts come translated.
"""

from collections.abc import Sequence
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

HEAD_WIDTH: Final = 84
HEAD_HEIGHT: Final = 36
TOP_VALUES_MAX: Final = 5


def _n(value: float) -> str:
    """A coordinate with at most two decimals and no trailing zero."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _frame(width: float, height: float, title: str, desc: str, body: SafeString, *, fluid: bool = False) -> SafeString:
    return format_html(
        '<svg class="{}" viewBox="0 0 {} {}" width="{}" height="{}" role="img">'
        "<title>{}</title><desc>{}</desc>{}</svg>",
        "chart fluid" if fluid else "chart", _n(width), _n(height), _n(width), _n(height), title, desc, body,
    )  # fmt: skip


def _bar(x: float, y: float, width: float, height: float, classes: str) -> tuple[str, ...]:
    return (classes, _n(x), _n(y), _n(width), _n(height))


def _bars(bars: Sequence[tuple[str, ...]], links: Sequence[str], labels: Sequence[str]) -> SafeString:
    """Rectangles; with links each is a filter and carries its label for readers."""
    rect = '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>'
    if not links:
        return format_html_join("", rect, bars)
    rows = [(link, label, *bar) for link, label, bar in zip(links, labels, bars, strict=True)]
    return format_html_join("", '<a href="{}"><title>{}</title>' + rect + "</a>", rows)


def histogram(
    counts: Sequence[int],
    *,
    title: str,
    desc: str,
    links: Sequence[str] = (),
    labels: Sequence[str] = (),
    current: int | None = None,
) -> SafeString:
    """The distribution in a column's head, 84 × 36, one bar for each bin; a bin with any row shows at least 1 px.

    links, labels: one for each bin, or none at all. current: index of the bin that is chosen.
    """
    top = max(counts, default=0) or 1
    step = HEAD_WIDTH / max(len(counts), 1)
    gap = 1 if step >= 3 else 0
    bars = []
    for index, count in enumerate(counts):
        height = max(count / top * HEAD_HEIGHT, 1) if count else 0
        classes = "bar current" if index == current else "bar"
        bars.append(_bar(index * step, HEAD_HEIGHT - height, step - gap, height, classes))
    return _frame(HEAD_WIDTH, HEAD_HEIGHT, title, desc, _bars(bars, links, labels))


def top_values(counts: Sequence[int], *, title: str, desc: str, weak: int | None = None) -> SafeString:
    """The five most frequent values as lying bars, 84 × 36, longest first; weak: index of "missing" or "other".

    Raises ValueError for more than five: the rest belongs into "other".
    """
    if len(counts) > TOP_VALUES_MAX:
        raise ValueError(f"{len(counts)} values: a head shows at most {TOP_VALUES_MAX}")
    top = max(counts, default=0) or 1
    pitch = HEAD_HEIGHT / TOP_VALUES_MAX
    bars = [
        _bar(0, index * pitch + 1, max(count / top * HEAD_WIDTH, 1), pitch - 2, "bar weak" if index == weak else "bar")
        for index, count in enumerate(counts)
    ]
    return _frame(HEAD_WIDTH, HEAD_HEIGHT, title, desc, _bars(bars, (), ()))


def weeks(
    values: Sequence[float], *, title: str, desc: str, links: Sequence[str] = (), labels: Sequence[str] = ()
) -> SafeString:
    """Bars by week, 320 × 64, oldest first; the last is the current week; a week of zero keeps its place."""
    width, height = 320.0, 64.0
    top = max(values, default=0) or 1
    step = width / max(len(values), 1)
    last = len(values) - 1
    bars = []
    for index, value in enumerate(values):
        tall = value / top * (height - 4)
        classes = "bar current" if index == last else "bar"
        bars.append(_bar(index * step, height - 1 - tall, step - min(6, step / 3), tall, classes))
    base = format_html('<path class="base" d="M0 {}H{}"/>', _n(height - 0.5), _n(width))
    return _frame(width, height, title, desc, _bars(bars, links, labels) + base, fluid=True)


def steps(points: Sequence[tuple[float, float]], *, title: str, desc: str) -> SafeString:
    """A value that holds until it changes (a price), 640 × 160, as a step line from zero up.

    points: (position, value) with positions rising; the last value is drawn up to its own position.
    Raises ValueError for fewer than two points: one point is a sentence, not a chart.
    """
    if len(points) < 2:
        raise ValueError("a step line needs two points")
    width, height, edge = 640.0, 160.0, 8.0
    start, end = points[0][0], points[-1][0]
    top = max(value for _, value in points) or 1

    def at(point: tuple[float, float]) -> tuple[str, str]:
        x = edge + (point[0] - start) / ((end - start) or 1) * (width - 2 * edge)
        return _n(x), _n(height - edge - point[1] / top * (height - 2 * edge))

    x, y = at(points[0])
    path = f"M{x} {y}"
    for point in points[1:]:
        x, y = at(point)
        path += f"H{x}V{y}"
    body = format_html(
        '<path class="base" d="M0 {}H{}"/><path class="line" d="{}"/>', _n(height - edge), _n(width), path
    )
    return _frame(width, height, title, desc, body, fluid=True)


def meter(value: float, maximum: float, *, tone: str = "") -> SafeString:
    """A bar of 64 × 6 beside the number it repeats; `value` is drawn between 0 and `maximum`."""
    share = min(max(value / maximum, 0), 1) if maximum else 0
    return format_html(
        '<svg class="chart meter" viewBox="0 0 64 6" width="64" height="6" aria-hidden="true">'
        '<rect class="weak" width="64" height="6" rx="3"/><rect class="{}" width="{}" height="6" rx="3"/></svg>',
        f"bar {tone}".rstrip(), _n(share * 64),
    )  # fmt: skip
