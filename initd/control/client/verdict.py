"""Is a supervisor well, and are its programs? One call, one verdict (supervisord-4.3 §5.1, §5.4).

For `initd health`, which runs every few seconds in every container: one bare socket, and no library for HTTP.
"""

from __future__ import annotations

from initd.control.client import wire
from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

GIVEN_UP = ("FATAL", "UNKNOWN")
"""States that nothing but a command ends."""
SHUTDOWN_STATE = 6
"""The fault with which a supervisor that ends or restarts answers every call."""
NAMED = 5
"""So many programs are named in the line."""


class Unwell(Exception):
    """Not healthy; the text says what is wrong."""


class Question(Record):
    """What is asked: whether it answers (`alive`), whether these `names` or `every` program runs.

    Without any of them, whether it has given up none.
    """

    names: tuple[str, ...] = ()
    every: bool = False
    alive: bool = False


class Server(Record):
    """Whom to ask: a `path` if there is one, else `host` and `port`; `login` is user name and password, if known."""

    path: str = ""
    host: str = ""
    port: int = 0
    login: tuple[str, str] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.path}" if self.path else f"http://{self.host or 'localhost'}:{self.port}"


def late(timeout_s: float) -> str:
    """The verdict when time is up."""
    return f"no answer within {timeout_s:g} s"


# -- asking ---------------------------------------------------------------------------------------------------------------


def ask(server: Server, question: Question, timeout_s: float) -> str:
    """What is well; Unwell."""
    method = "supervisor.getState" if question.alive else "supervisor.getAllProcessInfo"
    try:
        answer = wire.decode_response(_exchange(server, wire.encode_call(method, ()), timeout_s))
    except OSError as error:
        if isinstance(error, TimeoutError):
            raise Unwell(late(timeout_s)) from None
        raise Unwell(f"{server.url}: {error.strerror or error}") from None
    except wire.Fault as fault:
        if fault.code == SHUTDOWN_STATE and question.alive:
            return "the supervisor answers"
        raise Unwell("the supervisor shuts down" if fault.code == SHUTDOWN_STATE else f"{server.url}: {fault.text}") from None
    return "the supervisor answers" if question.alive else judge(answer, question)


def _exchange(server: Server, body: bytes, timeout_s: float) -> bytes:
    """One request and the body of its answer; OSError, Unwell."""
    login = ""
    if server.login is not None:
        from binascii import b2a_base64

        login = f"Authorization: Basic {b2a_base64(':'.join(server.login).encode(), newline=False).decode()}\r\n"
    head = f"POST /RPC2 HTTP/1.0\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n{login}\r\n"
    sock = _connected(server, timeout_s)
    sock.sendall(head.encode() + body)
    answer = b"".join(iter(lambda: sock.recv(65536), b""))
    sock.close()
    first, _, document = answer.partition(b"\r\n\r\n")
    status = first.split(None, 2)[1:2]
    if status == [b"200"]:
        return document
    if status == [b"401"]:
        raise Unwell(f"{server.url}: the server wants another username and password than {'these' if login else 'none'}")
    raise Unwell(f"{server.url}: " + (f"HTTP status {status[0].decode('latin-1')}" if status else "no answer"))


def _connected(server: Server, timeout_s: float) -> Any:
    """A connected socket, to the first of the addresses of a host that takes it; OSError."""
    import _socket

    places: list[Any] = [(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, "", server.path)]
    if not server.path:
        places = _socket.getaddrinfo(server.host or "localhost", server.port, 0, _socket.SOCK_STREAM)
    failure = OSError("no address")
    for family, kind, protocol, _, address in places:
        sock = _socket.socket(family, kind, protocol)
        sock.settimeout(timeout_s)
        try:
            sock.connect(address)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure


# -- judging --------------------------------------------------------------------------------------------------------------


def judge(processes: Sequence[Mapping[str, Any]], question: Question) -> str:
    """What is well with these entries of getAllProcessInfo; Unwell."""
    chosen = list(processes)
    if question.names:
        chosen = [found for name in question.names for found in _called(name, processes)]
    strict = question.every or question.names
    wrong = [each for each in chosen if (each["statename"] != "RUNNING" if strict else each["statename"] in GIVEN_UP)]
    if wrong:
        more = f", and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
        raise Unwell(", ".join(map(_described, wrong[:NAMED])) + more)
    counts: dict[str, int] = {}
    for each in chosen:
        counts[each["statename"]] = counts.get(each["statename"], 0) + 1
    return ", ".join(f"{count} {state}" for state, count in counts.items()) or "no programs"


def _called(name: str, processes: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """NAME, GROUP:NAME or GROUP:*, as initctl has them; Unwell if there is none."""
    group, colon, own = name.partition(":")
    if not colon:
        own = group
    found = [each for each in processes if each["group"] == group and (own in ("*", "") or each["name"] == own)]
    if not found:
        raise Unwell(f"no such process {name}")
    return found


def _described(process: Mapping[str, Any]) -> str:
    name, group = process["name"], process["group"]
    why = process["spawnerr"] if process["statename"] in GIVEN_UP else ""
    return f"{name if name == group else f'{group}:{name}'} {process['statename']}" + (f" ({why})" if why else "")


