"""`initd-sim judge`: verdicts, the report, the exit status, the page, and what it says of files that are none."""

from __future__ import annotations

import ast

import pytest

from initd.kernel import transcript
from sim.accounts.account import Account
from sim.cli import main
from sim.invariants import Finding, Outcome
from sim.invariants.meanings import meaning
from sim.judge import LAWS, order, report, summary, verdicts
from sim.scenario import SECOND_NS, Group, Kind, Life, Op, Program, Scenario
from sim.stage.daemon import DaemonStage
from tests.property.test_recordings import recording_of
from tests.unit.sim.pages import Page

S = SECOND_NS
A = "a:a"
STUBBORN = Scenario((Group("a", (Program("a", (Life(None, 0, None),), stopwaitsecs=2),)),), (Op(3 * S, Kind.STOP, A),), 9 * S)
CONFIG = "[supervisord]\n[program:web]\ncommand=/usr/bin/web\n"
LOG = """2026-03-01 10:00:00,000 INFO supervisord started with pid 1
2026-03-01 10:00:01,000 INFO spawned: 'web' with pid 7
2026-03-01 10:00:03,000 INFO success: web entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)
"""


def account(*entries, broken=(), unknown=None, tolerance_ns=0):
    scenario = Scenario((Group("a", (Program("a"),)),), (), 9 * S)
    return Account("session 1", scenario, entries, dict.fromkeys(entries, 42), unknown or {}, {}, broken, tolerance_ns)


UP = ((0, A, "state", "STARTING 0"), (0, A, "spawn", "1"), (S + 1, A, "state", "RUNNING"))


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "rec"
    path.write_bytes(recording_of(DaemonStage(STUBBORN)))
    return path


@pytest.fixture
def log(tmp_path):
    (tmp_path / "supervisord.conf").write_text(CONFIG)
    (tmp_path / "main.log").write_text(LOG)
    return str(tmp_path / "main.log"), str(tmp_path / "supervisord.conf")


def of(found, law):
    return next(each for each in found if each.law == law)


