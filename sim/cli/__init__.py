"""The command `initd-sim`: what will this configuration do, and does what must hold hold in many scenarios?

One module a command. Each has `declare`, which adds its options to a parser, and `act`, which does what they say and returns the
exit status. Only the module of the command that was typed is imported, so help for all of them loads no stage.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import signal
import sys
import threading

from initd.errors import ConfigError, InitdError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import NoReturn

COMMANDS = {
    "run": "run a configuration and print every state change, or a range of seeds and judge every story",
    "replay": "play one scenario file, or what `initd --record` wrote, and print its story",
    "shrink": "make a scenario that fails as small as it can be, and print it as JSON",
    "explain": "what happens in a scenario and why: each change with its cause, what demands it, and what supervisor does",
    "diff": "compare our story with supervisor 4.3.0's, of one scenario or of many drawn cases",
    "real": "give a scenario, or a range of seeds, on Linux, and compare the story with the simulated one",
    "corpus": "the scenarios that once went wrong: list them, play them, add one",
    "mutants": "make deliberate mistakes in initd, each in memory only, and see whether the checks notice",
    "judge": "judge what a real daemon did, by its recording or its main log",
    "cover": "which cells of the state table stories reach, and which edges with what cause",
}
"""Every command, and what it is for."""
EXITS = """exit status:
  0    all passed, or the command did what it was asked
  1    something failed, or could not be judged (unknown)
  2    a usage error, a file or configuration that cannot be used, or a part that is not installed
  130  interrupted (Ctrl-C); 143 on SIGTERM; 141 when nobody reads the output any more"""
EXIT_USAGE, EXIT_INTERRUPTED, EXIT_UNREAD = 2, 128 + signal.SIGINT, 128 + signal.SIGPIPE


def main(argv: Sequence[str] | None = None) -> int:
    """Run `initd-sim`; returns the exit status."""
    words = sys.argv[1:] if argv is None else list(argv)
    for stream in ("stdout", "stderr"):  # None where it was closed before we began
        if getattr(sys, stream) is None:
            setattr(sys, stream, open(os.devnull, "w", encoding="utf-8"))
    try:
        with _terminable():
            try:
                return _main(words)
            finally:
                sys.stdout.flush()  # here, where somebody hears that it fails
    except KeyboardInterrupt:
        sys.stderr.write("initd-sim: interrupted\n")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        with contextlib.suppress(OSError, ValueError):  # what is still in the buffer goes nowhere
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_UNREAD
    except OSError as error:
        sys.stderr.write(f"Error: {error}\n")
        return EXIT_USAGE


def _main(words: Sequence[str]) -> int:
    arguments = _parser(words).parse_args(words)
    try:
        status: int = arguments.act(arguments)
        return status
    except ConfigError as error:
        from initd.config.load import render

        sys.stderr.write(render(error, "initd-sim"))
    except InitdError as error:
        sys.stderr.write(f"Error: {error}\nFor help, use initd-sim {arguments.command} -h\n")
    return EXIT_USAGE


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM ends the command as Ctrl-C does, by way of what cleans up, unless somebody has other plans for it."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _terminated)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminated(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of that command line: of the command it names with all options, of the others with the name alone."""
    parser = argparse.ArgumentParser(
        prog="initd-sim",
        description="Run initd on a simulated kernel and a virtual clock.",
        epilog=EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, purpose in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=purpose,
            description=purpose[0].upper() + purpose[1:] + ".",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name == next(iter(words), ""):
            module = importlib.import_module(f"sim.cli.{name}")
            module.declare(command)
            command.set_defaults(act=module.act)
            command.epilog = f"{command.epilog}\n\n{EXITS}" if command.epilog else EXITS
    return parser
