"""The page that shows the end of a log, and follows it where there is JavaScript (supervisord-4.3 §5.9).

As there, `limit` is at least 1024 bytes and the log is standard output; `stream=stderr` is ours. The log is read off the
loop, a block at a time while the page is being sent.
"""

from __future__ import annotations

import codecs
from functools import partial

from initd.control.faults import Fault, fault
from initd.control.rpc_logs import STDERR, STDOUT, lane, read_window
from initd.control.rpc_names import find_process
from initd.control.steps import off_loop
from initd.control.web.document import framed
from initd.control.web.markup import Safe, Template, escape, plain_log, quote
from initd.errors import ProtocolFault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from initd.control.daemon import Daemon
    from initd.control.steps import Pieces
    from initd.drive.loop import Loop
    from initd.kernel.port import Files

    Operation = Callable[[Files], bytes]

LEAST_BYTES = 1024
BLOCK_BYTES = 16 * 1024
STREAMS = {"stdout": STDOUT, "stderr": STDERR}

_TOP = Template(
    '<header><h1><a href="index.html">Supervisor status</a> <span class="identifier">{name}</span></h1>'
    '<p id="live" role="status" hidden></p></header>\n<main>\n'
    '<div id="buttons">{links}<span id="controls"></span></div>\n'
    '<pre id="log" class="log" tabindex="0" aria-label="Log" {place}>'
)
_LINKS = Template(
    '<a class="button" id="refresh" href="tail.html?processname={quoted}&amp;limit={limit}&amp;stream={stream}">Refresh</a>'
    '<a class="button" href="tail.html?processname={quoted}&amp;limit={limit}&amp;stream=stdout"{stdout}>Stdout</a>'
    '<a class="button" href="tail.html?processname={quoted}&amp;limit={limit}&amp;stream=stderr"{stderr}>Stderr</a>'
    '<a class="button" href="tail.html?processname={quoted}&amp;limit={more}&amp;stream={stream}">More</a>'
    '<a class="button" href="logtail/{quoted}/{stream}">Raw</a>'
)
_CURRENT = Safe(' aria-current="true"')
_PLACE = Template('data-follow="live/log?processname={quoted}&amp;stream={stream}" data-position="{position}"')
_BOTTOM = Safe("</pre>\n</main>\n")


def limit_of(form: Mapping[str, str]) -> int:
    """How many bytes are asked for; what is no number counts as the least."""
    text = form.get("limit", "")
    return max(LEAST_BYTES, int(text[:18])) if text.isascii() and text.isdigit() else LEAST_BYTES


def log_path(daemon: Daemon, form: Mapping[str, str]) -> str:
    """The log that is asked for; ProtocolFault BAD_NAME, or NO_FILE where there is none."""
    process = find_process(daemon, form["processname"])
    path = daemon.log_paths(process.instance)[STREAMS.get(form.get("stream", ""), STDOUT)]
    if not path:
        raise fault(Fault.NO_FILE, path)
    return path


def tail_page(daemon: Daemon, form: Mapping[str, str]) -> Pieces:
    """The document."""
    name, limit = form.get("processname"), limit_of(form)
    title = f"Supervisor tail of process {name}"
    if name is None:
        return framed(title, [_TOP(name="", links="", place=""), escape("No process name found"), _BOTTOM])
    return _tail(daemon, form, name, title, limit)


def _tail(daemon: Daemon, form: Mapping[str, str], name: str, title: str, limit: int) -> Pieces:
    stream = "stderr" if form.get("stream") == "stderr" else "stdout"
    current = {each: _CURRENT if each == stream else Safe("") for each in STREAMS}
    links = _LINKS(quoted=quote(name), limit=limit, more=limit * 8, stream=stream, **current)
    try:
        path = log_path(daemon, form)
        yield partial(daemon.settle_logs, find_process(daemon, name).instance)
        start, count = yield off_loop(daemon.loop, lane(path), lambda files: _window(files, path, limit))
    except ProtocolFault as error:
        missing = error.code == Fault.NO_FILE
        why = f"No file for {name}" if missing else f"ERROR: unexpected rpc fault [{error.code}] {error.text}"
        place = _PLACE(quoted=quote(name), stream=stream, position=0) if missing else Safe("")
        yield from framed(title, [_TOP(name=name, links=links, place=place), escape(why), _BOTTOM], "log.js")
        return
    place = _PLACE(quoted=quote(name), stream=stream, position=start + count)
    document = framed(title, [_TOP(name=name, links=links, place=place), Safe(""), _BOTTOM], "log.js")
    for piece in document:
        if piece:
            yield piece
        else:
            yield from _text(daemon.loop, path, start, start + count)


def _window(files: Files, path: str, limit: int) -> tuple[int, int]:
    try:
        return read_window(files.size(path), -limit, 0)
    except OSError:
        raise fault(Fault.NO_FILE, path) from None


def _text(loop: Loop, path: str, start: int, end: int) -> Pieces:
    """That part of a log as markup; it ends early where the file does, for it may be rotated meanwhile."""
    decoder, first = codecs.getincrementaldecoder("utf-8")("replace"), True
    while start < end:
        try:
            block = yield off_loop(loop, lane(path), _reader(path, start, min(BLOCK_BYTES, end - start)))
        except OSError:
            break
        if not block:
            break
        start += len(block)
        text = plain_log(decoder.decode(block))
        if text.startswith("\n") and first:
            yield b"\n"  # the line break that browsers drop at the start of a <pre>
        first = False
        yield escape(text).encode()
    yield escape(decoder.decode(b"", True)).encode()


def _reader(path: str, start: int, count: int) -> Operation:
    return lambda files: files.read_at(path, start, count)
