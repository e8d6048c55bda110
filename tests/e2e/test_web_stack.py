"""The web stack: nginx, php-fpm and redis in the foreground under one daemon, and a page that needs all three."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.instance import Instance, alive, fetch, until

pytestmark = pytest.mark.usefixtures("as_root", "packages")


@pytest.fixture
def stack(instance: Callable[[str], Instance]) -> Instance:
    made = instance("web-stack")
    made.start("-n")
    made.until_running("web:nginx", "web:php-fpm", "web:redis")
    return made


def visit(stack: Instance) -> int:
    """Fetch the page until it answers; which visit it counted."""

    def once() -> int:
        status, body = fetch(stack.folder / "run" / "web.sock")
        found = re.fullmatch(r"visit (\d+), served by nginx, php-fpm and redis\n", body)
        return int(found[1]) if status == 200 and found else 0

    return until("the page", once)


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_the_page_answers_through_all_three_and_its_requests_are_logged(stack: Instance) -> None:
    first = visit(stack)
    assert visit(stack) == first + 1
    log = stack.folder / "log" / "nginx-access.log"
    until("two lines in the access log", lambda: log.read_text().count('"GET / HTTP/1.0" 200') >= 2)
    assert "ready to handle connections" in (stack.folder / "log" / "php-fpm.log").read_text()

    assert stack.ctl("shutdown").stdout == "Shut down\n"
    assert stack.wait() == 0
    stack.until_gone()


def test_a_killed_worker_is_its_masters_affair(stack: Instance) -> None:
    master = stack.pid_of("web:php-fpm")
    old = until("two workers", lambda: len(children(master)) == 2 and children(master))
    os.kill(old[0], signal.SIGKILL)
    until("a new worker", lambda: len(new := children(master)) == 2 and old[0] not in new)
    assert stack.pid_of("web:php-fpm") == master
    assert visit(stack)


@pytest.mark.parametrize("name", ["nginx", "php-fpm", "redis"])
def test_after_a_masters_death_the_page_is_back(stack: Instance, name: str) -> None:
    visit(stack)
    master = stack.pid_of(f"web:{name}")
    orphans = children(master)
    os.kill(master, signal.SIGKILL)
    stack.until_replaced(f"web:{name}", master)
    assert visit(stack)
    until("the end of the old workers", lambda: not any(alive(pid) for pid in orphans))


def test_restart_replaces_every_program_of_the_group(stack: Instance) -> None:
    names = ["web:redis", "web:php-fpm", "web:nginx"]
    before = [stack.pid_of(name) for name in names]
    answer = stack.ctl("restart", "web:*")
    assert answer.returncode == 0
    assert [line for line in answer.stdout.splitlines() if line.endswith(": started")] != []
    after = [stack.pid_of(name) for name in names]
    assert not set(before) & set(after) and all(after)
    assert visit(stack)


def test_a_program_added_while_it_runs_joins_without_a_missed_request(stack: Instance) -> None:
    (stack.folder / "conf.d" / "second.conf").write_text(
        "[program:second-redis]\n"
        f"command = redis-server --port 0 --unixsocket {stack.folder}/run/second.sock --save ''\n"
        "stdout_logfile = %(here)s/../log/second.log\n"
    )
    before = visit(stack)
    assert stack.ctl("reread").stdout == "second-redis: available\n"
    assert stack.ctl("update").stdout == "second-redis: added process group\n"
    stack.until_running("second-redis")
    assert (stack.folder / "run" / "second.sock").is_socket()
    assert visit(stack) == before + 1


def test_the_access_log_is_rotated_and_no_request_is_lost(stack: Instance) -> None:
    answered = 0
    rotated = stack.folder / "log" / "nginx-access.log.1"
    mark = "x" * 4000

    def fill() -> bool:
        nonlocal answered
        status, _ = fetch(stack.folder / "run" / "web.sock", f"/?{mark}")
        answered += status == 200
        return rotated.exists()

    until("a rotated access log", fill)
    logs = [rotated, rotated.with_suffix("")]
    until("a line for every request", lambda: sum(log.read_text().count(mark) for log in logs) == answered)
    assert rotated.stat().st_size >= 64 * 1024
