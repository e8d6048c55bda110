"""XML-RPC dispatch: from a method name and parameters to a reply (supervisord-4.3 §5.2, §5.4, §12.4).

The methods themselves are in the `rpc_*` modules, by subject. A method is called with the Rpc and its parameters, and
either returns its result or is a generator that yields what it waits for; it raises ProtocolFault. Each of them refuses
to work for a daemon that is going down, but for `sendRemoteCommEvent`.
"""

from __future__ import annotations

from initd.control.faults import Fault, fault
from initd.control.reply import Refused, Reply
from initd.control.rpc_daemon import METHODS as DAEMON
from initd.control.rpc_groups import METHODS as GROUPS
from initd.control.rpc_info import METHODS as INFO
from initd.control.rpc_logs import METHODS as LOGS
from initd.control.rpc_process import METHODS as PROCESS
from initd.control.rpc_system import METHODS as ABOUT_CALLS
from initd.control.rpc_table import SUPERVISOR, SYSTEM, Signature, signature
from initd.control.xmlrpc import fault_response, response
from initd.errors import ProtocolFault, traced
from initd.states import Mood

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from initd.control.daemon import Daemon, Plugin
    from initd.control.rpc_info import Written
    from initd.control.steps import Pieces, Steps

    Method = Callable[..., Any]

_NAMESPACE: dict[str, Method] = {**DAEMON, **GROUPS, **INFO, **LOGS, **PROCESS}
OWN = "initd"
"""The namespace of what supervisord has not: loaded when first asked for, and not listed, so that clients find what they know."""
_WHILE_GOING_DOWN = frozenset({"sendRemoteCommEvent"})
NO_PLUGINS: dict[str, Plugin] = {}
_NAME_CHARS = 200
"""How much of a method name gets into the log."""


class Rpc:
    """The callable interface of one daemon; `namespaces` are the names under which `supervisor.*` is published.

    `plugins` are the namespaces that are somebody else's.
    """

    def __init__(
        self, daemon: Daemon, namespaces: Sequence[str] = ("supervisor",), plugins: Mapping[str, Plugin] = NO_PLUGINS
    ) -> None:
        self.daemon = daemon
        self.plugins = {name: plugin for name, plugin in plugins.items() if name != "system"}  # which is ours, as there
        self.info_cache: dict[int, Written] = {}
        self.methods: dict[str, Method] = {}
        self.help: dict[str, str] = {}
        self.signatures: dict[str, Signature] = {}
        for namespace in namespaces:
            self._publish(namespace, SUPERVISOR, _NAMESPACE)
        self._publish("system", SYSTEM, ABOUT_CALLS)

    def _publish(self, namespace: str, table: dict[str, tuple[str, str]], methods: dict[str, Method]) -> None:
        for name, (types, words) in table.items():
            full = f"{namespace}.{name}"
            self.methods[full], self.help[full], self.signatures[full] = methods[name], words, signature(types)

    def reply(self, method: str, params: tuple[Any, ...]) -> Reply:
        """Make the call and answer it; faults are answers too."""
        return Reply(200, "text/xml", self._pieces(method, params))

    def _pieces(self, method: str, params: tuple[Any, ...]) -> Pieces:
        log, shown = self.daemon.log, method[:_NAME_CHARS]
        log("trace", f"XML-RPC method called: {shown}()")
        try:
            value = yield from self.call(method, params)
            if isinstance(value, tuple):  # only a plugin's; of one value it is that value, as there
                [value] = value
        except ProtocolFault as error:
            log("trace", f"XML-RPC method {shown}() returned fault: [{error.code}] {error.text[:_NAME_CHARS]}")
            yield from fault_response(error.code, error.text)
        except Exception as error:
            log("crit", f"Handling the XML-RPC request {shown}() raised an unexpected exception: {traced(error)}")
            raise Refused(500) from error
        else:
            log("trace", f"XML-RPC method {shown}() returned successfully")
            yield from response(value)

    def call(self, name: str, params: Sequence[Any]) -> Steps:
        """The result of one call, or ProtocolFault raised."""
        namespace, _, bare = name.partition(".")
        plugin = self.plugins.get(namespace)
        if plugin is not None:
            return (yield from plugin.call(bare, params))
        method, arity = self.methods.get(name), self.signatures.get(name)
        if namespace == OWN:
            from initd.control.rpc_explain import METHODS, SIGNATURES

            method, arity = METHODS.get(bare), SIGNATURES.get(bare)
        if method is None or arity is None:
            raise fault(Fault.UNKNOWN_METHOD)
        if not arity.least <= len(params) <= arity.most:
            raise fault(Fault.INCORRECT_PARAMETERS)
        if namespace != "system" and bare not in _WHILE_GOING_DOWN:
            self.require_running()
        result = method(self, *params)
        if hasattr(result, "send"):
            result = yield from result
        return result

    def require_running(self) -> None:
        """ProtocolFault SHUTDOWN_STATE while the daemon is stopping or restarting."""
        if self.daemon.mood < Mood.RUNNING:
            raise fault(Fault.SHUTDOWN_STATE)
