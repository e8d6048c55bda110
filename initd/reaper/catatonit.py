"""As catatonit 0.1.7 (podman's init): its options, messages and exit codes (pid1.md §1.1).

Its faults are not kept: a SIGCHLD that was inherited as ignored, terminal stop signals blocked in the child.
"""

from __future__ import annotations

from initd.reaper.getopt import Caller, Ends, scan
from initd.reaper.options import Options
from initd.reaper.tini import OWN_FAULTS
from initd.signals import SIGTSTP

USAGE = "usage: {name} [-ghLPV] [--] <progname> [<arguments>...]\n"
HELP = """\

options:
  -g              Forward signals to pid1's process group.
  -h              Print this help page.
  -L              Print license information.
  -P              Run in pause mode (no program is run and quit on SIGINT).
  -V, --version   Print version information.

The source code can be found at <https://github.com/openSUSE/catatonit/>.
For bug reporting instructions, please see: <https://bugs.opensuse.org/>.
"""
LICENSE = """\
catatonit: a container init so simple it's effectively brain-dead
Copyright (C) 2018 SUSE LLC

This program is free software: you can redistribute it and/or modify
it under the terms of the GNU General Public License as published by
the Free Software Foundation, either version 3 of the License, or
(at your option) any later version.

This program is distributed in the hope that it will be useful,
but WITHOUT ANY WARRANTY; without even the implied warranty of
MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
GNU General Public License for more details.

You should have received a copy of the GNU General Public License
along with this program.  If not, see <https://www.gnu.org/licenses/>.
"""


def plan(caller: Caller) -> Options:
    """The run that a call of catatonit asks for. Raises Ends."""
    name = caller.name.rpartition("/")[2]
    usage = USAGE.format(name=name)
    found, command = scan(caller, "ghLPV", {"version": "V"}, True, usage)
    options = Options()
    options.grace_ns, options.name = None, "catatonit"
    options.rewrites = dict.fromkeys((*OWN_FAULTS, SIGTSTP), 0)
    options.refuse = lambda number, text, pid: (f"ERROR (catatonit:{pid}): failed to exec pid1: {text}\n", 1)
    for letter, _ in found:
        if letter == "h":
            raise Ends(0, err=usage + HELP)
        if letter == "L":
            raise Ends(0, LICENSE)
        if letter == "V":
            raise Ends(0, "tini version 0.1.7_catatonit\n")  # what docker info looks for
        if letter == "g":
            options.target = "group"
        options.pause = options.pause or letter == "P"
    if not command and not options.pause:
        raise Ends(1, err=f"ERROR (catatonit:{caller.pid}): missing program name\n{usage}")
    options.command = tuple(command)
    return options
