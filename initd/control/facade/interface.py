"""One namespace of XML-RPC methods that is a plugin's: calling them, and what system.* says of them (supervisord-4.3 §5.7, §10).

Methods are found, faults are raised and values are marshalled as supervisord does it (§5.1, §5.2). A plugin that raises
anything else costs its own call and nothing more.
"""

from __future__ import annotations

from contextlib import contextmanager
from types import FunctionType, MethodType

from initd.control.facade.supervisord import Supervisord
from initd.control.facade.timed import timed
from initd.control.faults import Fault, fault
from initd.control.steps import pause, together
from initd.control.xmlrpc import MAX_INT, MIN_INT, DateTime, Raw, Unwritable
from initd.errors import ConfigError, ProtocolFault, traced
from initd.plugins.entry import STANDINS, counterpart, resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from initd.config.model import PluginConfig
    from initd.control.daemon import Daemon
    from initd.control.steps import Steps

POLL_NS = 50_000_000
"""The shortest wait between two looks at a deferred answer."""


def make_interface(daemon: Daemon, config: PluginConfig, environ: Mapping[str, str]) -> Interface:
    """Call the factory of a plugin; ConfigError in supervisord's words if it fails, after a log line with the reason."""
    supervisord = Supervisord(daemon)
    try:
        factory = resolve(config.factory, environ)
        with STANDINS.supplied():
            made = timed(daemon, config.factory, lambda: factory(supervisord, **config.options))
    except BaseException as error:
        daemon.log("warn", traced(error))
        raise ConfigError(f"Could not make {config.name} rpc interface", daemon.config.path, hint=_told(error)) from error
    return Interface(daemon, config.name, made, supervisord)


class Interface:
    """The object that a factory has made, as a namespace."""

    def __init__(self, daemon: Daemon, name: str, made: Any, supervisord: Supervisord) -> None:
        self._daemon, self._name, self._made, self._supervisord = daemon, name, made, supervisord

    def methods(self) -> dict[str, str]:
        """The published methods and their documentation: what the class itself has, not what it inherits, as there."""
        with staying():
            return {
                name: str(found.__doc__)
                for name in type(self._made).__dict__
                if not name.startswith("_") and callable(found := getattr(self._made, name))
            }

    def call(self, name: str, params: Sequence[Any]) -> Steps:
        """The value of a call, ready to be written; ProtocolFault, or whatever the method raises."""
        with staying():
            method = getattr(self._made, name, None) if not name.startswith("_") and "." not in name else None
        if not isinstance(method, MethodType):
            raise fault(Fault.UNKNOWN_METHOD)
        full = f"{self._name}.{name}"
        value = self._guarded(full, method, [_given(each) for each in params])
        pending = self._supervisord.take_pending()
        for answer in (yield together(pending)) if pending else ():
            if isinstance(answer, ProtocolFault):
                raise answer
        if isinstance(value, FunctionType):  # the answer is deferred until there is one
            value = yield from self._deferred(full, value)
        with staying():
            return tuple(map(_wanted, value)) if isinstance(value, tuple) else _wanted(value)

    def _deferred(self, name: str, look: Any) -> Steps:
        with staying():
            delay_ns = max(POLL_NS, int(float(look.delay) * 1_000_000_000))
        not_done_yet = counterpart("supervisor.http", "NOT_DONE_YET")
        while True:
            value = self._guarded(f"{name} (deferred)", look, (), deferred=True)
            if value is None or value is not not_done_yet:
                return value
            yield pause(self._daemon.loop, delay_ns)

    def _guarded(self, name: str, call: Any, params: Sequence[Any], deferred: bool = False) -> Any:
        try:
            with staying():
                return timed(self._daemon, name, call, *params)
        except Exception as error:
            rpc_error = counterpart("supervisor.xmlrpc", "RPCError")
            if rpc_error is not None and isinstance(error, rpc_error):
                raise ProtocolFault(error.code, error.text) from error
            if isinstance(error, TypeError) and not deferred:
                raise fault(Fault.INCORRECT_PARAMETERS) from error
            raise


@contextmanager
def staying() -> Iterator[None]:
    """Whatever in here wants to exit: we do not."""
    try:
        yield
    except Exception:
        raise
    except BaseException as error:
        raise RuntimeError(f"{type(error).__name__}: {error}") from error


def _told(error: BaseException) -> str:
    """What went wrong, and where."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f" ({place.tb_frame.f_code.co_filename}:{place.tb_lineno})" if place is not None else ""
    return f"{type(error).__name__}: {error}{where}"


def _given(value: Any) -> Any:
    """A parameter as plugins know its type."""
    if isinstance(value, DateTime):
        make = counterpart("supervisor.xmlrpc", "make_datetime")
        return value.text if make is None else make(value.text)
    if isinstance(value, list):
        return [_given(each) for each in value]
    if isinstance(value, dict):
        return {name: _given(each) for name, each in value.items()}
    return value


def _wanted(value: Any) -> Any:
    """A plugin's value as one that can be written, all of it; Unwritable."""
    if value is None or (isinstance(value, dict) and not all(isinstance(name, str) for name in value)):
        raise Unwritable(f"XML-RPC has no type for {value!r}")
    if isinstance(value, (str, float)):
        return value
    if isinstance(value, int):
        if not MIN_INT <= value <= MAX_INT:
            raise Unwritable(f"{value} exceeds XML-RPC limits")
        return value
    if isinstance(value, (list, tuple)):
        return [_wanted(each) for each in value]
    if isinstance(value, dict):
        return {name: _wanted(each) for name, each in value.items()}
    return _other(value)


def _other(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray)):
        from binascii import b2a_base64

        return Raw(f"<value><base64>\n{b2a_base64(value).decode()}</base64></value>\n")
    if hasattr(value, "strftime"):
        return DateTime(value.strftime("%Y%m%dT%H:%M:%S"))
    if not hasattr(value, "__dict__"):
        raise Unwritable(f"XML-RPC has no type for {value!r}")
    return _wanted(dict(vars(value)))
