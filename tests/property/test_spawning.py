"""Spawns whose preparation is late, out of order or never done, and spawns that fail, by the whole shipped daemon."""

from __future__ import annotations

import errno

from hypothesis import given
from hypothesis import strategies as st

from initd.drive.line import PATIENCE_NS
from tests.property.worlds import CONF, HUP, SECOND, TERM, World, is_down, ns, program

LANES = [f"spawn:{instance}" for instance in range(1, 4)]
delays = st.integers(0, 8).map(lambda count: count / 2)


@given(delay=delays, startsecs=st.integers(0, 3), life=st.integers(1, 12))
def test_startsecs_run_from_the_birth_however_long_its_preparation_took(delay, startsecs, life):
    world = World(
        program("p", startsecs=startsecs, startretries=0, autorestart="false"), {"p": f"exit 0 after {life}s"}
    )
    world.kernel.delay_lane("spawn:1", ns(delay))
    world.run(30)
    assert [each.time_ns for each in world.spawned("p")] == [ns(delay)]
    assert world.entered("p", "STARTING") == [0]
    died_ns = ns(delay + life)
    if life > startsecs:
        assert world.moves("p")[1:] == [
            (ns(delay + startsecs) + 1, "STARTING", "RUNNING"),
            (died_ns, "RUNNING", "EXITED"),
        ]
    assert world.entered("p", "EXITED" if life >= startsecs else "FATAL") == [died_ns]


@given(delays=st.lists(st.integers(0, 60), min_size=3, max_size=3))
def test_a_boot_keeps_the_order_of_priorities_for_as_long_as_nobody_hangs(delays):
    """Delays in steps of 10 ms: each starts once it and all before it are prepared, or patience with those is over."""
    world = World("".join(program(name, priority=at) for at, name in enumerate("abc")))
    prepared = [delay * 10_000_000 for delay in delays]
    for lane, delay_ns in zip(LANES, prepared, strict=True):
        world.kernel.delay_lane(lane, delay_ns)
    world.run(20)
    born = [world.spawned(name)[0].time_ns for name in "abc"]
    if max(prepared) <= PATIENCE_NS:
        assert born == [max(prepared[: at + 1]) for at in range(3)]
    for ahead, (delay_ns, born_ns) in enumerate(zip(prepared, born, strict=True)):
        assert delay_ns <= born_ns <= max(delay_ns, ahead * PATIENCE_NS)
    assert [world.entered(name, "RUNNING") for name in "abc"] == [[each + SECOND + 1] for each in born]


@given(
    hung=st.sets(st.integers(1, 6), min_size=1, max_size=5),
    healed=st.integers(2, 9),
    call=st.sampled_from(
        [("startProcessGroup", "g", False), ("startAllProcesses", False), ("startProcess", "g:*", False)]
    ),
)
def test_programs_that_hang_at_a_start_of_many_hold_the_others_up_once_and_come_last(hung, healed, call):
    names = [f"p{at}" for at in range(1, 7)]
    text = "".join(program(name, priority=at, autostart="false") for at, name in enumerate(names))
    world = World(f"[group:g]\nprograms={','.join(reversed(names))}\n{text}", servers=True)
    for instance in hung:
        world.kernel.withhold(f"spawn:{instance}")
    world.call(1, *call)
    world.at(healed, world.kernel.heal)
    world.run(20)
    order = [each.detail[0].rpartition("/")[2] for each in world.spawned()]
    programs = world.simulation.session.driver.programs
    fine = [name for name in names if name not in [programs[instance].config.name for instance in hung]]
    assert sorted(order) == names
    assert order[: len(fine)] == fine
    assert world.spawned()[0].time_ns <= ns(1) + PATIENCE_NS
    assert world.spawned()[len(fine)].time_ns == ns(healed)


@given(delays=st.lists(delays, min_size=3, max_size=3), at=st.lists(delays, min_size=3, max_size=3))
def test_a_slow_preparation_of_a_restart_delays_nobody_else(delays, at):
    world = World("".join(program(name) for name in "abc"))
    for name, delay, when in zip("abc", delays, at, strict=True):
        lane = LANES["abc".index(name)]
        world.at(2 + when, lambda lane=lane, delay=delay: world.kernel.delay_lane(lane, ns(delay)))
        world.at(2 + when, lambda name=name: world.kernel.kill(world.pids(name)[0], 9))
    world.run(20)
    for name, delay, when in zip("abc", delays, at, strict=True):
        assert [each.time_ns for each in world.spawned(name)] == [0, ns(2 + when + delay)]


