"""`explain`, and what `status` says beside programs in trouble: on a terminal alone."""

from __future__ import annotations

import io

import pytest

from initd.control.client.wire import Fault
from initd.control.faults import Fault as FaultCode
from tests.unit.client.scripted import Scripted, info

TROUBLE = {"group": "web", "name": "web", "statename": "FATAL", "short": "port 80 is in use", "lines": ["One.", "Two."]}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def on_a_terminal(**answers: object) -> Scripted:
    session = Scripted(**answers)
    session.out = Terminal()
    return session


def test_the_state_its_reason_and_the_sentences_are_printed() -> None:
    other = TROUBLE | {"name": "b", "statename": "RUNNING", "short": "", "lines": ["Up."]}
    session = Scripted(**{"initd.explain": [TROUBLE, other]})
    session.run("explain web:*")
    assert session.said() == ["web FATAL: port 80 is in use", "  One.", "  Two.", "web:b RUNNING", "  Up."]
    assert session.status == 0
    assert session.calls[-1] == ("initd.explain", "web:*")


@pytest.mark.parametrize(
    ("code", "line", "status"),
    [
        (FaultCode.BAD_NAME, "web: ERROR (no such process)", 1),
        (FaultCode.UNKNOWN_METHOD, "ERROR: this server cannot explain, it is no initd", 3),
    ],
)
def test_a_name_that_is_not_there_and_a_server_that_cannot_are_told(code: FaultCode, line: str, status: int) -> None:
    session = Scripted(**{"initd.explain": Fault(code, code.name)})
    session.run("explain web")
    assert (session.said(), session.status) == ([line], status)


def test_without_a_name_its_use_is_shown() -> None:
    session = Scripted()
    session.run("explain")
    assert session.said()[:2] == ["Error: explain requires a process name", "explain <name>\t\tSay why a process is in its state"]
    assert session.status == 2


ROWS = [info("web", 200, "FATAL", "Exited too quickly"), info("ok", 20, "RUNNING", "pid 7")]


def test_status_has_the_reason_behind_its_own_columns_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    session = on_a_terminal(getAllProcessInfo=ROWS, **{"initd.troubles": [TROUBLE]})
    session.run("status")
    assert session.said() == [
        "web                              FATAL     Exited too quickly  (port 80 is in use)",
        "ok                               RUNNING   pid 7",
    ]


def test_off_a_terminal_status_asks_for_no_reasons() -> None:
    session = Scripted(getAllProcessInfo=ROWS)
    session.run("status")
    assert session.said()[0].endswith("Exited too quickly")
    assert "initd.troubles" not in [call[0] for call in session.calls]


@pytest.mark.parametrize("rows", [ROWS, ROWS[1:]])
def test_a_server_without_reasons_and_programs_without_trouble_have_the_stock_table(rows: list[dict[str, object]]) -> None:
    session = on_a_terminal(getAllProcessInfo=rows, **{"initd.troubles": Fault(1, "UNKNOWN_METHOD")})
    session.run("status")
    assert not [line for line in session.said() if "(" in line]
    assert len(session.calls) == 2 + len(rows) - 1


def test_help_lists_it_for_people_alone() -> None:
    session = on_a_terminal()
    session.run("help")
    assert "commands of initd:" in session.said()
    assert "explain" in session.said()
