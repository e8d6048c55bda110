"""Sieges with listeners: a function of the seed, and a daemon that does not treat its listeners as it must is told so, by law."""

from __future__ import annotations

import pytest

from initd.logs.capture import Capture, Kind, Piece
from initd.supervise import notifications
from initd.supervise.effects import Send
from initd.supervise.listener import ListenerState
from initd.supervise.notifications import tick
from initd.supervise.pools import Pools
from initd.supervise.ticks import Ticks
from sim import campaign
from sim.cli import main
from sim.nemesis import AUDIENCE, REPORTING, Nemesis
from sim.stage import sieges
from sim.stage.assembly import LISTENERS, MANNERS, REPORTERS, assembly_of
from sim.stage.siege import Siege, play
from tests.unit.sim.trips import trips

OPTIONS = (
    "startsecs=0\nstdout_logfile=/var/log/a.out\nstdout_logfile_backups=1\nstdout_events_enabled=true\n"
    "stdout_capture_maxbytes=999\n"
)
REPORTER = ("a", OPTIONS)


def siege(*manners, events="EVENT", size=10, program=(*REPORTER, "reports in pieces"), nemeses=("clock_step",)):
    listeners = tuple(
        (name, f"events={events}\nbuffer_size={size}\nstartsecs=0\nautorestart=true\n", manner)
        for name, manner in zip("lmn", manners)
    )
    return Siege(3, 50, (program,), nemeses, listeners)


def broken(one):
    return {line.split()[0] for line in play(one).broken}


def test_a_siege_with_listeners_is_a_function_of_its_seed_and_survives_its_file():
    assert assembly_of(7) == assembly_of(7) != assembly_of(8)
    assert play(assembly_of(7)) == play(assembly_of(7))
    assert sieges.from_json(sieges.to_json(assembly_of(7))) == assembly_of(7)


def test_all_manners_and_nemeses_are_drawn():
    drawn = [assembly_of(seed) for seed in range(300)]
    assert {what for each in drawn for _, _, what in (*each.listeners, *each.programs)} >= set(MANNERS)
    assert {name for each in drawn for name in each.nemeses} >= set(AUDIENCE)


@pytest.mark.parametrize("manner", LISTENERS)
def test_every_manner_of_listener_is_borne(manner):
    assert broken(siege(manner, "obedient")) == set()


@pytest.mark.parametrize("manner", REPORTERS)
def test_all_that_programs_report_is_told_exactly(manner):
    events = "PROCESS_COMMUNICATION,PROCESS_LOG,PROCESS_STATE"
    assert broken(siege("obedient", events=events, size=100, program=(*REPORTER, manner))) == set()


@trips("E1")
def test_a_listener_that_is_sent_something_while_it_is_not_ready_is_told(monkeypatch):
    dispatch = Pools._dispatch

    def impatient(pools, pool):
        dispatch(pools, pool)
        for listener in pool.listeners.values():
            if listener.state is ListenerState.BUSY and pool.waiting and pool.waiting[0].serial == 9:
                pools.out.append(Send(listener.instance, 9, pools._envelope(pool, pool.waiting[0])))

    monkeypatch.setattr(Pools, "_dispatch", impatient)
    assert "E1" in broken(siege("slow", size=100))


@trips("E2")
def test_an_event_that_is_sent_again_though_it_was_taken_is_told(monkeypatch):
    conclude, again = Pools._conclude, set()

    def forgets(pools, pool, listener, verdict):
        queued = listener.event
        conclude(pools, pool, listener, verdict)
        if verdict == "processed" and queued.serial % 3 == 0 and queued.serial not in again:
            again.add(queued.serial)
            pools._queue(pool, queued, again=True)

    monkeypatch.setattr(Pools, "_conclude", forgets)
    assert "E2" in broken(siege("obedient"))


@trips("E2")
def test_what_supervisord_does_with_overlapping_subscriptions_and_rejected_events_is_told(monkeypatch):
    offer, take_back = Pools.offer, Pools._take_back

    def twice(pools, notification):  # D14
        offer(pools, notification)
        for pool in pools._pools.values():
            pool.waiting += pool.waiting[-1:]

    monkeypatch.setattr(Pools, "offer", twice)
    assert "E2" in broken(siege("obedient"))
    monkeypatch.setattr(Pools, "offer", offer)

    def everywhere(pools, pool, listener):  # D13
        queued = listener.event
        take_back(pools, pool, listener)
        for other in pools._pools.values():
            if queued is not None and other is not pool:
                other.waiting.insert(0, queued)

    monkeypatch.setattr(Pools, "_take_back", everywhere)
    assert "E2" in broken(siege("rejects the second", "obedient"))