@given(
    stop_at=st.integers(0, 16).map(lambda count: count / 4),
    delay=st.none() | delays,
    wait=st.booleans(),
    as_group=st.booleans(),
)
def test_a_stop_ends_a_start_that_is_being_prepared_at_once_and_no_child_is_ever_born(stop_at, delay, wait, as_group):
    world = World(program("p", stopasgroup=as_group), servers=True)
    if delay is None:
        world.kernel.withhold("spawn:1")
    else:
        world.kernel.delay_lane("spawn:1", ns(delay))
    stop = world.call(stop_at, "stopProcess", "p", wait)
    world.at(20, lambda: (world.kernel.let_go("spawn:1"), stop.client.close()))
    world.run(40)
    assert stop.responses == 1
    assert stop.value is True
    assert stop.answered_ns == ns(stop_at)
    assert world.state("p") == "STOPPED"
    if delay is None or delay > stop_at:
        assert world.path("p") == ["STARTING", "STOPPING", "STOPPED"]
        assert not world.spawned()
    assert world.kernel.open_count() == World("", servers=True).run(1).kernel.open_count()
    assert not world.kernel.processes()


@given(
    delay=st.none() | delays, number=st.sampled_from([TERM, HUP]), at=st.integers(0, 16).map(lambda count: count / 4)
)
def test_a_shutdown_or_reload_does_not_wait_for_a_preparation(delay, number, at):
    world = World(program("p") + program("q"))
    if delay is None:
        world.kernel.withhold("spawn:1")
    else:
        world.kernel.delay_lane("spawn:1", ns(delay))
    world.signal(at, number)
    if number == TERM:
        world.run(60)
        assert world.kernel.now == ns(at)
        assert world.status == 0
        assert not world.kernel.processes()
        return
    world.write_config(program("r"))
    world.at(at + 20, world.kernel.heal)
    world.run(at + 50)
    assert len(world.entered("r", "STARTING")) == 1
    assert not [each for each in world.spawned("p") if each.time_ns > ns(at)]
    assert [each.pid for each in world.kernel.processes()] == world.pids("r")
    assert world.kernel.open_count() == World(program("r")).run(5).kernel.open_count()


@given(
    stop_at=delays,
    gone_for=delays,
    delay=st.none() | delays,
    again=delays,
    life=st.sampled_from(["run", "exit 0 after 3s"]),
)
def test_a_child_prepared_for_a_program_that_was_removed_is_never_born(stop_at, gone_for, delay, again, life):
    world = World(program("p", autorestart="false"), {"p": life}, servers=True)
    if delay is None:
        world.kernel.withhold("spawn:1")
    else:
        world.kernel.delay_lane("spawn:1", ns(delay))
    world.kernel.delay_lane("spawn:2", ns(again))
    calls = [world.call(stop_at, "stopProcess", "p"), world.call(stop_at + 0.001, "removeProcessGroup", "p")]
    back = stop_at + gone_for + 0.002
    calls.append(world.call(back, "addProcessGroup", "p"))
    world.at(back + 12, lambda: world.kernel.let_go("spawn:1"))
    world.run(40)
    assert [call.responses for call in calls] == [1, 1, 1]
    assert all(call.fault in ("", "NOT_RUNNING") for call in calls)
    late = [each for each in world.spawned("p") if each.time_ns > ns(stop_at)]
    assert [each.time_ns for each in late] == [ns(back + again)]
    assert world.state("p") == ("RUNNING" if life == "run" else "EXITED")


@given(
    at=st.integers(0, 8),
    text=st.sampled_from(["", "[program:x]\n", "nonsense\n[", "[supervisord]\n[program:p]\nx=%(y)s"]),
)
def test_a_reload_with_a_configuration_that_cannot_be_used_touches_nothing(at, text):
    world = World(program("p") + program("q"), {"q": "crash after 0.2s"}, servers=True)
    quiet = World(program("p") + program("q"), {"q": "crash after 0.2s"}, servers=True).run(30)
    world.at(at, lambda: world.files.put(CONF, text.encode()))
    world.signal(at, HUP)
    world.run(30)
    assert world.simulation.changes == quiet.simulation.changes
    assert len(world.lines("restart request refused, nothing was touched: ")) == 1


