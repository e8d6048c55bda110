"""Deaths and failures at port calls: that they are all tried, and that what goes wrong there is seen."""

from __future__ import annotations

from initd.drive.spawner import Spawner
from initd.kernel.port import ExitStatus
from sim.kernel import SimKernel
from sim.stage.breakpoints import ERRNOS, calls_of, deaths, die_at, fail_at, failures
from sim.stage.small import SMALL, Small

STOP_AND_START = SMALL[0]
QUIETEST = Small("nothing", (), (), 2)


def test_every_call_is_a_place_to_die_and_so_is_the_end():
    calls = calls_of(QUIETEST)
    verdicts = list(deaths(QUIETEST))
    assert [verdict.place.split(", ")[-1] for verdict in verdicts] == [call for call, _ in calls] + ["after the last call"]
    assert not [verdict for verdict in verdicts if verdict.broken]


def test_every_errno_of_every_call_is_tried():
    verdicts = list(failures(QUIETEST))
    expected = [
        name for call, args in calls_of(QUIETEST) if call != "watch" or args[1] for name in ERRNOS.get(call, ())
    ]
    assert [verdict.place.split()[0] for verdict in verdicts] == expected
    assert not [verdict for verdict in verdicts if verdict.broken]


def test_no_call_takes_place_after_the_death():
    """Not even what a `finally` would still do."""
    calls = calls_of(STOP_AND_START)
    forked = next(at for at, (call, _) in enumerate(calls) if call == "spawn")
    site = STOP_AND_START.site()
    die_at(STOP_AND_START, forked)
    assert site.kernel.process(51) is None


def test_a_daemon_that_cannot_come_up_beside_what_its_predecessor_left_is_found(monkeypatch):
    def replaced(kernel, path, mode, owner):
        if kernel.files.exists(path):
            raise FileExistsError(17, "File exists", path)
        return listen(kernel, path, mode, owner)

    listen = SimKernel.listen_unix
    monkeypatch.setattr(SimKernel, "listen_unix", replaced)
    (broken,) = {verdict.broken[0].split(" at ")[0] for verdict in deaths(STOP_AND_START, 60) if verdict.broken}
    assert broken == "V4 fail"


def test_an_error_nobody_catches_is_found(monkeypatch):
    def fails(spawner, program, attempt, prepared, logs):
        child = start(spawner, program, attempt, prepared, logs)
        spawner._loop.kernel.watch(child[2][0], 1)
        return child

    start = Spawner._start
    monkeypatch.setattr(Spawner, "_start", fails)
    assert any("crash" in line for verdict in failures(STOP_AND_START) for line in verdict.broken)


def test_a_program_that_pays_for_anothers_failure_is_found():
    calls = calls_of(STOP_AND_START)
    at = next(at for at, (call, _) in enumerate(calls) if call == "spawn")
    verdict = fail_at(STOP_AND_START, at, "EAGAIN", {})
    assert "isolation" in verdict.broken[0]


def test_a_replaced_daemon_is_another_process_and_its_children_are_no_longer_ours():
    site = STOP_AND_START.site()
    site.run(1_000_000_000)
    before = site.kernel.getpid()
    children = site.kernel.children()
    assert len(children) == 2
    site.restart(ExitStatus(None, 9))
    assert site.kernel.getpid() != before
    assert site.kernel.children() == []
    assert {site.kernel.process(pid).parent.pid for pid in children} == {1}
    assert site.kernel.open_count() == 3
    assert site.connect() is None
