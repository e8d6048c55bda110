"""What a configuration will do under given circumstances: a run of the shipped daemon, and the report of it for people.

`initd-sim run CONFIG --outlook`, implied by a behaviour of `sim.children.conditions` and by `--html FILE`.
"""

from __future__ import annotations

import os

from initd.kernel.linux_files import LinuxFiles
from initd.record import Record
from initd.states import ProcessState
from sim.children.conditions import Dependence, Outage, parse
from sim.circumstances import Circumstances
from sim.kernel import SimFiles, SimKernel
from sim.simulation import Change, Simulation
from sim.world import furnish, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Mapping

    from initd.config.model import Config, LogConfig, ProcessConfig
    from sim.children.conditions import Told

SECOND_NS = 1_000_000_000
RUNNING = ProcessState.RUNNING


class Recovery(Record):
    """How a program came through one span of something being out.

    `after_ns` is counted from the span's end to when it ran and stayed up until the next span or the end of the run; None:
    never. `hit` says whether it left RUNNING meanwhile.
    """

    thing: str
    from_ns: int
    to_ns: int
    after_ns: int | None
    hit: bool


class Fate(Record):
    """What became of one program; `down_ns` counts from its first start, `lost_bytes` is what rotation threw away."""

    name: str
    state: ProcessState
    attempts: int
    fatal_ns: int | None
    down_ns: int
    log_bytes: int
    lost_bytes: int
    unlimited: bool
    recoveries: tuple[Recovery, ...]
    lane: tuple[tuple[int, ProcessState], ...]


class Outlook(Record):
    """The report of a run: every program's fate, and when what was out."""

    source: str
    until_ns: int
    spans: tuple[tuple[str, int, int | None], ...]
    fates: tuple[Fate, ...]


class CountingFiles(SimFiles):
    """Files that remember how many bytes were appended to each log."""

    def __init__(self) -> None:
        super().__init__()
        self.appended: dict[str, int] = {}
        self._paths: dict[int, str] = {}

    def open_append(self, path: str, mode: int = 0o666) -> int:
        fd = super().open_append(path, mode)
        self._paths[fd] = path
        return fd

    def append(self, fd: int, data: bytes) -> int:
        size = super().append(fd, data)
        path = self._paths[fd]
        self.appended[path] = self.appended.get(path, 0) + len(data)
        return size


class Run:
    """A configuration of the real disk on a simulated machine, with behaviours by name; to be run once."""

    def __init__(
        self, path: str, told: Mapping[str, Told], on_change: Callable[[Change], None] = lambda change: None
    ) -> None:
        cwd = os.getcwd()
        given, host, self.config = read(path, cwd)
        self.path, self.files = path, CountingFiles()
        where = os.path.join(cwd, self.config.path)
        furnish(self.files, self.config, {where: LinuxFiles().read_file(where)})
        self.circumstances = Circumstances(told, self.config, path)
        kernel = SimKernel(files=self.files)

        def heard(change: Change) -> None:
            self.circumstances.heard(change)
            on_change(change)

        self.simulation = Simulation(kernel, self.config, given, host, heard)
        self.circumstances.attach(kernel)

    def run(self, duration_ns: int) -> Outlook:
        """Run for that long in virtual time; the report."""
        self.simulation.run(duration_ns)
        if self.simulation.failure is not None:
            raise self.simulation.failure
        return self._outlook(duration_ns)

    def _outlook(self, until_ns: int) -> Outlook:
        spans, states = tuple(self.circumstances.spans()), self.simulation.states()
        fates = []
        for process, name in _processes(self.config):
            lane = tuple((each.time_ns, each.change.new) for each in self.simulation.changes if each.name == name)
            written, lost, unlimited = self._logs(process)
            state = states.get(name, ProcessState.UNKNOWN)
            fates.append(
                Fate(
                    name,
                    state,
                    sum(new is ProcessState.STARTING for _, new in lane),
                    lane[-1][0] if state is ProcessState.FATAL else None,
                    down_ns(lane, until_ns),
                    written,
                    lost,
                    unlimited,
                    tuple(recoveries(lane, spans, until_ns)),
                    lane,
                )
            )
        return Outlook(self.path, until_ns, spans, tuple(fates))

    def _logs(self, process: ProcessConfig) -> tuple[int, int, bool]:
        """(bytes written, bytes rotated away, whether something grows without a limit)"""
        written = lost = 0
        unlimited = False
        for stream, log in (("stdout", process.stdout), ("stderr", process.stderr)):
            for path in self._paths(process.name, stream, log):
                appended = self.files.appended.get(path, 0)
                names = [path, *(f"{path}.{number}" for number in range(1, log.backups + 1))]
                kept = sum(len(self.files.data(each)) for each in names if self.files.exists(each))
                written, lost = written + appended, lost + max(0, appended - kept)
                unlimited = unlimited or (not log.maxbytes and appended > 0)
        return written, lost, unlimited

    def _paths(self, name: str, stream: str, log: LogConfig) -> list[str]:
        if log.file is None:
            return []
        if isinstance(log.file, str):
            return [log.file]
        return [path for path in self.files.appended if path.rpartition("/")[2].startswith(f"{name}-{stream}-")]


