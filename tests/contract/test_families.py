"""Groups, sessions and what becomes of orphans (setpgid(2), setsid(2), PR_SET_CHILD_SUBREAPER(2const))."""

from __future__ import annotations

from initd.signals import SIGKILL, SIGTERM
from sim.children.steps import daemonize
from tests.contract.contracts import CHILD, contract
from tests.contract.world import World


@contract("spawn-own-group", "spawn-our-session")
def test_a_child_leads_its_own_group_in_our_session(world: World) -> None:
    kid = world.spawn([["tell", "pid", "ppid", "pgid", "sid"]])
    us = world.kernel.getpid()
    assert kid.facts() == {"pid": str(kid.pid), "ppid": str(us), "pgid": str(kid.pid), "sid": str(us)}


@contract("fork-inherits-session-and-group", "grandchild-inherits-streams")
def test_a_grandchild_is_in_the_group_of_its_parent_and_writes_to_the_same_pipe(world: World) -> None:
    kid = world.spawn([["fork", [["tell", "ppid", "pgid", "sid"]]], ["wait"]])
    assert kid.facts() == {"ppid": str(kid.pid), "pgid": str(kid.pid), "sid": str(world.kernel.getpid())}


@contract("setsid-group-leader-refused")
def test_a_group_leader_cannot_make_a_session(world: World) -> None:
    kid = world.spawn([["setsid"], ["tell", "pgid", "sid"]])
    assert kid.facts() == {"pgid": str(kid.pid), "sid": str(world.kernel.getpid())}


@contract("setsid-new-session")
def test_who_leads_no_group_can_make_a_session(world: World) -> None:
    kid = world.spawn([["fork", [["setsid"], ["tell", "pid", "pgid", "sid"]]], ["wait"]])
    facts = kid.facts()
    assert facts["pgid"] == facts["sid"] == facts["pid"] != str(kid.pid)


@contract("setpgid-own-group")
def test_a_grandchild_can_lead_a_group_of_its_own_and_return_to_its_parents(world: World) -> None:
    steps = [["setpgid"], ["tell", "pid", "pgid"], ["setpgid", "parent"], ["tell", "pgid"]]
    kid = world.spawn([["fork", steps], ["wait"]])
    alone = kid.facts()
    assert alone["pid"] == alone["pgid"] != str(kid.pid)
    assert kid.facts() == {"pgid": str(kid.pid)}


@contract("setpgid-leader-of-session-refused")
def test_the_leader_of_a_session_stays_in_its_group(world: World) -> None:
    kid = world.spawn([["fork", [["setsid"], ["setpgid", "parent"], ["tell", "pid", "pgid"]]], ["wait"]])
    facts = kid.facts()
    assert facts["pid"] == facts["pgid"]


@contract("orphans-to-init")
def test_orphans_come_to_pid_1(world: World) -> None:
    kid = world.spawn([["fork", [["tell", "pid"], ["pause"]]], ["exit", 0]])
    orphan = int(kid.facts()["pid"])
    kid.end()
    assert world.kernel.children() == [orphan]
    world.kernel.kill(orphan, SIGTERM)
    assert world.reap(orphan).signal == SIGTERM


@contract("zombie-orphan-is-reparented")
def test_a_zombie_comes_to_pid_1_when_its_parent_dies_and_can_be_reaped(world: World) -> None:
    kid = world.spawn([["fork", [["tell", "pid"], ["exit", 5]]], ["pause"]])
    zombie = int(kid.facts()["pid"])
    world.until(lambda: world.state(zombie) == "Z")
    assert world.kernel.children() == [kid.pid]
    kid.kill(SIGKILL)
    kid.end()
    assert world.kernel.peek_exited() == zombie
    assert world.reap(zombie).code == 5


@contract(role=CHILD)
def test_orphans_pass_us_by_when_we_are_neither_pid_1_nor_a_subreaper(world: World) -> None:
    kid = world.spawn([["fork", [["tell", "pid"], ["sleep", 0.05], ["tell", "ppid"]]], ["exit", 0]])
    kid.facts()
    kid.end()
    assert kid.facts() == {"ppid": "1"}
    assert world.kernel.children() == []


@contract("orphans-to-nearest-subreaper", role=CHILD)
def test_orphans_come_to_a_subreaper_even_those_of_older_children(world: World) -> None:
    kid = world.spawn([["fork", [["fork", [["tell", "pid"], ["pause"]]], ["pause"]]], ["pause"]])
    far = int(kid.facts()["pid"])
    world.kernel.become_subreaper()
    world.kernel.killpg(kid.pid, 0)
    kid.kill(SIGKILL)
    kid.end()
    (middle,) = world.until(world.kernel.children)
    world.kernel.kill(middle, SIGKILL)
    world.reap(middle)
    assert world.kernel.children() == [far]


@contract(role=CHILD)
def test_the_nearest_of_two_subreapers_gets_the_orphan(world: World) -> None:
    world.kernel.become_subreaper()
    inner = [["fork", [["fork", [["sleep", 0.05], ["tell", "ppid"], ["exit", 0]]], ["exit", 0]]], ["wait"], ["pause"]]
    kid = world.spawn([["subreaper"], *inner])
    assert kid.facts() == {"ppid": str(kid.pid)}


@contract(role=CHILD)
def test_a_dead_subreaper_is_passed_over(world: World) -> None:
    world.kernel.become_subreaper()
    kid = world.spawn([["subreaper"], ["fork", [["fork", [["tell", "pid"], ["pause"]]], ["pause"]]], ["pause"]])
    far = int(kid.facts()["pid"])
    kid.kill(SIGKILL)
    kid.end()
    (middle,) = world.kernel.children()
    world.kernel.kill(middle, SIGKILL)
    world.reap(middle)
    assert world.kernel.children() == [far]


@contract(role=CHILD)
def test_the_subreaper_mark_is_not_inherited(world: World) -> None:
    world.kernel.become_subreaper()
    kid = world.spawn([["fork", [["fork", [["sleep", 0.05], ["tell", "ppid"]]], ["exit", 0]]], ["wait"], ["pause"]])
    assert kid.facts() == {"ppid": str(world.kernel.getpid())}


@contract()
def test_a_daemon_ends_up_with_pid_1_in_a_session_of_its_own(world: World) -> None:
    kid = world.spawn(daemonize([["sleep", 0.05], ["tell", "pid", "ppid", "pgid", "sid"], ["exit", 0]]))
    assert kid.end().code == 0
    facts = kid.facts()
    assert facts["ppid"] == "1"
    assert facts["sid"] == facts["pgid"] not in (facts["pid"], str(kid.pid), "1")


@contract("pid-cyclic")
def test_after_the_highest_pid_numbering_starts_again_below(world: World) -> None:
    highest = world.highest_pid()
    world.next_pid(highest)
    kids = [world.ready([]) for _ in range(3)]
    assert kids[0].pid == highest
    assert kids[1].pid < kids[2].pid < highest


@contract("pid-not-reused-while-group-exists")
def test_the_pid_of_a_reaped_leader_is_not_given_out_while_its_group_lives(world: World) -> None:
    kid = world.spawn([["fork", [["tell", "pid"], ["pause"]]], ["exit", 0]])
    member = int(kid.facts()["pid"])
    kid.end()
    world.next_pid(kid.pid)
    assert world.ready([]).pid not in (kid.pid, member)
    world.kernel.kill(member, SIGKILL)
    world.reap(member)
    world.next_pid(kid.pid)
    assert world.ready([]).pid == kid.pid
