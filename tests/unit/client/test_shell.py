from __future__ import annotations

from pathlib import Path

import pytest

from initd.control.client import shell
from initd.control.client.shell import Shell, interact
from tests.unit.client.scripted import Scripted, info

INFOS = [info("cat", 20, "RUNNING"), info("a", 20, "RUNNING", group="pair"), info("b", 20, "RUNNING", group="pair")]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("sta", ["start ", "status "]),
        ("help re", ["reload ", "remove ", "reread ", "restart "]),
        ("start c", ["cat "]),
        ("start pair:", ["pair:a ", "pair:* ", "pair:b "]),
        ("status cat:", ["cat:cat ", "cat:* "]),
        ("update p", ["pair "]),
        ("signal HUP ca", ["cat "]),
        ("version x", []),
        ("nope x", []),
    ],
)
def test_tab_completes_verbs_groups_and_processes(line: str, found: list[str]) -> None:
    completing = Shell(Scripted(getAllProcessInfo=INFOS))
    assert completing.completions(line, line.rpartition(" ")[2]) == found


def test_an_empty_line_offers_every_verb() -> None:
    assert {"help ", "start ", "quit "} < set(Shell(Scripted()).completions("", ""))
    assert "EOF " not in Shell(Scripted()).completions("", "")


def test_a_finished_verb_offers_names() -> None:
    assert Shell(Scripted(getAllProcessInfo=INFOS)).completions("stop ", "") == [
        "cat ",
        "pair:a ",
        "pair:* ",
        "pair:b ",
    ]


def test_the_server_is_asked_once_a_line_however_often_tab_is_hit() -> None:
    session = Scripted(getAllProcessInfo=INFOS)
    completing = Shell(session)
    completing.completions("stop c", "c")
    completing.completions("stop ca", "ca")
    assert len(session.calls) == 1
    completing.onecmd("help")
    completing.completions("stop c", "c")
    assert len(session.calls) == 2


def test_the_shell_begins_with_the_status_and_ctrl_c_leaves_with_a_newline(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(prompt: str) -> str:
        assert prompt == "supervisor> "
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", interrupted)
    monkeypatch.setattr(shell, "_remember_lines", lambda history: None)
    session = Scripted(getAllProcessInfo=[info("web", 20, "RUNNING", "up")])
    interact(session)
    assert session.said() == ["web                              RUNNING   up", ""]
    assert session.interactive


def test_the_history_survives_the_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readline = pytest.importorskip("readline")
    saved = []
    monkeypatch.setattr("atexit.register", lambda *call: saved.append(call))
    history = tmp_path / "history"
    shell._remember_lines(str(history))
    assert not set(":*-") & set(readline.get_completer_delims())
    readline.add_history("status pair:*")
    [(save, path)] = saved
    save(path)
    assert "pair:*" in history.read_text()
    readline.clear_history()
    shell._remember_lines(str(history))
    assert readline.get_history_item(1)
