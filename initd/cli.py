"""From argv to a face: `initd -- CMD` is the init of `reaper.run`, anything else the command of `daemon`.

Imports nothing before it knows: an init costs what it loads before CMD starts. All signals are held from the first
statement, since PID 1 loses what arrives before somebody waits for it, and any other process dies of it.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as _signal
    from collections.abc import Callable, Iterable, Sequence
    from typing import NoReturn

    from initd.reaper.options import Options
else:
    import _signal

CONFIGURATION = ("-c", "--configuration")
"""What before `--` makes it a daemon's call."""
PEERS = {
    **{"tini": "tini", "tini-static": "tini", "docker-init": "tini"},
    **{"dumb-init": "dumb_init", "catatonit": "catatonit"},
}
"""The inits that we are when called by their name, and what knows how they behave."""


def main(argv: Sequence[str] | None = None, held: Iterable[int] | None = None) -> int:
    """The command `initd`; returns the exit status. `held` is the signal mask from before the caller blocked all."""
    mask = _signal.pthread_sigmask(_signal.SIG_BLOCK, _signal.valid_signals()) if held is None else held
    words = sys.argv[1:] if argv is None else list(argv)
    name = sys.argv[0].rpartition("/")[2]
    if name in PEERS:
        _init(mask, lambda: _as_peer(name, _called(sys.argv[0]), words))
    if words and words[0].partition("=")[0] == "--as":
        _init(mask, lambda: _as_named(words))
    if words[:1] == ["health"]:
        from initd.health import main as health

        health(words[1:], sys.argv[0], mask)
    if "--" in words and not any(word.startswith(CONFIGURATION) for word in words[: words.index("--")]):
        _init(mask, lambda: _plan(words))
    from initd.daemon import main as daemon

    return daemon(words, sys.argv[0], mask)


def _init(mask: Iterable[int], plan: Callable[[], Options]) -> NoReturn:
    import gc
    from posix import _exit

    from initd.kernel.linux_init import LinuxInit
    from initd.kernel.linux_streams import fill_standard_streams
    from initd.reaper.run import Run

    gc.disable()  # nothing here is a cycle
    fill_standard_streams()
    _exit(Run(LinuxInit(mask), plan()).run())  # what the interpreter would do at its end is of no use to anybody


def _plan(words: list[str]) -> Options:
    """What our own options ask for."""
    from initd.reaper.options import Options

    if words[0] == "--" and words[1:2] not in ([], [""]):
        options = Options()
        options.command = tuple(words[1:])
        return options
    from initd import __version__
    from initd.errors import ConfigError
    from initd.reaper import arguments

    try:
        options = arguments.parse(words)
    except ConfigError as error:
        _refuse(error.text, error.hint)
    if options.wants:
        _end(0, arguments.help_text() if options.wants == "help" else f"initd {__version__}\n")
    return options


def _as_named(words: list[str]) -> Options:
    """`--as NAME …`: as if called by that name."""
    name, rest = (words[0][5:], words[1:]) if words[0] != "--as" else ("".join(words[1:2]), words[2:])
    if name not in PEERS:
        _refuse(f"--as: no init {name!r}", f"expected one of {', '.join(PEERS)}")
    return _as_peer(name, name, rest)


def _called(path: str) -> str:
    """The name a program would have been called by: for a script the kernel makes a path of what was found in PATH."""
    import posix

    place, _, name = path.rpartition("/")
    return name if place.encode(errors="surrogateescape") in posix.environ.get(b"PATH", b"").split(b":") else path


def _as_peer(name: str, program: str, words: list[str]) -> Options:
    """The run that another init would make of these words; ends here with its text where that is none."""
    import posix

    from initd.reaper.getopt import Caller, Ends

    module = __import__(f"initd.reaper.{PEERS[name]}", None, None, ["plan"])
    try:
        options: Options = module.plan(Caller(program, words, posix.environ, posix.getpid(), _signal.strsignal))
    except Ends as end:
        _end(end.code, end.out, end.err)
    return options


def _refuse(text: str, hint: str) -> NoReturn:
    from initd.errors import EXIT_USAGE

    _end(EXIT_USAGE, err=f"initd: {text}" + (f" ({hint})" if hint else "") + "\n")


def _end(code: int, out: str = "", err: str = "") -> NoReturn:
    import posix

    for fd, text in ((1, out), (2, err)):
        try:
            posix.write(fd, text.encode(errors="surrogateescape"))
        except OSError:  # nobody reads it
            continue
    posix._exit(code)
