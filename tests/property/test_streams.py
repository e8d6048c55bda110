"""The whole daemon whose programs write to its own standard output: whole lines in order, whoever reads them, and how."""

from __future__ import annotations

import json
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from initd.logs.sinks import FULL_BYTES, SETTLE_NS
from sim.nemesis import OUTPUT
from tests.property.worlds import CONF, HUP, MAIN_LOG, TERM, World, ns, program

STREAM, USR2 = "/dev/stdout", 12
MAIN = re.compile(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]{4} |\{"time":"[^"]+","level":')
KINDS = ("raw", "prefix", "json")
NAMES = ("p", "q", "r")
PATHS = {"p": "/dev/stdout", "q": "/dev/fd/1", "r": "/var/log/link"}


class Machine(World):
    """A machine whose daemon logs to its standard output, too, which somebody reads."""

    def __init__(self, text: str, behaviours, main: str = STREAM, log_format: str = "text", **options) -> None:
        self._main, self._log_format = main, log_format
        super().__init__(text, behaviours, servers=True, **options)
        self.files.link("/var/log/link", STREAM)
        self.files.one_stream = True
        self.reader = self.files.reader(STREAM)

    def write_config(self, programs: str) -> None:
        super().write_config(programs)
        text = self.files.data(CONF).decode().replace(f"logfile={MAIN_LOG}", f"logfile={self._main}")
        text = text.replace("[supervisord]\n", f"[supervisord]\nlog_format={self._log_format}\n")
        self.files.put(CONF, b"")
        self.files.tree.find(CONF).data[:] = text.encode()


def section(name: str, kind: str, **options: object) -> str:
    text = {f"stdout_{key}": value for key, value in (("format", kind), ("logfile", PATHS[name]), ("logfile_maxbytes", "0"))}
    return program(name, autorestart="false", startsecs="0", **text, **options)


def script(name: str, pieces: list[tuple[int, float]], ended: bool) -> tuple[list, list[str]]:
    """What writes numbered lines in pieces of so many characters, with pauses; and the lines."""
    lines = [f"{name}{number}:" + "x" * (number * 7 % 90) for number in range(40)]
    text = "".join(line + "\n" for line in lines)
    text = text if ended else text.removesuffix("\n")
    steps: list = []
    for size, pause in pieces:
        steps += [["write", "out", text[:size]], ["sleep", pause]] if text[:size] else []
        text = text[size:]
    return [*steps, *([["write", "out", text]] if text else []), ["sleep", 0.2], ["exit", 0]], lines


def told(line: str) -> str:
    """The line of the program in a line of the log."""
    if line.startswith("{"):
        return json.loads(line)["message"]
    return line.split(" | ", 1)[1] if " | " in line else line


PIECES = st.lists(st.tuples(st.integers(1, 200), st.sampled_from([0.0, 0.05, 0.3])), max_size=25)


@settings(max_examples=40)
@given(
    pieces=st.tuples(PIECES, PIECES, PIECES),
    ended=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    kinds=st.tuples(*[st.sampled_from(KINDS)] * 3),
    log_format=st.sampled_from(["text", "json"]),
    nemesis=st.sampled_from(["output_stalls", "output_trickles", ""]),
    seed=st.integers(0, 1000),
)
def test_no_line_is_torn_or_lost_or_out_of_order_however_it_is_written_and_read(
    pieces, ended, kinds, log_format, nemesis, seed
):
    scripts = {name: script(name, pieces[at], ended[at]) for at, name in enumerate(NAMES)}
    text = "".join(section(name, kind) for name, kind in zip(NAMES, kinds, strict=True))
    world = Machine(text, {name: steps for name, (steps, _) in scripts.items()}, log_format=log_format)
    if nemesis:
        ill = OUTPUT[nemesis](seed)
        ill.chance = 1.0
        for quarter in range(1, 24, 3):
            world.at(quarter / 4, lambda: ill.step(world))
        world.at(30, lambda: ill.heal(world))
    world.run(40, clean=False)
    found: dict[str, list[str]] = {name: [] for name in NAMES}
    for line in world.reader.received.decode().removesuffix("\n").split("\n"):
        if not MAIN.match(line):
            message = told(line)
            found[message[:1]].append(message)
    for name, (_, lines) in scripts.items():
        assert found[name] == lines
    assert all(world.state(name) == "EXITED" for name in NAMES)


FLOOD = "flood 400000"


