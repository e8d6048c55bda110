"""Plugins of supervisor on the real thing: with that package beside us and without, after an upgrade, and in `initctl`."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import xmlrpc.client
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from supervisor.xmlrpc import SupervisorTransport

from tests.e2e.instance import PATIENCE_S, ROOT, Instance, at_rest, until

HEAD = """
[supervisord]
logfile = %(here)s/main.log
pidfile = %(here)s/main.pid
childlogdir = %(here)s
[unix_http_server]
file = %(here)s/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl = unix://%(here)s/s.sock
"""
PYPI = """
[rpcinterface:twiddler]
supervisor.rpcinterface_factory = supervisor_twiddler.rpcinterface:make_twiddler_rpcinterface
[rpcinterface:cache]
supervisor.rpcinterface_factory = supervisor_cache.rpcinterface:make_cache_rpcinterface
[program:cat]
command = cat
[program:cow]
command = cat
autostart = false
"""
CTL = """
[ctlplugin:wildcards]
supervisor.ctl_factory = supervisorwildcards.controllerplugin:make_wildcards_controllerplugin
match_group = 0
[ctlplugin:cache]
supervisor.ctl_factory = supervisor_cache.controllerplugin:make_cache_controllerplugin
"""
STDLOG = f"""
[eventlistener:stdlog]
command = {Path(sys.executable).parent}/supervisor-stdlog
events = PROCESS_LOG
result_handler = supervisor_stdlog:log_handler
[program:talker]
command = sh -c 'echo to the other >&2; cat'
stderr_events_enabled = true
"""
OWN = "[rpcinterface:own]\nsupervisor.rpcinterface_factory = own_plugin:make\n"
PLUGIN = """
import time
from supervisor.xmlrpc import RPCError, Faults
made = 0
class Own:
    def __init__(self, supervisord):
        self.supervisord = supervisord
    def made(self):
        return made
    def slow(self):
        time.sleep(0.3)
        return True
    def late(self):
        import own_plugin.late
        return own_plugin.late.WORD
    def fault(self):
        raise RPCError(Faults.BAD_NAME, "x")
    def leave(self):
        raise SystemExit(5)
def make(supervisord):
    global made
    made += 1
    return Own(supervisord)
