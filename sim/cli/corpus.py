"""`initd-sim corpus`: the scenarios and sieges that once went wrong; what is there, whether they go well, and one more."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from sim.cli.files import scenario_of, siege_of, write
from sim.cli.options import UsageError, add_junit, seconds
from sim.cli.progress import bar
from sim.closing import closing
from sim.invariants.meanings import meaning
from sim.report.junit import Case

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.corpus import Judge, Kept
    from sim.scenario import Scenario
    from sim.stage.siege import Siege

FOLDERS = ("tests/property/corpus", "tests/property/sieges")


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    what = parser.add_subparsers(dest="what", required=True, metavar="list|run|add")
    each = {
        "list": what.add_parser("list", help="what is there"),
        "run": what.add_parser("run", help="play and judge all of it"),
        "add": what.add_parser("add", help="judge a file, shrink it if it fails, and keep it unless it is there"),
    }
    for one in each.values():
        one.add_argument("--directory", metavar="DIRECTORY", help=f"instead of {' and '.join(FOLDERS)}")
    add_junit(each["run"])
    each["add"].add_argument("file", help="a scenario as JSON, or a siege")
    each["add"].add_argument("--name", help="what to call it, without .json; by default who notices it and what is done in it")
    each["add"].add_argument("--budget", type=seconds, default="30s", metavar="TIME", help="how long to shrink it (30s)")


def act(arguments: argparse.Namespace) -> int:
    """Do what is asked; the exit status."""
    if arguments.what == "add":
        return _add(arguments)
    kept = _kept(arguments.directory)
    return _run(arguments, kept) if arguments.what == "run" else _list(kept)


def _case(path: str) -> Scenario | Siege:
    return siege_of(path) or scenario_of(path)


def _kept(directory: str | None) -> list[Kept]:
    from sim.corpus import Kept

    folders = [Path(folder) for folder in ([directory] if directory else FOLDERS)]
    there = [folder for folder in folders if folder.is_dir()]
    if not there:
        raise UsageError(f"there is no corpus in {' or '.join(map(str, folders))}: name one with --directory")
    paths = sorted(path for folder in there for path in folder.glob("*.json"))
    return [Kept(path, _case(str(path))) for path in paths]


def _judge() -> Judge:
    from sim.corpus import Judge

    try:
        import sim.oracle.play  # noqa: F401
    except ImportError:
        return Judge(oracle=False)
    return Judge(oracle=True)


def _list(kept: list[Kept]) -> int:
    for each in kept:
        print(f"{each.path}: {each.size()}")
    return 0


def _run(arguments: argparse.Namespace, kept: list[Kept]) -> int:
    judge = _judge()
    began = time.perf_counter()
    counts = {"passed": 0, "failed": 0, "unknown": 0}
    cases = []
    with bar(len(kept), "files") as progress:
        for at, each in enumerate(kept):
            started = time.perf_counter()
            try:
                reasons = judge.reasons(each.case)
            except Exception as error:  # who cannot judge has not passed anything
                reasons = [f"judge unknown: {error!r}"]
            unknown = all(reason.split()[1] in ("unknown", "unknown:") for reason in reasons)
            counts["passed" if not reasons else "unknown" if unknown else "failed"] += 1
            for reason in reasons:
                print(f"{'UNKNOWN' if unknown else 'FAILED'} {each.path}: {reason}\n  must hold: {meaning(reason)}")
            if reasons:
                print(f"replay: initd-sim replay {each.path}")
            cases.append(Case(str(each.path), time.perf_counter() - started, (), tuple(reasons), unknown))
            progress(at + 1)
    if arguments.junit:
        from sim.report.junit import junit

        write(arguments.junit, junit("corpus", cases))
    took = time.perf_counter() - began
    print(closing(counts["passed"], counts["failed"], counts["unknown"], took, "files"))
    return 1 if counts["failed"] or counts["unknown"] else 0


def _add(arguments: argparse.Namespace) -> int:
    from sim.corpus import Kept, free_path, name_of, same, text_of
    from sim.scenario import Scenario

    case = _case(arguments.file)
    folder = Path(arguments.directory or FOLDERS[not isinstance(case, Scenario)])
    if not folder.is_dir():
        raise UsageError(f"there is no corpus in {folder}: make that directory, or name one with --directory")
    kept = [each for each in _kept(str(folder)) if each.path.resolve() != Path(arguments.file).resolve()]
    if (there := same(case, kept)) is not None:
        raise UsageError(f"{arguments.file} is there already: {there}")
    judge = _judge()
    reasons = judge.reasons(case)
    if reasons:
        end = time.monotonic() + arguments.budget
        case = judge.smaller(case, lambda: time.monotonic() < end)
        if (there := same(case, kept)) is not None:
            raise UsageError(f"{arguments.file}, shrunk, is there already: {there}")
    path = free_path(folder, arguments.name or name_of(case, reasons))
    write(str(path), text_of(case))
    print(f"added {path}: {Kept(path, case).size()}")
    print("\n".join(f"  fails: {reason}" for reason in reasons) or "  it passes, so it was not shrunk")
    return 0
