from __future__ import annotations

from pathlib import Path

from initd.config.options import SECTIONS, table_for

TABLE = Path(__file__).parents[3] / "docs" / "supervisord-options.tsv"
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
    assert ours == documented


def test_a_section_is_found_by_its_name_or_prefix() -> None:
    assert table_for("program:web") is SECTIONS["program:"]
    assert table_for("inet_http_server:a") is table_for("inet_http_server_b") is SECTIONS["inet_http_server"]
    assert table_for("initd") == {}
    assert table_for("program") is table_for("supervisord:x") is table_for("other") is None
