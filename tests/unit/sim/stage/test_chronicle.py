"""The story out of a recording, on recordings written here."""

from __future__ import annotations

import gc
import io
import threading
import time

from initd.kernel import transcript
from initd.kernel.port import Child
from sim.scenario import Program
from sim.stage.chronicle import Chronicle

A = "g:a"
BOOT = ("effect", (("GroupChanged", "g", True, (1,)),), None)
SPEC = ("SpawnSpec", "/bin/python", ("python", "part0"))


def mono(time_ns):
    return ("mono", (), time_ns)


def spawned(pid):
    return ("spawn", (SPEC,), transcript.plain(Child(pid, -1)))


def changed(old, new, pid=0, tries=0, expected=True):
    return ("effect", (("StateChanged", 1, "g", "a", str(old), str(new), pid, tries, expected),), None)


def read(*entries, **options):
    told = Chronicle({A: Program("a", **options)})
    told.read(io.BytesIO(transcript.FIRST_LINE + b"".join(map(transcript.line, entries))), {SPEC[2]: A}.__getitem__)
    return told


LIFE = [mono(1000), BOOT, mono(1100), changed(0, 10), mono(1200), spawned(7), mono(1300), changed(10, 20, 7)]


def test_states_forks_signals_and_the_exit_are_told_at_the_last_reading_of_the_clock_since_the_boot():
    told = read(*LIFE, mono(2000), changed(20, 40, 7), ("kill", (7, 15), None), mono(2500), ("reap", (7,), None),
                    changed(40, 0, 7), mono(2600), ("end", (0,), None))  # fmt: skip
    assert told.zero_ns == 1000
    assert told.trace == [
        (100, A, "state", "STARTING 0"), (200, A, "spawn", "1"), (300, A, "state", "RUNNING"),
        (1000, A, "state", "STOPPING"), (1000, A, "signal", "15"), (1500, A, "state", "STOPPED"), (1600, "", "exit", "0"),
    ]  # fmt: skip
    assert (told.pids, told.status) == ({}, 0)


def test_a_signal_to_a_group_says_so_and_one_to_somebody_left_over_is_not_told():
    told = read(*LIFE, ("killpg", (7, 9), None), ("kill", (99, 9), None))
    assert told.trace[3:] == [(300, A, "signal", "9 group")]


def test_a_stop_of_one_that_is_reaped_already_is_told_with_the_signal_nobody_gets():
    told = read(*LIFE, ("reap", (7,), None), changed(20, 40, 7), stopsignal=2)
    assert told.trace[-1] == (300, A, "signal", "2")


def test_the_child_there_is_is_known_until_it_is_reaped():
    assert read(*LIFE).pids == {A: 7}
    assert read(*LIFE, ("reap", (7,), None, ("BlockingIOError", "not yet"))).pids == {A: 7}


def test_how_late_the_daemon_was_woken_is_measured_where_nothing_else_woke_it():
    told = read(*LIFE, ("poll", (5000,), []), mono(5040), ("poll", (9000,), [(3, 1)]), mono(9900))
    assert told.late_ns == 40


def test_a_refused_fork_counts_as_a_try_and_is_not_the_daemons_doing():
    told = read(mono(1), BOOT, ("spawn", (SPEC,), None, ("KernelError", 11, "fork")), mono(2), spawned(8))
    assert told.trace == [(1, A, "spawn", "2")]
    assert "refused" in told.unknown


def test_recordings_are_read_whole_by_threads_side_by_side():
    # Finalizers let another thread in while a literal is half read, which CPython 3.11 alone does not survive.
    stop = threading.Event()
    failures = []

    class Yields:
        def __init__(self):
            self.itself = self

        def __del__(self):
            time.sleep(1e-6)

    def reads():
        try:
            while not stop.is_set():
                Yields()
                read(*LIFE)
        except BaseException as error:
            failures.append(error)
            stop.set()

    threshold = gc.get_threshold()
    gc.set_threshold(30)
    threads = [threading.Thread(target=reads) for _ in range(4)]
    try:
        for thread in threads:
            thread.start()
        stop.wait(1)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        gc.set_threshold(*threshold)
    assert failures == []
