"""The first page: the daemon, its programs, and what can be done to all of them (supervisord-4.3 §5.9)."""

from __future__ import annotations

from initd.control.times import SECOND_NS
from initd.control.web.markup import Safe, Template
from initd.control.web.programs import rows, summary
from initd.states import Mood

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from initd.control.daemon import Daemon

_HEAD = Template(
    '<header><h1><a href="index.html">Supervisor status</a> <span class="identifier">{identifier}</span></h1>'
    '<p id="summary">{summary}</p><p id="live" role="status" hidden></p></header>\n<main>\n'
    '<p id="message" class="{css}" role="status">{message}</p>\n'
    '<div id="buttons"><a class="button" href="index.html?action=refresh">Refresh</a>'
    '<form action="index.html" method="post"><input type="hidden" name="token" value="{token}">'
    '<button name="action" value="restartall">Restart All</button> '
    '<button name="action" value="stopall">Stop All</button></form>'
    '<a class="button" href="mainlogtail">Main Log</a>'
    '<form role="search" action="index.html" method="get">'
    '<input type="search" name="filter" value="{filter}" placeholder="Filter by name or state" '
    'aria-label="Filter by name or state">'
    "<button>Filter</button></form></div>\n"
)
_TABLE = Template(
    '<table id="programs" data-version="{version}" data-now="{now}"><thead><tr><th class="state" scope="col">State</th>'
    '<th class="desc" scope="col">Description</th><th class="name" scope="col">Name</th>'
    '<th class="action" scope="col">Action</th></tr></thead>\n<tbody>\n'
)
_NOTHING = Template('<tr class="nothing"><td colspan="4">{text}</td></tr>\n')
_MOODS = {Mood.SHUTDOWN: "The daemon is shutting down.", Mood.RESTARTING: "The daemon is restarting."}


def body(daemon: Daemon, version: str, token: str, message: str, wanted: str) -> Iterator[Safe]:
    """The content of the page, a row at a time."""
    message = " ".join(filter(None, (message, _MOODS.get(daemon.mood, ""))))
    yield _HEAD(
        identifier=daemon.identifier,
        summary=summary(daemon),
        css="status_msg" if message else "",
        message=message,
        token=token,
        filter=wanted,
    )
    yield _TABLE(version=version, now=daemon.loop.kernel.mono() // SECOND_NS)
    nothing = "No programs match" if wanted else "No programs to manage"
    for row in rows(daemon, token, wanted):
        nothing = ""
        yield Safe(f"{row}\n")
    if nothing:
        yield _NOTHING(text=nothing)
    yield Safe("</tbody></table>\n</main>\n")
