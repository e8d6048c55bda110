"""Those who use the web pages of a siege: open browsers, and actions, each of which is done just if it says so (W1, W2; D19)."""

from __future__ import annotations

from initd.record import Record
from sim.stage.answers import states_of
from sim.stage.browser import Browser, Visit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.stage.site import Site

NOTHING_DONE = "Nothing has been done yet."
OLD_TOKEN = "0123456789abcdef" * 2 + "01234567"


class Action(Record):
    """What was asked of a program, or of all; `forged` says how, where that must not be done."""

    what: str
    name: str
    forged: str
    visit: Visit
    fresh: bool


class Visitors:
    """The browsers and actions of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.browsers: list[Browser] = []
        self.actions: list[Action] = []
        self._gone: set[Visit] = set()

    def open(self, polls: bool = False) -> Browser:
        """One more browser."""
        self.browsers.append(Browser(self._site, polls))
        return self.browsers[-1]

    def token(self) -> tuple[str, bool]:
        """The token of the page that was loaded last, and whether it is of the daemon that runs now."""
        for browser in reversed(self.browsers):
            if browser.token:
                return browser.token, browser.session is self._site.simulation.session
        return "", False

    def act(self, what: str, name: str, forged: str = "") -> Visit | None:
        """Press a button, or pretend to; None where nobody listens or there is no page yet whose button it could be."""
        token, fresh = self.token()
        client = self._site.connect() if token or forged else None
        if client is None:
            return None
        given = {"no token": "", "a wrong token": token[:-1] + "x", "an old token": OLD_TOKEN}.get(forged, token)
        form = f"action={what}" + (f"&{'groupname' if 'group' in what else 'processname'}={name}" if name else "")
        form += f"&token={given}" if given else ""
        more = f"Accept: text/plain\r\nOrigin: http://{'elsewhere' if forged == 'another site' else 's'}\r\n"
        link = forged == "a link"
        target = f"/index.html?{form}" if link else "/index.html"
        visit = Visit(self._site, client, "GET" if link else "POST", target, more, "" if link else form)
        self.actions.append(Action(what, name, forged, visit, fresh))
        return visit

    def leaves(self, visit: Visit) -> None:
        """Nobody waits for that reply any more."""
        self._gone.add(visit)
        visit.client.close()

    def settle(self) -> None:
        """It is calm: judge it all."""
        for browser in self.browsers:
            if not browser.left:
                browser.settle()
        for action in self.actions:
            if action.visit not in self._gone:
                wrong = self._wrong(action)
                if wrong:
                    self._site.tell("W2", f"{action.what} {action.name} with {action.forged or 'its token'}: {wrong}")

    def _wrong(self, action: Action) -> str:
        visit = action.visit
        reply = visit.reply()
        if reply is None:
            return "" if visit.client.ended and self._site.restarted else "no reply"
        status, text = reply
        said = f"answered {status} {text[:120]!r}"
        if action.forged == "another site":
            return "" if status == 403 else said
        if action.forged:
            nobody = (f"No such process named {action.name}", f"No such group named {action.name}")
            return "" if NOTHING_DONE in text or text in nobody else said
        if status == 403:  # of a page that is older than the daemon
            return said if action.fresh and visit.session is self._site.simulation.session else ""
        if status != 200:
            return said
        return self._untrue(action, text)

    def _untrue(self, action: Action, text: str) -> str:
        """What of a sentence that something was done did not happen."""
        name, began_ns, ended_ns = action.name, action.visit.began_ns, action.visit.ended_ns
        changes, full = self._site.changes, f"{action.name}:{action.name}"
        seen = states_of(full, changes, began_ns, ended_ns)
        entered = {new.name for at_ns, who, _, new in changes if who == full and began_ns <= at_ns <= ended_ns}
        if text == f"Process {name} stopped" and not seen & {"STOPPED", "EXITED"}:
            return f"{text!r}, but it was {sorted(seen)}"
        if text in (f"Process {name} started", f"Process {name} restarted") and "STARTING" not in entered:
            return f"{text!r}, but it was {sorted(seen)}"
        return ""