@given(
    call=st.sampled_from(["spawn", "spawn", "pipe"]),
    number=st.sampled_from([errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE]),
    nth=st.integers(1, 4),
    times=st.integers(1, 3),
    redirect=st.booleans(),
)
def test_a_failed_fork_or_pipe_is_a_spawn_error_that_is_retried_and_leaks_nothing(call, number, nth, times, redirect):
    healthy = World(program("p", redirect_stderr=redirect, startretries=9)).run(40)
    world = World(program("p", redirect_stderr=redirect, startretries=9))
    fault = world.kernel.faults.fail(call, number, nth=nth, times=times)
    world.run(40)
    failures = world.entered("p", "BACKOFF")
    assert len(failures) == fault.fired
    assert failures == [sum(range(count + 1)) * SECOND + count for count in range(len(failures))]
    assert world.state("p") == "RUNNING"
    if call == "spawn" and number == errno.EAGAIN:
        text = "Too many processes in process table to spawn 'p'"
    elif call == "spawn":
        text = f"unknown error during fork for 'p': {errno.errorcode[number]}"
    elif number == errno.EMFILE:
        text = "too many open files to spawn 'p'"
    else:
        text = f"unknown error making dispatchers for 'p': {errno.errorcode[number]}"
    assert world.lines("spawnerr") == [f"INFO spawnerr: {text}"] * fault.fired
    assert world.kernel.open_count() == healthy.kernel.open_count()


@given(
    number=st.sampled_from([errno.EACCES, errno.ENOSPC, errno.EROFS, errno.EIO, errno.EMFILE]),
    stream=st.sampled_from(["stdout", "stderr"]),
    times=st.integers(1, 4),
)
def test_a_log_that_cannot_be_opened_is_a_spawn_error_that_is_retried_and_leaks_nothing(number, stream, times):
    text = program("p", stdout_logfile="/var/log/p.out", stderr_logfile="/var/log/p.err", startretries=9)
    healthy = World(text).run(40)
    world = World(text)
    world.files.fail(f"/var/log/p.{stream[3:]}", number, "open_append", times=times)
    world.run(40)
    assert world.path("p")[: 2 * times] == ["STARTING", "BACKOFF"] * times
    assert world.state("p") == "RUNNING"
    assert len(world.lines("spawnerr: ")) == times
    assert world.kernel.open_count() == healthy.kernel.open_count()


@given(nth=st.integers(1, 12), late=st.booleans())
def test_a_descriptor_that_cannot_be_watched_neither_loses_the_child_nor_the_program(nth, late):
    world = World(program("p") + program("q"), {"q": "crash after 0.4s"})
    world.kernel.late_notes = late
    world.kernel.faults.fail("watch", errno.ENOMEM, nth=nth, when=lambda fd, interest: interest)
    world.at(15, lambda: ups.append(world.state("p")))
    world.signal(20, TERM)
    ups = []
    world.run(60, clean=False)
    assert ups == ["RUNNING"]
    assert world.status == 0
    assert not world.kernel.processes()
    assert is_down(world, "p")
    assert is_down(world, "q")


@given(
    number=st.sampled_from([errno.ENOENT, errno.EACCES, errno.ENOEXEC, errno.ETXTBSY, errno.ENOMEM]),
    startsecs=st.integers(0, 2),
    late=st.booleans(),
)
def test_a_program_that_cannot_be_executed_ends_with_127_and_says_why_in_its_own_stderr(number, startsecs, late):
    text = program("p", startsecs=startsecs, startretries=1, autorestart="false", stderr_logfile="/var/log/p.err")
    world = World(text, {"p": f"exec fails {errno.errorcode[number]}"})
    world.kernel.late_notes = late
    world.run(10)
    assert world.path("p")[-1] == ("FATAL" if startsecs else "EXITED")
    assert world.lines("exited: p")[0] == "WARN exited: p (exit status 127; not expected)"
    said = world.files.data("/var/log/p.err").decode()
    assert said.startswith("supervisor: couldn't exec /usr/bin/p: ")
    assert "supervisor: child process was not spawned\n" in said


NEVER = [
    {"command": "'/no/such'"},
    {"command": "nosuch"},
    {"command": "/tmp"},
    {"command": "'open"},
    {"command": "/etc/supervisord.conf"},
    {"directory": "/nowhere"},
    {"user": "nobody"},
]


@given(options=st.sampled_from(NEVER), retries=st.integers(0, 3), late=st.booleans())
def test_a_program_that_can_never_start_ends_in_fatal_and_nothing_is_left_of_it(options, retries, late):
    world = World(program("q") + program("p", startretries=retries, **options))
    world.kernel.late_notes = late
    world.files.put("/usr/bin/p", b"\x7fELF", 0o700)
    counts = []
    world.at(1.9, lambda: counts.append(world.kernel.open_count()))
    world.run(30)
    assert world.path("p") == ["STARTING", "BACKOFF"] * (retries + 1) + ["FATAL"]
    assert world.state("q") == "RUNNING"
    assert len(world.kernel.processes()) == 1
    assert world.kernel.open_count() == counts[0]
