"""What ends the daemon beside its signals, and with which status: the shipped daemon on a simulated kernel."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.kernel import SimFiles
from tests.property.worlds import HUP, KILL, TERM, World, ns, program

LIFE_S = 2
MESSAGE = "/dev/termination-log"
OPTIONS = ("essential", "main", "on_exit", "on_failure", "on_fatal")
ends = st.sampled_from(["exit 0", "exit 3", "crash by KILL"])
STATUS = {"exit 0": 0, "exit 3": 3, "crash by KILL": 137}


def initd(**options):
    return "[initd]\n" + "".join(f"{key}={value}\n" for key, value in options.items())


def asking(options):
    return {option: "true" if option in ("essential", "main") else "shutdown" for option in options}


def after_life(end):
    what, *by = end.split(" by ")
    return f"{what} after {LIFE_S}s" + "".join(f" by {signal}" for signal in by)


@given(
    options=st.sets(st.sampled_from(OPTIONS)),
    end=ends,
    autorestart=st.sampled_from(["true", "false", "unexpected"]),
    exitcodes=st.sampled_from(["0", "3", "0,3"]),
    pid=st.sampled_from([1, 50]),
)
def test_an_end_that_counts_ends_the_daemon_at_once_in_order_and_with_its_status(
    options, end, autorestart, exitcodes, pid
):
    own = dict(autorestart=autorestart, exitcodes=exitcodes, startsecs=1, **asking(options))
    text = program("p", **own) + program("other", stopwaitsecs=5)
    world = World(text, {"p": after_life(end), "other": "slow term 1s"}, pid=pid).run(LIFE_S + 1.5)
    expected = end.startswith("exit") and str(STATUS[end]) in exitcodes.split(",")
    for_good = autorestart == "false" or (autorestart == "unexpected" and expected)
    counts = (
        "on_exit" in options
        or ("on_failure" in options and not expected)
        or (for_good and bool(options & {"essential", "main"}))
    )
    assert world.status == (STATUS[end] if counts else None)
    assert len(world.spawned("p")) == 1 + (not counts and not for_good)
    (other,) = world.pids("other")
    assert world.signals(other) == ([(ns(LIFE_S), TERM)] if counts else [])
    assert len(world.lines("shutting down")) == counts


@given(
    options=st.sets(st.sampled_from(OPTIONS)),
    retries=st.integers(0, 2),
    code=st.none() | st.integers(0, 255),
    refused=st.booleans(),
)
def test_a_fatal_program_ends_the_daemon_with_the_code_for_that_where_it_counts(options, retries, code, refused):
    own = dict(startretries=retries, **asking(options))
    if refused:
        own["command"] = "/nowhere/p"
    text = (initd(fatal_exit_code=code) if code is not None else "") + program("p", **own) + program("other")
    files = SimFiles()
    world = World(text, {"p": "crash after 0.5s exit 9", "other": "run"}, files=files)
    if refused:
        files.unlink("/nowhere/p")
    world.run(10)
    assert world.state("p") == "FATAL"
    counts = bool(options & {"essential", "main", "on_fatal"})
    assert world.status == ((1 if code is None else code) if counts else None)
    assert len(world.spawned("p")) == (0 if refused else retries + 1)


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("asked", ["stop", "shutdown", "reload", "remove"])
def test_an_end_that_somebody_asked_for_is_no_reason_to_end(option, asked):
    world = World(program("p", autorestart="false", **asking([option])), {"p": "exit 7 on TERM"}, servers=True)
    if asked == "stop":
        world.call(5, "stopProcess", "p")
    elif asked == "remove":
        world.call(5, "stopProcess", "p")
        world.call(6, "removeProcessGroup", "p")
    else:
        world.signal(5, TERM if asked == "shutdown" else HUP)
    world.run(10)
    # As with any init, the status of the main program is the status: also of one that was told to stop.
    assert world.status == ((7 if option == "main" else 0) if asked == "shutdown" else None)
    assert not world.lines("shutting down")
    assert len(world.spawned("p")) == 1 + (asked == "reload")


def test_the_first_cause_is_the_status_whatever_the_others_end_with():
    text = program("a", on_failure="shutdown") + program("b", on_failure="shutdown") + program("m", main="true")
    world = World(text, {"a": "exit 4 after 2s", "b": "exit 5 on TERM", "m": "exit 6 on TERM"}).run(10)
    assert world.status == 4
    assert [line.partition(": ")[2] for line in world.lines("shutting down")] == ["a:a exited (exit status 4; not expected)"]


def test_causes_of_one_instant_count_in_the_order_they_are_reaped():
    text = program("a", on_exit="shutdown") + program("b", on_exit="shutdown")
    world = World(text, {"a": "exit 4 after 2s", "b": "exit 5 after 2s"}).run(10)
    first = next(each.change.name for each in world.simulation.changes if each.change.new.name == "EXITED")
    assert world.status == {"a": 4, "b": 5}[first]
    assert len(world.lines("shutting down")) == 1


CODES = {
    # exit_code_from: p fails for good with 3 at 2 s, q with 4 at 4 s, m is told to stop at 6 s and exits with 6
    "none": 0,
    "first-failure": 3,
    "main": 6,
    "q": 4,
    "q:q": 4,
    "fine": 0,
    None: 6,
}


@pytest.mark.parametrize("wanted", CODES)
def test_the_status_is_that_of_whom_the_configuration_names(wanted):
    text = initd(**({} if wanted is None else {"exit_code_from": wanted}))
    for name in ("p", "q", "fine"):
        text += program(name, autorestart="false")
    text += program("m", main="true")
    behaviours = {"p": "exit 3 after 2s", "q": "exit 4 after 4s", "fine": "exit 0 after 3s", "m": "exit 6 on TERM"}
    world = World(text, behaviours)
    world.signal(6, TERM)
    world.run(10)
    assert world.status == CODES[wanted]


@pytest.mark.parametrize("wanted", [None, "none", "main", "first-failure"])
def test_a_main_program_that_crashed_and_came_back_is_judged_by_its_last_end(wanted):
    text = initd(**({} if wanted is None else {"exit_code_from": wanted})) + program("m", main="true")
    world = World(text, {"m": "flap 1 times after 2s exit 9, then exit 0 on TERM"})
    world.signal(6, TERM)
    world.run(10)
    assert len(world.spawned("m")) == 2
    assert world.status == 0


def test_the_status_of_a_main_program_that_a_shutdown_finds_in_backoff_is_not_forgotten():
    world = World(program("m", main="true", startretries=9), {"m": "crash after 0.1s exit 8"})
    world.signal(2, TERM)
    world.run(10)
    assert world.status == 8


@given(
    lives=st.lists(st.tuples(st.integers(1, 6), ends, st.booleans()), min_size=1, max_size=4),
    listener=st.booleans(),
    wanted=st.sampled_from([None, "none", "first-failure"]),
)
def test_with_exit_when_idle_it_ends_once_the_last_program_has(lives, listener, wanted):
    text = initd(exit_when_idle="true", **({} if wanted is None else {"exit_code_from": wanted}))
    behaviours = {"l": "run"}
    for at, (life, end, forever) in enumerate(lives):
        text += program(f"p{at}", startsecs=0, autorestart="true" if forever else "false")
        behaviours[f"p{at}"] = f"{end.split(' by ')[0]} after {life}s" + (" by KILL" if "KILL" in end else "")
    if listener:
        text += "[eventlistener:l]\ncommand=/usr/bin/l\nevents=TICK_60\nstdout_logfile=NONE\n"
    world = World(text, behaviours)
    if listener and not world.files.exists("/usr/bin/l"):
        world.files.program("/usr/bin/l")
    world.run(8)
    over = not any(forever for _, _, forever in lives)
    failures = [STATUS[end] for life, end, _ in sorted(lives, key=lambda each: each[0]) if STATUS[end]]
    first = min((life for life, end, _ in lives if STATUS[end]), default=0)
    among = {STATUS[end] for life, end, _ in lives if STATUS[end] and life == first}  # reaped in either order
    if not over:
        assert world.status is None
    elif wanted == "none" or not failures:
        assert world.status == 0
    else:
        assert world.status in among
    assert len(world.lines("every program has ended")) == over


def test_with_exit_when_idle_a_restart_by_a_client_is_no_idleness_and_neither_is_a_stop():
    text = initd(exit_when_idle="true") + program("p") + program("q", autostart="false", autorestart="false")
    world = World(text, {"p": "run", "q": "exit 0 after 2s"}, servers=True)
    world.call(3, "stopProcess", "p")
    world.call(5, "startProcess", "p")
    world.call(8, "stopProcess", "p")
    world.call(13, "startProcess", "q", False)
    world.run(20)
    assert world.status == 0
    assert world.entered("q", "EXITED") == [ns(15)]


@given(limit=st.integers(1, 8), waits=st.lists(st.integers(0, 20), min_size=1, max_size=4), pid=st.sampled_from([1, 50]))
def test_shutdown_timeout_bounds_the_whole_shutdown_whatever_stopwaitsecs_say(limit, waits, pid):
    text, behaviours = initd(shutdown_timeout=limit), {}
    for at, wait in enumerate(waits):
        text += program(f"p{at}", stopwaitsecs=wait, priority=at)
        behaviours[f"p{at}"] = "ignore TERM"
    world = World(text, behaviours, pid=pid)
    world.signal(5, TERM)
    world.run(60)
    assert world.status == 0
    ended = max(world.ended(world.pids(f"p{at}")[0]) for at in range(len(waits)))
    assert ended == ns(5 + min(limit, sum(waits)))
    for at in range(len(waits)):  # nobody is killed who has not been told to stop
        assert [number for _, number in world.signals(world.pids(f"p{at}")[0])] == [TERM, KILL]


@given(limit=st.integers(1, 4), pid=st.sampled_from([1, 50]))
def test_what_does_not_die_of_sigkill_holds_such_a_shutdown_up_for_a_second(limit, pid):
    text = initd(shutdown_timeout=limit) + program("stuck", priority=1) + program("fine", priority=2)
    world = World(text, {"stuck": "dstate 600s after 1s", "fine": "ignore TERM"}, pid=pid)
    world.signal(5, TERM)
    world.run(60)
    assert world.status == 1
    assert world.ended(world.pids("fine")[0]) == ns(5 + limit)
    assert len(world.lines("giving up on stuck")) == 1
    assert world.kernel.now <= ns(5 + limit + 2)


@pytest.mark.parametrize("there", [True, False])
def test_the_cause_and_its_last_lines_are_left_where_a_container_runtime_reads_them(there):
    files = SimFiles()
    if there:
        files.put(MESSAGE, b"")
    text = program("p", on_failure="shutdown", redirect_stderr="true") + program("other")
    lines = [f"line {number} " + "x" * 50 for number in range(200)]
    steps = [["sleep", 2], *[["write", "out", line + "\n"] for line in lines], ["exit", 3]]
    world = World(text, {"p": steps, "other": "print noise every 0.1s"}, files=files).run(10)
    assert world.status == 3
    assert files.exists(MESSAGE) is there  # it is the runtime's to make
    if there:
        told = files.data(MESSAGE).decode()
        head, second, *rest = told.splitlines()
        assert head == "initd: p:p exited (exit status 3; not expected); exit status 3"
        assert second == "initd: its last output:"
        assert rest == lines[-len(rest) :] and len(rest) > 40
        assert len(told) <= 4096


def test_no_program_no_message():
    files = SimFiles()
    files.put(MESSAGE, b"")
    world = World(program("p", on_failure="shutdown"), {"p": "exit 3 on TERM"}, files=files)
    world.signal(5, TERM)
    world.run(10)
    assert (world.status, files.data(MESSAGE)) == (0, b"")


def test_standard_error_that_nobody_reads_holds_the_end_up_for_half_a_second():
    files = SimFiles()
    files.put(MESSAGE, b"")
    world = World(program("p", on_failure="shutdown"), {"p": "exit 3 after 2s"}, files=files)
    world.at(1, lambda: world.kernel.workers.withhold("last-words"))
    world.run(10)
    assert world.status == 3
    assert world.kernel.now <= ns(2.6)


@given(
    others=st.lists(
        st.sampled_from(["run", "slow start 3s", "crash after 0.5s exit 9", "exit 0 after 2s", "flap 1 times after 0.5s exit 1"]),
        max_size=3,
    ),
    autostart=st.booleans(),
    end=ends,
    stopped=st.booleans(),
)
def test_a_command_beside_the_configuration_starts_last_and_is_the_main_program(others, autostart, end, stopped):
    text = "".join(
        program(f"p{at}", startretries=1, startsecs=1 + at, autostart=str(autostart or at > 0).lower())
        for at in range(len(others))
    )
    behaviours = {f"p{at}": each for at, each in enumerate(others)}
    behaviours["main"] = after_life(end).replace(f"{LIFE_S}s", "10s")
    world = World(text, behaviours, command=("/usr/bin/main", "an argument"))
    if stopped:
        world.signal(14.25, TERM)
    world.run(30)
    (born,) = [each for each in world.seen if each.what == "spawn" and each.detail[0] == "/usr/bin/main"]
    for at in range(len(others)):
        before = [state for time_ns, _, state in world.moves(f"p{at}") if time_ns <= born.time_ns]
        assert not before or before[-1] not in ("STARTING", "BACKOFF")
    ups = [time_ns for at in range(len(others)) for time_ns, _, state in world.moves(f"p{at}") if state in ("RUNNING", "FATAL")]
    early = [time_ns for time_ns in ups if time_ns <= born.time_ns]
    assert born.time_ns == max(early, default=0), "as soon as that"
    assert tuple(born.detail) == ("/usr/bin/main", "an argument")
    over = not stopped or born.time_ns + ns(10) < ns(14.25)
    assert world.status == (STATUS[end] if over else 143)


def test_after_a_reload_everything_counts_anew():
    text = program("p", autorestart="false", on_failure="shutdown")
    world = World(text, {"p": "flap 1 times after 9s exit 3, then exit 4 after 3s"})
    world.signal(5, HUP)
    world.run(30)
    assert len(world.spawned("p")) == 2
    assert world.status == 4


@given(
    wrong=st.sampled_from(["missing", "not executable", "a directory"]),
    code=st.none() | st.integers(0, 255),
    others=st.integers(0, 2),
    pid=st.sampled_from([1, 50]),
)
def test_a_command_that_cannot_be_run_has_the_status_a_shell_gives_it_unless_another_was_chosen(wrong, code, others, pid):
    text = initd(**({} if code is None else {"fatal_exit_code": code}))
    text += "".join(program(f"p{at}") for at in range(others))
    files = SimFiles()
    files.put("/usr/bin/text", b"words", 0o644)
    path = {"missing": "/usr/bin/gone", "not executable": "/usr/bin/text", "a directory": "/usr/bin"}[wrong]
    world = World(text, {f"p{at}": "run" for at in range(others)}, files=files, command=(path,), pid=pid)
    if wrong == "missing":
        files.unlink(path)
    world.run(30)
    assert world.status == (code if code is not None else 127 if wrong == "missing" else 126)
    assert len(world.lines("main:main entered FATAL state")) == 1
    for at in range(others):
        assert [number for _, number in world.signals(world.pids(f"p{at}")[0])] == [TERM]


@given(
    reloads=st.lists(st.tuples(st.integers(30, 200).map(lambda tenths: tenths / 10), st.booleans()), min_size=1, max_size=3),
    others=st.lists(st.sampled_from(["run", "slow term 1s", "crash after 0.5s exit 9"]), max_size=2),
    pid=st.sampled_from([1, 50]),
)
def test_a_command_beside_the_configuration_outlives_a_reload_as_the_last_and_main_program(reloads, others, pid):
    text = "".join(program(f"p{at}", startretries=1) for at in range(len(others)))
    behaviours = {f"p{at}": each for at, each in enumerate(others)}
    behaviours["main"] = "exit 5 after 25s"
    world = World(text, behaviours, servers=True, command=("/usr/bin/main", "-x"), pid=pid)
    for seconds, by_client in reloads:
        if by_client:
            world.call(seconds, "restart")
        else:
            world.signal(seconds, HUP)
    world.run(120)
    lives = world.spawned("main")
    assert 1 <= len(lives) - 1 <= len(reloads)  # one that comes while another is under way is the same one
    assert all(tuple(life.detail) == ("/usr/bin/main", "-x") for life in lives)
    for life in lives:
        for at in range(len(others)):
            before = [state for time_ns, _, state in world.moves(f"p{at}") if time_ns <= life.time_ns]
            assert before[-1] in ("RUNNING", "FATAL")
    for life in lives[:-1]:
        assert [number for _, number in world.signals(life.pid)] == [TERM]
    assert world.ended(lives[-1].pid) == lives[-1].time_ns + ns(25)
    assert world.status == 5


def test_a_reload_of_a_file_that_names_a_program_main_is_refused_and_the_command_goes_on():
    world = World(program("p"), {"p": "run", "main": "exit 5 after 9s"}, command=("/usr/bin/main",))
    world.at(3, lambda: world.write_config(program("p") + program("main")))
    world.signal(4, HUP)
    world.run(30)
    assert (world.status, len(world.spawned("main"))) == (5, 1)
    assert world.lines("of which there is one already")
