"""What a recording or a main log tells is what happened: read back, it is the story that the stage itself tells."""

from __future__ import annotations

import io
from functools import partial
from random import Random

import pytest

from initd.config.load import load
from initd.kernel import transcript
from sim.accounts import mainlog
from sim.accounts.recording import Reader
from sim.children.behaviours import parse_behaviour as behaviour
from sim.generate import PROFILES, scenario
from sim.invariants import Outcome
from sim.judge import verdicts
from sim.oracle.mainlog import MainLog
from sim.oracle.play import play
from sim.scenario import Kind
from sim.stage.daemon import ARGUMENTS, DaemonStage, _files, _host, config_text
from sim.trace import by_program
from tests.property.recorded import Recorder
from tests.property.test_recordings import recording_of, send
from tests.property.worlds import HUP, TERM, Call, World, program

SEEDS = range(0, 12)
START = "2026-01-01 00:00:00,000 INFO supervisord started with pid 1"


def read(text):
    return Reader("rec").read(transcript.entries(io.BytesIO(text), "rec"))


def not_passed(account, *slack):
    return [(each.law, each.outcome.value, each.text) for each in verdicts(account, *slack) if each.outcome is not Outcome.PASS]


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_a_recording_tells_the_story_of_the_stage_to_the_nanosecond_and_every_law_holds_in_it(profile):
    for seed in SEEDS:
        stage = DaemonStage(scenario(seed, profile))
        (account,) = read(recording_of(stage))
        told = [entry for entry in account.trace if entry[2] != "answer"]
        assert by_program(told) == by_program([entry for entry in stage.trace if entry[2] != "answer"]), (profile, seed)
        answers = sorted(entry[3].partition(" ")[2] for entry in account.trace if entry[2] == "answer")
        assert answers == sorted(entry[3].partition(" ")[2] for entry in stage.trace if entry[2] == "answer"), (profile, seed)
        assert not not_passed(account, 1), (profile, seed)


METHODS = {
    "reloadConfig": (),
    "restart": (),
    "getAllProcessInfo": (),
    "startProcess": ("talk", True),
    "stopProcess": ("talk", True),
    "signalProcess": ("talk", "USR1"),
    "stopAllProcesses": (),
    "startAllProcesses": (),
    "startProcessGroup": ("crash", False),
    "removeProcessGroup": ("talk",),
    "addProcessGroup": ("talk",),
}


def test_calls_for_many_groups_that_go_and_come_restarts_and_reloads_break_no_law():
    sessions = 0
    for seed in range(25):
        rng = Random(seed)
        behaviours = {"talk": behaviour("run forever"), "crash": behaviour("crash after 0.3s exit 1")}
        world = World(program("talk", startsecs=0) + program("crash", startretries=2), behaviours, servers=True)
        recorder = Recorder(world.simulation)
        for _ in range(rng.randrange(14)):
            method = rng.choice(sorted(METHODS))
            request = Call(method, METHODS[method]).request
            world.at(rng.uniform(0, 20), partial(send, world, request))
        if rng.random() < 0.5:
            world.signal(rng.uniform(1, 15), HUP)
        if rng.random() < 0.7:
            world.signal(rng.uniform(15, 25), TERM)
        world.run(30)
        if world.status is not None:
            recorder.recorded.end(world.status)
        for account in read(recorder.text):
            sessions += 1
            assert not not_passed(account), seed
    assert sessions > 28, "some of them were restarted"


def lines_of_stock(played):
    """The main log of supervisor 4.3.0, in its real loop on a virtual kernel."""
    log = MainLog()
    play(played, lagging=True, log=log)
    made = [START]
    for time_ns, level, text in log.lines:
        seconds, rest = divmod(time_ns, 1_000_000_000)
        made.append(f"2026-01-01 00:{seconds // 60:02}:{seconds % 60:02},{rest // 1_000_000:03} {level[:4].upper()} {text}")
    return made


@pytest.mark.parametrize("who", ["initd", "supervisor 4.3.0"])
def test_no_main_log_is_found_guilty_but_for_the_mistake_of_supervisor_that_it_shows(who):
    guilty, judged = set(), 0
    for profile in sorted(PROFILES):
        for seed in range(30):
            played = scenario(seed, profile)
            if any(op.kind is Kind.WALL for op in played.ops):
                continue  # a log has the wall clock's times
            if who == "initd":
                stage = DaemonStage(played)
                stage.run()
                lines = stage.simulation.main_log().splitlines()
            else:
                lines = lines_of_stock(played)
            groups = load(ARGUMENTS, _host(_files(config_text(played)))).groups
            (account,) = mainlog.Reader("log", groups).read(lines)
            judged += 1
            guilty |= {(each.law, each.text.split(" after ")[0]) for each in verdicts(account) if each.outcome is Outcome.FAIL}
    assert judged > 80
    # D3: who ends at the clock's reading of its start is called RUNNING, whatever startsecs is.
    assert guilty == (set() if who == "initd" else {("S4", "RUNNING")})
