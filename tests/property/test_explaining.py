"""Why a program is in its state: the shipped daemon is asked, on a simulated kernel, of ends that are known beforehand."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sim.kernel import SimFiles
from tests.property.worlds import World, program

lives = st.integers(0, 9).map(lambda tenths: tenths / 10)


def explained(world, name, seconds):
    """What initd.explain answers at that time, and the state that it says it explains."""
    call = world.call(seconds, "initd.explain", name)
    world.run(seconds + 0.4)
    (found,) = call.value
    assert (found["group"], found["name"]) == tuple(name.split(":")) if ":" in name else (name, name)
    return found["statename"], found["short"], found["lines"]


@given(life=lives, keeps=st.booleans(), pid=st.sampled_from([1, 50]), log=st.sampled_from(["AUTO", "NONE", "/dev/stdout"]))
def test_what_daemonizes_is_explained_as_that_whoever_adopts_it(life, keeps, pid, log):
    text = program("p", stdout_logfile=log, stderr_logfile=log, stdout_logfile_maxbytes=0, stderr_logfile_maxbytes=0)
    world = World(text, {"p": f"daemonize{' keep pipe' if keeps else ''} for 60s"}, servers=True, pid=pid)
    state, short, lines = explained(world, "p", 0.5 + life)
    assert state in ("BACKOFF", "FATAL", "STARTING")
    assert short.startswith("daemonizes: pid ") and short.endswith(" lives on")
    left = int(short.split()[2])
    assert left not in world.pids("p") and world.kernel.machine.table.by_pid[left].argv == ("/usr/bin/p",)
    assert lines[1] == f"A process it left behind (pid {left}, /usr/bin/p) is still alive: it daemonizes."
    assert lines[-1].startswith("End what it left behind before that: kill ") and str(left) in lines[-1].split()


@given(
    end=st.sampled_from(["exit 3", "crash by SEGV", "exit 0"]), life=lives, pid=st.sampled_from([1, 50]), more=st.booleans()
)
def test_what_only_ends_is_not_said_to_daemonize_beside_one_that_does(end, life, pid, more):
    what, *by = end.split(" by ")
    behaviours = {"p": f"{what} after {life}s" + "".join(f" by {signal}" for signal in by), "q": "daemonize for 60s"}
    world = World(program("p") + program("q") * more, behaviours, servers=True, pid=pid)
    _, short, lines = explained(world, "p", 1.5)
    assert short in ("ended with 3", "killed by SIGSEGV", "ended with 0 within startsecs=1")
    assert not any("daemoniz" in line or "left behind" in line for line in lines)
    life_shown = "less than 0.01 s" if not life else f"{life:.2f} s"
    assert f" after {life_shown}" in lines[0]


@given(retries=st.integers(0, 4), moment=st.integers(2, 140))
def test_who_waits_is_told_which_try_is_next_when_and_of_how_many(retries, moment):
    seconds = moment / 10
    world = World(program("p", startretries=retries), {"p": "exit 1"}, servers=True)
    state, _, lines = explained(world, "p", seconds)
    tries = retries + 1
    made = len([each for each in world.spawned("p") if each.time_ns <= seconds * 1e9])
    due = [sum(range(nth + 1)) for nth in range(tries)]
    assume(all(abs(seconds - at) > 0.05 for at in due))
    if made <= retries:
        assert state == "BACKOFF"
        nth = {2: "2nd", 3: "3rd"}.get(made + 1, f"{made + 1}th")
        assert f"the {nth} of {tries} (startretries={retries})" in lines[-1]
        waits = float(lines[-1].split(" in ")[1].split(" s,")[0])
        assert waits == pytest.approx(due[made] - seconds, abs=0.06)
    else:
        assert state == "FATAL"
        assert lines[-1].startswith(f"No more tries: it had {tries} tr")


@given(directories=st.lists(st.sampled_from(["/bin", "/usr/bin", "/opt/x"]), min_size=1, max_size=3, unique=True))
def test_a_command_that_is_nowhere_is_told_with_its_path_and_what_is_named_like_it(directories):
    files = SimFiles()
    files.program("/opt/x/nginx")
    path = ":".join(directories)
    text = program("p", command="ngnix -g x", environment=f'PATH="{path}"')
    _, short, lines = explained(World(text, servers=True, files=files), "p", 0.5)
    near = "/opt/x" in directories
    assert short == "command ngnix not found" + (" (nginx?)" if near else "")
    assert lines[0] == f"ngnix is in none of the directories of its PATH: {path}."
    assert ("Similar names there: /opt/x/nginx." in lines) is near


@given(depth=st.integers(0, 4), log=st.sampled_from(["AUTO", "NONE"]))
def test_the_first_component_that_stops_a_user_is_named(depth, log):
    files = SimFiles()
    files.program("/srv/a/b/c/run")
    parts = ["/srv", "/srv/a", "/srv/a/b", "/srv/a/b/c", "/srv/a/b/c/run"]
    files.tree.find(parts[4]).mode = 0o700
    files.tree.find(parts[depth]).mode = 0o700
    files.users.add_user("www", 1000, 1000, "/")
    text = program("p", command="/srv/a/b/c/run", user="www", stderr_logfile=log)
    _, short, lines = explained(World(text, servers=True, files=files), "p", 0.5)
    assert short == "cannot execute /srv/a/b/c/run"
    what = "drwx------ root:root: www may not enter it" if depth < 4 else "-rwx------ root:root: www may not execute it"
    assert f"{parts[depth]} is {what}." in lines


@given(holder=st.sampled_from(["nobody", "somebody", "us"]), log=st.sampled_from(["AUTO", "NONE"]))
def test_who_holds_the_port_that_a_program_wants_is_named(holder, log):
    says = "2026/12/01 10:20:30 [emerg] bind() to 0.0.0.0:8080 failed (98: Address already in use)"
    text = program("p", stderr_logfile=log) + ("[inet_http_server]\nport=8080\n" if holder == "us" else "")
    world = World(text, {"p": [["write", "err", f"{says}\n"], ["exit", 1]]}, servers=True)
    if holder == "somebody":
        world.kernel.network.listen_tcp(8080)
    _, short, lines = explained(world, "p", 0.5)
    assert lines[1] == f"It said: {says}"
    if holder == "nobody":
        assert short == "its address is in use"
    else:
        assert short == "port 8080 is in use"
        assert lines[2].startswith(f"Port 8080 is held by {'pid 1, initd' if holder == 'us' else 'a process of another user'}")


@pytest.mark.parametrize(
    ("text", "life", "seconds", "state", "begins"),
    [
        (program("p"), "run", 5, "RUNNING", "It has been up for 5.0 s as pid "),
        (program("p"), "run", 0.5, "STARTING", "It has been up for 0.50 s as pid "),
        (program("p", autostart="false"), "run", 1, "STOPPED", "It has not been started: autostart=false."),
        (program("p"), "exit 0 after 2s", 5, "EXITED", "It ended with 0 after 2.0 s."),
    ],
)
def test_a_program_without_trouble_is_told_of_too(text, life, seconds, state, begins):
    found, _, lines = explained(World(text, {"p": life}, servers=True), "p", seconds)
    assert found == state
    assert lines[0].startswith(begins)


def test_all_and_a_group_are_explained_together_and_only_those_in_trouble_are_troubles():
    world = World(program("a") + program("b"), {"a": "exit 2", "b": "run"}, servers=True)
    calls = [world.call(3, "initd.explain", name) for name in ("all", "a:*", "nope", "nope:*")]
    troubles = world.call(3, "initd.troubles")
    world.run(4)
    assert [[each["name"] for each in call.value] for call in calls[:2]] == [["a", "b"], ["a"]]
    assert [call.fault for call in calls[2:]] == ["BAD_NAME", "BAD_NAME"]
    assert [(each["name"], each["short"]) for each in troubles.value] == [("a", "ended with 2")]


def test_what_supervisord_does_not_have_is_not_listed_and_takes_what_it_says():
    world = World(program("a"), {"a": "run"}, servers=True)
    wrong = [world.call(2, "initd.explain"), world.call(2, "initd.nope"), world.call(2, "initd.troubles", "x")]
    listed = world.call(2, "system.listMethods")
    world.run(3)
    assert [call.fault for call in wrong] == ["INCORRECT_PARAMETERS", "UNKNOWN_METHOD", "INCORRECT_PARAMETERS"]
    assert not [name for name in listed.value if name.startswith("initd")]
