"""The small scenarios whose every port call is a place to die or to fail at (`sim.stage.breakpoints`).

Each has a program `calm` that nothing in it concerns: it runs from the start to the end, whatever becomes of the others.
"""

from __future__ import annotations

from initd.record import Record
from sim.children.behaviours import parse_behaviour
from sim.stage.site import HEAD, SECOND_NS, Site

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sim.children.behaviours import Behaviour

CALM = "calm:calm"


class Deed(Record):
    """What is done from outside at a time: `call` a method, `signal` the daemon, `get` a page, or `half` a request."""

    time_s: float
    what: str
    params: tuple[Any, ...] = ()


class Small(Record):
    """A scenario: programs with their options and behaviours, and what is done; SIGTERM comes at `end_s`."""

    name: str
    programs: tuple[tuple[str, str, str], ...]
    deeds: tuple[Deed, ...] = ()
    end_s: int = 6

    def text(self) -> str:
        """Its supervisord.conf."""
        sections = [HEAD, section("calm", "stdout_logfile=NONE\nstderr_logfile=NONE\n")]
        return "".join(sections + [section(name, options) for name, options, _ in self.programs])

    def behaviours(self) -> dict[str, Behaviour]:
        """What its programs do, by name."""
        return {name: parse_behaviour(what) for name, _, what in (*self.programs, ("calm", "", "run forever"))}

    def site(self) -> Site:
        """Its machine, with everything arranged that is to happen."""
        site = Site(self.text(), self.behaviours())
        for deed in self.deeds:
            site.at_rest(round(deed.time_s * SECOND_NS), lambda deed=deed: do(site, deed))  # type: ignore[misc]
        return site


def section(name: str, options: str) -> str:
    """A program's section; one with a socket is a FastCGI program."""
    kind = "fcgi-program" if "socket=" in options else "program"
    return f"[{kind}:{name}]\ncommand=/usr/bin/program {name}\n{options}"


def do(site: Site, deed: Deed) -> None:
    """Carry out a deed now."""
    if deed.what == "call":
        site.call(*deed.params)
    elif deed.what == "signal":
        site.kernel.signal_daemon(*deed.params)
    else:
        client = site.connect()
        if client is not None:
            client.send(b"GET %s HTTP/1.1\r\nHost: s\r\n" % deed.params + (b"\r\n" if deed.what == "get" else b""))


LOGS = "stdout_logfile=/var/log/%s.out\nstderr_logfile=/var/log/%s.err\nstdout_logfile_maxbytes=100\nstdout_logfile_backups=2\n"
QUIET = "stdout_logfile=NONE\nstderr_logfile=NONE\n"
SMALL = (
    Small(
        "stop and start",
        (("web", QUIET + "stopwaitsecs=2\n", "run forever"),),
        (
            Deed(1.5, "call", ("supervisor.stopProcess", "web", True)),
            Deed(2, "call", ("supervisor.startProcess", "web", True)),
            Deed(2.5, "half", (b"/",)),
            Deed(4, "call", ("supervisor.getAllProcessInfo",)),
        ),
    ),
    Small(
        "crash and give up",
        (("web", QUIET + "startretries=1\n", "crash after 0.3s exit 1"),),
        (Deed(3.5, "call", ("supervisor.startProcess", "web", False)),),
    ),
    Small(
        "logs that rotate",
        (("web", LOGS % ("web", "web"), "print fifty_bytes_of_a_line_that_is_no_longer_than_that every 0.5s"),),
        (
            Deed(1.5, "call", ("supervisor.tailProcessStdoutLog", "web", 0, 100)),
            Deed(2, "call", ("supervisor.clearProcessLogs", "web")),
            Deed(2.5, "signal", (12,)),
            Deed(3, "call", ("supervisor.readLog", 0, 100)),
            Deed(3.2, "get", (b"/logtail/web",)),
        ),
    ),
    Small(
        "does not die of SIGTERM",
        (("web", QUIET + "stopwaitsecs=1\nstopasgroup=true\n", "ignore TERM, run forever"),),
        (Deed(1.5, "call", ("supervisor.stopProcess", "web", True)), Deed(3.5, "get", (b"/",))),
    ),
    Small(
        "a directory and automatic logs",
        (("web", "directory=/srv\numask=027\nuser=root\n", "print hello every 1s"),),
        (Deed(1.5, "call", ("supervisor.signalProcess", "web", "KILL")),),
    ),
    Small(
        "a shared socket",
        (("web", QUIET + "socket=unix:///var/run/web.sock\n", "answer hello"),),
        (
            Deed(1.5, "call", ("supervisor.stopProcess", "web", True)),
            Deed(2, "call", ("supervisor.startProcess", "web", True)),
            Deed(3.5, "signal", (1,)),
        ),
    ),
    Small(
        "restart",
        (("web", "stdout_logfile=/var/log/web.out\nstderr_logfile=NONE\n", "print hello every 0.5s"),),
        (
            Deed(1.5, "signal", (1,)),
            Deed(3.5, "call", ("supervisor.reloadConfig",)),
            Deed(4, "call", ("supervisor.removeProcessGroup", "web")),
            Deed(4.2, "call", ("supervisor.stopProcess", "web", True)),
            Deed(4.4, "call", ("supervisor.removeProcessGroup", "web")),
            Deed(4.6, "call", ("supervisor.addProcessGroup", "web")),
        ),
        7,
    ),
)
