"""What a command works with: the server, the output, the exit code; and how a line finds its verb.

supervisord-4.3 §7.1, §7.2.
"""

from __future__ import annotations

import enum
import errno
import sys

from initd.config.model import ClientConfig
from initd.control.client.server import Server
from initd.control.client.transport import ProtocolError
from initd.control.client.wire import Fault
from initd.control.faults import Fault as FaultCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TextIO

    from initd.control.client.controller import Plugin

API_VERSION = "3.0"

# verb → the module that has it as `do_VERB`; loaded when used
VERBS = {
    "add": "groups",
    "avail": "groups",
    "clear": "logs",
    "exit": "shell",
    "explain": "explain",
    "fg": "foreground",
    "maintail": "logs",
    "open": "daemon",
    "pid": "processes",
    "quit": "shell",
    "reload": "daemon",
    "remove": "groups",
    "reread": "groups",
    "restart": "processes",
    "shutdown": "daemon",
    "signal": "processes",
    "start": "processes",
    "status": "processes",
    "stop": "processes",
    "tail": "logs",
    "update": "groups",
    "version": "daemon",
    "help": "help",
    "EOF": "shell",
}
OWN = ("explain",)
"""Verbs that supervisorctl does not have; they are not listed where scripts and eyes compare with what it lists."""
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


class Exit(enum.IntEnum):
    """Exit codes as LSB init scripts use them."""

    SUCCESS = 0
    GENERIC = 1
    INVALID_ARGS = 2
    UNIMPLEMENTED_FEATURE = 3
    INSUFFICIENT_PRIVILEGES = 4
    NOT_INSTALLED = 5
    NOT_RUNNING = 7


class StatusExit(enum.IntEnum):
    """Exit codes of `status`, which LSB keeps apart."""

    NOT_RUNNING = 3
    UNKNOWN = 4


_DEAD = (FaultCode.SPAWN_ERROR, FaultCode.ABNORMAL_TERMINATION, FaultCode.NOT_RUNNING)


class Session:
    """One run of the client. `status` is the exit code so far: the last failure counts, success never resets it."""

    def __init__(self, config: ClientConfig, out: TextIO, interactive: bool = False) -> None:
        self.config = config
        self.out = out
        self.interactive = interactive
        self.status = 0
        self._server: Server | None = None
        self.plugins: list[Plugin] = []

    def say(self, line: str) -> None:
        """Print one line; errors go to standard output as well, as scripts expect."""
        self.out.write(line + "\n")

    def call(self, method: str, *params: str | int) -> Any:
        """Call `supervisor.METHOD`, or a method that is named with its namespace; Fault, ProtocolError, OSError."""
        if self._server is None:
            self._server = Server(self.config)
        return self._server.call(method, *params)

    def reconnect(self, **changes: str) -> None:
        """Change the configuration; calls from now on use the new one."""
        self.config = self.config.replace(**changes)
        self.hang_up()

    def hang_up(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def fail(self, line: str, status: int = Exit.GENERIC) -> None:
        """Print an error and note its exit code."""
        self.say(line)
        self.status = status

    def misused(self, verb: str, line: str, status: int = Exit.GENERIC) -> None:
        """Print an error about a verb's arguments, and how it is used."""
        from initd.control.client.help import usage

        self.fail(line, status)
        self.say(usage(verb))

    def note(self, code: int, ignored: FaultCode | None = None) -> None:
        """Turn the result code of one process into the exit code."""
        if code not in (ignored, FaultCode.SUCCESS):
            self.status = Exit.NOT_RUNNING if code in _DEAD else Exit.GENERIC

    def is_up(self) -> bool:
        """Whether a supervisor of the expected API answers; if not, says why."""
        try:
            version = self.call("getVersion")
        except Fault as fault:
            if fault.code != FaultCode.UNKNOWN_METHOD:
                raise
            self.fail(
                "Sorry, supervisord responded but did not recognize the supervisor namespace commands that "
                "supervisorctl uses to control it.  Please check that the [rpcinterface:supervisor] section is "
                "enabled in the configuration file (see sample.conf).",
                Exit.UNIMPLEMENTED_FEATURE,
            )
            return False
        except OSError as error:
            if error.args[0] == errno.ECONNREFUSED:
                self.fail(f"{self.config.serverurl} refused connection", Exit.INSUFFICIENT_PRIVILEGES)
            elif error.args[0] == errno.ENOENT:
                self.fail(f"{self.config.serverurl} no such file", Exit.NOT_RUNNING)
            else:
                raise
            return False
        if version != API_VERSION:
            self.fail(
                "Sorry, this version of supervisorctl expects to talk to a server with API version "
                f"{API_VERSION}, but the remote version is {version}.",
                Exit.NOT_INSTALLED,
            )
            return False
        return True

    def run(self, line: str) -> bool:
        """Run one line; true when it asks to leave. Nothing is raised but what ends the client."""
        line = line.strip()
        if not line:
            return False
        verb, argument = _parse(line)
        if self._find(verb) is None:
            self.fail(f"*** Unknown syntax: {line}")
            return False
        try:
            return self._attempt(verb, argument)
        except Exception as error:
            self._confess(error)
            return False
        finally:
            self.hang_up()

    def _find(self, verb: str) -> Callable[[str], Any] | None:
        """What runs a verb: ours come before those of plugins."""
        if verb in VERBS:
            return lambda argument: _load(verb)(self, argument)
        return next((run for plugin in self.plugins if (run := plugin.verb(verb)) is not None), None)

    def _attempt(self, verb: str, argument: str) -> bool:
        """Run a verb; if the server wants a password, ask for one when there is somebody to ask."""
        try:
            run = self._find(verb)
            return bool(run(argument)) if run is not None else False
        except ProtocolError as error:
            if error.status != 401:
                raise
            self.say("Server requires authentication")
            if not self.interactive:
                raise
        self._ask_credentials()
        return self._attempt(verb, argument)

    def _ask_credentials(self) -> None:
        from getpass import getpass

        self.out.flush()
        username = input("Username:")
        password = getpass("Password:")
        self.say("")
        self.reconnect(username=username, password=password)

    def _confess(self, error: Exception) -> None:
        """The line for an error nobody caught, with the place it came from."""
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"file: {place.tb_frame.f_code.co_filename} line: {place.tb_lineno}" if place else "file: ? line: 0"
        self.fail(f"error: {type(error)}, {error}: {where}")


def _parse(line: str) -> tuple[str, str]:
    """The verb (letters, digits, underscores) and the rest; `?x` is `help x`."""
    if line[0] == "?":
        line = "help " + line[1:]
    end = next((at for at, letter in enumerate(line) if letter not in _LETTERS), len(line))
    return line[:end], line[end:].strip()


def _load(verb: str) -> Callable[[Session, str], bool | None]:
    name = f"initd.control.client.{VERBS[verb]}"
    __import__(name)
    found: Callable[[Session, str], bool | None] = getattr(sys.modules[name], f"do_{verb}")
    return found
