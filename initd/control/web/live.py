"""Pages that stay up to date: server-sent events for the table and for a log (WHATWG HTML, "Server-sent events").

An event is made only when its reader has taken what came before, so a slow reader holds one piece and skips what is no
longer true. Readers are counted: those over the bound get 503, and their pages ask again and again (`poll`) instead.
"""

from __future__ import annotations

import codecs
from functools import partial

from initd.control.logtail import POLL_NS, Place, read_on
from initd.control.reply import Refused, Reply, plain
from initd.control.rpc_logs import lane
from initd.control.steps import off_loop, pause
from initd.control.times import SECOND_NS
from initd.control.web.document import HEADERS, HTML
from initd.control.web.markup import Safe, escape, plain_log
from initd.control.web.programs import changed_rows, summary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.control.daemon import Daemon
    from initd.control.steps import Pieces
    from initd.control.web.board import Board

ROWS = 32
"""Changed processes told in one event."""
GATHER_NS = 100_000_000
"""Changes that follow one another within this time are told together."""
BEAT_POLLS = 20 * SECOND_NS // POLL_NS
"""After so many looks at a log without news its reader is told that there was none."""
MOST_READERS = 64
BLOCK_BYTES = 16 * 1024
"""Of a log in one event; what a hostile program writes takes some hundred nanoseconds a byte."""
_STREAM = (*HEADERS, ("X-Accel-Buffering", "no"))
_EVENTS = "text/event-stream;charset=utf-8"
_BEAT = b": nothing new\n\n"
_BEGIN = b"retry: 2000\n\n"


class Live:
    """The live side of one daemon's pages."""

    def __init__(self, daemon: Daemon, board: Board, token: str) -> None:
        self._daemon, self._board, self._token = daemon, board, token
        self.readers = 0

    def programs(self, mark: str) -> Reply:
        """The changes of the table after that mark, for as long as the reader listens."""
        return Reply(200, _EVENTS, self._counted(self._programs(self._board.seen(mark))), _STREAM, live=True)

    def poll(self, mark: str) -> Reply:
        """The next changes after that mark, or none: the new mark, a line break, and the rows or `whole`."""
        seen, rows = self._news(self._board.seen(mark))
        return plain(200, HTML, f"{self._board.mark(seen)}\n{rows}".encode(), HEADERS)

    def log(self, path: str, position: int) -> Reply:
        """What is written to a log from that position on, for as long as the reader listens."""
        return Reply(200, _EVENTS, self._counted(self._log(path, position)), _STREAM, live=True)

    def _counted(self, events: Pieces) -> Pieces:
        if self.readers >= min(MOST_READERS, max(2, self._daemon.loop.kernel.open_limit() // 16)):
            raise Refused(503)
        self.readers += 1
        try:
            yield from events
        finally:
            self.readers -= 1

    def _news(self, seen: int) -> tuple[int, str]:
        """The number seen after telling the next changes, and what there is to tell: "" for nothing."""
        if self._board.whole(seen):
            return self._board.version, "whole"
        version, instances = self._board.changes(seen, ROWS)
        if not instances:
            return version, ""
        counts = Safe(f'<tr data-summary="{escape(summary(self._daemon))}"></tr>')
        return version, counts + changed_rows(self._daemon, instances, self._token)

    def _programs(self, seen: int) -> Pieces:
        watcher = self._board.watcher()
        try:
            yield _BEGIN
            while True:
                seen, rows = self._news(seen)
                if rows:
                    yield _event("whole" if rows == "whole" else "rows", self._board.mark(seen), rows)
                elif (yield watcher.change()):
                    yield pause(self._daemon.loop, GATHER_NS)
                else:
                    yield _BEAT
        finally:
            watcher.leave()

    def _log(self, path: str, position: int) -> Pieces:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        loop, place, quiet = self._daemon.loop, Place(position), 0
        yield _BEGIN
        while True:
            data, place = yield off_loop(loop, lane(path), partial(read_on, path, place, limit=BLOCK_BYTES))
            text, quiet = plain_log(decoder.decode(data)), 0 if data else quiet + 1
            if text:
                undecoded = len(decoder.getstate()[0])
                yield _event("text", str(max(0, place.resumed_at - undecoded)), text)
            elif quiet >= BEAT_POLLS:
                quiet = 0
                yield _BEAT
            if len(data) < BLOCK_BYTES:
                yield pause(loop, POLL_NS)


def _event(kind: str, mark: str, data: str) -> bytes:
    """One event; `mark` is what the reader comes back with after an interruption."""
    lines = data.replace("\n", "\ndata: ")
    return f"id: {mark}\nevent: {kind}\ndata: {lines}\n\n".encode("utf-8", "replace")