@trips("E3")
def test_events_that_overtake_each_other_are_told(monkeypatch):
    queue = Pools._queue

    def at_the_wrong_end(pools, pool, queued, again=False):
        queue(pools, pool, queued, again)
        if queued.serial % 5 == 0:
            pool.waiting[-2:] = reversed(pool.waiting[-2:])

    monkeypatch.setattr(Pools, "_queue", at_the_wrong_end)
    assert "E3" in broken(siege("slow", size=100))


@trips("E3")
def test_an_event_that_comes_back_and_does_not_go_first_is_told(monkeypatch):
    def to_the_end(pools, pool, listener):
        queued, listener.event = listener.event, None
        if queued is not None:
            pools._queue(pool, queued)

    monkeypatch.setattr(Pools, "_take_back", to_the_end)
    assert "E3" in broken(siege("rejects the second", size=100))


@trips("E3")
def test_a_number_that_is_given_again_is_told(monkeypatch):
    offer = Pools.offer

    def restarts(pools, notification):
        offer(pools, notification)
        pools.serial %= 20

    monkeypatch.setattr(Pools, "offer", restarts)
    assert "E3" in broken(siege("obedient"))


@trips("E4", "E5")
def test_a_buffer_that_grows_and_a_loss_that_is_not_told_are(monkeypatch):
    queue = Pools._queue

    def larger(pools, pool, queued, again=False):
        policy, pool.policy = pool.policy, pool.policy.replace(buffer_size=pool.policy.buffer_size + 1)
        queue(pools, pool, queued, again)
        pool.policy = policy

    assert broken(siege("very slow", size=2)) == set()
    monkeypatch.setattr(Pools, "_queue", larger)
    assert "E4" in broken(siege("very slow", size=2))

    def silent(pools, pool, queued, again=False):
        before = len(pools.out)
        queue(pools, pool, queued, again)
        del pools.out[before:]

    monkeypatch.setattr(Pools, "_queue", silent)
    assert "E5" in broken(siege("very slow", size=2))


@trips("E5")
def test_an_event_that_is_lost_with_the_listener_that_had_it_is_told(monkeypatch):
    def forgets(pools, pool, listener):
        listener.event = None

    monkeypatch.setattr(Pools, "_take_back", forgets)
    assert "E5" in broken(siege("dies of every event"))


