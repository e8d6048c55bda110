"""One session: its start, its groups, its signals, its logs, its end."""

from __future__ import annotations

import pytest

from initd.supervise.effects import GroupChanged, MoodChanged
from initd.supervise.events import ShutdownAsked
from tests.property.worlds import CONF, HUP, MAIN_LOG, TERM, World, ns, program

USR1, USR2, INT, QUIT = 10, 12, 2, 3


def test_the_first_lines_of_the_log_are_notices_then_the_start_then_the_children():
    world = World(program("p", stdout_logfil="x")).run(2)
    lines = [line[24:] for line in world.log().splitlines()]
    assert lines[0].startswith("WARN ")
    assert "stdout_logfil" in lines[0]
    assert lines[1:3] == ["INFO supervisord started with pid 1", "INFO spawned: 'p' with pid 2"]


def test_groups_are_added_in_the_order_of_the_configuration_before_anything_starts():
    world = World(program("b", priority=1) + program("a", priority=1) + program("z", priority=0))
    effects = []
    world.simulation.application._environment.on_change = effects.append
    world.run(0.5)
    assert [each.name for each in effects[:3] if isinstance(each, GroupChanged)] == ["z", "a", "b"]
    assert [each.detail[0] for each in world.spawned()] == ["/usr/bin/z", "/usr/bin/a", "/usr/bin/b"]


@pytest.mark.parametrize(("number", "name"), [(TERM, "SIGTERM"), (INT, "SIGINT"), (QUIT, "SIGQUIT")])
def test_the_signals_that_end_it_are_named_in_the_log(number, name):
    world = World(program("p"))
    world.signal(3, number)
    world.run(10)
    assert world.lines("received") == [f"WARN received {name} indicating exit request"]
    assert world.status == 0


def test_the_change_of_mood_is_announced_once():
    world = World(program("p"), {"p": "slow term 2s"})
    effects = []
    world.simulation.application._environment.on_change = effects.append
    for second in (3, 4):
        world.signal(second, TERM)
    world.run(10)
    assert len([each for each in effects if isinstance(each, MoodChanged)]) == 1


def test_usr1_is_logged_and_ignored():
    world = World(program("p"))
    world.signal(3, USR1)
    world.run(10)
    assert world.lines("SIGUSR1") == ["WARN received SIGUSR1: ignored"]
    assert world.state("p") == "RUNNING"


def test_usr2_makes_all_logs_follow_their_paths():
    world = World(program("p", stdout_logfile="/var/log/p.log"), {"p": "print hello every 1s"})

    def move():
        for path in (MAIN_LOG, "/var/log/p.log"):
            world.files.rename(path, path + ".old")

    world.at(2.5, move)
    world.signal(3.5, USR2)
    world.run(5.5)
    assert world.files.data("/var/log/p.log.old") == b"hello\n" * 4
    assert world.files.data("/var/log/p.log") == b"hello\n" * 2
    old = world.files.data(MAIN_LOG + ".old").decode()
    assert "INFO received SIGUSR2 indicating log reopen request" in old
    assert "INFO supervisord logreopen" in old


def test_a_hangup_with_a_good_configuration_stops_and_starts_everything():
    world = World(program("p"))
    world.signal(3, HUP)
    world.run(10)
    assert world.lines("SIGHUP") == ["WARN received SIGHUP indicating restart request"]
    assert world.entered("p", "STARTING") == [0, ns(3)]
    assert len(world.lines("supervisord started with pid 1")) == 2


def test_what_was_checked_is_what_is_applied_although_the_file_changes_meanwhile():
    world = World(program("p", stopwaitsecs=30), {"p": "slow term 4s"})
    world.at(2, lambda: world.write_config(program("checked")))
    world.signal(3, HUP)
    world.at(4, lambda: world.files.put(CONF, b"broken by now"))
    world.run(20)
    assert world.state("checked") == "RUNNING"


def test_auto_logs_are_made_before_the_start_and_those_of_an_earlier_daemon_are_deleted():
    world = World(program("p"))
    world.files.put("/tmp/x-stdout---supervisor-abcdefgh.log")
    world.files.put("/tmp/x-stdout---other-abcdefgh.log")
    world.run(2)
    names = world.files.listdir("/tmp")
    assert "x-stdout---supervisor-abcdefgh.log" not in names
    assert "x-stdout---other-abcdefgh.log" in names
    assert [name[: -len("abcdefgh.log")] for name in names if name.startswith("p-")] == [
        "p-stderr---supervisor-",
        "p-stdout---supervisor-",
    ]


