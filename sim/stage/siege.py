"""A siege: the whole daemon under nemeses, then healed, then watched until everything is as it must be (simulation.md §4.6).

A siege is a function of its seed alone. What must hold at every step is `sim.stage.site`'s; what must come true once nothing
goes wrong any more (V1 to V6), and whether every client was answered by what really happened, is judged here.
"""

from __future__ import annotations

import re
from random import Random

from initd.record import Record
from sim.children.behaviours import parse_behaviour, script_for
from sim.nemesis import EVERY, NEMESES
from sim.nemesis.clients import OrderShuffle
from sim.stage import settled
from sim.stage.audience import Audience
from sim.stage.besides import BESIDES, SPEAKERS, TELLERS, with_followers, with_pages, with_system_log
from sim.stage.follower import Followers
from sim.stage.site import CONF, DAEMON_PID, HEAD, MAIN_LOG, SECOND_NS, Site
from sim.stage.visitors import Visitors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from sim.children.behaviours import Behaviour, Steps
    from sim.kernel.sockets import SimClient
    from sim.nemesis import Nemesis
    from sim.stage.calls import Call

SHARE = 0.25
"""So often each nemesis is on, and so many programs are FastCGI's."""
OF_SOCKETS = ("share_errno",)
"""Only where programs share sockets; these are drawn apart, and so are the sockets, so that all else stays what it was."""
PLAIN = len(NEMESES) - len(BESIDES)
SIEGE_NS = 12 * SECOND_NS
HEALED_NS = SIEGE_NS + SECOND_NS
TAIL_NS = 40 * SECOND_NS
"""More than the longest start episode: four attempts, waits of one, two and three seconds, and what a stop takes."""
END_NS = 60 * SECOND_NS
"""A shutdown is over by then: each group's stopwaitsecs, and the cap for what does not die."""
MAXBYTES = 5_000
LATE_REAP_NS = 4 * SECOND_NS
BEHAVIOURS = (
    "run forever", "run forever", "crash after 0.3s exit 1", "crash after 2.5s exit 0", "exit 2 after 4s", "slow term 1.5s",
    "ignore TERM, run forever", "print hello every 0.3s", "flap 2 times after 0.2s then run", "segv after 3s",
    "exit on second term", "partial lines", "read stdin", "close stdio, run forever",
)  # fmt: skip


class Siege(Record):
    """What a seed stands for: the programs, each with its options and behaviour, and the nemeses that are on."""

    seed: int
    pid: int
    programs: tuple[tuple[str, str, str], ...]
    nemeses: tuple[str, ...]
    listeners: tuple[tuple[str, str, str], ...] = ()

    def text(self) -> str:
        """The supervisord.conf."""
        kinds = [("fcgi-program" if "socket=" in o else "program", name, o) for name, o, _ in self.programs]
        kinds += [("eventlistener", name, o) for name, o, _ in self.listeners]
        return HEAD + "".join(f"[{kind}:{name}]\ncommand=/usr/bin/program\n{o}" for kind, name, o in kinds)


def behaviour_of(what: str) -> Behaviour | Steps:
    """What a program of a siege does: a manner of `sim.stage.assembly`, or any behaviour there is."""
    from sim.stage.assembly import MANNERS  # it draws sieges

    manner = MANNERS.get(what) or SPEAKERS.get(what) or TELLERS.get(what)
    return parse_behaviour(what) if manner is None else manner


def siege_of(seed: int) -> Siege:
    """The siege of that number."""
    rng, sockets = Random(seed), Random(f"{seed}:sockets")
    programs = []
    for name in "abcd"[: 1 + int(rng.random() * 4)]:
        options = {
            "priority": int(rng.random() * 3),
            "startsecs": int(rng.random() * 3),
            "startretries": int(rng.random() * 4),
            "autorestart": ("true", "unexpected", "false")[int(rng.random() * 3)],
            "stopwaitsecs": 1 + int(rng.random() * 3),
            "stopasgroup": ("false", "true")[rng.random() < 0.2],
            "stdout_logfile": ("NONE", f"/var/log/{name}.out")[rng.random() < 0.7],
            "stdout_logfile_maxbytes": MAXBYTES,
            "stdout_logfile_backups": int(rng.random() * 3),
            "stderr_logfile": ("NONE", f"/var/log/{name}.err")[rng.random() < 0.5],
            "redirect_stderr": ("false", "true")[rng.random() < 0.2],
        }
        shares, answers = sockets.random() < SHARE, sockets.random() < 0.5
        if shares:
            options["socket"] = f"unix:///var/run/{name}.sock"
        lines = "".join(f"{key}={value}\n" for key, value in options.items())
        behaviour = BEHAVIOURS[int(rng.random() * len(BEHAVIOURS))]
        programs.append((name, lines, "answer hello" if shares and answers else behaviour))
    on = [name for name in NEMESES if name not in (*OF_SOCKETS, *BESIDES) and rng.random() < SHARE]
    if any("socket=" in options for _, options, _ in programs):
        on += [name for name in OF_SOCKETS if sockets.random() < SHARE]
    pid = 1 if rng.random() < 0.5 else DAEMON_PID
    more = with_pages(seed, on or [list(NEMESES)[seed % PLAIN]])
    return Siege(seed, pid, *with_followers(seed, *with_system_log(seed, tuple(programs), more)))