@settings(max_examples=15)
@given(kind=st.sampled_from(KINDS), stall=st.integers(0, 8).map(lambda count: count / 4), stop=st.booleans())
def test_a_reader_that_stops_stalls_who_writes_there_and_nobody_else(kind, stall, stop):
    text = section("p", kind) + program("q", stdout_logfile="/var/log/q.log") + program("crash", stdout_logfile="NONE")
    behaviours = {"p": FLOOD, "q": "print hello every 0.5s", "crash": "crash after 1.4s exit 1"}
    well, ill = (Machine(text, behaviours, MAIN_LOG) for _ in range(2))
    ill.at(stall, ill.reader.stall)
    held: list[int] = []
    written: list[int] = []

    def look() -> None:
        held.append(ill.simulation.session.held_bytes)
        written.append(len(ill.files.data(STREAM)))

    calls = []
    for world in (well, ill):
        calls.append(world.call(25, "getAllProcessInfo"))
        if stop:
            calls.append(world.call(26, "stopProcess", "p"))
    for second in range(1, 30):
        ill.at(second, look)
    for world in (well, ill):
        world.signal(30, TERM)
        world.run(60)
    assert ill.simulation.changes == well.simulation.changes
    assert ill.files.data("/var/log/q.log") == well.files.data("/var/log/q.log")
    usual, late = (calls[: len(calls) // 2], calls[len(calls) // 2 :])
    assert usual[0].answered_ns == late[0].answered_ns
    # The answer to a stop waits for what the program wrote, but not for long where nobody reads it.
    assert all(0 <= after.answered_ns - before.answered_ns <= SETTLE_NS for before, after in zip(usual, late, strict=True))
    assert written[-1] == written[10], "a pipe's worth, and not a byte more"
    assert held[-1] >= FULL_BYTES and held[20] == held[24] <= FULL_BYTES + (200_000 if kind == "json" else 100_000)
    assert ill.status == 0 and ill.kernel.now <= ns(33), "nobody waits for the reader at the end"
    assert not ill.lines("is lost")


@settings(max_examples=20)
@given(kinds=st.tuples(st.sampled_from(KINDS), st.sampled_from(KINDS)), close=st.integers(1, 20).map(lambda count: count / 4))
def test_a_reader_that_goes_away_is_told_of_once_and_costs_its_lines_only(kinds, close):
    text = section("p", kinds[0]) + section("q", kinds[1]) + program("r", stdout_logfile="/var/log/r.log")
    behaviours = dict.fromkeys(NAMES, "print hello every 0.5s")
    well, ill = (Machine(text, behaviours, MAIN_LOG) for _ in range(2))
    nemesis = OUTPUT["output_closes"](1)
    nemesis.chance = 1.0
    ill.at(close, lambda: nemesis.step(ill))
    for world in (well, ill):
        world.signal(10, TERM)
        world.run(30)
    assert ill.simulation.changes == well.simulation.changes
    assert ill.files.data("/var/log/r.log") == well.files.data("/var/log/r.log")
    assert len(ill.lines("could not write to log target")) == 1
    assert well.reader.received.startswith(ill.reader.received)
    assert ill.reader.received.endswith((b"\n", b""))


def test_a_stalled_line_of_one_stream_is_not_mixed_with_those_of_the_other_where_both_are_one_file():
    text = program("p", stdout_logfile="/dev/stdout", stderr_logfile="/dev/stderr", startsecs="0", autorestart="false")
    steps = [["write", "out", "o" * 60_000 + "\n"], ["write", "err", "e" * 60_000 + "\n"], ["sleep", 9], ["exit", 0]]
    world = Machine(text, {"p": steps}, MAIN_LOG)
    world.at(0, world.reader.stall)
    for tenth in range(10, 80):
        world.at(tenth / 10, lambda: world.reader.read(3_000))
    world.run(20)
    assert sorted(world.reader.received.split(b"\n")) == sorted([b"o" * 60_000, b"e" * 60_000, b""])


def test_what_events_and_clients_get_is_as_it_came_and_as_it_is_in_the_file():
    text = program("p", stdout_logfile="/var/log/p.log", stdout_format="json", stdout_events_enabled="true", startsecs="0")
    listener = "[eventlistener:ear]\ncommand=/usr/bin/ear\nevents=PROCESS_LOG\nstdout_logfile=NONE\n"
    world = Machine(text + listener, {"p": "print hello every 1s", "ear": "listen"}, MAIN_LOG, loglevel="debug")
    call = world.call(3.5, "readProcessStdoutLog", "p", 0, 0)
    world.run(4)
    lines = call.value.splitlines()
    assert len(lines) > 2 and all(json.loads(line)["message"] == "hello" for line in lines)
    assert world.files.data("/var/log/p.log").decode().startswith(call.value)
    assert "'p' stdout output:\nhello\n" in world.log()


@settings(max_examples=15)
@given(
    stall=st.integers(0, 12).map(lambda count: count / 4),
    hup=st.integers(1, 12).map(lambda count: count / 4),
    kind=st.sampled_from(KINDS),
)
def test_a_reload_and_a_reopening_go_on_behind_what_a_stalled_reader_has_not_taken(stall, hup, kind):
    text = section("p", kind) + program("q", stdout_logfile="/dev/stderr", stdout_format="prefix")
    world = Machine(text, {"p": "partial lines", "q": "print here every 0.1s"}, log_format="json")
    world.at(stall, world.reader.stall)
    world.signal(hup, USR2)
    world.signal(hup + 0.5, HUP)
    world.at(6, world.reader.resume)
    world.signal(12, TERM)
    world.run(30, clean=False)
    assert world.status == 0
    lines = world.reader.received.decode().removesuffix("\n").split("\n")
    kinds = {"main" if MAIN.match(line) else told(line) for line in lines}
    assert kinds == {"main", "half a line", "here"} or kinds == {"main", "half a line", "here", "half a li"}
    said = [json.loads(line)["message"] for line in lines if MAIN.match(line)]
    assert sum("supervisord started" in each for each in said) == 2
    assert not [each for each in said if "could not" in each or "uncaptured" in each or "is lost" in each]
