"""What a client may rely on about files: an answer comes when they hold what it speaks of, though a disk may be slow or hang."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from initd.control.logtail import HEAD_BYTES
from initd.logs.sinks import SETTLE_NS
from tests.property.worlds import MAIN_LOG, Stamped, World, ns, program

LOG = "/var/log/p.log"
LANE = f"log:{LOG}"
BACKUPS = 60
PAUSES = st.sampled_from([0, 0, 0.01, 0.1, 0.3])
CHUNKS = st.lists(st.tuples(st.integers(1, 300), PAUSES), min_size=1, max_size=30)
LAGS = st.sampled_from([0, 0.05, 0.2, 0.45])
"""How long an operation takes where two of them are done in time: the one under way and the one behind it."""


def contents(world: World) -> bytes:
    """The log of p with its backups, oldest first."""
    paths = [*(f"{LOG}.{number}" for number in range(BACKUPS, 0, -1)), LOG]
    return b"".join(world.files.data(path) for path in paths if world.files.exists(path))


class Witness(Stamped):
    """What a client receives, and what was in the log when the last of it came."""

    def __init__(self, world: World) -> None:
        super().__init__(lambda: world.kernel.now)
        self.world, self.found = world, b""

    def __iadd__(self, data):
        self.found = contents(self.world)
        return super().__iadd__(data)


def writer(chunks):
    """The steps of a program that writes these chunks, and what it has written so many seconds after its start."""
    texts = [f"{number:03}" + "x" * size + "\n" for number, (size, _) in enumerate(chunks)]
    steps = [step for text, (_, pause) in zip(texts, chunks, strict=True) for step in (["write", "out", text], ["sleep", pause])]

    def written(seconds: float) -> bytes:
        times = [sum(pause for _, pause in chunks[:number]) for number in range(len(chunks))]
        return "".join(text for text, at in zip(texts, times, strict=True) if at < seconds).encode()

    return [*steps, ["pause"]], written


def slow(lag: float, text: str, behaviours: dict, lane: str = LANE) -> World:
    world = World(text, behaviours, servers=True)
    connect = world.kernel.connect_unix

    def witnessed(path):
        client = connect(path)
        client.received = Witness(world)
        return client

    world.connect = lambda: witnessed("/var/run/s.sock")
    world.kernel.workers.delay(lane, ns(lag))
    return world


def logged(maxbytes: int = 0, **options: object) -> str:
    rotated = {"stdout_logfile_maxbytes": maxbytes, "stdout_logfile_backups": BACKUPS}
    return program("p", stdout_logfile=LOG, startsecs=0, autorestart="false", **rotated, **options)


@given(
    chunks=CHUNKS,
    lag=LAGS,
    at=st.integers(0, 20).map(lambda count: count / 10 + 0.105),
    maxbytes=st.sampled_from([0, 1, 100]),
    stop=st.sampled_from([("stopProcess", "p"), ("stopProcess", "p:*"), ("stopProcessGroup", "p"), ("stopAllProcesses",)]),
)
def test_when_a_stop_is_answered_all_that_the_program_wrote_is_in_its_files(chunks, lag, at, maxbytes, stop):
    steps, written = writer(chunks)
    world = slow(lag, logged(maxbytes), {"p": steps})
    call = world.call(at, *stop)
    world.run(at + 10)
    assert call.value is True or [each["status"] for each in call.value] == [80]
    assert call.client.received.found == written(at)
    assert world.entered("p", "STOPPED") == [ns(at)], "the program itself waits for no disk"


@given(chunks=CHUNKS, lag=LAGS, wait=st.sampled_from([0.2, 1]))
def test_when_a_start_is_refused_or_a_group_is_removed_what_the_program_said_before_its_end_is_there(chunks, lag, wait):
    steps, written = writer([(size, 0) for size, _ in chunks])
    text = logged(autostart="false").replace("startsecs=0", "startsecs=1\nstartretries=0")
    world = slow(lag, text, {"p": [*steps[:-1], ["sleep", wait - 0.1], ["write", "out", "last words\n"], ["exit", 1]]})
    start, remove = world.call(1, "startProcess", "p"), world.call(1 + wait, "removeProcessGroup", "p")
    world.run(9)
    assert start.fault == "SPAWN_ERROR"
    assert remove.value is True
    assert start.client.received.found == remove.client.received.found == written(1) + b"last words\n"


@given(chunks=CHUNKS, lag=LAGS, at=st.integers(0, 20).map(lambda count: count / 10 + 0.105))
def test_who_reads_a_log_sees_what_was_read_from_the_program_before(chunks, lag, at):
    steps, written = writer(chunks)
    world = slow(lag, logged(), {"p": steps})
    calls = [world.call(at, "readProcessStdoutLog", "p", 0, 0), world.call(at, "tailProcessStdoutLog", "p", 0, 99999)]
    pages = []

    def ask(path: str) -> None:
        pages.append(world.connect())
        pages[-1].send(f"GET {path} HTTP/1.0\r\n\r\n".encode())

    world.at(at, lambda: ask("/logtail/p"))
    world.at(at, lambda: ask("/tail.html?processname=p&limit=99999"))
    world.run(at + 2)
    wanted = written(at).decode()
    assert calls[0].value.startswith(wanted)
    assert calls[1].value[0].startswith(wanted)
    assert calls[1].value[1] >= len(wanted)
    followed, page = (bytes(each.received).decode() for each in pages)
    assert followed.startswith("HTTP/1.1 200 ")
    body = followed.partition("\r\n\r\n")[2]
    begin = contents(world).decode().index(body)
    assert begin >= len(wanted) - HEAD_BYTES
    assert body.startswith(wanted[begin:])
    assert wanted in page


@given(lag=LAGS, read=st.sampled_from([("readLog", 0, 0), ("readMainLog", 0, 0)]))
def test_who_reads_the_main_log_sees_what_was_logged_before(lag, read):
    world = slow(lag, logged(autostart="false"), {"p": "run"}, lane=f"log:{MAIN_LOG}")
    world.call(5, "startProcess", "p")
    world.call(5.001, "stopProcess", "p", False)
    call = world.call(5.002, *read)
    world.run(9)
    assert call.value.endswith(" stopped: p (terminated by SIGTERM)\n")


@given(
    lag=st.sampled_from([0.7, 1.5, 5, None]),
    at=st.integers(0, 30).map(lambda count: count / 10 + 0.105),
    again=st.integers(0, 8).map(lambda count: count / 4 + 1.5),
)
def test_a_log_that_hangs_holds_an_answer_for_a_moment_only_and_no_other_program_at_all(lag, at, again):
    steps, _ = writer([(100, 0.3)] * 10)
    world = slow(lag or 0, logged() + program("q", stdout_logfile="/var/log/q.log"), {"p": steps, "q": "print x every 0.1s"})
    if lag is None:
        world.kernel.workers.withhold(LANE)
    stop, other = world.call(at, "stopProcess", "p"), world.call(at, "stopProcess", "q")
    reads = [world.call(at + again + more / 100, "readProcessStdoutLog", "p", 0, 10) for more in range(4)]
    world.run(at + 20)
    assert world.entered("p", "STOPPED") == world.entered("q", "STOPPED") == [ns(at)]
    assert other.answered_ns == ns(at)
    assert ns(at) <= stop.answered_ns <= ns(at) + SETTLE_NS
    assert [each.responses for each in (stop, *reads)] == [1] * 5
    waited = [each.answered_ns - ns(at + again + more / 100) for more, each in enumerate(reads)]
    assert max(waited) <= SETTLE_NS
    if lag is None:
        assert waited == [0] * 4, "once it is known to hang nobody waits for it any more"
