"""The stand-ins say what supervisor says."""

from __future__ import annotations

import importlib
import inspect
import io
from types import FunctionType
from typing import Any

import pytest

from initd.plugins.entry import NAMES

MODULES = sorted(name.partition(".")[2] for name in NAMES if "." in name)


def pair(name: str) -> tuple[Any, Any]:
    """Ours and theirs."""
    return importlib.import_module(f"initd.plugins.standins.{name}"), importlib.import_module(f"supervisor.{name}")


def public(module: Any) -> list[str]:
    """The names a stand-in defines for plugins."""
    imported = set("annotations Fault Mood ProcessState EVENT NAMES PARENTS datetime TYPE_CHECKING sys time".split())
    return [name for name in vars(module) if not name.startswith(("_", "@")) and name not in imported]


@pytest.mark.parametrize("module", MODULES)
def test_every_name_is_one_of_supervisors_and_every_value_the_same(module: str) -> None:
    ours, theirs = pair(module)
    assert public(ours)
    for name in public(ours):
        mine, real = getattr(ours, name), getattr(theirs, name, None)
        assert real is not None, name
        if name == "callbacks":  # of whoever has run in this process before us
            continue
        if isinstance(mine, FunctionType):
            assert list(inspect.signature(mine).parameters) == list(inspect.signature(real).parameters), name
        elif isinstance(mine, type) and mine.__bases__ == (object,) and issubclass(mine, object):
            plain = {key: value for key, value in vars(mine).items() if isinstance(value, int) and key[0] != "_"}
            assert plain == {key: getattr(real, key, None) for key in plain}, name
        elif type(mine).__module__ == "builtins" and not isinstance(mine, type):
            assert mine == real, name


def test_no_fault_and_no_state_is_missing() -> None:
    for module, name in (
        ("xmlrpc", "Faults"),
        ("states", "ProcessStates"),
        ("states", "SupervisorStates"),
        ("states", "EventListenerStates"),
        ("loggers", "LevelsByName"),
        ("loggers", "LevelsByDescription"),
        ("supervisorctl", "LSBInitExitStatuses"),
        ("supervisorctl", "LSBStatusExitStatuses"),
    ):
        ours, theirs = (
            {key: value for key, value in vars(getattr(side, name)).items() if not key.startswith("_")}
            for side in pair(module)
        )
        assert ours == theirs, name


def test_events_are_of_the_same_types() -> None:
    ours, theirs = pair("events")

    def lineages(module: Any) -> dict[str, list[str]]:
        found = {name: kind for name, kind in vars(module.EventTypes).items() if not name.startswith("_")}
        found = {name: kind for name, kind in found.items() if not kind.__module__.startswith("tests.")}  # a plugin's
        return {name: [each.__name__ for each in kind.__mro__] for name, kind in found.items()}

    assert lineages(ours) == lineages(theirs)
    assert ours.getEventNameByType(ours.Tick5Event) == "TICK_5"


@pytest.mark.parametrize("code", [10, 91, 230, "10"])
def test_faults_are_worded_alike(code: Any) -> None:
    ours, theirs = pair("xmlrpc")
    for extra in ((), ("x",), (None,), (5,)):
        mine, real = ours.RPCError(code, *extra), theirs.RPCError(code, *extra)
        assert (mine.code, mine.text, str(mine)) == (real.code, real.text, str(real))


def test_states_have_the_same_names() -> None:
    ours, theirs = pair("states")
    for describe in ("getProcessStateDescription", "getSupervisorStateDescription", "getEventListenerStateDescription"):
        for code in (*range(-2, 210), 1000):
            assert getattr(ours, describe)(code) == getattr(theirs, describe)(code)


@pytest.mark.parametrize("text", ["a", "a:b", "a:*", "a:", "a:b:c", ":", "", "a:a"])
def test_names_are_taken_apart_alike(text: str) -> None:
    ours, theirs = pair("options")
    assert ours.split_namespec(text) == theirs.split_namespec(text)
    parts = [part or "" for part in ours.split_namespec(text)]
    assert ours.make_namespec(*parts) == theirs.make_namespec(*parts)


@pytest.mark.parametrize("function", ["list_of_strings", "list_of_ints", "boolean", "integer"])
@pytest.mark.parametrize("value", ["", "a", "a, b", "1,2", "1", "true", "OFF", "no", True, 5, None, [1]])
def test_options_are_read_alike(function: str, value: Any) -> None:
    def outcome(side: Any) -> Any:
        try:
            return getattr(side, function)(value)
        except Exception as error:
            return type(error), str(error)

    ours, theirs = map(outcome, pair("datatypes"))
    assert ours == theirs


def test_the_parser_takes_and_gives_what_supervisors_does() -> None:
    for side in pair("options"):
        parser = side.UnhosedConfigParser()
        parser.add_section("program:x")
        parser.set("program:x", "Command", "y")
        parser.set("program:x", "numprocs", 2)
        with pytest.raises(Exception, match="program:x"):
            parser.add_section("program:x")
        with pytest.raises(ValueError):
            parser.add_section("DEFAULT")
        assert parser.sections() == ["program:x"]
        assert parser.has_section("program:x") and not parser.has_section("y")
        assert parser.options("program:x") == ["command", "numprocs"]
        assert parser.items("program:x") == [("command", "y"), ("numprocs", 2)]
        assert parser.has_option("program:x", "COMMAND")


def test_an_answer_is_turned_down_alike() -> None:
    for side in pair("dispatchers"):
        assert side.default_handler(None, b"OK") is None
        with pytest.raises(side.RejectEvent):
            side.default_handler(None, b"no")


def test_text_and_bytes_are_turned_into_one_another_alike() -> None:
    for side in pair("compat"):
        assert side.as_bytes("ä") == side.as_bytes("ä".encode()) == "ä".encode()
        assert side.as_string("ä") == side.as_string("ä".encode()) == "ä"
        assert side.xmlrpclib.__name__ == "xmlrpc.client"


def test_events_are_read_and_answered_alike() -> None:
    for side in pair("childutils"):
        out = io.StringIO()
        event = "ver:3.0 len:9\na:b c:d\nxy"
        headers, payload = side.listener.wait(io.StringIO(event), out)
        assert (headers["len"], payload) == ("9", "a:b c:d\nx")
        assert side.eventdata(payload) == ({"a": "b", "c": "d"}, "x")
        for answer in (side.listener.ok, side.listener.fail):
            answer(out)
        side.listener.send("own", out)
        assert out.getvalue() == "READY\nRESULT 2\nOKRESULT 4\nFAILRESULT 3\nown"
    assert len({side.get_asctime(1_000_000_000.5) for side in pair("childutils")}) == 1
