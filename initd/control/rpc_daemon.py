"""What clients ask of the daemon itself (supervisord-4.3 §5.4; D11)."""

from __future__ import annotations

from initd.control.faults import Fault, fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from initd.control.rpc import Method, Rpc
    from initd.control.steps import Steps

API_VERSION = "3.0"
SUPERVISOR_VERSION = "4.3.0"
"""What stock clients expect to hear; both are older than we are."""


def api_version(rpc: Rpc) -> str:
    return API_VERSION


def supervisor_version(rpc: Rpc) -> str:
    return SUPERVISOR_VERSION


def identification(rpc: Rpc) -> str:
    return rpc.daemon.identifier


def state(rpc: Rpc) -> dict[str, Any]:
    mood = rpc.daemon.mood
    return {"statecode": int(mood), "statename": mood.name}


def pid(rpc: Rpc) -> int:
    return rpc.daemon.pid()


def clear_log(rpc: Rpc) -> Steps:
    return (yield rpc.daemon.clear_main_log)


def shutdown(rpc: Rpc) -> bool:
    rpc.daemon.shutdown()
    return True


def restart(rpc: Rpc) -> Steps:
    yield rpc.daemon.check_reload
    rpc.require_running()
    rpc.daemon.restart()
    return True


def reload_config(rpc: Rpc) -> Steps:
    added, changed, removed = yield rpc.daemon.reread
    return [[list(added), list(changed), list(removed)]]


def remote_event(rpc: Rpc, kind: Any, data: Any) -> bool:
    if isinstance(kind, (list, dict)) or isinstance(data, (list, dict)):
        raise fault(Fault.INCORRECT_PARAMETERS)
    rpc.daemon.remote_event(str(kind), str(data))
    return True


METHODS: dict[str, Method] = {
    "clearLog": clear_log,
    "getAPIVersion": api_version,
    "getIdentification": identification,
    "getPID": pid,
    "getState": state,
    "getSupervisorVersion": supervisor_version,
    "getVersion": api_version,
    "reloadConfig": reload_config,
    "restart": restart,
    "sendRemoteCommEvent": remote_event,
    "shutdown": shutdown,
}
