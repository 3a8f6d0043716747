"""The Python examples of the client's README run as they stand against the running product."""

import re
from pathlib import Path

import pytest

from tests.clients_build.conftest import Server
from tests.jobs import PAIRS, csv_file
from tests.system.browser.product import ROOT

README = (ROOT / "clients" / "python" / "README.md").read_text(encoding="utf-8")


def test_the_examples_run_and_print_what_they_say(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pairs.csv").write_bytes(csv_file(PAIRS, ("id", "debtor", "register_name")))
    text = README.replace("https://names.example", server.url).replace("lnc_…", server.key)
    text = text.replace("you@example.com", "client@example.com").replace(
        "your password", server.product.password
    )
    examples = re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)
    space: dict[str, object] = {}
    for example in examples:
        exec(compile(example, "README.md", "exec"), space)  # noqa: S102  # what readers do with it
    printed = capsys.readouterr().out.splitlines()
    assert len(examples) == 11
    assert printed[0] == "immaterial"
    assert {"queued", "4 0", "client", "['immaterial', 'material']"} <= set(printed)
    assert any(line.startswith("[('name2', ") for line in printed)
    assert Path("result.csv").exists()
