"""What a configuration names as module:attribute, with supervisor installed and without."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from initd.plugins.entry import STANDINS, Unresolvable, counterpart, packages_of, resolve

ROOT = Path(__file__).resolve().parents[3]
WITHOUT = """
import sys, site  # loaded but not run: nobody may look for more
sys.path[:0] = {paths!r}
from initd.plugins.entry import STANDINS, Unresolvable, counterpart, resolve

def importable():
    try:
        import supervisor.xmlrpc
    except ModuleNotFoundError:
        return False
    return True
"""


def test_the_forms_that_supervisord_takes() -> None:
    import json

    assert resolve("json:loads", {}) is json.loads
    assert resolve("json.decoder : JSONDecoder.decode [x]", {}) is json.JSONDecoder.decode
    assert resolve("json", {}) is json


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("no_such_module:x", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("json:nope", "AttributeError: module 'json' has no attribute 'nope'"),
        ("json;loads", "expected module:attribute"),
        ("", "expected module:attribute"),
        (".json:loads", "TypeError: "),
    ],
)
def test_what_is_not_there_is_told(spec: str, why: str) -> None:
    with pytest.raises(Unresolvable) as refused:
        resolve(spec, {})
    assert str(refused.value).startswith(why)


def test_a_module_that_exits_or_is_no_python_is_one_that_cannot_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "plugin_that_exits.py").write_text("raise SystemExit(3)")
    (tmp_path / "plugin_that_is_none.py").write_text("def")
    for name, error in (("plugin_that_exits", "SystemExit: 3"), ("plugin_that_is_none", "SyntaxError: ")):
        with pytest.raises(Unresolvable, match=error):
            resolve(f"{name}:x", {})


def test_where_supervisor_is_installed_plugins_get_that() -> None:
    import supervisor.xmlrpc

    with STANDINS.supplied():
        assert counterpart("supervisor.xmlrpc", "RPCError") is supervisor.xmlrpc.RPCError
    assert STANDINS.get("supervisor.xmlrpc") is None
    assert packages_of(["a.b:c", "d : e", "a.x:y"]) == ["a", "d", "supervisor"]


def without_supervisor(folder: Path, code: str, *flags: str, **environ: str) -> list[str]:
    """What that prints in an interpreter that has neither supervisor nor anything else installed."""
    paths = [str(folder), str(ROOT)]
    command = [sys.executable, *(flags or ("-IS",)), "-c", WITHOUT.format(paths=paths) + code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environ)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_without_supervisor_its_names_are_there_while_a_plugin_loads_and_at_no_other_time(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("from supervisor import states\nfrom supervisor.xmlrpc import RPCError\n")
    (tmp_path / "two.py").write_text(
        "import supervisor.xmlrpc\ndef made(): return supervisor.xmlrpc.RPCError(10, 'x')\n"
    )
    code = """
print(importable())
one = resolve("one:RPCError", {})
print(importable(), [name for name in sys.modules if name.startswith("supervisor")])
two = resolve("two:made", {})()
print(importable(), isinstance(two, one), type(two), two.text)
print(counterpart("supervisor.xmlrpc", "RPCError") is one, counterpart("supervisor.http", "NOT_DONE_YET"))
"""
    assert without_supervisor(tmp_path, code) == [
        "False",
        "False []",
        "False True <class 'supervisor.xmlrpc.RPCError'> BAD_NAME: x",
        "True None",
    ]


def test_without_supervisor_a_name_that_has_no_stand_in_is_told(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("import supervisor.poller\n")
    code = """
try:
    resolve("one:x", {})
except Unresolvable as error:
    print(error)
print(importable())
"""
    assert without_supervisor(tmp_path, code) == ["ModuleNotFoundError: No module named 'supervisor.poller'", "False"]


def test_every_stand_in_can_be_loaded_without_supervisor(tmp_path: Path) -> None:
    code = """
from initd.plugins.entry import NAMES
for name in sorted(NAMES):
    assert resolve(name, {}).__name__ == name
print(len(NAMES), importable())
"""
    assert without_supervisor(tmp_path, code) == ["13 False"]


def test_pythonpath_and_site_are_asked_only_once_there_is_a_plugin(tmp_path: Path) -> None:
    (tmp_path / "apart").mkdir()
    (tmp_path / "apart" / "plugin_apart.py").write_text("x = 5")
    code = f"""
del sys.modules["site"]
print("site" in sys.modules, any(path.endswith("apart") for path in sys.path))
print(resolve("plugin_apart:x", {{"PYTHONPATH": ":{tmp_path}/apart"}}))
print("site" in sys.modules, any(path.endswith("-packages") for path in sys.path))
"""
    assert without_supervisor(tmp_path, code) == ["False False", "5", "True True"]
