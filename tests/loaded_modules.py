"""Runs the real daemon and prints which modules it has loaded at one moment; see test_architecture.py.

    python -IS loaded_modules.py (command | verdict | first-spawn | SIGUSR2) DIRECTORY... -- INITD_OPTION...

The directories are what the command's script would put on the path. Nothing is imported here that the daemon does not
import itself, and the interpreter's own modules are left out.
"""

import sys

BARE = set(sys.modules)


def main() -> int:
    moment, *rest = sys.argv[1:]
    split = rest.index("--")
    sys.path += rest[:split]
    sys.argv = ["initd", *rest[split + 1 :]]
    from initd.cli import main as initd

    if moment == "command":
        return before_the_command(initd)
    if moment == "verdict":
        return before_the_verdict(initd)
    from initd.kernel.linux import LinuxKernel

    before, taken = LinuxKernel.spawn, LinuxKernel.take_signals

    def spawn(self, spec):  # type: ignore[no-untyped-def]
        if moment == "first-spawn":
            tell()
        return before(self, spec)

    def take_signals(self):  # type: ignore[no-untyped-def]
        signals = taken(self)
        if moment == "SIGUSR2" and 12 in signals:
            tell()
        return signals

    LinuxKernel.spawn, LinuxKernel.take_signals = spawn, take_signals  # type: ignore[method-assign]
    return initd()


def before_the_command(initd):  # type: ignore[no-untyped-def]
    from initd.kernel.linux_init import LinuxInit

    LinuxInit.start = lambda self, command: tell()  # type: ignore[assignment,method-assign,misc,return-value]
    return initd()


def before_the_verdict(initd):  # type: ignore[no-untyped-def]
    from initd import health

    health._end = lambda *_: tell()  # type: ignore[attr-defined]
    return initd()


def tell() -> None:
    import posix

    posix.write(1, "\n".join(sorted(set(sys.modules) - BARE)).encode())
    posix._exit(0)


main()
