"""Sections of the benchmarks' page are replaced one by one."""

from pathlib import Path

from matching.benchmark.sections import replace_section


def test_a_section_replaces_itself_where_it_stands_and_leaves_the_others(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text("# Benchmarks\n\nspeed\n")
    replace_section(page, "swap", "## Swap\n\nold")
    replace_section(page, "loop", "## Loop")
    replace_section(page, "swap", "## Swap\n\nnew")
    text = page.read_text()
    assert text.startswith("# Benchmarks\n\nspeed\n")
    assert "old" not in text
    assert text.count("## Swap") == text.count("## Loop") == 1
    assert text.index("## Swap") < text.index("## Loop")
    replace_section(tmp_path / "missing.md", "swap", "## Swap")
    assert "## Swap" in (tmp_path / "missing.md").read_text()
