"""Groups and their reload: who is concerned by a command, an update or a restart, and who is not."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.worlds import HUP, World, is_down, ns, program

NAMES = "abcd"
LIVES = st.sampled_from(["run forever", "slow term 0.7s", "crash after 0.4s exit 1", "ignore TERM, run forever"])


def sections(names, **options):
    """A section for each of these."""
    return "".join(program(name, stopwaitsecs=1, **options) for name in names)


def grouped(groups):
    """Programs a to d in these groups; who is in none is one of its own."""
    return sections(NAMES) + "".join(f"[group:{name}]\nprograms={','.join(members)}\n" for name, members in groups.items())


def full(name, groups):
    """As supervisorctl shows it."""
    return next((f"{group}:{name}" for group, members in groups.items() if name in members), name)


groupings = st.lists(st.sampled_from(["", "g", "h"]), min_size=4, max_size=4).map(
    lambda where: {
        group: [name for name, place in zip(NAMES, where) if place == group] for group in ("g", "h") if group in where
    }
)


@settings(max_examples=50)
@given(groupings, st.sampled_from(["stopProcessGroup", "startProcessGroup"]), st.sampled_from(["g", "h"]), st.booleans())
def test_a_command_to_a_group_concerns_its_members_and_nobody_else(groups, method, group, wait):
    world = World(grouped(groups), servers=True)
    starts = method.startswith("start")
    first = world.call(1.5, "stopProcessGroup", "g", True) if starts else world.call(1.5, "getState")
    call = world.call(3, method, group, wait)
    world.run(8)
    members = groups.get(group, [])
    assert first.responses == call.responses == 1
    if not members:
        assert call.fault == "BAD_NAME"
        return
    told = {each["name"]: each["description"] for each in call.value}
    concerned = set(members) if not starts or group == "g" else set()
    assert set(told) == concerned
    for name in NAMES:
        stopped = name in members and not starts
        asleep = starts and group != "g" and name in groups.get("g", [])
        assert is_down(world, full(name, groups)) == (stopped or asleep), name
        touched = name in concerned or (starts and name in groups.get("g", []))
        assert (world.path(name) == ["STARTING", "RUNNING"]) == (not touched), name


@settings(max_examples=50)
@given(st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)))
def test_a_reread_names_what_was_added_changed_and_removed_and_touches_nobody(before, after, changed):
    world = World(sections(sorted(before)), servers=True)
    text = "".join(program(name, stopwaitsecs=2 if name in changed else 1) for name in sorted(after))
    world.at(2, lambda: world.write_config(text))
    call = world.call(2.5, "reloadConfig")
    world.run(4)
    ((added, modified, removed),) = call.value
    assert (set(added), set(removed)) == (after - before, before - after)
    assert set(modified) == before & after & changed
    assert {name: world.path(name) for name in before} == {name: ["STARTING", "RUNNING"] for name in before}


@settings(max_examples=50)
@given(st.sets(st.sampled_from(NAMES), min_size=1), st.sets(st.sampled_from(NAMES)), LIVES)
def test_an_update_of_one_group_leaves_the_processes_of_all_others_alone(before, after, life):
    """Remove what is gone, add what is new, as `supervisorctl update` does."""
    world = World(sections(sorted(before)), dict.fromkeys(before - after, life), servers=True)
    world.at(2, lambda: world.write_config(sections(sorted(after))))
    world.call(2.2, "reloadConfig")
    for name in sorted(before - after):
        world.call(2.5, "stopProcessGroup", name, True)
        world.call(4.5, "removeProcessGroup", name)
    added = [world.call(5, "addProcessGroup", name) for name in sorted(after - before)]
    world.run(9)
    assert all(call.value is True for call in added)
    assert set(world.simulation.states()) == after
    for name in after:
        assert world.state(name) == "RUNNING"
        assert len(world.pids(name)) == 1
    assert not [pid for name in before - after for pid in world.pids(name) if world.ended(pid) is None]


@settings(max_examples=50)
@given(
    st.dictionaries(st.sampled_from(NAMES), LIVES, min_size=1),
    st.sets(st.sampled_from(NAMES)),
    st.sampled_from([0.2, 1.0, 1.3, 2.5]),
    st.booleans(),
)
def test_a_restart_ends_all_of_the_old_before_it_starts_any_of_the_new(before, after, at, by_signal):
    world = World(sections(sorted(before)), before, servers=True)
    world.at(at - 0.1, lambda: world.write_config(sections(sorted(after))))
    if by_signal:
        world.signal(at, HUP)
    else:
        world.call(at, "restart")
    world.run(12)
    old = [each for each in world.spawned() if each.time_ns < ns(at)]
    new = [each for each in world.spawned() if each.time_ns >= ns(at)]
    assert set(world.simulation.states()) == after
    assert {each.detail[0].rpartition("/")[2] for each in new} == after
    if new:
        began = min(each.time_ns for each in new)
        assert all(world.ended(each.pid) is not None and world.ended(each.pid) <= began for each in old)
    assert all(world.ended(each.pid) is not None for each in old)
    assert world.status is None
    assert world.zombies() == []
