"""Calls about calls: introspection and multicall (supervisord-4.3 §5.7).

A multicall makes one call a turn and waits for each; its results are bare values, not one-element arrays, which is not
what others do but what its clients expect.
"""

from __future__ import annotations

from initd.control.faults import Fault, fault
from initd.control.steps import next_turn
from initd.control.xmlrpc import Items
from initd.errors import ProtocolFault
from initd.states import Mood

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

    from initd.control.rpc import Method, Rpc
    from initd.control.steps import Steps


def list_methods(rpc: Rpc) -> list[str]:
    return sorted(rpc.methods)


def method_help(rpc: Rpc, name: Any) -> str:
    if not isinstance(name, str) or name not in rpc.help:
        raise fault(Fault.SIGNATURE_UNSUPPORTED)
    return rpc.help[name]


def method_signature(rpc: Rpc, name: Any) -> list[str]:
    if not isinstance(name, str) or name not in rpc.signatures:
        raise fault(Fault.SIGNATURE_UNSUPPORTED)
    return list(rpc.signatures[name].types)


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
        except Exception as error:  # the other calls go on, and this client is told
            result = {"faultCode": int(Fault.FAILED), "faultString": f"FAILED: {type(error)}:{error}"}
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
