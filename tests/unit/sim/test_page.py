"""Pages: well formed, self-contained, complete, escaped, and no larger than they have to be."""

from __future__ import annotations

import re
from html import unescape

from sim.campaign import Failure, Result
from sim.lanes import Band, Mark, Telling, Tick
from sim.page import ROWS, Exhibit, campaign, story
from tests.unit.sim.pages import Page

S = 1_000_000_000
HOSTILE = '"><script src=https://evil/x.js></script><b onload="x" a=\'&lt;'
TRACE = ((0, "a:a", "state", "STARTING 0"), (0, "a:a", "spawn", "1"), (S, "a:a", "state", "RUNNING"))


def shown(**changes):
    return Exhibit("A story", 10 * S, ("", "a:a"), (Telling("initd", TRACE),)).replace(**changes)


def rows(text):
    """The table of everything told: (time, program, what, detail, who)."""
    table = text.partition("Everything that is told")[2].partition("</table>")[0]
    found = []
    for row in re.findall(r"<tr[^>]*>(<td.*?)</tr>", table):
        cells = [unescape(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)]
        found.append((*cells[:4], "".join(cell or "." for cell in cells[4:])))
    return found


def test_every_entry_of_every_teller_is_on_the_page_and_who_tells_it():
    theirs = (*TRACE[:2], (2 * S, "a:a", "state", "RUNNING"), (2 * S, "", "exit", "0"))
    text = story(shown(tellings=(Telling("initd", TRACE), Telling("supervisor 4.3.0", theirs))))
    Page(text)
    assert rows(text) == [
        ("0.000000000", "a:a", "state", "STARTING 0", "✓✓"),
        ("0.000000000", "a:a", "spawn", "1", "✓✓"),
        ("1.000000000", "a:a", "state", "RUNNING", "✓."),
        ("2.000000000", "a:a", "state", "RUNNING", ".✓"),
        ("2.000000000", "–", "exit", "0", ".✓"),
    ]
    assert text.count('<tr class="apart">') == 3


def test_what_is_told_twice_is_there_twice():
    text = story(shown(tellings=(Telling("initd", (*TRACE, TRACE[-1])),)))
    assert [row[3] for row in rows(text)].count("RUNNING") == 2


def test_names_texts_and_files_are_escaped_wherever_they_stand():
    name = f"a:{HOSTILE}"
    exhibit = Exhibit(
        f"title {HOSTILE}",
        10 * S,
        ("", name),
        (Telling(f"initd {HOSTILE}", ((0, name, "state", f"STARTING {HOSTILE}"), (0, name, HOSTILE, HOSTILE))),),
        (Tick(S, name, "call", HOSTILE),),
        (Band(name, 0, S, HOSTILE), Band("*", 0, None, HOSTILE)),
        (Mark(S, name, f"initd {HOSTILE}", HOSTILE, HOSTILE),),
        (HOSTILE,),
        (HOSTILE,),
        HOSTILE,
    )
    text = story(exhibit)
    assert "<script" not in text and "<b onload" not in text
    Page(text.replace("https:", ""))  # as text it may stand there
    failure = Failure(3, (HOSTILE,), False, HOSTILE)
    Page(campaign([(HOSTILE, Result(0, 1, 0, 1, HOSTILE, (failure,)))], (), {HOSTILE: 1}).replace("https:", ""))


def test_a_long_story_is_cut_and_the_page_says_by_how_much():
    long = tuple((at, "a:a", "state", ("STARTING 0", "RUNNING")[at % 2]) for at in range(50_000))
    text = story(shown(tellings=(Telling("initd", long), Telling("supervisor 4.3.0", long)), until_ns=60_000))
    Page(text)
    assert len(text) < 2_000_000
    assert f"{100_000 - len(rows(text)) * 2:,} more entries are not shown" in text
    assert 0 < len(rows(text)) * 2 <= ROWS
    whole = story(shown())
    assert "more entries are not shown" not in whole and len(whole) < 12_000


def test_the_reasons_come_before_the_lanes_and_the_marks_after():
    text = story(shown(reasons=("S6 fail",), marks=(Mark(S, "a:a", "initd", "S6", "too short"),), notes=("silent",)))
    assert text.index("S6 fail") < text.index('<div class="lanes">') < text.index("S6 at 1.000000000 s, a:a: too short")
    assert "silent" in text


def test_a_campaign_has_its_counts_its_failures_with_lanes_the_divergences_and_the_heat_map():
    failures = (Failure(7, ("S6 fail",), False, "{}"), Failure(9, ("model unknown",), True, "{}"))
    results = [("plain", Result(997, 1, 1, 5000, "abcd", failures, 2.0)), ("faults", Result(500, 0, 0, 100, "ef", (), 1.0))]
    exhibits = [shown(title="profile plain seed 7", reasons=("S6 fail",)), shown(title="the other one", tellings=())]
    text = campaign(results, exhibits, {"D26 restarts_without_limit": 12}, "<table><tr><td>heat</td></tr></table>")
    page = Page(text)
    assert "<td>plain</td>" in text and ">997<" in text and 'bad">1<' in text and ">500<" in text
    assert ">500</td><td" in text  # scenarios a second, 999 in two seconds
    assert "profile plain seed 7: failed" in text and "the other one: unknown" in text
    assert page.count("lanes") == 2
    assert "D26 restarts_without_limit" in text and "heat" in text
    bare = campaign(results)
    Page(bare)
    assert "profile plain seed 9: unknown" in bare and "model unknown" in bare
    clean = campaign(results[1:])
    Page(clean)
    assert "failed</b>" not in clean and "Divergences" not in clean and "Coverage" not in clean
