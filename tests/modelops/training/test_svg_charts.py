"""Charts are well-formed SVG, describe their data in words, and escape every label."""

from xml.etree import ElementTree

import pytest

from modelops.svg_charts import PlotAnnotation, render_bar_chart, render_line_chart

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
