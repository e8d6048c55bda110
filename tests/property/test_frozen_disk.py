"""Logs and disks that hang, fill up or are slow: what the whole daemon does meanwhile, and that it still ends."""

from __future__ import annotations

import errno

from hypothesis import given
from hypothesis import strategies as st

from tests.property.worlds import HUP, MAIN_LOG, TERM, World, ns, program

ERRORS = [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS]
PROGRAMS = program("p", stdout_logfile="/mnt/p.log", autorestart="true") + "".join(
    (program("q", stdout_logfile="/var/log/q.log"), program("crash"))
)
BEHAVIOURS = {"p": "flood 20000", "q": "print hello every 1s", "crash": "crash after 0.4s"}


def run(disturb, seconds=13, end=None, behaviours=BEHAVIOURS, servers=True):
    world = World(PROGRAMS, behaviours, servers=servers)
    disturb(world)
    if end is not None:
        world.signal(end, TERM)
    return world.run(seconds, clean=False)


UNDISTURBED = run(lambda world: None)


@given(
    at=st.integers(1, 12).map(lambda count: count / 4),  # at boot there is an order to keep, see test_spawning
    released=st.none() | st.integers(1, 16),
    path=st.sampled_from(["/mnt/p.log", "/mnt"]),
    life=st.sampled_from(["flood 20000", "flood 400000", "print x every 0.1s", "exit 0 after 1.5s"]),
)
def test_a_log_that_hangs_under_one_program_delays_nobody_else(at, released, path, life):
    behaviours = {**BEHAVIOURS, "p": life}
    calls = []

    def disturb(world):
        world.at(at, lambda: world.files.hang(path))
        calls.append(world.call(5, "getAllProcessInfo"))
        calls.append(world.call(6.5, "stopProcess", "q"))
        if released is not None:
            world.at(at + released, lambda: world.files.release(path))

    world = run(disturb, behaviours=behaviours)
    assert world.moves("crash") == UNDISTURBED.moves("crash")
    stop = [(ns(6.5), "RUNNING", "STOPPING"), (ns(6.5), "STOPPING", "STOPPED")]
    assert world.moves("q") == UNDISTURBED.moves("q") + stop
    assert [call.answered_ns for call in calls] == [ns(5), ns(6.5)]
    assert world.files.data("/var/log/q.log") == b"hello\n" * 7
    if life.startswith("flood") and released is not None and at + released < 12:
        assert world.files.data("/mnt/p.log"), "it goes on once the disk does"


@given(
    frozen=st.integers(0, 20).map(lambda count: count / 4),
    path=st.sampled_from(["/", "/var", "/mnt", MAIN_LOG, "/var/log/q.log"]),
    after=st.integers(0, 12).map(lambda count: count / 4),
    slow=st.booleans(),
)
def test_a_shutdown_on_a_frozen_disk_still_ends_in_time(frozen, path, after, slow):
    def disturb(world):
        if slow:
            world.at(frozen, lambda: world.files.slow(path, ns(7)))
        else:
            world.at(frozen, lambda: world.files.hang(path))

    world = run(disturb, seconds=60, end=frozen + after)
    assert world.status == 0
    assert world.kernel.now <= ns(frozen + after + 2)
    assert not world.kernel.processes()


@given(frozen=st.sampled_from([1.25, 3, 5]), path=st.sampled_from(["/mnt", "/var/log", "/etc"]), life=st.booleans())
def test_a_reload_on_a_frozen_disk_does_what_it_can_and_a_shutdown_after_it_still_ends(frozen, path, life):
    def disturb(world):
        world.at(frozen, lambda: world.files.hang(path))
        world.signal(frozen + 1, HUP)
        if life:
            world.at(frozen + 10, lambda: world.files.release(path))

    world = run(disturb, seconds=90, end=frozen + 30)
    assert world.status == 0
    assert world.kernel.now <= ns(frozen + 30 + 2)
    assert not world.kernel.processes()
    if life:
        assert len(world.spawned("q")) == 2, "the reload has happened in the end"


