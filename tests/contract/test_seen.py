"""What the process table and the sockets show to whoever wants to know why (initd/kernel/port.py, `Files`; proc(5))."""

from __future__ import annotations

import errno

from sim.children.steps import daemonize
from tests.contract.contracts import CHILD, contract, refused
from tests.contract.world import World

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.kernel.port import Seen

TICK_NS = 20_000_000


def table(world: World) -> dict[int, Seen]:
    return {seen.pid: seen for seen in world.files.processes()}


@contract("processes-born-when-they-were-forked", "processes-keep-the-environment-of-their-exec")
def test_a_child_is_seen_with_whose_it_is_when_it_was_born_and_what_it_was_given(world: World) -> None:
    before_ns = world.kernel.mono()
    kid = world.ready([], env={"SUPERVISOR_PROCESS_NAME": "web"})
    after_ns = world.kernel.mono()
    seen = table(world)[kid.pid]
    us = world.kernel.getpid()
    assert (seen.parent, seen.group) == (us, kid.pid)
    assert before_ns - TICK_NS <= seen.born_ns <= after_ns + TICK_NS
    assert seen.env == ("SUPERVISOR_PROCESS_NAME=web",)
    assert "pause" in seen.title
    assert seen.exe
    assert list(table(world)) == sorted(table(world))
    assert us in table(world)


@contract("processes-without-zombies")
def test_who_has_ended_is_not_seen_before_it_is_reaped_either(world: World) -> None:
    kid = world.spawn([["exit", 3]])
    world.until(lambda: world.state(kid.pid) == "Z", "its end")
    assert kid.pid not in table(world)


@contract(role=CHILD)
def test_who_has_daemonized_is_seen_in_a_session_of_its_own_with_what_its_parent_was_given(world: World) -> None:
    life = [["save", world.path("pid"), "{pid}"], ["sleep", 20]]
    kid = world.spawn(daemonize(life), env={"SUPERVISOR_PROCESS_NAME": "web"})
    born_ns = world.kernel.mono()
    world.reap(kid.pid)
    world.until(lambda: "pid" in world.files.listdir(world.directory), "its pid")
    world.until(lambda: world.files.read_file(world.path("pid")), "its pid, written")
    pid = int(world.files.read_file(world.path("pid")))
    seen = table(world)[pid]
    assert kid.pid not in (seen.group, seen.session)
    assert seen.session not in (kid.pid, world.kernel.getpid())
    assert seen.parent != kid.pid
    assert seen.env == ("SUPERVISOR_PROCESS_NAME=web",)
    assert seen.born_ns >= born_ns - TICK_NS
    world.kernel.kill(pid, 9)


@contract("listeners-by-port")
def test_who_listens_at_a_port_is_found_by_it(world: World) -> None:
    fd = world.kernel.listen_tcp("127.0.0.1", 0)
    port = world.kernel.socket_port(fd)
    assert world.files.listeners(port) == [world.kernel.getpid()]
    world.kernel.close(fd)
    assert world.files.listeners(port) == []


@contract("owner-follows-links")
def test_an_owner_is_that_of_what_a_link_leads_to(world: World) -> None:
    world.put_file(world.path("file"), b"", 0o640)
    world.link(world.path("link"), world.path("file"))
    mode, uid, gid = world.files.owner(world.path("link"))
    assert (mode & 0o777, uid, gid) == (0o640, 0, 0)
    assert world.files.stat(world.path("link")) == (mode, uid)
    with refused(errno.ENOENT):
        world.files.owner(world.path("gone"))
