"""Nemeses: everything around the daemon that can go wrong, composable (simulation.md §4.6). `NEMESES` has them by name.

`AUDIENCE` has those that are about event listeners, which only sieges with listeners draw, `REPORTING` those of them
that are about capture mode; `RECEIVING` those of NEMESES that are
about the system log, which only sieges draw where somebody speaks to it, `VISITING` those about the web pages, `FOLLOWING`
those about logs that are followed.
`OUTPUT` has those about standard output, where the logs of sieges do not go.
"""

from sim.nemesis.audience import AUDIENCES
from sim.nemesis.browsers import BROWSERS
from sim.nemesis.clients import CLIENTS
from sim.nemesis.clocks import CLOCKS
from sim.nemesis.crowds import CROWDS
from sim.nemesis.disks import DISKS, ShareErrno
from sim.nemesis.followers import FOLLOWERS
from sim.nemesis.nemesis import Nemesis
from sim.nemesis.outputs import OUTPUTS
from sim.nemesis.receivers import RECEIVERS
from sim.nemesis.reporters import REPORTERS
from sim.nemesis.shortages import SHORTAGES
from sim.nemesis.signals import SIGNALS

NEMESES: dict[str, type[Nemesis]] = {
    kind.name: kind
    for kind in (*CLOCKS, *SIGNALS, *SHORTAGES, *DISKS, *CROWDS, *CLIENTS, ShareErrno, *RECEIVERS, *BROWSERS, *FOLLOWERS)
}
FOLLOWING = tuple(kind.name for kind in FOLLOWERS)
VISITING = tuple(kind.name for kind in BROWSERS)
RECEIVING = tuple(kind.name for kind in RECEIVERS)
AUDIENCE: dict[str, type[Nemesis]] = {kind.name: kind for kind in (*AUDIENCES, *REPORTERS)}
OUTPUT: dict[str, type[Nemesis]] = {kind.name: kind for kind in OUTPUTS}
REPORTING = tuple(kind.name for kind in REPORTERS)
EVERY = {**NEMESES, **AUDIENCE, **OUTPUT}

__all__ = ["AUDIENCE", "EVERY", "FOLLOWING", "NEMESES", "OUTPUT", "RECEIVING", "REPORTING", "VISITING", "Nemesis"]
