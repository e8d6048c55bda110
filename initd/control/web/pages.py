"""Which page answers which request (supervisord-4.3 §5.9, §12.4; D19).

Nothing changes by a GET, unless `[initd] web_get_actions` allows it, nor by a POST without this daemon's token, which only
our own pages know: both are answered by a page that asks. What is done is done to its end, also when the browser leaves.
"""

from __future__ import annotations

from hmac import compare_digest

from initd.control.reply import Instead, Reply, error_page, plain
from initd.control.steps import next_turn, run
from initd.control.web.actions import plan
from initd.control.web.board import Board
from initd.control.web.document import HEADERS, asset, framed, page, question_page
from initd.control.web.form import parameters
from initd.control.web.live import Live
from initd.control.web.markup import quote
from initd.control.web.status import body
from initd.control.web.tail import log_path, tail_page
from initd.errors import ProtocolFault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from initd.control.reply import Head
    from initd.control.rpc import Rpc
    from initd.control.steps import Pieces, Steps

SECRET_BYTES = 24
ROWS_A_TURN = 16
_FROM_A_LINK = "A link or an address asks for this. Nothing has been done yet."
_STALE = "This request did not come from a current page of this daemon. Nothing has been done yet."


class Pages:
    """The pages of one daemon; `secret` is SECRET_BYTES random bytes."""

    def __init__(self, rpc: Rpc, secret: bytes) -> None:
        self._rpc, self._daemon = rpc, rpc.daemon
        self._token = secret[4:].hex()
        self._board = Board(rpc.daemon, secret[:4].hex())
        self.live = Live(rpc.daemon, self._board, self._token)

    def reply(self, path: str, head: Head, content: bytes) -> Reply:
        """The answer to a request for `path`, which is without its leading slash."""
        form = parameters(head.query, content)
        if path in ("index.html", "status.html"):
            return self._action(head, form) if "action" in form else self._status(form)
        if path == "tail.html":
            return page(tail_page(self._daemon, form))
        if path == "live/programs":
            mark = head.headers.get("last-event-id") or form.get("since", "")
            return self.live.poll(mark) if "poll" in form else self.live.programs(mark)
        if path == "live/log":
            return self._log(head, form)
        return asset(path) or error_page(404)

    def _status(self, form: Mapping[str, str]) -> Reply:
        version = self._board.mark(self._board.version)
        content = body(self._daemon, version, self._token, form.get("message", ""), form.get("filter", ""))
        return page(self._paced(framed("Supervisor Status", content, "programs.js")))

    def _paced(self, pieces: Pieces) -> Pieces:
        """Pieces that are quick to make, but many: everybody else gets a turn now and then."""
        for count, piece in enumerate(pieces, 1):
            yield piece
            if count % ROWS_A_TURN == 0:
                yield next_turn(self._daemon.loop)

    def _log(self, head: Head, form: Mapping[str, str]) -> Reply:
        position = head.headers.get("last-event-id") or form.get("from", "0")
        if "processname" not in form or not (position.isascii() and position.isdigit() and len(position) < 19):
            return error_page(400)
        try:
            return self.live.log(log_path(self._daemon, form), int(position))
        except ProtocolFault:
            return error_page(404)

    def _action(self, head: Head, form: Mapping[str, str]) -> Reply:
        planned = plan(self._rpc, form)
        if planned.status:
            return error_page(planned.status)
        if planned.act is None:
            return _told(head, planned.message)
        if head.method == "POST":
            token = form.get("token", "").encode()
            if compare_digest(token, self._token.encode()):
                return Reply(200, "text/html", _acting(head, planned.act))
            return self._question(planned.question, _STALE, form, 403)
        if self._daemon.config.own.web_get_actions:
            return Reply(200, "text/html", _acting(head, planned.act))
        return self._question(planned.question, _FROM_A_LINK, form, 200)

    def _question(self, question: str, why: str, form: Mapping[str, str], status: int) -> Reply:
        kept = {name: form[name] for name in ("action", "processname", "groupname") if name in form}
        return question_page(question, why, {**kept, "token": self._token}, status)


def _acting(head: Head, act: Callable[[], Steps]) -> Pieces:
    message = yield lambda answer: run(act(), answer)
    raise Instead(_told(head, message))


def _told(head: Head, message: str) -> Reply:
    """What came of an action: as text for a script that wants that, else by way of the first page, which shows it."""
    if head.headers.get("accept", "").startswith("text/plain"):
        return plain(200, "text/plain;charset=utf-8", message.encode("utf-8", "replace"), HEADERS)
    # After our own forms relative, so that it holds behind a proxy as well; else as supervisord has it.
    moved = head.method != "POST"
    reply = error_page(301 if moved else 303)
    where = f"{_server_url(head)}/?message={quote(message)}" if moved else f"./?message={quote(message)}"
    reply.headers = (("Location", where), *HEADERS)
    return reply


def _server_url(head: Head) -> str:
    return f"http://{head.headers.get('host', '').strip().removesuffix(':80')}"