"""
STOCK_CTL = (sys.executable, "-m", "supervisor.supervisorctl")
OUR_CTL = (sys.executable, "-m", "initd.control.client")
NEEDED = ("initd", "h11", "daemon", "lockfile")
PLUGINS = ("supervisor_twiddler", "supervisor_cache", "supervisorwildcards", "supervisor_stdlog")
BARE = """
import site, sys
sys.path.append({site!r})
from initd.{module} import main
sys.exit(main())
"""


def copy_of(package: str, site: Path) -> None:
    """An installed package, or single module, put into another directory of packages."""
    spec = importlib.util.find_spec(package)
    assert spec is not None, f"{package} is not installed: it is in the extra `dev`"
    if spec.submodule_search_locations:
        ignored = shutil.ignore_patterns("__pycache__", "tests")
        shutil.copytree(next(iter(spec.submodule_search_locations)), site / package, ignore=ignored)
    else:
        shutil.copy(str(spec.origin), site)


def bare(one: Instance, *packages: str) -> str:
    """The command of an initd with these packages and no others; `initctl` beside it is `ctl.py`."""
    site = one.folder / "site"
    site.mkdir()
    for package in (*NEEDED, *packages):
        copy_of(package, site)
    # With `site` loaded, which does nothing by that, nobody looks for the packages of this interpreter.
    for script, module in (("bare.py", "cli"), ("ctl.py", "control.client")):
        (one.folder / script).write_text(BARE.format(site=str(site), module=module))
    return f"{sys.executable} -IS {one.folder}/bare.py"


def call(one: Instance, method: str, *params: Any) -> Any:
    """The value of a call, or the text of its fault, or the status of its error page."""
    transport = SupervisorTransport(None, None, f"unix://{one.folder}/s.sock")
    request = xmlrpc.client.dumps(params, method)
    try:
        return transport.request("localhost", "/RPC2", request)[0]
    except xmlrpc.client.Fault as fault:
        return fault.faultString
    except xmlrpc.client.ProtocolError as error:
        return error.errcode
    finally:
        transport.close()


def ctl(one: Instance, *words: str, command: tuple[str, ...]) -> tuple[int, str]:
    """Exit code and output of a client."""
    environ = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*command, "-c", str(one.config), *words],
        cwd=one.folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_S,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("beside", [("supervisor",), ()], ids=["with supervisor", "without supervisor"])
def test_plugins_from_pypi_work_with_supervisor_installed_and_without(
    instance: Callable[[str], Instance], monkeypatch: pytest.MonkeyPatch, beside: tuple[str, ...]
) -> None:
    one = instance(HEAD + PYPI + CTL + STDLOG)
    monkeypatch.setenv("INITD_COMMAND", bare(one, *PLUGINS, *beside))
    one.start("-n")
    one.until_running("cat")
    until("what a result handler relays", lambda: re.search(r"talker *\| .*to the other", one.output()))
    assert call(one, "cache.store", "key", "value") is True
    assert call(one, "cache.fetch", "key") == "value"
    assert call(one, "cache.fetch", "none") == "BAD_NAME"
    assert call(one, "cache.fetch", "") == "BAD_NAME: Cache key must be a non-empty string"
    assert call(one, "twiddler.addProgramToGroup", "cat", "dog", {"command": "cat", "startsecs": "0"}) is True
    one.until_running("cat:dog")
    assert call(one, "twiddler.removeProcessFromGroup", "cat", "dog") == "STILL_RUNNING: dog"
    assert call(one, "supervisor.stopProcess", "cat:dog") is True
    assert call(one, "twiddler.removeProcessFromGroup", "cat", "dog") is True
    wrong = call(one, "twiddler.addProgramToGroup", "cat", "bad", {"commad": "x"})
    assert wrong.startswith("INCORRECT_PARAMETERS: program section program:bad does not specify a command in section")
    assert call(one, "twiddler.log", "said by a plugin", "warn") is True
    until("the plugin's line", lambda: "WARN said by a plugin" in (one.folder / "main.log").read_text())
    command = (sys.executable, "-IS", str(one.folder / "ctl.py"))
    assert ctl(one, "mstart", "c?w", command=command) == (0, "cow: started\n")
    assert ctl(one, "cache_fetch", "key", command=command) == (0, "'value'\n")


def test_every_command_of_the_plugins_of_initctl_says_what_it_says_in_supervisorctl(
    instance: Callable[[str], Instance],
) -> None:
    one = instance(HEAD + PYPI + CTL)
    one.start("-n")
    one.until_running("cat")
    said = []
    for command in (STOCK_CTL, OUR_CTL):
        one.ctl("stop", "cow")
        answers = []
        for line in (
            "help", "help mstart", "help cache_fetch", "help nope", "mstart", "mstart nope*", "mstart c*", "mstop cow",
            "mrestart cow", "cache_store", "cache_store a", "cache_store a b", "cache_fetch a", "cache_fetch z",
            "cache_count x", "cache_count", "cache_keys", "cache_delete a", "cache_clear", "mnope", "mstop cow cat:x",
        ):  # fmt: skip
            code, text = ctl(one, *line.split(), command=command)
            answers.append((line, code, sorted(text.splitlines()) if line.startswith("m") else text))
        answers.append(("together", sorted(ctl(one, "mrestart", "all", command=command)[1].splitlines())))
        said.append(answers)
    theirs, ours = said
    for mine, real in zip(ours, theirs):
        assert mine == real
    shell = subprocess.run(
        [*OUR_CTL, "-c", str(one.config)],
        input="mstop cow\nhelp mstop\n",
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        timeout=PATIENCE_S,
    )
    assert "cow: stopped" in shell.stdout and "accepts wildcard expressions" in shell.stdout


def own(instance: Callable[[str], Instance], monkeypatch: pytest.MonkeyPatch) -> Instance:
    """A daemon with a plugin of our own, in its PYTHONPATH and nowhere else."""
    one = instance(HEAD + PYPI + OWN)
    monkeypatch.setenv("INITD_COMMAND", bare(one, *PLUGINS))
    (one.folder / "own").mkdir()
    (one.folder / "own" / "own_plugin.py").write_text(PLUGIN)
    one.start("-n", prefix=("env", f"PYTHONPATH={one.folder}/own"))
    one.until_running("cat")
    return one


def test_a_plugin_that_is_slow_is_named_and_one_that_raises_or_exits_does_no_harm(
    instance: Callable[[str], Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = own(instance, monkeypatch)
    assert call(one, "own.slow") is True
    slow = re.compile(r"WARN plugin call own\.slow took \d\d\d ms")
    until("its name", lambda: slow.search((one.folder / "main.log").read_text()))
    assert [call(one, f"own.{name}") for name in ("fault", "leave", "late")] == ["BAD_NAME: x", 500, 500]
    assert one.states()["cat"] == "RUNNING"


def test_a_reload_makes_the_plugins_anew(instance: Callable[[str], Instance], monkeypatch: pytest.MonkeyPatch) -> None:
    one = own(instance, monkeypatch)
    assert call(one, "cache.store", "key", "value") is True
    assert call(one, "own.made") == 1
    os.kill(one.pid, signal.SIGHUP)
    until("the second start", lambda: (one.folder / "main.log").read_text().count("supervisord started") == 2)
    one.wait_until_it_answers()
    assert call(one, "own.made") == 2
    assert call(one, "cache.getCount") == 0


@pytest.mark.parametrize(
    ("section", "complaint"),
    [
        (OWN, "Error: own_plugin:make cannot be resolved within [rpcinterface:own]"),
        (
            "[rpcinterface:x]\nsupervisor.rpcinterface_factory = supervisor_cache.rpcinterface:make_cache_rpcinterface.no\n",
            "Error: supervisor_cache.rpcinterface:make_cache_rpcinterface.no cannot be resolved within [rpcinterface:x]",
        ),
        ("[rpcinterface:x]\nsupervisor.rpcinterface_factory = json:loads\n", "Error: Could not make x rpc interface"),
    ],
)
def test_a_plugin_that_cannot_be_used_is_the_end_of_the_start_with_one_message(
    instance: Callable[[str], Instance], section: str, complaint: str
) -> None:
    one = instance(HEAD + section)
    done = one.run("-n")
    assert done.returncode == 2
    assert complaint in done.stderr and "Traceback" not in done.stderr
    assert not (one.folder / "s.sock").exists()


def test_plugins_are_those_the_daemon_was_started_with_whatever_happens_to_their_files(
    instance: Callable[[str], Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = (
        "[eventlistener:l]\ncommand = sleep 1000\nevents = REMOTE_COMMUNICATION\nresult_handler = own_pack:handler\n"
    )
    one = instance(HEAD + PYPI + OWN.replace("own_plugin", "own_pack") + handler)
    monkeypatch.setenv("INITD_COMMAND", bare(one, *PLUGINS))
    package = one.folder / "site" / "own_pack"
    package.mkdir()
    (package / "__init__.py").write_text(PLUGIN.replace("own_plugin", "own_pack") + "def handler(e, r): pass\n")
    (package / "late.py").write_text("WORD = 'old'\n")
    one.start("-n")
    one.until_running("cat")
    pid = one.pid
    until("the daemon to be at rest", lambda: at_rest(pid))
    for source in (one.folder / "site").rglob("*.py"):
        source.write_text("this is not python")
    for cache in list((one.folder / "site").rglob("__pycache__")):
        shutil.rmtree(cache)
    assert call(one, "own.late") == "old"
    assert call(one, "own.fault") == "BAD_NAME: x"
    assert call(one, "twiddler.addProgramToGroup", "cat", "dog", {"command": "cat", "startsecs": "0"}) is True
    one.until_running("cat:dog")
    assert call(one, "cache.store", "key", "value") is True
    os.kill(pid, signal.SIGHUP)
    until("the second start", lambda: (one.folder / "main.log").read_text().count("supervisord started") == 2)
    one.wait_until_it_answers()
    assert call(one, "own.made") == 2
