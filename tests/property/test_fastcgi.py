"""The whole daemon with FastCGI programs on the simulated kernel: whoever lives has the socket, and whoever asks is answered."""

from __future__ import annotations

import errno
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from initd.drive.line import PATIENCE_NS
from sim.kernel.sockets import Listener
from tests.property.worlds import HUP, KILL, SECOND, TERM, World, ns, program

PATH = "/var/run/f.sock"
CREATING, CLOSING = f"Creating socket unix://{PATH}", f"Closing socket unix://{PATH}"
REFUSED = f"Could not create FastCGI socket unix://{PATH}: [Errno 13]"
LANE = f"socket:unix://{PATH}"
ANSWERS = [["loop", [["accept", "{pid} "]]]]
LIVES = (ANSWERS, [["accept", "{pid} "], ["exit", 0]], [["sleep", 0.3], ["exit", 1]], [["sleep", 1.2], ["exit", 0]])


def fcgi(name="f", **options):
    """An [fcgi-program:x] of three processes."""
    options = {
        "command": "/usr/bin/f",
        "socket": f"unix://{PATH}",
        "numprocs": 3,
        "process_name": "f%(process_num)d",
        "startretries": 1,
        **options,
    }
    return f"[fcgi-program:{name}]\n" + "".join(f"{key}={value}\n" for key, value in options.items())


def children(world, command="f"):
    """The living children of the program."""
    spawned = [world.kernel.process(pid) for pid in world.pids(command)]
    return [child for child in spawned if child is not None and child.state != "Z"]


def listeners(world):
    """The daemon's descriptors of the shared socket."""
    return [each for each in world.kernel.machine.descriptors.entries.values() if isinstance(each, Listener) and each.blocking]


def story(world):
    """What the log tells of sockets and children, one letter each: ( creation, ! which failed, s a child, ) closing."""
    letters = {CREATING: "(", CLOSING: ")", "spawned: 'f": "s", REFUSED: "!", f"spawnerr: {REFUSED}": "!"}
    lines = [line[29:] for line in world.log().splitlines()]
    return "".join(letter for line in lines for text, letter in letters.items() if line.startswith(text))


def watch(world, until_s, step_s=0.1):
    """Look at every step whether each child has the socket, the same as all others, and the daemon while there is need."""
    wrong = []

    def look():
        alive, ours = children(world), listeners(world)
        theirs = {id(child.fds.get(0)) for child in alive}
        if len(ours) > 1:
            wrong.append((world.kernel.now, f"the daemon has {len(ours)} sockets"))
        if alive and {id(each) for each in ours} != theirs:
            wrong.append((world.kernel.now, f"{len(alive)} children have {len(theirs)} sockets, the daemon {len(ours)}"))
        states = {state.name for state in world.simulation.states().values()}
        if not alive and ours and not states & {"STARTING", "STOPPING"} and LANE not in world.kernel.workers._lanes:
            wrong.append((world.kernel.now, f"a socket for nobody: {sorted(states)}"))

    for at in range(1, round(until_s / step_s)):
        world.kernel.at_rest(ns(at * step_s), look)
    return wrong


times = st.integers(5, 150).map(lambda tenth: tenth / 10)
names = st.integers(0, 2).map(lambda number: f"f:f{number}")
commands = st.one_of(
    st.tuples(st.just("kill"), times, st.integers(0, 5)),
    st.tuples(st.sampled_from(["startProcess", "stopProcess"]), times, names),
    st.tuples(st.sampled_from(["startProcessGroup", "stopProcessGroup"]), times, st.just("f")),
    st.tuples(st.just("signal"), times, st.just(HUP)),
    st.tuples(st.just("fork"), times, st.integers(1, 3)),
    st.tuples(st.just("share_unix"), times, st.integers(1, 3)),
)


def happen(world, what, at, which):
    if what == "kill":

        def kill():
            alive = children(world)
            if alive:
                world.kernel.outsider_kill(alive[which % len(alive)].pid, KILL)

        world.at(at, kill)
    elif what == "signal":
        world.signal(at, which)
    elif what == "fork":
        world.at(at, lambda: world.kernel.faults.fail("spawn", errno.EAGAIN, times=which))
    elif what == "share_unix":
        world.at(at, lambda: world.files.fail(PATH, errno.EACCES, "share_unix", times=which))
    else:
        world.call(at, what, which, False)


