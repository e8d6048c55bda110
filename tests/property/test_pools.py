"""Listener pools do what supervisord's do: the same events to the same listeners, the same lines in the log."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from initd.eventtypes import PARENTS
from initd.states import ProcessState
from initd.supervise.effects import Log, Send
from initd.supervise.notifications import Notification
from initd.supervise.policy import ListenerPolicy
from initd.supervise.pools import Pools

supervisor = pytest.importorskip("supervisor")

MEMBERS = {"x": ("x0", "x1"), "y": ("y0",)}
INSTANCES = {name: number for number, name in enumerate(("x0", "x1", "y0"), 1)}
BEFORE = {"start": ("end",), "up": ("start",), "end": ("start", "up")}
POOL = re.compile(r"\b[xy](?=\d?\b)")
LEAVES = ("PROCESS_STATE_EXITED", "TICK_5", "REMOTE_COMMUNICATION", "PROCESS_LOG_STDOUT")
SUBSCRIPTIONS = (
    "PROCESS_STATE",
    "PROCESS_STATE_EXITED",
    "TICK",
    "TICK_60",
    "REMOTE_COMMUNICATION",
    "PROCESS_LOG_STDOUT",
)

said = st.one_of(
    st.sampled_from(
        [
            b"READY\n",
            b"RESULT 2\nOK",
            b"RESULT 2\nOKREADY\n",
            b"RESULT 4\nFAILREADY\n",
            b"RESULT 2\n",
            b"OK",
            b"REA",
            b"DY\n",
        ]
    ),
    st.sampled_from(
        [b"READY\nREADY\n", b"hello\n", b"RESULT x\n", b"NONSENS 2\nOK", b"RESULT 0\n", b"RESULT \xff\n", b"\n"]
    ),
)
ops = st.one_of(
    st.tuples(st.just("events"), st.sampled_from(LEAVES), st.lists(st.text(max_size=5), min_size=1, max_size=3)),
    st.tuples(st.just("events"), st.sampled_from(LEAVES), st.lists(st.text(max_size=5), min_size=1, max_size=3)),
    st.tuples(st.just("answer"), st.sampled_from(sorted(INSTANCES)), st.sampled_from([b"OK", b"FAIL"])),
    st.tuples(st.just("answer"), st.sampled_from(sorted(INSTANCES)), st.sampled_from([b"OK", b"FAIL"])),
    st.tuples(st.just("said"), st.sampled_from(sorted(INSTANCES)), said),
    st.tuples(st.just("said"), st.sampled_from(sorted(INSTANCES)), said),
    st.tuples(st.just("start"), st.sampled_from(sorted(INSTANCES))),
    st.tuples(st.just("up"), st.sampled_from(sorted(INSTANCES))),
    st.tuples(st.just("end"), st.sampled_from(sorted(INSTANCES))),
    st.tuples(st.just("deaf"), st.sampled_from(sorted(INSTANCES))),
)
pool_events = st.lists(st.sampled_from(SUBSCRIPTIONS), min_size=1, max_size=3, unique=True).filter(
    lambda names: not any(PARENTS.get(name) in names for name in names)
)


class Theirs:
    """supervisor's pools with processes that only remember."""

    def __init__(self, policies):
        from supervisor import events, process

        events.clear()
        process.GlobalSerial.serial = -1
        self.events, self.told = events, []
        self.processes, self.pools = {}, []
        for pool, policy in policies.items():
            config = type("Config", (), {"name": pool, "options": self, "buffer_size": policy.buffer_size})()
            config.process_configs = ()
            config.pool_events = [getattr(events.EventTypes, name) for name in policy.events]
            config.result_handler = staticmethod(__import__("supervisor.dispatchers", fromlist=["x"]).default_handler)
            made = process.EventListenerPool(config)
            made.processes = {name: Theirs.Process(self, name, made) for name in MEMBERS[pool]}
            self.processes.update(made.processes)
            self.pools.append(made)

    identifier = "here"
    strip_ansi = False

    @property
    def logger(self):
        return self

    def _log(self, level, text):
        self.told.append((level, text))

    def debug(self, text):
        if "output:" not in text:
            self._log("debug", text)

    def warn(self, text):
        self._log("warn", text)

    def error(self, text):
        self._log("error", text)

    class Process:
        def __init__(self, world, name, group):
            self.world, self.group = world, group
            self.config = type("Config", (), {"name": name, "options": world, "stdout_logfile": None})()
            self.state, self.listener_state, self.event, self.broken = 0, None, None, True
            self.dispatcher = None

        def transition(self):
            pass

        def write(self, data):
            if self.broken:
                raise BrokenPipeError(32, "broken")
            self.world.told.append(("send", f"{self.config.name}: {data.decode()}"))

    def do(self, op, name, *more):
        from supervisor.dispatchers import PEventListenerDispatcher
        from supervisor.states import ProcessStates

        if op == "events":
            for text in more[0]:
                event = getattr(self.events.EventTypes, name).__new__(getattr(self.events.EventTypes, name))
                event.payload = lambda text=text: text
                self.events.notify(event)
        else:
            process = self.processes[name]
            if op == "start":
                process.state, process.broken = ProcessStates.STARTING, False
                process.dispatcher = PEventListenerDispatcher(process, "stdout", 5)
            elif op == "up":
                process.state = ProcessStates.RUNNING
            elif op == "deaf":
                process.broken = True
            elif op == "said":
                self.readfd = lambda fd: more[0]
                process.dispatcher.handle_read_event()
            elif op == "end":
                process.state = ProcessStates.EXITED
                if process.event is not None:
                    event, process.event = process.event, None
                    process.group._acceptEvent(event, head=True)  # what finish() comes to, less D13
        for pool in self.pools:
            pool.transition()