class Result(Record):
    """What came of a siege: what was broken, the states of all programs over time, and what the nemeses did."""

    broken: tuple[str, ...]
    history: tuple[tuple[int, str, str], ...]
    probes: tuple[tuple[str, int], ...]


class Besieged(Site):
    """A site as nemeses see it."""

    def __init__(self, siege: Siege) -> None:
        self.alter: list[Callable[[str, list[Any]], list[Any]]] = []
        self.programs = tuple(name for name, _, _ in siege.programs)
        self.pools = tuple(name for name, _, _ in siege.listeners)
        self._said = {name: behaviour_of(what) for name, _, what in (*siege.programs, *siege.listeners)}
        self._forgiven: list[SimClient] = []
        self.nemeses: list[Nemesis] = [EVERY[name](siege.seed) for name in siege.nemeses]
        shuffles = [each.choose for each in self.nemeses if isinstance(each, OrderShuffle)]
        late = {"sigchld_drop", "sigchld_delay"} & set(siege.nemeses)
        super().__init__(
            siege.text(),
            self._script,
            slack_ns=SIEGE_NS + LATE_REAP_NS if late else 0,
            choose=shuffles[0] if shuffles else None,
            pid=siege.pid,
        )
        self.disk_is_slow = "slow_disk" in siege.nemeses  # what has begun while it was may not be over when the daemon ends
        self.visitors, self.followers = Visitors(self), Followers(self, MAIN_LOG)
        self.audience: Audience | None = None
        if siege.listeners:
            self.audience = Audience(self, tuple((name, options) for name, options, _ in siege.programs), MAIN_LOG)
            self.kernel.audience = self.files.audience = self.audience

    def _script(self, argv: tuple[str, ...], env: Mapping[str, str], attempt: int) -> list[Any]:
        name = env["SUPERVISOR_GROUP_NAME"]
        steps = script_for(self._said[name], argv, env, attempt)
        for alter in self.alter:
            steps = alter(name, steps)
        return steps

    def _log_paths(self, group: str, name: str) -> tuple[str | None, str | None]:
        """What is captured goes to no log, so the ledger is told nothing of who may."""
        out, err = super()._log_paths(group, name)
        captured = self.audience.captured if self.audience is not None else {}
        return None if (group, "STDOUT") in captured else out, None if (group, "STDERR") in captured else err

    def listeners(self) -> list[int]:
        """The living children that are listeners, ascending."""
        return [pid for pid in self.children() if self.kernel.owners.get(pid, "").partition(":")[0] in self.pools]

    def busy(self) -> list[int]:
        """Those of them that have an event and have not answered."""
        return self.audience.hearings.busy() if self.audience is not None else []

    def reporters(self) -> dict[str, int]:
        """The programs with stdout in capture mode, and how much of a message is kept."""
        bounds = self.audience.bounds if self.audience is not None else {}
        return {name: size for (name, channel), size in bounds.items() if channel == "STDOUT"}

    def reporting(self) -> list[int]:
        """The living children that are in the middle of a message, ascending."""
        return self.audience.captures.reporting() if self.audience is not None else []

    def rewrite(self, name: str, option: str, value: str) -> None:
        """Have the configuration file say that of a pool from now on."""
        text = self.files.data(CONF).decode()
        section = re.compile(rf"(\[eventlistener:{name}\][^\[]*\n{option}=)[^\n]*")
        self.files.put(CONF, section.sub(lambda found: found[1] + value, text).encode())

    def children(self) -> list[int]:
        """The living children that are programs, ascending."""
        return sorted(self.watch.living)

    def deadline(self) -> int | None:
        """When the daemon has something to do next by the clock."""
        return self.simulation.session.driver.next_deadline()

    def forgive(self, client: SimClient) -> None:
        """That client is not owed a reply."""
        self._forgiven.append(client)

    def owed(self) -> list[Call]:
        """The calls that must have been answered."""
        return [call for call in self.calls if call.client not in self._forgiven]


