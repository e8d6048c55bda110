"""Sieges: a function of the seed, and a judge whom planted violations do not escape."""

from __future__ import annotations

import xmlrpc.client

import pytest

from initd.drive.sockets import Sockets
from initd.drive.spawner import Spawner
from initd.kernel.port import ExitStatus
from initd.session import Session
from initd.states import ProcessState
from initd.supervise.effects import StateChanged
from initd.supervise.supervisor import Supervisor
from sim import campaign
from sim.invariants.catalogue import CATALOGUE, SIEGE
from sim.kernel import SimKernel
from sim.simulation import Change
from sim.stage import siege as sieging
from sim.stage import sieges
from sim.stage.answers import untrue
from sim.stage.calls import Call, Stamped, parse_reply
from sim.stage.siege import Besieged, Result, Siege, play, siege_of
from tests.unit.sim.trips import trips

P = ProcessState
PROGRAM = ("a", "startsecs=0\nstdout_logfile=/var/log/a.out\nstderr_logfile=NONE\nstdout_logfile_backups=1\n", "run forever")
CALM = Siege(0, 50, (PROGRAM,), ("clock_step",))


def site():
    return Besieged(CALM)


def names(place):
    return [line.split()[0] for line in place.broken]


def change(place, old, new, pid=0):
    place._changed(Change(0, StateChanged(1, "a", "a", old, new, pid)))


def test_a_siege_is_a_function_of_its_seed():
    assert siege_of(7) == siege_of(7) != siege_of(8)
    assert play(siege_of(7)) == play(siege_of(7))
    assert {name for seed in range(120) for name in siege_of(seed).nemeses} == set(sieging.NEMESES)


def test_a_siege_survives_its_file():
    assert sieges.from_json(sieges.to_json(siege_of(7))) == siege_of(7)


@trips("R3", "S1", "S11", "S14")
def test_states_that_do_not_follow_or_that_another_process_ended_are_told():
    place = site()
    change(place, P.STOPPED, P.STARTING)
    change(place, P.STARTING, P.RUNNING)
    assert names(place) == []
    place.kernel.owners[60] = "b:b"
    change(place, P.RUNNING, P.EXITED, 60)
    change(place, P.RUNNING, P.STOPPING)
    change(place, P.STOPPING, P.RUNNING)
    place.shut_down = True
    change(place, P.RUNNING, P.STARTING)
    assert names(place) == ["R3", "S14", "S1", "S1", "S11"]


def test_the_exit_of_an_orphan_that_has_a_programs_old_pid_is_not_that_programs():
    place = site()
    place.kernel.owners[60] = "a:a"
    place._hear(0, "fork", 60, 1)
    change(place, P.RUNNING, P.STOPPING)
    change(place, P.STOPPING, P.STOPPED, 60)
    assert names(place) == ["R3"]


@trips("R5")
def test_orphans_that_nobody_reaps_are_told(monkeypatch):
    swarm = CALM.replace(pid=1, nemeses=("orphan_swarm",), programs=(PROGRAM[:2] + ("crash after 0.4s exit 1",),))
    peek = SimKernel.peek_exited

    def overlooks(kernel):
        pid = peek(kernel)
        return pid if pid in kernel.owners else None

    assert play(swarm).broken == ()
    monkeypatch.setattr(SimKernel, "peek_exited", overlooks)
    assert "R5" in {line.split()[0] for line in play(swarm.replace(seed=3)).broken}


@trips("R6")
def test_a_poll_that_sleeps_past_a_deadline_is_told():
    place = site()
    place.kernel.deadline = lambda: 5
    place.kernel.poll(7)
    assert names(place) == ["R6"]


@trips("V6")
def test_a_poll_that_returns_for_nothing_is_told_unless_it_was_nudged(monkeypatch):
    place = site()
    place.kernel.deadline = lambda: None
    place.kernel.nudge()
    place.kernel.poll(None)
    assert names(place) == []
    monkeypatch.setattr(SimKernel, "poll", lambda kernel, deadline_ns: [])
    place.kernel.poll(None)
    assert names(place) == ["V6"]