def test_of_two_groups_of_one_name_only_the_first_has_logs_made():
    world = World(program("p", autostart="false") + program("q", autostart="false") + "[group:p]\nprograms=q\n")
    world.run(2)
    assert sorted(name.partition("---")[0] for name in world.files.listdir("/tmp") if "---" in name) == [
        "q-stderr",
        "q-stdout",
    ]


def test_an_auto_log_that_cannot_be_made_is_a_warning_and_the_program_runs_without():
    world = World(program("p"))
    world.files.fail("/tmp", 28, "make_temp")
    world.run(2)
    assert len(world.lines("could not create a std")) == 2
    assert world.state("p") == "RUNNING"


def test_at_level_debug_what_programs_print_is_copied_into_the_main_log():
    world = World(program("p"), {"p": "print hello every 100s"}, loglevel="debug").run(2)
    assert world.lines("'p' stdout output:")
    assert "hello" in world.log().splitlines()
    quiet = World(program("p"), {"p": "print hello every 100s"}).run(2)
    assert "hello" not in quiet.log()


def test_at_level_debug_each_pipe_that_is_closed_is_told_before_the_end_of_its_program():
    world = World(program("p", autorestart="false"), {"p": "crash after 2s exit 0"}, loglevel="debug").run(5)
    lines = [line[24:] for line in world.log().splitlines() if "monitoring" in line or "exited" in line]
    for line, channel in zip(lines, ("stdout", "stderr"), strict=False):
        number, rest = line.removeprefix("DEBG fd ").split(None, 1)
        assert number.isdigit()
        assert rest == (
            "closed, stopped monitoring <POutputDispatcher at 1 for "
            f"<Subprocess at 1 with name p in state RUNNING> ({channel})>"
        )
    assert [line.split()[1] for line in lines] == ["fd", "fd", "exited:"]
    assert "monitoring" not in World(program("p"), {"p": "crash after 2s exit 0"}).run(5).log()


def test_what_programs_wrote_last_is_in_their_logs_when_the_daemon_has_ended():
    last = [["handle", "TERM", [["write", "out", 60000], ["exit", 0]]], ["pause"]]
    world = World(program("p", stdout_logfile="/var/log/p.log"), {"p": last})
    world.files.slow("/var/log/p.log", 300_000_000)
    world.signal(3, TERM)
    world.run(20)
    assert len(world.files.data("/var/log/p.log")) == 60000
    assert world.log().splitlines()[-1][24:] == "INFO stopped: p (exit status 0)"


def test_an_end_before_the_logs_are_open_ends_at_once_and_starts_nothing():
    world = World(program("p"))
    world.files.slow(MAIN_LOG, ns(1))
    world.signal(0.5, TERM)
    world.run(20)
    assert world.status == 0
    assert not world.spawned()


def test_the_log_names_our_pid_only_when_the_pidfile_does():
    world = World(program("p"))
    world.simulation.application._hooks.started = lambda session: False
    world.run(5)
    assert world.lines("supervisord started") == []
    assert world.state("p") == "RUNNING"


def test_a_reload_before_the_logs_are_open_starts_each_program_once():
    world = World(program("p"))
    starts = []
    world.simulation.application._hooks.started = lambda session: starts.append(session) or True
    world.kernel.delay_lane("auto-logs", ns(2))
    world.signal(1, HUP)
    world.run(20)
    assert starts == [world.simulation.session]
    assert len(world.lines("supervisord started")) == 1
    assert len(world.spawned("p")) == 1
    assert world.state("p") == "RUNNING"


def test_a_failing_callback_is_a_line_in_the_log_and_nothing_more():
    world = World(program("p"))

    def fails():
        raise ValueError("in a callback")

    world.at(3, lambda: world.simulation.session.loop.soon(fails))
    world.at(3, lambda: world.kernel.signal_daemon(USR1))
    world.run(10, clean=False)
    assert "CRIT uncaptured python exception: Traceback" in world.log()
    assert "ValueError: in a callback" in world.log()
    assert "in fails\n" in world.log()
    assert world.state("p") == "RUNNING"