def test_every_law_gets_a_verdict_and_a_failure_its_line():
    found = verdicts(account(*UP))
    assert [each.law for each in found] == list(LAWS) == sorted(LAWS, key=order)
    assert all(each.outcome is Outcome.PASS for each in found)
    short = account(*UP[:2], (S // 2, A, "state", "RUNNING"))
    s4 = of(verdicts(short), "S4")
    assert (s4.outcome, s4.line) == (Outcome.FAIL, 42)
    assert report("rec", short, [s4]) == [
        f"FAIL S4 rec:42: session 1, 0.500000 s after the boot, a:a: RUNNING after {S // 2} ns, startsecs is 1",
        f"  must hold: {meaning('S4')}",
    ]


def test_unknown_is_neither_pass_nor_fail_whatever_was_found():
    found = verdicts(account(*UP[:2], (S // 2, A, "state", "RUNNING"), unknown={"S4": "nobody knows"}))
    assert of(found, "S4").outcome is Outcome.UNKNOWN
    assert summary(found, 0.5).startswith(f"{len(LAWS) - 1} passed, 0 failed, 1 unknown in 0.50s")


def test_slack_is_for_what_is_late_and_tolerance_for_what_looks_too_short():
    late = account(*UP[:2], (3 * S, A, "state", "RUNNING"))
    assert of(verdicts(late, slack_ns=S), "V1").outcome is Outcome.FAIL
    assert of(verdicts(late, slack_ns=2 * S), "V1").outcome is Outcome.PASS
    early = account(*UP[:2], (S - S // 10, A, "state", "RUNNING"), tolerance_ns=S // 4)
    assert of(verdicts(early), "S4").outcome is Outcome.PASS
    assert of(verdicts(early, tolerance_ns=S // 20), "S4").outcome is Outcome.FAIL


def test_what_needs_no_story_to_be_seen_is_a_failure_as_well():
    finding = Finding("R4", Outcome.FAIL, "signal 15 to 7", (S, "", "signal", "15"))
    r4 = of(verdicts(account(*UP, broken=((finding, 99),))), "R4")
    assert (r4.outcome, r4.line) == (Outcome.FAIL, 99)


def test_the_command_passes_a_recording_and_names_what_was_planted_in_it(recording, capsys):
    assert main(["judge", str(recording)]) == 0
    assert capsys.readouterr().out.startswith(f"{len(LAWS)} passed, 0 failed in ")
    lines = recording.read_bytes().splitlines(keepends=True)
    at = next(at for at, line in enumerate(lines) if line.startswith(b"('kill', ") and line.endswith(b", 15), None)\n"))
    pid = ast.literal_eval(lines[at].decode())[1][0]
    recording.write_bytes(b"".join([*lines[: at + 1], transcript.line(("kill", (pid, 9), None)), *lines[at + 1 :]]))
    assert main(["judge", str(recording)]) == 1
    told = capsys.readouterr().out
    assert f"FAIL T2 {recording}:{at + 2}: session 1, 3.000000 s after the boot, a:a: signal 9 0 ns after the stop" in told
    assert " 1 failed in " in told
    assert main(["judge", str(recording), "--law", "S1", "--law", "T1"]) == 0
    assert capsys.readouterr().out.startswith("2 passed, 0 failed in ")


def test_the_command_never_passes_what_a_log_does_not_tell(log, capsys):
    path, config = log
    assert main(["judge", path, "--config", config]) == 1
    told = capsys.readouterr().out
    assert "UNKNOWN S10 start 1: a main log does not tell what clients ask" in told and "FAIL" not in told
    assert ", 0 failed, " in told
    assert main(["judge", path, "--config", config, "--law", "S3", "--law", "S4"]) == 0


def test_the_page_of_a_real_run_has_its_lanes_and_its_verdicts(recording, log, tmp_path, capsys):
    page = tmp_path / "page.html"
    assert main(["judge", str(recording), "--html", str(page)]) == 0
    Page(page.read_text())
    assert "session 1" in page.read_text() and "exit SIGKILL" in page.read_text()
    assert main(["judge", log[0], "--config", log[1], "--html", str(page)]) == 1
    assert "S10 unknown: a main log does not tell what clients ask" in page.read_text()


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        (None, ("--config",), "could not read it"),
        (b"", ("--config",), ":1: nowhere does it say"),
        (b"\xff\xfe\x00garbage\n", ("--config",), ":1: no line of a main log"),
        (LOG.encode() + b"garbage\n", ("--config",), ":4: no line of a main log: 'garbage'"),
        (LOG.encode(), (), "takes --config FILE as well"),
        (LOG.encode(), ("--config", "--law", "S99"), "no law 'S99': expected one of R4, "),
        (transcript.FIRST_LINE, ("--config",), "a recording has its configuration in it"),
        (transcript.FIRST_LINE + b"(\n", (), ":2: no entry"),
        (transcript.MAGIC + b"99\n", (), "of format 99, this program reads format 1"),
    ],
)
def test_what_cannot_be_judged_is_one_message_and_status_2(log, capsys, content, options, words):
    path, config = log
    if content is None:
        path += ".gone"
    else:
        with open(path, "wb") as file:
            file.write(content)
    given = [each for option in options for each in ((option, config) if option == "--config" else (option,))]
    assert main(["judge", path, *given]) == 2
    told = capsys.readouterr()
    assert words in told.err and told.err.count("\n") == 2 and not told.out


def test_a_configuration_that_cannot_be_used_is_status_2(log, capsys):
    path, config = log
    with open(config, "w", encoding="utf-8") as file:
        file.write("[supervisord]\n[program:web]\n")
    assert main(["judge", path, "--config", config]) == 2
    assert "command" in capsys.readouterr().err