@trips("R10")
def test_too_much_in_one_turn_is_told(monkeypatch):
    place = site()
    monkeypatch.setattr(SimKernel, "reap", lambda kernel, pid: ExitStatus(0))
    monkeypatch.setattr(SimKernel, "read", lambda kernel, fd, size: b"")
    for _ in range(258):
        place.kernel.reap(60)
    place.kernel.read(5, 65_537)
    assert names(place) == ["R10", "R10"]


@trips("L2")
def test_a_log_that_grows_past_its_bound_or_leaves_too_many_behind_is_told():
    place = site()
    sieging._logs(place, CALM)
    assert names(place) == []
    place.kernel.files.put("/var/log/a.out", b"x" * 80_000)
    sieging._logs(place, CALM)
    place.kernel.files.put("/var/log/a.out")
    for number in (1, 2):
        place.kernel.files.put(f"/var/log/a.out.{number}")
    sieging._logs(place, CALM)
    assert names(place) == ["L2", "L2"]


def test_a_stop_without_an_end_is_told(monkeypatch):
    """A daemon that never sends SIGKILL."""
    stubborn = CALM.replace(programs=(PROGRAM[:2] + ("ignore TERM, run forever",),))
    assert play(stubborn).broken == ()
    kill = SimKernel.kill
    monkeypatch.setattr(SimKernel, "kill", lambda kernel, pid, signal: signal == 9 or kill(kernel, pid, signal))
    assert "V3" in {line.split()[0] for line in play(stubborn).broken}


def test_a_program_that_is_not_started_again_is_told(monkeypatch):
    """A core that forgets deadlines after two seconds."""
    crashing = CALM.replace(programs=(("a", PROGRAM[1] + "autorestart=true\nstartsecs=1\n", "crash after 0.1s exit 1"),))
    assert play(crashing).broken == ()
    due = Supervisor.next_deadline

    def deaf(core):
        deadline = due(core)
        return None if deadline is not None and deadline > 2 * sieging.SECOND_NS else deadline

    monkeypatch.setattr(Supervisor, "next_deadline", deaf)
    assert "V1" in {line.split()[0] for line in play(crashing).broken}


def test_what_must_not_matter_and_does_is_told(monkeypatch):
    seen = iter([((), "x"), ((1,), "y"), ((2,), "z")])
    monkeypatch.setattr(sieges, "play", lambda siege: Result((), next(seen)[0], ()))
    assert sieges.verdict(CALM, True).broken[0].startswith("O4 fail: ['clock_step']")


@trips("L3")
def test_a_daemon_that_ends_a_program_whose_log_fails_is_told(monkeypatch):
    full = CALM.replace(seed=4, programs=(PROGRAM[:2] + ("print hello every 0.3s",),), nemeses=("enospc",))
    assert sieges.verdict(full, True).broken == ()
    log = Session.log

    def ends(session, level, text):
        log(session, level, text)
        if "output is lost" in text and "/var/log/a.out" in text:
            for running in session.driver._reaper.owners():
                session.environment.kernel.kill(running.pid, 9)

    monkeypatch.setattr(Session, "log", ends)
    assert "L3" in {line.split()[0] for line in sieges.verdict(full, True).broken}


def test_a_siege_that_fails_is_shrunk_to_what_it_fails_with(monkeypatch):
    def fails(siege):
        guilty = "flood" in siege.nemeses and any(name == "b" for name, _, _ in siege.programs)
        return Result(("V1 fail",) if guilty else (), (), ())

    monkeypatch.setattr(sieges, "play", fails)
    large = Siege(1, 1, tuple((name, "", "") for name in "abc"), ("clock_step", "flood", "eintr"))
    shrunk = sieges.shrink(large)
    assert (shrunk.nemeses, [name for name, _, _ in shrunk.programs]) == (("flood",), ["b"])


