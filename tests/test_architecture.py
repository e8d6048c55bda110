"""The design's rules as tests: what may import what, who may make syscalls, and how large anything may grow.

Run as a program it prints the size report: what is worth a hard look before it becomes a failure.
"""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Iterator
from pathlib import Path

import h11
from supervisor.xmlrpc import SupervisorTransport, UnixStreamHTTPConnection

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted(path for package in ("initd", "sim") for path in (ROOT / package).rglob("*.py"))

MODULE_LINES, MODULE_LIMIT = 300, 400
FUNCTION_LINES, FUNCTION_LIMIT = 40, 70

PURE = {"__future__", "bisect", "collections", "enum", "functools", "heapq", "itertools", "math", "operator"}
"""All that the core may take from the standard library."""
IMPURE_CALLS = {"__import__", "breakpoint", "compile", "eval", "exec", "hash", "id", "input", "open", "print"}
"""Built-ins that do I/O, or whose answer differs from run to run."""
SYSTEM = {
    *("_posixsubprocess", "_thread", "asyncio", "concurrent", "ctypes", "datetime", "fcntl", "glob", "grp", "io"),
    *("locale", "logging", "mmap", "multiprocessing", "os", "pathlib", "platform", "posix", "pty", "pwd", "queue"),
    *("random", "resource", "select", "selectors", "secrets", "shutil", "signal", "socket", "ssl", "subprocess"),
    *("syslog", "tempfile", "termios", "threading", "time", "tty", "uuid"),
}
"""Modules that reach the kernel, the clocks, the user's database or another thread."""
FORBIDDEN_IN_THE_DAEMON = {"argparse", "configparser", "dataclasses", "logging", "socket", "subprocess", "typing"}
"""What costs a PID 1 more memory and start-up time than it gives."""

