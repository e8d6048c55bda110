"""Runs made to show the six bugs that real supervisord has (deliberate-differences.md D1 to D3, D6, D8, D9; simulation.md §2).

Each is drawn from a seed, and plays the whole daemon on a machine of its own; what is wrong then is in its site's `broken`.
"""

from __future__ import annotations

import errno
from random import Random

from initd.states import ProcessState
from sim.children.steps import daemonize, payload
from sim.stage.site import HEAD, SECOND_NS, Site

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Script = list[Any]
    History = tuple[tuple[int, str, str], ...]

WEB = "web:web"
SIGKILL, SIGCHLD = 9, 17
DAEMON_PID = 50
REAPS_PER_TURN = 256
QUIET = "stdout_logfile=NONE\nstderr_logfile=NONE\n"


class Trap:
    """The base: draws, and a site whose one program is `web`."""

    pid: int | None = None
    laws: tuple[str, ...] = ()
    """What is broken where a supervisor has that bug; anything else is told without its name."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(f"{seed}:{type(self).__name__}")
        self.scripts: list[Script] = [[["pause"]]]
        self.births = 0

    def below(self, count: int) -> int:
        """0 to count - 1, evenly."""
        return int(self.rng.random() * count)

    def often(self, share: float) -> bool:
        """True that often."""
        return self.rng.random() < share

    def ns(self, seconds: float) -> int:
        """A time within that many seconds."""
        return int(self.rng.random() * seconds * SECOND_NS)

    def site(self, text: str = "", slack_ns: int = 0, **options: Any) -> Site:
        """A daemon with `web`, of these options."""
        lines = "".join(f"{key}={value}\n" for key, value in options.items())
        conf = f"{HEAD}[program:web]\ncommand=/usr/bin/program\n{lines}{text}"
        pid = (1 if self.often(0.5) else DAEMON_PID) if self.pid is None else self.pid
        return Site(conf, self._script, slack_ns, pid=pid)

    def _script(self, argv: tuple[str, ...], env: Mapping[str, str], attempt: int) -> Script:
        if env["SUPERVISOR_PROCESS_NAME"] != "web":
            return [["pause"]]
        self.births += 1
        return self.scripts[min(self.births, len(self.scripts)) - 1]

    def play(self) -> Site:
        """Play it; what is wrong is in the site's `broken`."""
        raise NotImplementedError


class FalseRunning(Trap):
    """Children that end before startsecs, cannot be started, or end unheard of: none of them may be called RUNNING (D2, D3)."""

    laws = ("S4",)

    def play(self) -> Site:
        startsecs = 1 + self.below(3)
        deaf = self.often(0.4)
        ends_ns = (0, 1, startsecs * SECOND_NS - 1, self.ns(startsecs))[self.below(4)]
        last: Script = [["exit", self.below(3)]] if self.often(0.7) else [["raise", "KILL"]]
        holds: Script = [["fork", [["sleep", 30]]]] if deaf else []  # nor does the end of its pipes tell of its own
        short: Script = [*holds, *([["sleep", ends_ns / SECOND_NS]] if ends_ns else []), *last]
        self.scripts = [short if deaf or self.often(0.7) else [["exec-error", ("ENOENT", "EACCES")[self.below(2)]]]]
        options = {"startsecs": startsecs, "startretries": self.below(3), "autorestart": ("true", "unexpected")[self.below(2)]}
        site = self.site(QUIET, 60 * SECOND_NS if deaf else 0, **options)
        if deaf:
            site.kernel.machine.tamper = lambda signal: None if signal == SIGCHLD else 0
        elif self.often(0.4):
            site.kernel.faults.fail("spawn", errno.EAGAIN, times=1 + self.below(2))
        for _ in range(self.below(3)):
            site.kernel.at(self.ns(4), lambda: site.kernel.step_wall(self.ns(7200) - 3600 * SECOND_NS))
        site.run(20 * SECOND_NS)
        for time_ns, name, _, new in site.changes:
            if new is ProcessState.RUNNING and not deaf:
                site.tell("S4", f"{name} RUNNING at {time_ns / 1e9}, but no child of it lives for {startsecs} s")
                break
        return site


