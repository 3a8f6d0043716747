"""Sections of the benchmarks' page are replaced one by one."""

from pathlib import Path

from matching.benchmark.sections import read_sections, replace_section


def test_a_section_replaces_itself_and_leaves_the_others(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text("# Benchmarks\n\nspeed\n")
    replace_section(page, "swap", "## Swap\n\nold")
    replace_section(page, "loop", "## Loop")
    replace_section(page, "swap", "## Swap\n\nnew")
    text = page.read_text()
    assert text.startswith("# Benchmarks\n\nspeed\n")
    assert "old" not in text
    assert text.count("## Swap") == text.count("## Loop") == 1
    page.write_text("# Benchmarks\n\nanother run\n" + read_sections(page))
    assert "new" in page.read_text()
    assert read_sections(tmp_path / "missing.md") == ""
