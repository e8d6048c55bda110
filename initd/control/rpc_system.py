"""Calls about calls: introspection and multicall (supervisord-4.3 §5.7).

A multicall makes one call a turn and waits for each; its results are bare values, not one-element arrays, which is not
what others do but what its clients expect.
"""

from __future__ import annotations

from initd.control.faults import Fault, fault
from initd.control.steps import next_turn
from initd.control.xmlrpc import Items, Unwritable
from initd.errors import ProtocolFault
from initd.states import Mood

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

    from initd.control.rpc import Method, Rpc
    from initd.control.steps import Steps

LEAVING = (SystemExit, KeyboardInterrupt, GeneratorExit)
"""What ends more than a call, and comes from plugins as the cause of something that does not."""


def list_methods(rpc: Rpc) -> list[str]:
    others = (f"{namespace}.{name}" for namespace, plugin in rpc.plugins.items() for name in plugin.methods())
    return sorted([*rpc.methods, *others])


def method_help(rpc: Rpc, name: Any) -> str:
    if isinstance(name, str) and name in rpc.help:
        return rpc.help[name]
    return _documentation(rpc, name)


def method_signature(rpc: Rpc, name: Any) -> list[str]:
    if isinstance(name, str) and name in rpc.signatures:
        return list(rpc.signatures[name].types)
    return tagged_types(_documentation(rpc, name))


def _documentation(rpc: Rpc, name: Any) -> str:
    """What a plugin says of its method."""
    namespace, _, bare = name.partition(".") if isinstance(name, str) else ("", "", "")
    plugin = rpc.plugins.get(namespace)
    text = plugin.methods().get(bare) if plugin is not None else None
    if text is None:
        raise fault(Fault.SIGNATURE_UNSUPPORTED)
    return text


def tagged_types(documentation: str) -> list[str]:
    """The types that the tags `@return` and `@param` of a documentation name; a fault without any result."""
    result, params = None, []
    for line in documentation.split("\n"):
        tag, kind, *_ = [*line.split(None, 3), "", ""]
        if tag == "@return":
            result = kind
        elif tag == "@param":
            params.append(kind)
    if result is None:
        raise fault(Fault.SIGNATURE_UNSUPPORTED)
    return [result, *params]


def multicall(rpc: Rpc, calls: Any) -> Items:
    if not isinstance(calls, list) or not all(isinstance(call, dict) for call in calls):
        raise fault(Fault.INCORRECT_PARAMETERS)
    return Items(_results(rpc, calls))


def _results(rpc: Rpc, calls: list[dict[str, Any]]) -> Generator[Any, Any, None]:
    for index, call in enumerate(calls):
        # A daemon on its way out may have few turns left; its answers are cheap faults anyway.
        if index and rpc.daemon.mood >= Mood.RUNNING:
            yield next_turn(rpc.daemon.loop)
        try:
            result = yield from _one(rpc, call)
        except ProtocolFault as error:
            result = {"faultCode": error.code, "faultString": error.text}
        except Unwritable:  # there is no answer at all then, as there
            raise
        except Exception as error:  # the other calls go on, and this client is told
            told = error.__cause__ if isinstance(error.__cause__, LEAVING) else error
            result = {"faultCode": int(Fault.FAILED), "faultString": f"FAILED: {type(told)}:{told}"}
        yield result


def _one(rpc: Rpc, call: dict[str, Any]) -> Steps:
    name, params = call.get("methodName"), call.get("params", [])
    if name is None:
        raise fault(Fault.INCORRECT_PARAMETERS, "No methodName")
    if name == "system.multicall":
        raise fault(Fault.INCORRECT_PARAMETERS, "Recursive system.multicall forbidden")
    if not isinstance(name, str) or not isinstance(params, list):
        raise fault(Fault.INCORRECT_PARAMETERS)
    return (yield from rpc.call(name, params))


METHODS: dict[str, Method] = {
    "listMethods": list_methods,
    "methodHelp": method_help,
    "methodSignature": method_signature,
    "multicall": multicall,
}