def down_ns(lane: Iterable[tuple[int, ProcessState]], until_ns: int) -> int:
    """How long a program did not run, from its first change to the end."""
    down, since = 0, None
    for time_ns, new in lane:
        if new is RUNNING:
            down += time_ns - since if since is not None else 0
            since = None
        elif since is None:
            since = time_ns
    return down + (until_ns - since if since is not None else 0)


def recoveries(
    lane: tuple[tuple[int, ProcessState], ...], spans: tuple[tuple[str, int, int | None], ...], until_ns: int
) -> Iterable[Recovery]:
    """How a program came through each span that ends before the run does."""
    for at, (thing, first, last) in enumerate(spans):
        if last is None or last > until_ns:
            continue
        end = min([until_ns, *(span[1] for span in spans[at + 1 :] if span[1] >= last)])
        before = [new for time_ns, new in lane if time_ns < first]
        during = [(time_ns, new) for time_ns, new in lane if first <= time_ns < end or time_ns == end == until_ns]
        final = [(time_ns, new) for time_ns, new in lane if time_ns < end or time_ns == end == until_ns][-1:]
        after = max(0, final[0][0] - last) if final and final[0][1] is RUNNING else None
        yield Recovery(thing, first, last, after, before[-1:] != [RUNNING] or bool(during))


def _processes(config: Config) -> Iterable[tuple[ProcessConfig, str]]:
    for group in config.groups:
        for each in group.processes:
            yield each, each.name if each.name == group.name else f"{group.name}:{each.name}"


def text(outlook: Outlook) -> list[str]:
    """The report, line by line."""
    lines = [f"{thing} is down from {_s(first)} to {_s(last)}" for thing, first, last in outlook.spans]
    width = max([7, *(len(fate.name) for fate in outlook.fates)])
    lines.append(f"{'program':<{width}}  {'state':<9} attempts restarts       down  log")
    for fate in outlook.fates:
        restarts = max(0, fate.attempts - 1)
        lines.append(
            f"{fate.name:<{width}}  {fate.state.name:<9} {fate.attempts:>8} {restarts:>8} {_s(fate.down_ns):>10}  {log(fate)}"
        )
    for fate in outlook.fates:
        lines += [f"{fate.name}: {sentence}" for sentence in sentences(fate)]
    return lines


def sentences(fate: Fate) -> list[str]:
    """What there is to say of a program beyond its row."""
    told = [f"FATAL since {_s(fate.fatal_ns)}; it stays so until somebody starts it"] if fate.fatal_ns is not None else []
    for each in fate.recoveries:
        span = f"{each.thing} down from {_s(each.from_ns)} to {_s(each.to_ns)}"
        if not each.hit:
            told.append(f"ran through {span}")
        elif each.after_ns is None:
            told.append(f"did not recover from {span}")
        else:
            told.append(f"ran again {_s(each.after_ns)} after the end of {span}")
    return told


def log(fate: Fate) -> str:
    """How much was logged and whether it is all there."""
    kept = f"rotation has thrown away {fate.lost_bytes:,} bytes" if fate.lost_bytes else "all kept"
    return f"{fate.log_bytes:,} bytes, {'grows without limit' if fate.unlimited else kept}"


def _s(time_ns: int | None) -> str:
    return "the end" if time_ns is None else f"{time_ns / SECOND_NS:.3f}s"


def wanted(arguments: argparse.Namespace) -> bool:
    """Whether an outlook is asked for: by an option, or by a behaviour only it understands."""
    told = [parse(each)[1] for each in arguments.behaviour]
    return arguments.outlook or bool(arguments.html) or any(isinstance(each, (Outage, Dependence)) for each in told)


def report(arguments: argparse.Namespace, show: Callable[[Change, int], str], page: Callable[[Outlook], str]) -> int:
    """Run, print every change and the report, write the page that `page` makes of it; the exit status."""
    run = Run(arguments.config, dict(map(parse, arguments.behaviour)), lambda change: print(show(change, width)))
    width = max([7, *(len(name) for _, name in _processes(run.config))])
    print(f"{'time':>10}  {'program':<{width}}  change")
    outlook = run.run(arguments.duration)
    print("\n" + "\n".join(text(outlook)))
    if arguments.html:
        with open(arguments.html, "w", encoding="utf-8") as file:
            file.write(page(outlook))
    if arguments.log:
        print(f"\n{run.simulation.main_log()}", end="")
    return 0