@settings(max_examples=150)
@given(
    happens=st.lists(commands, max_size=12),
    lives=st.tuples(*[st.sampled_from(LIVES)] * 3),
    autorestart=st.sampled_from(["true", "false", "unexpected"]),
    delay=st.sampled_from([0, 0.05, 0.7]),
)
def test_a_child_has_the_socket_and_the_daemon_has_it_while_there_is_a_child(happens, lives, autorestart, delay):
    world = World(
        fcgi(autorestart=autorestart, stopwaitsecs=1),
        lambda argv, env, attempt: lives[int(env["SUPERVISOR_PROCESS_NAME"][1])],
        servers=True,
    )
    world.kernel.delay_lane(LANE, ns(delay))
    wrong = watch(world, 24)
    for each in happens:
        happen(world, *each)
    world.signal(20, TERM)
    world.run(30)
    assert wrong == []
    told = story(world)
    assert re.fullmatch(r"(\(\)|\(s+\)|\(!)*", told), told
    assert not listeners(world) or LANE in world.kernel.workers._lanes, "but for one that is made as the daemon ends"
    assert world.files.exists(PATH) or not re.search(r"\)|s", told)


@settings(max_examples=60)
@given(
    kills=st.lists(st.tuples(st.integers(20, 90), st.integers(0, 2)), max_size=8),
    asks=st.lists(st.integers(20, 100), min_size=1, max_size=20),
    survivor=st.integers(0, 2),
)
def test_nobody_who_asks_is_turned_away_as_long_as_one_child_lives(kills, asks, survivor):
    world = World(fcgi(autorestart="true"), {"*": ANSWERS})
    asked = []

    def kill(name):
        for each in children(world):
            if each.env["SUPERVISOR_PROCESS_NAME"] == name:
                world.kernel.outsider_kill(each.pid, KILL)

    for at, which in kills:
        if which != survivor:
            world.at(at / 10, lambda which=which: kill(f"f{which}"))
    for at in asks:
        world.at(at / 10, lambda: asked.append(world.kernel.connect_unix(PATH)))
    world.run(15)
    pids = set(world.pids("f"))
    assert len(asked) == len(asks)
    assert all(client.ended and int(client.received) in pids for client in asked)
    assert story(world) == "()(" + "s" * len(pids)


def test_a_socket_that_can_be_made_later_is_made_by_the_next_try():
    world = World(fcgi(startretries=9), {"*": ANSWERS}, servers=True)
    world.files.fail(PATH, errno.EACCES, "share_unix")
    world.at(4, world.files.heal)
    world.run(9)
    assert [world.state(f"f:f{number}") for number in range(3)] == ["RUNNING"] * 3
    assert len(children(world)) == 3 and world.kernel.connect_unix(PATH)
    assert world.lines("Could not create")[:2] == [
        f"ERRO {REFUSED} Permission denied: '{PATH}'",
        f"INFO spawnerr: {REFUSED} Permission denied: '{PATH}'",
    ]


def test_a_start_by_a_client_without_a_socket_is_a_spawn_error():
    world = World(fcgi(autostart="false"), {"*": ANSWERS}, servers=True)
    world.files.fail(PATH, errno.EACCES, "share_unix")
    call = world.call(1, "startProcess", "f:f0")
    world.run(3)
    assert call.fault == "SPAWN_ERROR"


@given(hangs_at=st.sampled_from([0, 2]))
def test_an_address_that_hangs_holds_nobody_else_up_and_a_stop_calls_the_start_off(hangs_at):
    world = World(fcgi(priority=1, autostart="false") + program("p", priority=2), {"*": ANSWERS, "p": "run"}, servers=True)
    world.at(hangs_at, lambda: world.files.hang(PATH)) if hangs_at else world.files.hang(PATH)
    asked = world.call(3, "startProcess", "f:f0", False)
    stopped = world.call(6, "stopProcess", "f:f0")
    world.signal(8, TERM)
    world.run(12)
    assert world.entered("p", "RUNNING") == [world.spawned("p")[0].time_ns + SECOND + 1]
    assert world.spawned("p")[0].time_ns == (0 if hangs_at else PATIENCE_NS)
    assert asked.fault == "ABNORMAL_TERMINATION" and stopped.value is True
    assert world.status == 0 and not world.spawned("f")


