"""The core under arbitrary orders of events, late and stray ones included."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from initd.states import STOPPED_STATES, ProcessState
from initd.supervise import events
from initd.supervise.effects import CloseSocket, Exit, Kill, Log, Reply, Spawn, StateChanged
from initd.supervise.policy import SECOND, GroupPolicy, ProcessPolicy, Restart, SocketPolicy
from initd.supervise.supervisor import Supervisor

EDGES = {
    ("STOPPED", "STARTING"), ("STARTING", "RUNNING"), ("STARTING", "BACKOFF"), ("STARTING", "STOPPING"),
    ("RUNNING", "EXITED"), ("RUNNING", "STOPPING"), ("BACKOFF", "STARTING"), ("BACKOFF", "FATAL"),
    ("BACKOFF", "STOPPED"), ("STOPPING", "STOPPED"), ("STOPPING", "UNKNOWN"), ("EXITED", "STARTING"),
    ("FATAL", "STARTING"), ("STARTING", "UNKNOWN"), ("RUNNING", "UNKNOWN"), ("UNKNOWN", "EXITED"),
    ("UNKNOWN", "STOPPED"),
}  # fmt: skip

policies = st.builds(
    ProcessPolicy,
    name=st.just("x"),
    priority=st.integers(1, 3),
    autostart=st.booleans(),
    startsecs=st.integers(-1, 3),
    startretries=st.integers(-1, 3),
    autorestart=st.sampled_from(Restart),
    stopwaitsecs=st.integers(0, 4),
    stopasgroup=st.booleans(),
    socket=st.sampled_from([None, SocketPolicy("f", "unix:///s"), SocketPolicy("f", "unix:///s"), SocketPolicy("g", "tcp://h:1")]),
)
ops = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from([0, 1, SECOND // 2, SECOND, SECOND + 1, 3 * SECOND])),
    st.tuples(st.just("deadline"), st.sampled_from([-1, 0, 1])),
    st.tuples(st.sampled_from(["spawned", "unspawned", "exit", "sigdeath", "killok", "killfail"]), st.integers(0, 3)),
    st.tuples(st.sampled_from(["start", "start_wait", "stop", "stop_wait", "signal"]), st.integers(1, 3)),
    st.tuples(st.sampled_from(["remove", "add", "join", "shutdown", "restart"]), st.integers(0, 2)),
    st.tuples(st.just("leave"), st.integers(1, 5)),
)


class World:
    """What a driver would know: outstanding spawns and kills, live children; obeys the driver's contract only."""

    def __init__(self, members: list[ProcessPolicy]) -> None:
        self.core = Supervisor()
        self.now = 0
        self.pid = 100
        self.request = 0
        self.spawning: list[Spawn] = []
        self.kills: list[Kill] = []
        self.living: dict[int, int] = {}
        self.asked: set[int] = set()
        self.answered: list[int] = []
        self.trace: list[object] = []
        self.policies = [policy.replace(name=f"p{at}") for at, policy in enumerate(members)]
        for policy in self.policies:
            self.feed(events.GroupAdded(GroupPolicy(policy.name, policy.priority, (policy,))))
        self.feed(events.Booted())

    def feed(self, event: events.Event) -> None:
        for effect in self.core.handle(event, self.now):
            self.trace.append((self.now, effect))
            if isinstance(effect, Spawn):
                self.spawning.append(effect)
            elif isinstance(effect, Kill):
                self.kills.append(effect)
            elif isinstance(effect, Reply):
                self.answered.append(effect.request)

    def ask(self) -> int:
        self.request += 1
        self.asked.add(self.request)
        return self.request

    def step(self, op: tuple[str, int]) -> None:
        name, value = op
        if name in ("wait", "deadline"):
            due = self.core.next_deadline()
            if name == "wait":
                self.now += value
            elif due is not None:
                self.now = max(self.now, due + value)
            self.feed(events.TimePassed())
        elif name in ("spawned", "unspawned"):
            if self.spawning:
                spawn = self.spawning.pop(value % len(self.spawning))
                if name == "spawned":
                    self.pid += 1
                    self.living[self.pid] = spawn.instance
                    self.feed(events.Spawned(spawn.instance, spawn.attempt, self.pid))
                else:
                    self.feed(events.SpawnFailed(spawn.instance, spawn.attempt, "no"))
        elif name in ("exit", "sigdeath"):
            if self.living:
                pid = sorted(self.living)[value % len(self.living)]
                code = -1 if name == "sigdeath" else value % 2
                self.feed(events.Reaped(self.living.pop(pid), pid, code, "gone"))
        elif name in ("killok", "killfail"):
            if self.kills:
                kill = self.kills.pop(0)
                errno = 1 if name == "killfail" else 0 if kill.pid in self.living else 3
                self.feed(events.Signalled(kill.instance, kill.pid, kill.signal, errno, "why", kill.request))
        elif name.startswith("start"):
            self.feed(events.StartAsked(value, name.endswith("wait"), self.ask()))
        elif name.startswith("stop"):
            self.feed(events.StopAsked(value, name.endswith("wait"), self.ask()))
        elif name == "signal":
            self.feed(events.SignalAsked(value, 1, self.ask()))
        elif name == "remove":
            self.feed(events.GroupRemoved(f"p{value}", self.ask()))
        elif name == "add" and value < len(self.policies):
            policy = self.policies[value]
            self.feed(events.GroupAdded(GroupPolicy(policy.name, policy.priority, (policy,)), self.ask()))
        elif name == "join" and value < len(self.policies):
            policy = self.policies[value].replace(name="joined")
            self.feed(events.MemberAdded(f"p{value}", policy, self.ask()))
        elif name == "leave":
            self.feed(events.MemberRemoved(value, self.ask()))
        elif name in ("shutdown", "restart"):
            self.feed(events.ShutdownAsked(name == "restart"))