@trips("E6")
def test_ticks_that_make_up_for_what_was_missed_are_told(monkeypatch):
    look = Ticks.look

    def makes_up(ticks, now_ns, wall_ns):
        seen = dict(ticks._seen)
        begun = look(ticks, now_ns, wall_ns)
        missed = [tick(60, when) for when in range((seen.get(60) or wall_ns // 10**9) + 60, wall_ns // 10**9, 60)][:-1]
        return missed[:5] + begun

    monkeypatch.setattr(Ticks, "look", makes_up)
    assert "E6" in broken(siege("obedient", events="TICK_60", size=100))


@trips("E6")
def test_a_tick_that_is_told_twice_is(monkeypatch):
    look = Ticks.look
    monkeypatch.setattr(Ticks, "look", lambda *args: [each for each in look(*args) for _ in range(2)])
    assert "E6" in broken(siege("obedient", events="TICK_5", size=100))


@trips("E7")
def test_captured_data_with_something_more_or_less_is_told(monkeypatch):
    feed = Capture.feed

    def cut(capture, data):
        return [each.replace(data=each.data[:-1]) if each.kind is Kind.MESSAGE else each for each in feed(capture, data)]

    monkeypatch.setattr(Capture, "feed", cut)
    assert "E7" in broken(siege("obedient", size=100))

    def leaks(capture, data):
        return [each.replace(kind=Kind.OUTPUT) if each.kind is Kind.CAPTURED else each for each in feed(capture, data)]

    monkeypatch.setattr(Capture, "feed", leaks)
    assert "E7" in broken(siege("obedient", size=100))


@trips("E7")
@pytest.mark.parametrize("mistake", ["torn", "too long", "unfinished"])
def test_mistakes_that_only_nemeses_of_capture_mode_show_are_told(monkeypatch, mistake):
    events = "PROCESS_COMMUNICATION"
    options = OPTIONS.replace("999", "200") + "autorestart=true\n"
    besieged = siege("obedient", events=events, size=999, program=("a", options, "reports in pieces"), nemeses=REPORTING)
    monkeypatch.setattr(Nemesis, "fires", lambda nemesis: nemesis.on)
    assert play(besieged).broken == ()
    if mistake == "torn":
        monkeypatch.setattr("initd.logs.capture._beginning_at_end", lambda data, token: 0)
    elif mistake == "too long":
        feed = Capture.feed

        def endless(capture, data):
            capture._maxbytes = 1 << 20
            return feed(capture, data)

        monkeypatch.setattr(Capture, "feed", endless)
    else:
        rest = Capture.rest

        def tells(capture):
            return [*rest(capture), *([Piece(Kind.MESSAGE, capture._captured)] if capture._capturing else [])]

        monkeypatch.setattr(Capture, "rest", tells)
    assert "E7" in broken(besieged)


@trips("E8")
def test_output_events_in_capture_mode_that_leave_something_out_are_told(monkeypatch):
    program = (*REPORTER, "reports in pieces")
    assert broken(siege("obedient", events="PROCESS_LOG", size=999, program=program)) == set()
    monkeypatch.setattr("initd.taps.output", lambda *args: notifications.output(*args[:4], b"no"))
    assert "E8" in broken(siege("obedient", events="PROCESS_LOG", size=999, program=program))


@trips("E7")
def test_what_stderr_reports_is_judged_as_well(monkeypatch):
    options = "startsecs=0\nstdout_logfile=NONE\nstdout_logfile_backups=1\nstderr_capture_maxbytes=999\n"
    program = ("a", options + "stderr_logfile=/var/log/a.err\nstderr_events_enabled=true\n", "reports in pieces on stderr")
    events = "PROCESS_COMMUNICATION,PROCESS_LOG"
    assert broken(siege("obedient", events=events, size=999, program=program)) == set()
    monkeypatch.setattr("initd.taps.communication", lambda *args: notifications.communication(*args[:4], b"no"))
    assert "E7" in broken(siege("obedient", events=events, size=999, program=program))


@trips("E8")
def test_output_that_is_not_told_as_it_was_written_is(monkeypatch):
    program = (REPORTER[0], REPORTER[1].replace("999", "0"), "print hello every 0.3s")
    assert broken(siege("obedient", events="PROCESS_LOG", size=100, program=program)) == set()
    monkeypatch.setattr("initd.taps.output", lambda *args: __import__("initd").supervise.notifications.output(*args[:4], b"no"))
    assert "E8" in broken(siege("obedient", events="PROCESS_LOG", size=100, program=program))


@pytest.mark.parametrize("name", AUDIENCE)
def test_each_nemesis_of_listeners_fires_and_breaks_nothing(monkeypatch, name):
    monkeypatch.setattr(AUDIENCE[name], "fires", lambda nemesis: nemesis.on and not setattr(nemesis, "fired", nemesis.fired + 1))
    result = play(siege("slow", "obedient", size=3, nemeses=(name,)))
    assert dict(result.probes)[name] > 0
    assert result.broken == ()


def test_a_campaign_of_them_has_one_digest():
    good = campaign.run_seeds(0, 4, campaign.LISTENERS, "daemon")
    assert (good.passed, good.failed) == (4, 0)
    assert good.digest == campaign.run_seeds(0, 4, campaign.LISTENERS, "daemon").digest


def test_ticks_follow_the_clock_so_a_step_of_it_may_matter_where_somebody_listens():
    stepping = siege("dies of every event", events="TICK_5")
    assert sieges.verdict(stepping, True).broken == ()


def test_a_siege_with_listeners_is_replayed_and_shown_with_them(capsys, tmp_path):
    path = tmp_path / "siege.json"
    path.write_text(sieges.to_json(siege("dies in the middle", "obedient")))
    assert main(["replay", str(path)]) == 0
    out = capsys.readouterr().out
    assert "  l  dies in the middle  events=EVENT" in out and "l:l" in out
    path.write_text(path.read_text().replace("dies in the middle", "dances"))
    assert main(["replay", str(path)]) == 2
    assert "no behaviour 'dances'" in capsys.readouterr().err