def test_input_for_one_has_no_way_to_it():
    world = World(fcgi(), {"*": ANSWERS}, servers=True)
    call = world.call(3, "sendProcessStdin", "f:f0", "text")
    world.run(4)
    assert call.fault == "NO_FILE"


def test_in_groups_it_keeps_its_socket_and_shares_it_between_them():
    world = World(
        fcgi(numprocs=1, process_name="f", autorestart="false")
        + program("p")
        + "[group:g]\nprograms=f,p\n[group:h]\nprograms=f\n",
        {"f": ANSWERS, "p": "run"},
        servers=True,
    )
    world.call(2, "stopProcess", "g:f")
    world.call(4, "stopProcess", "h:f")
    between = []
    world.at(3, lambda: between.extend([len(children(world)), bool(world.kernel.connect_unix(PATH)), story(world)]))
    world.run(6)
    assert between == [1, True, "()(ss"]
    assert story(world) == "()(ss)" and listeners(world) == []


def test_two_programs_that_ask_for_one_path_take_it_from_each_other():
    world = World(fcgi("f") + fcgi("late", command="/usr/bin/late", process_name="l%(process_num)d"), {"*": ANSWERS})
    asked = []
    world.at(4, lambda: asked.extend(world.kernel.connect_unix(PATH) for _ in range(9)))
    world.run(5)
    assert {int(client.received) for client in asked} <= set(world.pids("late"))
    assert len(listeners(world)) == 2


@given(old=st.sampled_from(["", "tcp://h:1", "unix:///var/run/old.sock"]), numbers=st.integers(1, 3))
def test_an_update_of_its_address_moves_all_of_it(old, numbers):
    before = fcgi(numprocs=numbers, socket=old) if old else program("f", process_name="f%(process_num)d")
    world = World(before, lambda argv, env, attempt: ANSWERS if old or attempt > 1 else "run", servers=True)
    world.at(2, lambda: world.write_config(fcgi(numprocs=numbers)))
    reread = world.call(3, "reloadConfig")
    for at, method in enumerate(("stopProcessGroup", "removeProcessGroup", "addProcessGroup")):
        world.call(4 + at, method, "f")
    asked = []
    world.at(9, lambda: asked.append(world.kernel.connect_unix(PATH)))
    world.run(10)
    assert reread.value == [[[], ["f"], []]]
    assert [world.state(f"f:f{number}") for number in range(numbers)] == ["RUNNING"] * numbers
    assert asked[0].ended and len(listeners(world)) == 1


def test_owner_mode_and_backlog_alone_are_no_change():
    world = World(fcgi(), {"*": ANSWERS}, servers=True)
    world.at(2, lambda: world.write_config(fcgi(socket_mode="0777", socket_backlog=5)))
    reread = world.call(3, "reloadConfig")
    world.run(4)
    assert reread.value == [[[], [], []]]


@given(number=st.sampled_from([HUP, TERM]), at=st.sampled_from([0.1, 0.25, 0.3]), released=st.sampled_from([0.2, 0.5, 2, None]))
def test_a_signal_while_an_address_is_being_tried_ends_or_restarts_as_ever(number, at, released):
    world = World(fcgi() + program("p"), {"*": ANSWERS, "p": "run"}, servers=True)
    world.files.hang(PATH)
    world.signal(at, number)
    if released is not None:
        world.at(released, lambda: world.files.release(PATH))
    world.run(8)
    if number == TERM:
        assert world.status == 0 and not children(world)
    else:
        assert world.state("p") == "RUNNING"
        assert len(children(world)) == (3 if released is not None else 0)
    assert len(listeners(world)) <= 1
