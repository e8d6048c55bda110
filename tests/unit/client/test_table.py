from __future__ import annotations

import io

import pytest

from initd.control.client import table

ROWS = [("web", "RUNNING", "pid 7, uptime 0:00:01"), ("[b]x[/b]", "FATAL", "[red]")]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_off_a_terminal_the_columns_are_supervisorctls() -> None:
    out = io.StringIO()
    table.show_status(out, ROWS)
    assert out.getvalue() == (
        "web                              RUNNING   pid 7, uptime 0:00:01\n"
        "[b]x[/b]                         FATAL     [red]\n"
    )


def test_a_long_name_widens_the_first_column_for_all() -> None:
    out = io.StringIO()
    table.show_status(out, [("n" * 40, "RUNNING", "x"), ("web", "STOPPED", "y")])
    first, second = out.getvalue().splitlines()
    assert first == "n" * 40 + "   RUNNING   x"
    assert second.index("STOPPED") == 43


def test_on_a_terminal_states_have_colours_and_names_are_taken_literally(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    out = Terminal()
    table.show_status(out, ROWS)
    assert "\x1b[32mRUNNING" in out.getvalue()
    assert "\x1b[31mFATAL" in out.getvalue()
    assert "[b]x[/b]" in out.getvalue()


def test_a_terminal_that_wants_no_colours_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    out = Terminal()
    table.show_status(out, ROWS)
    assert "\x1b[3" not in out.getvalue()
    assert "RUNNING" in out.getvalue()


def test_without_rich_a_terminal_gets_the_plain_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "rich.console", None)
    out = Terminal()
    table.show_status(out, ROWS)
    assert out.getvalue().startswith("web                              RUNNING   pid 7")


def test_columns_of_a_terminal_count_what_is_seen_and_those_of_a_file_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    rows = [("\u65e5\u672c", "in use", "auto", "999:999"), ("n" * 33, "avail", "manual", "1:2")]
    out, file = Terminal(), io.StringIO()
    table.show_available(out, rows)
    table.show_available(file, rows)
    assert out.getvalue().splitlines() == [
        "\u65e5\u672c" + " " * 30 + "in use    auto      999:999",
        "n" * 33 + " avail     manual    1:2",
    ]
    assert file.getvalue().splitlines() == [
        "\u65e5\u672c" + " " * 31 + "in use    auto      999:999",
        "n" * 33 + " avail     manual    1:2",
    ]