class UnknownCrash(Trap):
    """A child whose kill was refused ends after all: the daemon lives on, and says what became of it (D1)."""

    laws = ("crash", "S1", "R7", "V5")

    def play(self) -> Site:
        status = self.below(3)
        self.scripts = [[["handle", "USR1", [["exit", status]]], ["pause"]]]
        restart = ("true", "unexpected", "false")[self.below(3)]
        site = self.site(QUIET, startsecs=self.below(2), autorestart=restart, stopwaitsecs=1 + self.below(3))
        kernel, ask_ns = site.kernel, 2 * SECOND_NS + self.ns(1)
        for call in ("kill", "killpg"):
            kernel.faults.fail(call, errno.EPERM, times=1)
        if self.often(0.6):
            site.at_rest(ask_ns, lambda: site.call("supervisor.stopProcess", "web", self.often(0.5)))
        else:
            site.at_rest(ask_ns, lambda: site.call("supervisor.signalProcess", "web", "HUP"))
        by = (SIGKILL, 10)[self.below(2)]

        def end() -> None:
            for pid in list(site.watch.living):
                kernel.outsider_kill(pid, by)

        end_ns = ask_ns + 1 + (0 if self.often(0.3) else self.ns(3))
        site.at_rest(end_ns, end)

        def look() -> None:
            if site.states()[WEB] is ProcessState.UNKNOWN and not site.watch.living:
                site.tell("S1", f"web has ended at {end_ns / 1e9}, and is UNKNOWN for good")
            site.call("supervisor.getAllProcessInfo")

        site.at_rest(end_ns + 2 * SECOND_NS, look)
        site.at_rest(end_ns + 3 * SECOND_NS, site.terminate)
        site.run(30 * SECOND_NS)
        if site.simulation.exit_status != 0:
            site.tell("R7", f"the daemon ends with {site.simulation.exit_status}, states were {told(site)}")
        if site.calls and not isinstance(site.calls[-1].answer, list):
            site.tell("V5", f"it is not there to be asked any more: {site.calls[-1].answer}")
        return site


