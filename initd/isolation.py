"""Keeping the user's Python out of PID 1: whether something got in, starting over without it, completing the path.

For the installed script where installers took its flags away, and where our dependencies lie apart
(docs/installation.md).
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

NEEDED = ("h11", "daemon", "lockfile")
"""What the daemon needs beside us; where these lie on the path, nothing else needs to be searched."""
HARMLESS_MODULES = {"__future__", "__main__", "encodings", "_distutils_hack", "sitecustomize", "initd"}
"""What a plain venv and Debian's own interpreter load by themselves, and what we have loaded."""
HARMLESS_VARIABLES = {"PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED"}
"""What container images set and what changes nothing here; neither do the likes of PYTHON_VERSION."""


def isolate(held: Iterable[int]) -> frozenset[int]:
    """Start over if anything foreign got in; the signal mask from before the first of us blocked all."""
    if sys.flags.isolated and sys.flags.no_site:
        mask = int(str(sys._xoptions["initd_held"]), 16)
        return frozenset(bit for bit in range(1, 65) if mask >> bit & 1)
    if _contaminated():
        _start_over(held)
    return frozenset(held)


def complete_path() -> None:
    """Ask site where our dependencies are, unless they lie where we do."""
    if sys.flags.no_site and not all(any(os.path.isdir(f"{place}/{name}") for place in sys.path) for name in NEEDED):
        import site

        for place in list(sys.path):
            if os.path.isdir(f"{place}/initd"):
                site.addsitedir(place)
        site.main()


def _contaminated() -> bool:
    """Whether the environment, a .pth file or a sitecustomize has had a say in this interpreter."""
    for name in os.environ:
        if name.startswith("PYTHON") and not name.startswith("PYTHON_") and name not in HARMLESS_VARIABLES:
            return True
    for name, module in sys.modules.items():
        origin = getattr(getattr(module, "__spec__", None), "origin", None)
        if origin not in (None, "built-in", "frozen") and name.partition(".")[0] not in HARMLESS_MODULES:
            return True
    return False


def _start_over(held: Iterable[int]) -> None:
    """Execute ourselves isolated, with the environment as it was given. Signals stay pending, their mask goes along."""
    from initd.kernel.linux_command import environment

    mask = sum(1 << number for number in held)
    command = [sys.executable, "-IS", "-X", f"initd_held={mask:x}", *sys.argv]
    try:
        os.execve(sys.executable, command, environment())  # type: ignore[arg-type]  # it takes any mapping
    except OSError:  # this user may not start the interpreter that runs: rather with the user's Python than not at all
        return
