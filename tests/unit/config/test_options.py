from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from initd.config.options import DAEMON, OURS, SECTIONS, table_for

DOCS = Path(__file__).parents[3] / "docs"
TABLE = DOCS / "supervisord-options.tsv"
GENERATOR: dict[str, Any] = runpy.run_path(str(DOCS / "generate_options.py"))
NO_TEXT = (
    "(required)",
    "(none)",
    "(inherit)",
    "(value of stopasgroup)",
    "$TMPDIR or /tmp",
    "(program user)",
    "SOMAXCONN",
    "AUTO",
    "",
)


def _rows() -> list[list[str]]:
    return [line.split("\t")[:4] for line in TABLE.read_text().splitlines()[1:]]


def test_every_row_of_the_documented_table_is_there_with_its_type_and_default() -> None:
    for section, option, kind, default in _rows():
        found = SECTIONS[section.removesuffix("x")][option] if section.endswith(":x") else SECTIONS[section][option]
        text = {"(empty)": "", "-1 (pool); 999 (process)": "-1"}.get(default, None if default in NO_TEXT else default)
        assert found == (kind, text), (section, option)


def test_no_option_is_there_that_the_table_does_not_have() -> None:
    documented = {(section.removesuffix("x"), option) for section, option, _, _ in _rows()}
    ours = {(section, option) for section, table in SECTIONS.items() for option in table}
    programs = [(kind, option) for kind in ("program:", "fcgi-program:", "eventlistener:") for option in OURS]
    daemon = [("supervisord", option) for option in DAEMON]
    assert ours - documented == {*programs, *daemon, *[("initd", option) for option in SECTIONS["initd"]]}
    assert documented - ours == set()


def test_a_section_is_found_by_its_name_or_prefix() -> None:
    assert table_for("program:web") is SECTIONS["program:"]
    assert table_for("inet_http_server:a") is table_for("inet_http_server_b") is SECTIONS["inet_http_server"]
    assert table_for("initd") is SECTIONS["initd"]
    assert table_for("program") is table_for("supervisord:x") is table_for("other") is None


def _page() -> dict[tuple[str, str], list[str]]:
    """By section and option: the cells of its row in docs/options.md."""
    rows: dict[tuple[str, str], list[str]] = {}
    section = ""
    for line in (DOCS / "options.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## ["):
            section = line[4:-1]
        elif line.startswith("| `"):
            cells = line.replace("\\|", "\0").strip("| ").split(" | ")
            rows[section, cells[0].strip("`")] = [cell.replace("\0", "|").replace("\\*", "*") for cell in cells]
    return rows


def test_every_documented_option_has_a_row_with_its_type_default_and_place() -> None:
    page = _page()
    assert set(page) >= {(section, option) for section, option, _, _ in _rows()}
    for section, option, kind, default in _rows():
        _, shown_kind, shown_default, _, place = page[section, option]
        assert (shown_kind, shown_default) == (kind, default)
        assert place == "not yet" or place.startswith("`initd/")


def test_every_option_of_ours_has_a_row() -> None:
    ours = {(f"{name}x" if ":" in name else name, option) for name, table in SECTIONS.items() for option in table}
    assert set(_page()) == ours


def test_the_page_in_the_documentation_is_the_code() -> None:
    assert (DOCS / "options.md").read_text(encoding="utf-8") == GENERATOR["render"]()


def test_a_module_that_does_not_act_on_an_option_cannot_be_named() -> None:
    with pytest.raises(AssertionError, match="nothing to do with startsecs"):
        GENERATOR["place"]("program:", "startsecs", {"initd/supervise/starting.py": {"stopsignal"}})


def test_an_option_that_nothing_acts_on_is_called_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(GENERATOR["WHERE"]["program:"], "stdout_syslog", "? syslog")
    assert GENERATOR["place"]("program:", "stdout_syslog", {"initd/config/programs.py": {"syslog"}}) == "not yet"
    assert GENERATOR["place"]("program:", "stdout_syslog", {"initd/logs/x.py": {"syslog"}}) == "`initd/logs/x.py`"