BEFORE_CMD = """
    errno gc
    initd initd.cli initd.kernel initd.kernel.command initd.kernel.linux_command initd.kernel.linux_init
    initd.kernel.linux_streams initd.reaper initd.reaper.options initd.reaper.run initd.signals
""".split()
"""What `initd -- CMD` has loaded as PID 1 when it starts CMD, beyond the bare interpreter: not even `os`."""
BEFORE_THE_VERDICT = """
    collections enum errno functools genericpath itertools keyword operator os posixpath pyexpat reprlib stat types
    initd initd.cli initd.health initd.config initd.control initd.control.client initd.errors initd.kernel initd.record
    initd.signals
    initd.config.cmdline initd.config.expand initd.config.host initd.config.include initd.config.ini initd.config.model
    initd.config.options initd.config.paths initd.config.section initd.config.servers initd.config.users initd.config.values
    initd.control.client.verdict initd.control.client.wire
    initd.kernel.linux_files initd.kernel.linux_host initd.kernel.linux_streams
""".split()
"""What `initd health` has loaded when it has its answer: the reader of configurations is the most of it."""
BEFORE_THE_FIRST_SPAWN = """
    collections contextlib copyreg enum errno fcntl functools gc genericpath heapq importlib itertools keyword
    operator os posixpath reprlib resource select stat types warnings
    initd initd.app initd.cli initd.config initd.control initd.daemon initd.daemonize initd.drive initd.errors
    initd.eventtypes initd.foreground initd.isolation initd.kernel initd.logs initd.pinned initd.reaper initd.record
    initd.service initd.session initd.signals initd.startup initd.states initd.supervise initd.taps
    initd.config.cmdline initd.config.compare initd.config.daemon initd.config.diagnostics initd.config.environment
    initd.config.expand initd.config.groups initd.config.host initd.config.include initd.config.ini
    initd.config.listeners initd.config.load initd.config.meaning initd.config.model initd.config.options initd.config.own
    initd.config.paths initd.config.programs
    initd.config.section initd.config.servers initd.config.users initd.config.values
    initd.control.faults initd.control.http initd.control.turns
    initd.drive.apply initd.drive.line initd.drive.loop initd.drive.policies initd.drive.program initd.drive.resolve
    initd.drive.sockets initd.drive.spawner initd.drive.stdin
    initd.kernel.linux initd.kernel.linux_children initd.kernel.linux_files initd.kernel.linux_fork
    initd.kernel.linux_host initd.kernel.linux_identity initd.kernel.linux_limits initd.kernel.linux_poller
    initd.kernel.linux_process
    initd.kernel.linux_sockets initd.kernel.linux_spawn initd.kernel.linux_streams initd.kernel.linux_wakeup
    initd.kernel.linux_workers
    initd.kernel.port
    initd.logs.ansi initd.logs.autolog initd.logs.capture initd.logs.mainlog initd.logs.pipe initd.logs.program initd.logs.rotate
    initd.logs.sinks
    initd.reaper.orphans initd.reaper.reaper
    initd.supervise.audience initd.supervise.conclusion
    initd.supervise.desk initd.supervise.effects initd.supervise.ending initd.supervise.events
    initd.supervise.group initd.supervise.listener initd.supervise.membership
    initd.supervise.notifications initd.supervise.policy initd.supervise.pools
    initd.supervise.process initd.supervise.rules initd.supervise.shutdown initd.supervise.sockets
    initd.supervise.starting initd.supervise.stopping initd.supervise.supervisor initd.supervise.table
    initd.supervise.ticks initd.supervise.timers
""".split()
"""What the daemon has loaded when it starts its first program, beyond the bare interpreter; private modules left out."""
AFTER_THE_FIRST_RPC = """
    ast binascii copy dataclasses dis h11 hashlib hmac inspect linecache opcode pyexpat re token tokenize typing
    weakref
    initd.control.auth initd.control.connection initd.control.describe initd.control.door initd.control.head initd.control.logtail
    initd.control.outgoing initd.control.reply initd.control.routes initd.control.rpc initd.control.rpc_daemon
    initd.control.rpc_groups initd.control.rpc_info initd.control.rpc_logs initd.control.rpc_names initd.control.rpc_process
    initd.control.rpc_system initd.control.rpc_table initd.control.steps initd.control.times initd.control.xmlrpc
    initd.logs.moment
""".split()
"""What serving clients adds to that; h11 brings most of the standard library among it."""
AFTER_THE_FIRST_PAGE = """
    initd.control.web initd.control.web.actions initd.control.web.board initd.control.web.document initd.control.web.form
    initd.control.web.icon initd.control.web.live initd.control.web.markup initd.control.web.pages
    initd.control.web.programs initd.control.web.script_common initd.control.web.script_log
    initd.control.web.script_programs initd.control.web.status initd.control.web.style initd.control.web.tail
""".split()
"""What the web pages add to that."""


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def may_make_syscalls(module: str) -> bool:
    """The kernel, those who speak to the user before there is one, what is not the daemon, what only plugins run."""
    outermost = {"__main__", "cli", "daemon", "daemonize", "foreground", "health", "isolation", "pidproxy"}
    below = ("initd.kernel.linux", "initd.control.client", "initd.plugins.standins")
    return module.removeprefix("initd.") in outermost or module.startswith(below)


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """(module, line) of every import that happens at run time."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for branch in node.orelse:
                yield from imports(ast.Module([branch], []))
        elif isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "." * node.level, node.lineno
        else:
            yield from imports(node)


def parsed(prefix: str) -> list[tuple[str, ast.Module]]:
    found = [(module_name(path), ast.parse(path.read_text())) for path in SOURCES]
    chosen = [(name, tree) for name, tree in found if f"{name}.".startswith(f"{prefix}.")]
    assert chosen, f"no modules under {prefix}"
    return chosen


def test_the_core_imports_nothing_that_acts_waits_or_varies() -> None:
    wrong = [
        f"{name}:{line} imports {target}"
        for name, tree in parsed("initd.supervise")
        for target, line in imports(tree)
        if target.partition(".")[0] not in PURE | {"initd"}
    ]
    assert not wrong, wrong


def test_the_core_calls_no_built_in_that_acts_or_varies() -> None:
    wrong = [
        f"{name}:{node.lineno} calls {node.func.id}"
        for name, tree in parsed("initd.supervise")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in IMPURE_CALLS
    ]
    assert not wrong, wrong


def test_only_the_kernel_and_the_outermost_programs_make_syscalls() -> None:
    wrong = [
        f"{name}:{line} imports {target}"
        for name, tree in parsed("initd")
        if not may_make_syscalls(name)
        for target, line in imports(tree)
        if target.partition(".")[0] in SYSTEM
    ]
    assert not wrong, wrong


def test_no_daemon_module_imports_what_pid_1_cannot_afford() -> None:
    wrong = [
        f"{name}:{line} imports {target}"
        for name, tree in parsed("initd")
        if not name.startswith(("initd.control.client", "initd.pidproxy"))
        for target, line in imports(tree)
        if target.partition(".")[0] in FORBIDDEN_IN_THE_DAEMON
    ]
    assert not wrong, wrong


def test_every_module_opens_by_saying_what_belongs_in_it() -> None:
    silent = [name for package in ("initd", "sim") for name, tree in parsed(package) if not ast.get_docstring(tree)]
    assert not silent, silent


def test_imports_point_down_only() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as main; main()"]
    linter = subprocess.run([*command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert linter.returncode == 0, linter.stdout + linter.stderr
    assert " 0 broken" in linter.stdout


def sizes() -> Iterator[tuple[str, int, int, int]]:
    """(place, lines, from where on it is reported, from where on it fails) of every module and function."""
    for path in SOURCES:
        text = path.read_text()
        yield f"{path.relative_to(ROOT)}", len(text.splitlines()), MODULE_LINES, MODULE_LIMIT
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                place = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
                yield place, lines, FUNCTION_LINES, FUNCTION_LIMIT


def test_no_module_exceeds_400_lines_and_no_function_70() -> None:
    too_long = [f"{place}: {lines} lines" for place, lines, _, limit in sizes() if lines > limit]
    assert not too_long, too_long


CONFIG = """
[supervisord]
logfile = {folder}/main.log
pidfile = {folder}/main.pid
nodaemon = true
silent = true
[unix_http_server]
file = {folder}/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[program:cat]
command = cat
[include]
files = {folder}/*.inc
"""  # cat ends with the daemon, however that ends


def daemon_that_tells(moment: str, folder: Path) -> subprocess.Popen[str]:
    """The real daemon, which prints its modules at that moment and ends."""
    config = folder / "supervisord.conf"
    config.write_text(CONFIG.format(folder=folder))
    driver = ROOT / "tests" / "loaded_modules.py"
    directories = [str(ROOT), str(Path(h11.__file__).parent.parent)]
    command = [sys.executable, "-IS", str(driver), moment, *directories, "--", "-c", str(config)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def told(daemon: subprocess.Popen[str]) -> set[str]:
    """What it printed: our modules in full, of others the top level, without private ones."""
    names = daemon.communicate(timeout=60)[0].split()
    assert "initd.cli" in names
    return {name for name in names if name.startswith("initd") or not ("." in name or name.startswith("_"))}


def compare(loaded: set[str], pinned: set[str]) -> None:
    """Equal as to our own modules; of the rest none too many, since versions of Python differ."""
    assert sorted(loaded - pinned) == [], "not in the pinned list: load it later, or add it on purpose"
    assert sorted(name for name in pinned - loaded if name.startswith("initd")) == [], "pinned, but not loaded any more"


def test_the_init_has_loaded_the_pinned_modules_before_its_command(tmp_path: Path) -> None:
    driver = [sys.executable, "-IS", str(ROOT / "tests" / "loaded_modules.py"), "command", str(ROOT)]
    namespace = ["unshare", "--pid", "--fork", "--kill-child=KILL"] if os.geteuid() == 0 else []
    init = subprocess.Popen([*namespace, *driver, "--", "--", "true"], stdout=subprocess.PIPE, text=True)
    more = set() if namespace else {"initd.kernel.linux_libc"}  # any other process than PID 1 has to become a subreaper
    compare(told(init), {*BEFORE_CMD, *more})


def test_the_daemon_has_loaded_the_pinned_modules_before_its_first_spawn(tmp_path: Path) -> None:
    loaded = told(daemon_that_tells("first-spawn", tmp_path))
    assert not loaded & FORBIDDEN_IN_THE_DAEMON
    compare(loaded, set(BEFORE_THE_FIRST_SPAWN))


def answered_state(path: Path) -> str | None:
    """What getState says, or None while nobody listens."""
    transport = SupervisorTransport(serverurl=f"unix://{path}")
    try:
        with xmlrpc.client.ServerProxy("http://localhost", transport=transport) as client:
            return str(client.supervisor.getState()["statename"])
    except OSError:
        return None


def daemon_that_has_answered(folder: Path) -> subprocess.Popen[str]:
    """The real daemon after its first RPC; it prints its modules and ends at SIGUSR2."""
    daemon = daemon_that_tells("SIGUSR2", folder)
    deadline = time.monotonic() + 60
    while (state := answered_state(folder / "s.sock")) is None:
        assert time.monotonic() < deadline and daemon.poll() is None
        time.sleep(0.02)
    assert state == "RUNNING"
    return daemon


def test_serving_the_first_request_loads_the_pinned_modules_and_no_more(tmp_path: Path) -> None:
    daemon = daemon_that_has_answered(tmp_path)
    daemon.send_signal(signal.SIGUSR2)
    compare(told(daemon), {*BEFORE_THE_FIRST_SPAWN, *AFTER_THE_FIRST_RPC})


def test_a_health_check_has_loaded_the_pinned_modules_when_it_has_its_answer(tmp_path: Path) -> None:
    daemon = daemon_that_has_answered(tmp_path)
    driver = [sys.executable, "-IS", str(ROOT / "tests" / "loaded_modules.py"), "verdict", str(ROOT)]
    check = [*driver, "--", "health", "-t", "60", "-c", str(tmp_path / "supervisord.conf")]
    loaded = told(subprocess.Popen(check, stdout=subprocess.PIPE, text=True))
    daemon.send_signal(signal.SIGUSR2)
    daemon.communicate(timeout=60)
    assert not loaded & FORBIDDEN_IN_THE_DAEMON
    compare(loaded, set(BEFORE_THE_VERDICT))


def test_the_web_pages_are_loaded_by_the_first_request_for_one(tmp_path: Path) -> None:
    daemon = daemon_that_has_answered(tmp_path)
    client = UnixStreamHTTPConnection("localhost", timeout=60)
    client.socketfile = str(tmp_path / "s.sock")
    client.request("GET", "/")
    assert client.getresponse().status == 200
    client.close()
    daemon.send_signal(signal.SIGUSR2)
    compare(told(daemon), {*BEFORE_THE_FIRST_SPAWN, *AFTER_THE_FIRST_RPC, *AFTER_THE_FIRST_PAGE})


if __name__ == "__main__":
    for place, lines, reported, limit in sizes():
        if lines > reported:
            print(f"{place}: {lines} lines (reported over {reported}, fails over {limit})")