@given(
    frozen=st.integers(4, 16).map(lambda count: count / 4),
    lasts=st.integers(1, 40).map(lambda count: count / 4),
    slow=st.booleans(),
    rotates=st.booleans(),
    reloads=st.integers(1, 2),
)
def test_over_reloads_a_log_that_hangs_or_is_slow_keeps_the_order_of_what_is_written(
    frozen, lasts, slow, rotates, reloads
):
    options = {"stdout_logfile_maxbytes": 50, "stdout_logfile_backups": 50} if rotates else {}

    def prints(argv, env, attempt):
        lines = [["write", "out", f"{attempt} {number}\n"] for number in range(40)]
        return [*[step for line in lines for step in (line, ["sleep", 0.5])], ["pause"]]

    world = World(program("p", stdout_logfile="/mnt/p.log", **options), prints)
    if slow:
        world.at(frozen, lambda: world.kernel.workers.delay("log:/mnt/p.log", ns(lasts / 2)))
        world.at(frozen + 20, world.kernel.workers.heal)
    else:
        world.at(frozen, lambda: world.files.hang("/mnt/p.log"))
        world.at(frozen + lasts, lambda: world.files.release("/mnt/p.log"))
    for number in range(reloads):
        world.signal(frozen + 0.5 + 3 * number, HUP)
    world.run(90)
    paths = ["/mnt/p.log", *[f"/mnt/p.log.{number}" for number in range(1, 51)]]
    lines = b"".join(world.files.data(path) for path in reversed(paths) if world.files.exists(path)).split(b"\n")[:-1]
    order = [tuple(map(int, line.split())) for line in lines]
    assert order == sorted(order)
    assert order[-1] == (len(world.pids("p")), 39), "nothing is lost that there is room for"


@given(
    number=st.sampled_from(ERRORS),
    call=st.sampled_from(["append", "rename", "open_append", "close", ""]),
    path=st.sampled_from(["/mnt", "/mnt/p.log", MAIN_LOG]),
    times=st.none() | st.integers(1, 30),
    maxbytes=st.sampled_from(["50MB", "20KB", "0"]),
)
def test_a_disk_that_is_full_or_broken_costs_lines_but_changes_nothing(number, call, path, times, maxbytes):
    text = PROGRAMS.replace("p.log\n", f"p.log\nstdout_logfile_maxbytes={maxbytes}\n")
    plain = World(text, BEHAVIOURS).run(12)
    world = World(text, BEHAVIOURS)
    world.at(1.5, lambda: world.files.fail(path, number, *([call] if call else []), times=times))
    world.at(8, world.files.heal)
    world.run(12)
    assert world.simulation.changes == plain.simulation.changes
    assert world.files.data("/var/log/q.log") == plain.files.data("/var/log/q.log")
    written = [path for path in ("/mnt/p.log", "/mnt/p.log.1") if world.files.exists(path) and world.files.data(path)]
    assert written, "again, once the disk is healthy"
    assert world.kernel.open_count() == plain.kernel.open_count()


@given(at=st.integers(0, 8), count=st.integers(1, 30), restarts=st.integers(1, 40))
def test_restarts_onto_a_log_that_hangs_pile_up_no_descriptors(at, count, restarts):
    world = World(
        program("p", stdout_logfile="/mnt/p.log", startsecs=0, autorestart="true"),
        {"p": f"flap {restarts} times after 0.25s then run"},
    )
    counts = []
    world.at(at, lambda: world.files.hang("/mnt/p.log"))
    world.at(at + count, lambda: counts.append(world.kernel.open_count()))
    world.at(at + count, world.files.heal)
    world.run(at + count + 20)
    assert world.state("p") == "RUNNING"
    healthy = World(program("p", stdout_logfile="/var/log/p.log")).run(5).kernel.open_count()
    assert world.kernel.open_count() == healthy
    assert counts[0] <= healthy + 2