scenarios = st.tuples(st.lists(policies, min_size=1, max_size=3), st.lists(ops, max_size=40))


@settings(max_examples=400, deadline=None)
@given(scenarios)
def test_every_change_is_a_known_edge_and_the_chain_of_states_has_no_gap(scenario):
    world = World(scenario[0])
    for op in scenario[1]:
        world.step(op)
    last: dict[int, ProcessState] = {}
    for _, effect in world.trace:
        if isinstance(effect, StateChanged):
            assert (effect.old.name, effect.new.name) in EDGES
            assert last.get(effect.instance, ProcessState.STOPPED) is effect.old
            last[effect.instance] = effect.new


@settings(max_examples=400, deadline=None)
@given(scenarios)
def test_a_shared_socket_is_told_of_before_its_first_child_and_closed_when_nobody_has_it_or_is_to_have_it(scenario):
    world = World(scenario[0])
    told: dict[str, bool] = {}
    seen = 0
    for op in (*scenario[1], None):
        if op is None:
            calm_down(world)
        else:
            world.step(op)
        concerned = (*world.living.values(), *(each.instance for each in world.spawning))
        users = [world.core.process(instance) for instance in concerned]
        used = {each.policy.socket for each in users if each is not None}
        for _, effect in world.trace[seen:]:
            if isinstance(effect, CloseSocket) and op is not None:
                assert effect.socket not in used
            elif isinstance(effect, Log) and " socket " in effect.text:
                word, _, url = effect.text.partition(" socket ")
                assert told.get(url, False) is (word == "Closing"), "created and closed in turn"
                told[url] = word == "Creating"
        seen = len(world.trace)
        living = [world.core.process(instance) for instance in world.living.values()]
        assert all(told[each.policy.socket.url] for each in living if each is not None and each.pid and each.policy.socket)
    assert not any(told.values())


@settings(max_examples=400, deadline=None)
@given(scenarios, st.integers(0, 40))
def test_a_restored_core_goes_on_exactly_as_the_original(scenario, at):
    first, second = World(scenario[0]), World(scenario[0])
    for number, op in enumerate(scenario[1]):
        if number == at:
            second.core = Supervisor.restore(second.core.snapshot())
        first.step(op)
        second.step(op)
    assert second.trace == first.trace
    assert second.core.snapshot() == first.core.snapshot()


@settings(max_examples=400, deadline=None)
@given(scenarios)
def test_every_request_is_answered_exactly_once_when_everything_has_ended(scenario):
    world = World(scenario[0])
    for op in scenario[1]:
        world.step(op)
    calm_down(world)
    assert sorted(world.answered) == sorted(world.asked)


@settings(max_examples=400, deadline=None)
@given(scenarios)
def test_a_shutdown_always_ends_and_nothing_is_spawned_after_it(scenario):
    world = World(scenario[0])
    for op in scenario[1]:
        world.step(op)
    before = len(world.trace)
    world.feed(events.ShutdownAsked())
    assert not any(isinstance(effect, Spawn) for _, effect in world.trace[before:])
    calm_down(world)
    assert not any(isinstance(effect, Spawn) for _, effect in world.trace[before:])
    assert sum(isinstance(effect, Exit) for _, effect in world.trace) == 1
    assert all(process.state in STOPPED_STATES for group in world.core.groups for process in group.processes)


def calm_down(world: World) -> None:
    """Stop the daemon, answer everything outstanding, let signals work, until nothing is left to happen."""
    world.feed(events.ShutdownAsked())
    for _ in range(200):
        while world.spawning:
            world.step(("spawned", 0))
        while world.kills:
            pid = world.kills[0].pid
            world.step(("killok", 0))
            if pid in world.living:
                world.feed(events.Reaped(world.living.pop(pid), pid, -1, "gone"))
        if not world.spawning and not world.kills and world.living:
            world.step(("exit", 0))
        due = world.core.next_deadline()
        if due is None and not world.spawning and not world.kills and not world.living:
            return
        if due is not None:
            world.now = max(world.now, due)
            world.feed(events.TimePassed())
    raise AssertionError("nothing more should happen after a shutdown")