class Ours:
    """Our pools, answered as the driver would."""

    def __init__(self, policies):
        self.states = dict.fromkeys(INSTANCES.values(), ProcessState.STOPPED)
        self.deaf, self.told = set(INSTANCES.values()), []
        self.pools = Pools("here", lambda instance: self.states[instance] is ProcessState.RUNNING)
        for pool, policy in policies.items():
            self.pools.add(pool, policy, [(INSTANCES[name], name) for name in MEMBERS[pool]])

    def do(self, op, name, *more):
        pools, instance = self.pools, INSTANCES.get(name, 0)
        pools.out = []
        if op == "events":
            for text in more[0]:
                pools.offer(Notification(name, text))
        elif op == "said":
            pools.heard(instance, more[0])
        elif op == "deaf":
            self.deaf.add(instance)
        else:
            new = {"start": ProcessState.STARTING, "up": ProcessState.RUNNING, "end": ProcessState.EXITED}[op]
            self.states[instance] = new
            if op == "start":
                self.deaf.discard(instance)
            pools.changed(instance, new)
            if new is ProcessState.RUNNING:
                pools.came_up(instance)
        self._carry_out()
        pools.out = []
        pools.dispatch()
        self._carry_out()

    def _carry_out(self):
        names = {number: name for name, number in INSTANCES.items()}
        while self.pools.out:
            effects, self.pools.out = self.pools.out, []
            for effect in effects:
                if isinstance(effect, Log):
                    self.told.append((effect.level, effect.text))
                elif isinstance(effect, Send) and effect.instance in self.deaf:
                    self.pools.unsent(effect.instance, effect.serial)
                else:
                    self.told.append(("send", f"{names[effect.instance]}: {effect.text}"))
                    self.told.append(("debug", f"event {effect.serial} sent to listener {names[effect.instance]}"))
                    self.pools.sent(effect.instance, effect.serial)


@settings(max_examples=200, deadline=None)
@given(
    sizes=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    subscribed=st.tuples(st.just(["PROCESS_STATE", "REMOTE_COMMUNICATION", "TICK"]), pool_events),
    awake=st.sets(st.sampled_from(sorted(INSTANCES))),
    script=st.lists(ops, min_size=20, max_size=80),
)
@example(  # the second of two must not be sent before it is known that nobody could be sent the first
    sizes=(4, 4),
    subscribed=(["REMOTE_COMMUNICATION"], ["REMOTE_COMMUNICATION"]),
    awake={"x0", "x1", "y0"},
    script=[("deaf", "x0"), ("events", "REMOTE_COMMUNICATION", ["first", "second"]), ("answer", "x1", b"OK")],
)
def test_pools_tell_what_supervisord_tells(sizes, subscribed, awake, script):
    policies = {
        name: ListenerPolicy(tuple(sorted(names)), size)
        for name, names, size in zip("xy", subscribed, sizes, strict=True)
    }
    theirs, ours = Theirs(policies), Ours(policies)
    phase, broken = dict.fromkeys(INSTANCES, "end"), False
    ready = [each for name in sorted(awake) for each in (("start", name), ("up", name), ("said", name, b"READY\n"))]
    for op in [*ready, *(each for asked in script for each in _spelled(asked))]:
        if op[0] != "events":  # only what can happen to a process
            if op[0] in BEFORE and phase[op[1]] not in BEFORE[op[0]]:
                continue
            if op[0] in ("said", "deaf") and phase[op[1]] == "end":
                continue
            if op[0] in BEFORE:
                phase[op[1]] = op[0]
        theirs.do(*op)
        ours.do(*op)
        broken = broken or op[0] == "deaf"
        assert _lines(ours.told, broken) == _lines(theirs.told, broken)


def _spelled(op):
    """An answer as a listener writes it: the result first, and that it is ready next."""
    if op[0] != "answer":
        return [op]
    return [("said", op[1], b"RESULT %d\n%s" % (len(op[2]), op[2])), ("said", op[1], b"READY\n")]


def _lines(told, broken):
    """The log. Of a broken pipe we hear only later: then each pool for itself, without what is said again and again there."""
    lines = [text for _, text in told if "epipe" not in text and not (broken and "rebuffering" in text)]
    return sorted(lines, key=lambda text: POOL.search(text)[0]) if broken else lines