def play(
    siege: Siege,
    show: Callable[[Besieged], None] = lambda site: None,
    acts: Callable[[str, set[str]], None] | None = None,
) -> Result:
    """Besiege a daemon, heal, wait, judge, shut it down.

    `show` gets it all before it begins; `acts` the name of each nemesis that acts, with the states there are at that time.
    """
    site = Besieged(siege)
    show(site)
    if acts is not None:
        for nemesis in site.nemeses:
            nemesis.witness = lambda name: acts(name, {state.name for state in site.states().values()})
    for nemesis in site.nemeses:
        nemesis.setup(site)
    _arrange(site, siege)
    site.run(SIEGE_NS + TAIL_NS + END_NS)
    site.finish()
    if site.audience is not None:
        site.audience.end(siege.nemeses, site.simulation.exit_status is not None and not site.disk_is_slow)
    if site.refused_start is not None:
        site.tell("V4", f"it does not come up: {site.refused_start!r}")
    elif site.simulation.exit_status != 0:
        site.tell("V3", f"the daemon ends with {site.simulation.exit_status}")
    history = tuple((time_ns, name, new.name) for time_ns, name, _, new in site.changes)
    probes = tuple(item for nemesis in site.nemeses for item in nemesis.probes().items())
    return Result(tuple(site.broken), history, probes)


def _arrange(site: Besieged, siege: Siege) -> None:
    """What happens when: steps of every nemesis, the healing, the look at it all, SIGTERM."""
    rng = Random(f"{siege.seed}:steps")
    kernel = site.kernel
    time_ns = 0
    while time_ns < SIEGE_NS:
        time_ns += int(rng.random() * SECOND_NS) + 1

        def step() -> None:
            for nemesis in site.nemeses:
                nemesis.step(site)

        kernel.at_rest(time_ns, step)

    def heal() -> None:
        for nemesis in site.nemeses:
            nemesis.heal(site)
        kernel.heal()

    kernel.at_rest(HEALED_NS, heal)
    kernel.at_rest(SIEGE_NS + 2 * SECOND_NS, lambda: _knock(site))
    kernel.at_rest(SIEGE_NS + TAIL_NS - SECOND_NS, site.followers.note)
    kernel.at_rest(SIEGE_NS + TAIL_NS, lambda: _look(site, siege))
    kernel.at_rest(SIEGE_NS + TAIL_NS + SECOND_NS, lambda: _end(site))


def _knock(site: Besieged) -> None:
    """A call, so that it wakes up if it has missed anything: idle, it does not look by itself."""
    site.call("supervisor.getState")


def _look(site: Besieged, siege: Siege) -> None:
    """The tail is over: is everything as it says it is, and has everything come to an end that must?"""
    settled.agree(site)
    settled.share(site)
    settled.come_true(site)
    settled.drained(site)
    site.visitors.settle()
    site.followers.settle()
    if site.dispatches is not None:
        site.dispatches.settle(HEALED_NS + SECOND_NS)
    settled.answered(site, site.owed())
    if site.audience is not None:
        site.audience.settle(siege.nemeses)
    _logs(site, siege)
    site.call("supervisor.getAllProcessInfo")


def _logs(site: Besieged, siege: Siege) -> None:
    """L2: no log is larger than its bound and one chunk, and there are no more old ones than asked for."""
    files = site.kernel.files
    if {"log_rename_fail", "enospc"} & set(siege.nemeses):
        return  # a rotation that fails leaves the log to grow
    for name, options, _ in siege.programs:
        backups = int(options.partition("stdout_logfile_backups=")[2].split("\n")[0])
        path = f"/var/log/{name}.out"
        sizes = [len(files.data(each)) for each in (path, *(f"{path}.{n}" for n in range(1, 9))) if files.exists(each)]
        if len(sizes) > backups + 1 or any(size > MAXBYTES + 65_536 for size in sizes):
            site.tell("L2", f"{path} and its backups have {sizes} bytes")


def _end(site: Besieged) -> None:
    call = site.calls[-1] if site.calls else None
    if call is None or not isinstance(call.answer, list):
        site.tell("V5", f"a call after everything is over: {call and call.answer}")
    site.shut_down = True
    site.terminate()
