"""From argv to a face: `initd -- CMD` is the init of `reaper.run`, anything else the command of `daemon`.

Imports nothing before it knows: an init costs what it loads before CMD starts. All signals are held from the first
statement, since PID 1 loses what arrives before somebody waits for it, and any other process dies of it.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as _signal
    from collections.abc import Iterable, Sequence
    from typing import NoReturn

    from initd.reaper.options import Options
else:
    import _signal


def main(argv: Sequence[str] | None = None, held: Iterable[int] | None = None) -> int:
    """The command `initd`; returns the exit status. `held` is the signal mask from before the caller blocked all."""
    mask = _signal.pthread_sigmask(_signal.SIG_BLOCK, _signal.valid_signals()) if held is None else held
    words = sys.argv[1:] if argv is None else list(argv)
    if "--" in words and "-c" not in words[: words.index("--")]:
        _init(words, mask)
    from initd.daemon import main as daemon

    return daemon(words, sys.argv[0], mask)


def _init(words: list[str], mask: Iterable[int]) -> NoReturn:
    from posix import _exit

    from initd.kernel.linux_init import LinuxInit
    from initd.kernel.linux_streams import fill_standard_streams

    fill_standard_streams()
    if words[0] == "--" and words[1:2] not in ([], [""]):
        from initd.reaper.options import Options

        options = Options()
        options.command = tuple(words[1:])
    else:
        options = _plan(words)
    from initd.reaper.run import Run

    _exit(Run(LinuxInit(mask), options).run())  # what the interpreter would do at its end is of no use to anybody


def _plan(words: list[str]) -> Options:
    """What the options ask for; ends here with a text where that is not a run."""
    from initd import __version__
    from initd.errors import EXIT_USAGE, ConfigError
    from initd.reaper import arguments

    try:
        options = arguments.parse(words)
    except ConfigError as error:
        sys.stderr.write(f"initd: {error.text}" + (f" ({error.hint})" if error.hint else "") + "\n")
        raise SystemExit(EXIT_USAGE)
    if options.wants:
        sys.stdout.write(arguments.help_text() if options.wants == "help" else f"initd {__version__}\n")
        raise SystemExit(0)
    return options