def test_a_log_that_opens_only_after_its_session_is_over_takes_the_early_lines_and_is_closed():
    world, lane = World(program("p")), f"log:{MAIN_LOG}"
    world.kernel.withhold(lane)
    world.signal(1, HUP)
    world.at(2, lambda: world.kernel.let_go(lane))
    world.run(10)
    undisturbed = World(program("p")).run(10)
    assert world.state("p") == "RUNNING"
    assert world.lines("restart request")
    assert world.kernel.open_count() == undisturbed.kernel.open_count()


def test_what_is_logged_while_the_log_is_being_closed_is_written_and_leaves_nothing_open():
    world, lane = World(program("p")), f"log:{MAIN_LOG}"
    world.at(2.9, lambda: world.kernel.withhold(lane))
    for second in (3, 3.5, 3.6):
        world.signal(second, HUP)
    world.signal(3.7, USR2)
    world.at(4, lambda: world.kernel.let_go(lane))
    world.run(10)
    undisturbed = World(program("p")).run(10)
    assert world.state("p") == "RUNNING"
    assert len(world.lines("SIGHUP")) == 3
    assert world.kernel.open_count() == undisturbed.kernel.open_count()


def test_a_start_that_its_surroundings_trip_over_still_starts_the_programs():
    def fails(session):
        raise OSError("nobody listens")

    world = World(program("p"))
    world.simulation.application._hooks.started = fails
    world.run(10, clean=False)
    assert world.state("p") == "RUNNING"
    assert "nobody listens" in world.log()


def test_an_auto_log_is_named_from_when_it_was_made_until_the_configuration_is_read_again():
    world = World(program("p", autostart="false"), servers=True)
    shown = [world.call(2, "getAllConfigInfo")]
    world.call(3, "removeProcessGroup", "p")
    shown.append(world.call(4, "getAllConfigInfo"))
    world.at(5, lambda: world.write_config(program("p", autostart="false") + program("q", autostart="false")))
    world.call(6, "reloadConfig")
    shown.append(world.call(7, "getAllConfigInfo"))
    world.call(8, "addProcessGroup", "q")
    shown.append(world.call(9, "getAllConfigInfo"))
    world.run(10)
    files = [[each["stdout_logfile"].partition("---")[0] for each in call.value] for call in shown]
    assert files == [["/tmp/p-stdout"], ["/tmp/p-stdout"], ["auto", "auto"], ["auto", "/tmp/q-stdout"]]


def test_a_program_that_is_removed_and_added_again_goes_on_in_its_auto_log():
    world = World(program("p", autorestart="false", startsecs=0), {"p": "print hello, exit 0"}, servers=True)
    for at, method in ((3, "removeProcessGroup"), (4, "addProcessGroup")):
        world.call(at, method, "p")
    world.call(8, "reloadConfig")
    for at, method in ((9, "removeProcessGroup"), (10, "addProcessGroup")):
        world.call(at, method, "p")
    paths = []
    for at in (2, 6, 12):
        world.at(at, lambda: paths.append(next(iter(world.simulation.session.driver.programs.values())).log_paths[0]))
    world.run(15)
    assert paths[0] == paths[1] != paths[2], "a reread brings a new configuration, and that new names"
    assert world.files.data(paths[1]) == b"hello\nhello\n"


def test_a_reread_says_only_what_the_last_reading_had_not_said():
    world = World("[include]\nfiles=/etc/none.d/*.conf\n" + program("p", startsec="2"), servers=True)
    world.call(2, "reloadConfig")
    world.at(3, lambda: world.write_config("[include]\nfiles=/etc/none.d/*.conf\n" + program("p", stopwaitsec="2")))
    world.call(4, "reloadConfig")
    world.run(6)
    assert len(world.lines("No file matches via include")) == 1
    assert len(world.lines("unknown option startsec ")) == 1
    assert len(world.lines("unknown option stopwaitsec ")) == 1


def test_a_group_that_is_added_while_everything_stops_is_not_among_the_live_ones():
    world = World(program("p"), {"p": "slow term 2s"})
    session = world.simulation.session
    answers = []

    def happens():
        (group,) = session.config.groups
        session.driver.handle(ShutdownAsked(restart=True))
        session.add_group(group.replace(name="late"), answers.append)

    world.at(3, happens)
    world.at(4, lambda: answers.append([group.name for group in session.active_groups()]))
    world.run(6)
    assert [answers[0].outcome.name, answers[1]] == ["SHUTDOWN_STATE", ["p"]]