def test_a_campaign_of_sieges_counts_and_keeps_what_fails(monkeypatch):
    good = campaign.run_seeds(0, 6, campaign.NEMESIS, "daemon")
    assert (good.passed, good.failed) == (6, 0)
    assert good.digest == campaign.run_seeds(0, 6, campaign.NEMESIS, "daemon").digest
    monkeypatch.setattr(sieges, "play", lambda siege: Result(("V1 fail",), (), ()))
    bad = campaign.run_seeds(0, 2, campaign.NEMESIS, "daemon")
    assert (bad.failed, len(bad.failures)) == (2, 2)
    assert sieges.from_json(bad.failures[0].scenario).seed == 0


# answers
def reply(value, head="HTTP/1.1 200 OK"):
    body = xmlrpc.client.dumps((value,), methodresponse=True).encode()
    return f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def test_a_reply_is_whole_well_formed_and_the_only_one():
    assert parse_reply(reply(True)) is True
    assert parse_reply(reply(True)[:-1]) is None
    for wrong in (reply(True) + b"H", reply(True, "HTTP/1.1 500 No"), reply(True).replace(b"boolean>", b"booleen>")):
        with pytest.raises(ValueError, match="."):
            parse_reply(wrong)


class Client:
    def __init__(self, value, time_ns):
        self.received = Stamped(lambda: time_ns)
        self.received += reply(value)


@pytest.mark.parametrize(
    ("method", "params", "value", "true"),
    [
        ("getProcessInfo", ("a",), {"group": "a", "name": "a", "statename": "RUNNING"}, True),
        ("getProcessInfo", ("a",), {"group": "a", "name": "a", "statename": "FATAL"}, False),
        ("getAllProcessInfo", (), [{"group": "a", "name": "a", "statename": "STOPPED"}], True),
        ("getAllProcessInfo", (), [{"group": "a", "name": "a", "statename": "EXITED"}], False),
        ("stopProcess", ("a", True), True, True),
        ("stopProcess", ("c", True), True, True),
        ("stopProcess", ("b", True), True, False),
        ("startProcess", ("a", True), True, False),
        ("startProcess", ("a", True), 0, False),
        ("getState", (), {}, True),
    ],
)
def test_an_answer_is_held_against_what_happened_between_request_and_reply(method, params, value, true):
    changes = [(1, "a:a", P.STOPPED, P.STARTING), (2, "a:a", P.STARTING, P.RUNNING), (4, "b:b", P.STOPPED, P.STARTING)]
    changes += [(5, "a:a", P.RUNNING, P.STOPPING), (6, "a:a", P.STOPPING, P.STOPPED), (9, "a:a", P.STOPPED, P.STARTING)]
    changes += [(2, "c:c", P.STARTING, P.RUNNING), (2, "c:c", P.RUNNING, P.EXITED)]
    assert bool(untrue(Call(3, f"supervisor.{method}", params, Client(value, 7)), changes)) is not true


def test_the_catalogue_says_which_are_judged_here():
    here = {*(f"E{number}" for number in range(1, 9)), *(f"L{number}" for number in range(1, 7))}
    here |= {"R3", "R5", "R6", "R10", "V6", "W1", "W2", "W3"}
    assert {name for name, where in CATALOGUE.items() if where == SIEGE} == here


SHARING = CALM.replace(programs=(("a", PROGRAM[1] + "socket=unix:///var/run/a.sock\n", "answer hello"),))


@trips("S2")
def test_a_child_without_the_socket_it_shares_is_told(monkeypatch):
    def piped(spawner, program, attempt, prepared, logs):
        return start(spawner, program, attempt, prepared.replace(socket=None), logs)

    start = Spawner._start
    assert play(SHARING).broken == ()
    monkeypatch.setattr(Spawner, "_start", piped)
    stubborn = SHARING.replace(programs=(SHARING.programs[0][:2] + ("run forever",),))
    assert "S2" in {line.split()[0] for line in play(stubborn).broken}


@trips("R8")
def test_a_shared_socket_that_stays_open_for_nobody_is_told(monkeypatch):
    ends = SHARING.replace(programs=(("a", SHARING.programs[0][1] + "autorestart=false\n", "exit 0 after 2s"),))
    assert play(ends).broken == ()
    monkeypatch.setattr(Sockets, "close", lambda sockets, socket: None)
    assert "R8" in {line.split()[0] for line in play(ends).broken}