class LostTail(Trap):
    """A program writes, and ends at once: every byte that was in the pipe is in the log (D9)."""

    laws = ("L1",)

    def play(self) -> Site:
        slow, both = self.often(0.5), self.often(0.3)
        sizes = [2_000_000 + self.below(1_500_000) if slow else self._size(), self._size()]
        steps: Script = [["enlarge", 1, 1 << 20], ["enlarge", 2, 1 << 20]]
        steps += [["write", stream, size] for stream, size in zip(("out", "err"), sizes, strict=True)]
        if self.often(0.3):
            steps += [["fork", [["sleep", 3]]]]  # who holds the pipes open
        steps += [["exit", 0]] if self.often(0.7) else [["raise", "KILL"]]
        self.scripts = [steps]
        redirect = str(both).lower()
        site = self.site(
            "stdout_logfile=/var/log/web.out\nstdout_logfile_maxbytes=0\nstderr_logfile=/var/log/web.err\n",
            startsecs=0, autorestart="false", stderr_logfile_maxbytes=0, redirect_stderr=redirect,
        )  # fmt: skip
        if slow:  # so that there is more than the log takes, when it ends
            site.kernel.files.slow("/var/log", self.ns(0.2) + SECOND_NS // 20)
        site.run(30 * SECOND_NS)
        wanted = {"out": payload(sizes[0]) + (payload(sizes[1]) if both else b""), "err": b"" if both else payload(sizes[1])}
        for stream, data in wanted.items():
            path = f"/var/log/web.{stream}"
            held = site.kernel.files.data(path) if site.kernel.files.exists(path) else b""
            if held != data:
                site.tell("L1", f"{path} holds {len(held)} of the {len(data)} bytes that web wrote before it ended")
        return site

    def _size(self) -> int:
        # What two full pages of lines take, what one read takes, what a large pipe holds: and around.
        return (self.below(200), 4096 + self.below(3), 65_535 + self.below(3), 131_071 + self.below(400_000))[self.below(4)]


class LeakedDaemons(Trap):
    """Programs that daemonize fail to start, again and again: PID 1 ends all they have left behind (D6)."""

    laws = ("T8", "V3")
    pid = 1

    def play(self) -> Site:
        stubborn: Script = [["ignore", "TERM"]] if self.often(0.5) else []
        close: Script = [["close", 0], ["close", 1], ["close", 2]] if self.often(0.7) else []
        self.scripts = [daemonize([*stubborn, *close, ["pause"]])]
        restart = ("true", "unexpected", "false")[self.below(3)]
        site = self.site(QUIET, startsecs=1, startretries=self.below(4), autorestart=restart)
        end_ns = SECOND_NS + self.ns(10)
        if self.often(0.3):
            site.at_rest(self.ns(end_ns / SECOND_NS), lambda: site.call("supervisor.stopProcess", "web", False))
        site.at_rest(end_ns, site.terminate)
        site.run(end_ns + 30 * SECOND_NS)
        left = [process.pid for process in site.kernel.processes()]
        if site.simulation.exit_status is None:
            site.tell("V3", "the shutdown does not end")
        elif left:
            site.tell("T8", f"{len(left)} daemons that web has started {self.births} times outlive PID 1: {left}")
        return site


class ClockStep(Trap):
    """The wall clock is set, forward and back: nothing else may happen, and at no other time (D3)."""

    laws = ("O4",)

    def play(self) -> Site:
        life: Script = [["sleep", self.ns(3) / SECOND_NS + 0.001], ["exit", self.below(2)]]
        self.scripts = [life, [*([["ignore", "TERM"]] if self.often(0.5) else []), *life[: self.below(2)], ["pause"]]]
        options = {
            "startsecs": self.below(4), "startretries": 1 + self.below(3), "autorestart": ("true", "unexpected")[self.below(2)],
            "stopwaitsecs": 1 + self.below(3), "priority": self.below(3),
        }  # fmt: skip
        self.pid = 1 if self.often(0.5) else DAEMON_PID
        stop_ns, again_ns = self.ns(8), self.ns(12)
        steps = [(self.ns(12), self.ns(7200) - 3600 * SECOND_NS) for _ in range(1 + self.below(4))]
        still, stepped = (self._once(options, stop_ns, again_ns, each) for each in ([], steps))
        ours, wanted = history(stepped), history(still)
        if ours != wanted:
            at = next((pair for pair in zip(ours, wanted) if pair[0] != pair[1]), (ours[-1:], wanted[-1:]))
            said = ", ".join(f"{by / 1e9:+.3f} s at {at_ns / 1e9:.3f}" for at_ns, by in sorted(steps))
            stepped.tell("O4", f"the wall clock is set ({said}), and {at[0]} happens, not {at[1]}")
        return stepped

    def _once(self, options: Any, stop_ns: int, again_ns: int, steps: list[tuple[int, int]]) -> Site:
        self.births = 0
        site = self.site(QUIET, **options)
        for time_ns, by_ns in steps:
            site.kernel.at(time_ns, lambda by_ns=by_ns: site.kernel.step_wall(by_ns))  # type: ignore[misc]
        site.at_rest(stop_ns, lambda: site.call("supervisor.stopProcess", "web", False))
        site.at_rest(again_ns, lambda: site.call("supervisor.startProcess", "web", False))
        site.at_rest(14 * SECOND_NS, site.terminate)
        site.run(60 * SECOND_NS)
        return site


class ReapLimit(Trap):
    """Hundreds end at one instant: none of them is left a zombie, and it takes no more turns than it has to (D8)."""

    laws = ("R1", "R2", "R10")
    pid = 1

    def play(self) -> Site:
        count = 120 + self.below(500)
        self.scripts = [[["repeat", count, [["fork", [["pause"]]]]], ["exit", 0]]]
        site = self.site(QUIET, startsecs=0, autorestart="false")
        kernel, storm_ns = site.kernel, 2 * SECOND_NS + self.ns(1)
        turns = 0

        def storm() -> None:
            for pid in sorted(site.strangers):
                kernel.outsider_kill(pid, SIGKILL)

        def look() -> None:
            left = sum(process.state == "Z" for process in kernel.processes())
            if left:
                site.tell("R2", f"{count} children ended at once, and {left} are still zombies")
            elif turns > -(-count // REAPS_PER_TURN) + 2:  # the one that hears of it, and the one that finds nothing more
                site.tell("R10", f"{count} children ended at once, and reaping them took {turns} turns")

        def hear(call: str, _args: tuple[Any, ...]) -> None:
            nonlocal turns
            turns += call == "poll" and kernel.now == storm_ns

        kernel.watch_calls(hear)
        kernel.at(storm_ns, storm)
        site.at_rest(storm_ns, look)
        site.run(storm_ns + SECOND_NS)
        return site


BUGS: dict[str, type[Trap]] = {
    "false RUNNING": FalseRunning,
    "UNKNOWN crash": UnknownCrash,
    "lost tail of a log": LostTail,
    "daemons leaked on retry": LeakedDaemons,
    "clock step": ClockStep,
    "100-reap limit": ReapLimit,
}
"""Each by its name, and what shows it."""


def history(site: Site) -> History:
    """The states of all programs over time."""
    return tuple((time_ns, name, new.name) for time_ns, name, _, new in site.changes)


def told(site: Site) -> str:
    """The last changes, for people."""
    return ", ".join(f"{name} {new.name}" for _, name, _, new in site.changes[-3:])
