"""`initd health`: is the supervisor well, and are its programs? For HEALTHCHECK and exec probes (docs/containers.md).

Runs every few seconds in every container, so it loads the reader of configurations, one socket and the parser of the answer, and
no more. One line, 0 or 1, and within the timeout, whatever hangs: the file, the name service or the supervisor.
"""

from __future__ import annotations

import posix

from initd.config import cmdline, include
from initd.config.section import Section
from initd.config.servers import servers_of
from initd.control.client.verdict import Question, Server, Unwell, ask, late
from initd.errors import ConfigError
from initd.kernel.linux_streams import fill_standard_streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as _signal
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any, NoReturn
else:
    import _signal

HEALTHY, UNHEALTHY = 0, 1
SWITCHES: tuple[cmdline.Switch, ...] = (
    ("h", "help", False),
    ("c", "configuration", True),
    ("s", "serverurl", True),
    ("u", "username", True),
    ("p", "password", True),
    ("t", "timeout", True),
    ("", "alive", False),
    ("", "programs", False),
)
LONGEST_S = 86400.0


def main(words: Sequence[str], program: str, mask: Iterable[int]) -> NoReturn:
    """Print the verdict and exit with it. All signals are held; `mask` is what was held before."""
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    _signal.pthread_sigmask(_signal.SIG_SETMASK, mask)
    fill_standard_streams()
    try:
        options, names = _parse(words)
        timeout_s = _seconds(options.get("timeout", "5"))
    except ConfigError as error:
        _end(UNHEALTHY, f"initd health: {_sentence(error)}", 2)
    if "help" in options:
        from initd.config.usage import HEALTH

        _end(HEALTHY, HEALTH)
    speak = _watch(timeout_s)
    try:
        server = _server(options, program)
        question = Question(names, "programs" in options, "alive" in options)
        code, text = HEALTHY, f"healthy: {ask(server, question, timeout_s)}"
    except Unwell as error:
        code, text = UNHEALTHY, f"unhealthy: {error}"
    except ConfigError as error:
        code, text = UNHEALTHY, f"unhealthy: {_sentence(error)}"
    except Exception as error:  # whatever answers there, and however: a probe has no use for a traceback
        code, text = UNHEALTHY, f"unhealthy: {type(error).__name__}: {error}"
    speak.acquire()
    _end(code, text)


def _parse(words: Sequence[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Options by name, and the names of programs, in any order."""
    rest = list(words)
    options: dict[str, str] = {}
    names: list[str] = []
    while rest:
        found, rest = cmdline.getopt(rest, SWITCHES)
        options.update((name, text) for _, name, text in found)
        names += rest[:1]
        rest = rest[1:]
    if "alive" in options and (names or "programs" in options):
        raise ConfigError("--alive asks for no programs", key="--alive", hint="leave it out, or the names")
    return options, tuple(names)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if 0 < seconds <= LONGEST_S:
        return seconds
    raise ConfigError(f"invalid value for --timeout {text!r}", key="--timeout", hint="expected seconds, such as 5 or 0.5")


# -- whom to ask ----------------------------------------------------------------------------------------------------------


def _server(options: Mapping[str, str], program: str) -> Server:
    """The server named on the command line, or else that of the configuration."""
    login = (options.get("username", ""), options.get("password", ""))
    given = login if login != ("", "") else None
    if "serverurl" in options:
        return _named(options["serverurl"]).replace(login=given)
    from initd.kernel.linux_host import linux_host

    host = linux_host(program)
    path = options.get("configuration") or include.find(host)
    if path is None:
        looked = ", ".join(include.search_paths(host.argv0))
        raise Unwell(f"no configuration at {looked}; `initd -- CMD` answers nobody: ask CMD itself there")
    scope = include.read_scope(path, host)
    servers = servers_of(scope)
    if not servers:
        raise Unwell(f"nothing to ask: {path} has neither [unix_http_server] nor [inet_http_server]")
    chosen = next((each for each in servers if each.family == "unix"), servers[-1])
    known = (chosen.username, chosen.password)
    if (chosen.password or "").startswith("{SHA}") and scope.ini.has_section("supervisorctl"):  # only the client's can be sent
        client = Section(scope, "supervisorctl")
        known = (client.text("username"), client.text("password"))
    if given is None and known[0] is not None and known[1] is not None:
        given = (known[0], known[1])
    return Server(chosen.path or "", chosen.host, chosen.port, given)


def _named(url: str) -> Server:
    """`unix://PATH` or `http://HOST[:PORT]`."""
    scheme, _, rest = url.partition("://")
    if scheme == "unix" and rest:
        return Server(rest)
    place = rest.partition("/")[0]
    host, colon, port = place.rpartition(":")
    if not colon or port.endswith("]"):
        host, port = place, "80"
    if scheme == "http" and place and port.isdecimal():
        return Server("", host.strip("[]"), int(port))
    raise ConfigError(f"{url!r} is not the address of a server", key="--serverurl", hint="expected http://host:port or unix:///path")


# -- saying ---------------------------------------------------------------------------------------------------------------


def _watch(timeout_s: float) -> Any:
    """Have a verdict spoken when time is up; the returned lock is for who speaks, once, and then ends the process."""
    import _thread

    speak, never = _thread.allocate_lock(), _thread.allocate_lock()
    never.acquire()

    def wait() -> None:
        never.acquire(timeout=timeout_s)
        speak.acquire()
        _end(UNHEALTHY, f"unhealthy: {late(timeout_s)}")

    try:
        _thread.start_new_thread(wait, ())
    except RuntimeError:  # no room for one more (a limit on processes): the timeout of the socket has to do
        return speak
    return speak


def _sentence(error: ConfigError) -> str:
    where = f"{error.where()}: " if error.file else ""
    return f"{where}{error.text}" + (f" ({error.hint})" if error.hint else "")


def _end(code: int, text: str, fd: int = 1) -> NoReturn:
    """Print that, as one line without anything that a terminal would obey, and exit."""
    lines = text if code == HEALTHY else text.replace("\n", " ")
    shown = "".join(each if each.isprintable() or each == "\n" else ascii(each)[1:-1] for each in lines.rstrip("\n"))
    try:
        posix.write(fd, f"{shown}\n".encode(errors="backslashreplace"))
    except OSError:  # nobody reads it
        posix._exit(code)
    posix._exit(code)
