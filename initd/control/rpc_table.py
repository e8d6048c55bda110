"""The methods clients may call: their published signatures, which set the arity too, and their help (supervisord-4.3 §5.4, §5.7).

A signature lists the result type, then the parameter types; a parameter of type boolean is always `wait`, and optional.
"""

from __future__ import annotations

from initd.record import Record

_SLICE = " Offset and length count bytes: length 0 reads to the end, a negative offset with length 0 reads that much of the end."
_TAIL = (
    " Returns [text, size of the log, overflow]; overflow says that the log goes on beyond offset + length,"
    " and then the last length bytes are returned."
)
_EACH = (
    " Returns a struct of name, group, status and description for each process concerned, in the order they were done."
)

_READ = "Read a slice of the {0} log of a process." + _SLICE
_FOLLOW = "Read the newest part of the {0} log of a process." + _TAIL
_CLEAR = "Empty both logs of a process, and remove their rotated files."
_API = "The version of this RPC interface."
_MAIN = "Read a slice of the main log." + _SLICE

SUPERVISOR = {
    "addProcessGroup": (
        "boolean string",
        "Make a group of the configuration as last read live, and start what autostarts.",
    ),
    "clearAllProcessLogs": ("array", "Empty the logs of every process." + _EACH),
    "clearLog": ("boolean", "Empty the main log."),
    "clearProcessLog": ("boolean string", _CLEAR),
    "clearProcessLogs": ("boolean string", _CLEAR),
    "getAPIVersion": ("string", _API),
    "getAllConfigInfo": ("array", "What the configuration as last read says of every process, as an array of structs."),
    "getAllProcessInfo": ("array", "What getProcessInfo says, for every process, ordered by group and name."),
    "getIdentification": ("string", "The identifier that the configuration gives this daemon."),
    "getPID": ("int", "The process id of the daemon."),
    "getProcessInfo": ("struct string", "The state of one process, named `name` or `group:name`."),
    "getState": ("struct", "The state of the daemon, as statecode and statename."),
    "getSupervisorVersion": ("string", "The version of supervisor that this daemon is compatible with."),
    "getVersion": ("string", _API),
    "readLog": ("string int int", _MAIN),
    "readMainLog": ("string int int", _MAIN),
    "readProcessLog": ("string string int int", _READ.format("stdout")),
    "readProcessStderrLog": ("string string int int", _READ.format("stderr")),
    "readProcessStdoutLog": ("string string int int", _READ.format("stdout")),
    "reloadConfig": (
        "array",
        "Read the configuration again and return [[added, changed, removed]] group names; changes nothing.",
    ),
    "removeProcessGroup": ("boolean string", "Forget a group whose processes are all down."),
    "restart": ("boolean", "Stop everything and start again, unless the configuration on disk cannot be used."),
    "sendProcessStdin": ("boolean string string", "Write text, as UTF-8, to the standard input of a running process."),
    "sendRemoteCommEvent": (
        "boolean string string",
        "Emit a REMOTE_COMMUNICATION event of a type of your own, with data.",
    ),
    "shutdown": ("boolean", "Stop everything, then end the daemon."),
    "signalAllProcesses": ("array string", "Send a signal, a name or a number, to every running process." + _EACH),
    "signalProcess": (
        "boolean string string",
        "Send a signal, a name or a number, to a running process or to `group:*`.",
    ),
    "signalProcessGroup": (
        "array string string",
        "Send a signal, a name or a number, to what runs of a group." + _EACH,
    ),
    "startAllProcesses": ("array boolean", "Start every process that is not running." + _EACH),
    "startProcess": ("boolean string boolean", "Start a process or `group:*`; with wait, return once it is up."),
    "startProcessGroup": ("array string boolean", "Start what does not run of a group." + _EACH),
    "stopAllProcesses": ("array boolean", "Stop every running process." + _EACH),
    "stopProcess": ("boolean string boolean", "Stop a process or `group:*`; with wait, return once it is down."),
    "stopProcessGroup": ("array string boolean", "Stop what runs of a group." + _EACH),
    "tailProcessLog": ("array string int int", _FOLLOW.format("stdout")),
    "tailProcessStderrLog": ("array string int int", _FOLLOW.format("stderr")),
    "tailProcessStdoutLog": ("array string int int", _FOLLOW.format("stdout")),
}

SYSTEM = {
    "listMethods": ("array", "The names of all methods, sorted."),
    "methodHelp": ("string string", "What a method does."),
    "methodSignature": ("array string", "The type of a method's result, then those of its parameters."),
    "multicall": (
        "array array",
        "Make the calls of an array of {methodName, params} one by one; one that fails gives {faultCode, faultString}.",
    ),
}


class Signature(Record):
    """How a method is called: type names, and how many parameters it takes at least and at most."""

    types: tuple[str, ...]
    least: int
    most: int


def signature(text: str) -> Signature:
    """Read one signature of the tables."""
    types = tuple(text.split())
    most = len(types) - 1
    return Signature(types, most - (types[1:][-1:] == ("boolean",)), most)
