"""Charts are well-formed SVG, describe their data in words, and escape every label."""

from xml.etree import ElementTree

import pytest

from modelops.svg_charts import PlotAnnotation, render_bar_chart, render_line_chart, render_stacked_chart

SVG = "{http://www.w3.org/2000/svg}"


def test_bars_show_shares_of_each_side_and_say_them_in_words() -> None:
    root = ElementTree.fromstring(render_bar_chart("script", ["latin", "han"], [90, 10], [50, 50]))  # noqa: S314 - our own
    heights = [float(bar.attrib["height"]) for bar in root.iter(f"{SVG}rect")]
    assert heights == pytest.approx([148, 82.2, 16.4, 82.2], abs=0.1)
    assert root.findtext(f"{SVG}title") == "script"
    assert "latin 90% to 50%" in str(root.findtext(f"{SVG}desc"))


def test_a_line_marks_what_happened() -> None:
    chart = render_line_chart("accuracy", [0.9, 0.7, 0.9], [PlotAnnotation(1, "new guideline")], 0.85)
    root = ElementTree.fromstring(chart)  # noqa: S314
    assert "From 90.0% to 90.0%. new guideline at 1" in str(root.findtext(f"{SVG}desc"))
    assert len(list(root.iter(f"{SVG}line"))) == 3


def test_labels_are_escaped() -> None:
    assert "<script>" not in render_bar_chart("<script>", ["<script>"], [1], [1])


def test_an_empty_side_is_drawn_as_nothing() -> None:
    root = ElementTree.fromstring(render_bar_chart("x", ["a"], [0], [0]))  # noqa: S314 - our own
    assert [bar.attrib["height"] for bar in root.iter(f"{SVG}rect")] == ["0.0", "0.0"]


def test_a_stack_shows_every_series_on_top_of_the_one_before() -> None:
    drawing = render_stacked_chart("answers", ["1.5.", "2.5."], {"same": [3, 0], "other": [1, 2]})
    root = ElementTree.fromstring(drawing)  # noqa: S314 - our own
    drawn = [bar for bar in root.iter(f"{SVG}rect") if bar.find(f"{SVG}title") is not None]
    tops = {bar.findtext(f"{SVG}title"): float(bar.attrib["y"]) for bar in drawn}
    expected = {"1.5.: 3 same": 73, "2.5.: 0 same": 184, "1.5.: 1 other": 36, "2.5.: 2 other": 110}
    assert tops == pytest.approx(expected)
    assert "1.5. 4; 2.5. 2" in str(root.findtext(f"{SVG}desc"))
