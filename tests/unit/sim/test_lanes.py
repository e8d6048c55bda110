"""What lanes draw: every state, tick, band and mark at its place, however near two instants are."""

from __future__ import annotations

from sim.lanes import CODES, PATTERNS, SHAPES, STYLE, Axis, Band, Mark, Telling, Tick, bar, key, lanes
from tests.unit.sim.pages import Page

S = 1_000_000_000
A = "a:a"
STORY = (
    (0, A, "state", "STARTING 0"),
    (0, A, "spawn", "1"),
    (S, A, "state", "BACKOFF 1"),
    (S, A, "state", "FATAL"),
    (2 * S, A, "signal", "15 group"),
)


OURS = Telling("initd", STORY)


def drawn(programs=(A,), tellings=(OURS,), ticks=(), bands=(), marks=(), until_ns=10 * S):
    text = lanes(programs, tellings, ticks, bands, marks, until_ns)
    Page(text)
    return text


def test_instants_a_nanosecond_apart_are_drawn_apart_and_in_order():
    axis = Axis([0, 1, 2, 30 * S])
    places = [axis.x(time_ns) for time_ns in axis.instants]
    assert all(after - before > 20 for before, after in zip(places, places[1:]))
    assert axis.x(30 * S) - axis.x(2) > 900


def test_a_lane_does_not_grow_without_end():
    assert Axis(range(100_000)).width < 20_000


def test_every_state_has_a_bar_with_its_name_also_one_that_lasts_no_time():
    text = drawn()
    for told in ("STARTING 0, 0.000000000 to 1.000000000 s", "BACKOFF 1, 1.000000000 to 1.000000000 s", "FATAL, 1.0000"):
        assert text.count(f"<title>{told}") == 1
    assert ">STARTING 0</text>" in text and ">FATAL</text>" in text


def test_a_bar_says_as_much_as_it_has_room_for():
    axis = Axis([0, 1, 20, 1000])
    assert ">BACKOFF 2</text>" in bar(axis, 20, 1000, "BACKOFF 2")
    assert ">B2</text>" in bar(axis, 0, 1, "BACKOFF 2")
    assert "</text>" not in bar(axis, 0, 0, "BACKOFF 2")


def test_states_differ_by_pattern_and_letter_as_well_as_by_colour_in_light_and_dark():
    striped = [PATTERNS[state] for state in PATTERNS if PATTERNS[state]]
    assert len(set(striped)) == len(striped) == len(PATTERNS) - 2  # RUNNING and STOPPED are plain, one of them pale
    assert len(set(CODES.values())) == len(CODES) == len(PATTERNS)
    for state in CODES:
        assert STYLE.count(f"--{state}:#") == 2, "once for light, once for dark"
        assert f"#p{state})" in key() and f" {state}</span>" in key()
    assert "prefers-color-scheme:dark" in STYLE


def test_ticks_stand_above_or_below_with_their_times_and_never_on_each_other():
    ticks = (Tick(S, A, "call", "stop #0"), Tick(S, A, "exit", "1"), Tick(S, A, "fault", "outsider sends 9 #1"))
    text = drawn(ticks=ticks)
    page = Page(text)
    places = [attributes["transform"] for tag, attributes in page.tags if tag == "path" and "tick" in attributes["class"]]
    assert len(places) == len(set(places)) == 5
    for told in ("fork 1, 0.000000000 s", "signal 15 group, 2.0", "call stop #0, 1.0", "exit 1, 1.0", "fault outsider sends 9"):
        assert f"<title>{told}" in text
    assert all(page.count(kind) == 1 for kind in ("fork", "exit", "signal", "call", "fault"))
    assert set(SHAPES) >= {"fork", "exit", "signal", "call", "answer", "fault"}


def test_a_band_around_all_is_in_every_lane_and_one_of_a_program_in_its_own():
    bands = (Band("*", S, None, "the wall clock is off"), Band(A, 0, S, "kills fail"))
    text = drawn(programs=(A, "b:b"), tellings=(Telling("initd", (*STORY, (0, "b:b", "state", "RUNNING"))),), bands=bands)
    assert text.count("the wall clock is off, 1.000000000 to 10.000000000 s") == 2
    assert text.count("kills fail, 0.000000000 to 1.000000000 s") == 1


def test_a_mark_stands_in_the_lane_of_its_teller_and_shows_whether_it_is_meant():
    tellings = (Telling("initd", STORY), Telling("supervisor 4.3.0", STORY))
    marks = (Mark(S, A, "initd", "S6", "too short"), Mark(S, A, "supervisor 4.3.0", "D20", "forgotten", meant=True))
    ours, theirs = drawn(tellings=tellings, marks=marks).split('<div class="lane">')[1:]
    assert "S6: too short" in ours and 'class="bad"' in ours and "D20" not in ours
    assert "D20: forgotten" in theirs and 'class="met"' in theirs and "S6" not in theirs


def test_a_teller_that_says_nothing_of_a_program_has_no_lane_there_and_a_silent_daemon_none_at_all():
    text = drawn(programs=("", A), tellings=(Telling("initd", STORY), Telling("reference model", ())))
    assert text.count('<div class="lane">') == 1 and "reference model" not in text and "the daemon" not in text
    told = drawn(programs=("", A), tellings=(Telling("initd", (*STORY, (3 * S, "", "exit", "0"))),))
    assert "the daemon" in told and "exit 0" in told
