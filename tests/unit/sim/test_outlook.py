"""The outlook: what a configuration does while something it needs is down, and how that is reported."""

from __future__ import annotations

import html.parser

import pytest

from initd.states import ProcessState
from sim.children.behaviours import BehaviourError
from sim.children.conditions import parse
from sim.cli import main
from sim.outlook import Run, down_ns, recoveries, text
from sim.outlook_html import page

S = 1_000_000_000
CONF = """[supervisord]
logfile=/var/log/s.log
[program:db]
command=db
startretries=1000
[program:web]
command=web
autorestart=true
[program:worker]
command=worker
autorestart=true
startsecs=0
stdout_logfile=/var/log/w.log
stdout_logfile_maxbytes=100B
stdout_logfile_backups=1
"""
R, B, F, ST = ProcessState.RUNNING, ProcessState.BACKOFF, ProcessState.FATAL, ProcessState.STARTING


@pytest.fixture
def conf(tmp_path):
    path = tmp_path / "supervisord.conf"
    path.write_text(CONF.replace("100B", "100"))
    return str(path)


def fates(conf, duration, *told):
    outlook = Run(conf, dict(map(parse, told))).run(duration * S)
    return outlook, {fate.name: fate for fate in outlook.fates}


def test_what_crashes_too_often_while_something_outside_is_down_ends_fatal_and_stays_so(conf):
    outlook, found = fates(conf, 600, "cache: down from 60s to 360s", "web: crash after 0.3s exit 1 while cache is down")
    web = found["web"]
    assert (web.state, web.attempts) == (F, 5)
    # told at 60 s, dies at 60.3 s, then attempts of 0.3 s with waits of 1, 2 and 3 s between
    assert web.fatal_ns == pytest.approx((60.3 + 4 * 0.3 + 6) * S, abs=S // 100)
    assert [each.after_ns for each in web.recoveries] == [None]
    assert "web: did not recover from cache down from 60.000s to 360.000s" in text(outlook)
    assert "db: ran through cache down from 60.000s to 360.000s" in text(outlook)


def test_what_is_restarted_for_ever_runs_again_soon_after_the_end(conf):
    _, found = fates(conf, 600, "cache: down from 60s to 360s", "worker: crash after 2s exit 1 while cache is down")
    (recovery,) = found["worker"].recoveries
    assert found["worker"].state is R
    assert recovery.hit
    assert 0 <= recovery.after_ns <= 2 * S


def test_a_program_that_is_down_takes_along_what_needs_it_until_it_runs_again(conf):
    _, found = fates(conf, 120, "db: exit 1 after 30s", "worker: needs db")
    died = [time for time, new in found["db"].lane if new is ProcessState.EXITED][0]
    assert died == 30 * S
    assert any(died < time < died + S // 2 and new is ProcessState.EXITED for time, new in found["worker"].lane)


def test_a_program_with_spans_dies_and_fails_within_them_and_comes_back(conf):
    _, found = fates(conf, 120, "db: down from 20s to 25s")
    states = [new for time, new in found["db"].lane if time > 20 * S]
    assert states[0] is ProcessState.EXITED
    # dies at 20.05 s, fails at 20.1, 21.15, 23.2 s, and starts at 26.2 s for good
    assert (found["db"].state, found["db"].attempts) == (R, 5)
    assert found["db"].recoveries[0].after_ns == pytest.approx(2.2 * S, abs=S // 100)


def test_rotation_that_throws_output_away_is_told(conf):
    outlook, found = fates(conf, 60, "worker: print 123456789 every 1s")
    worker = found["worker"]
    assert worker.log_bytes in (590, 600, 610)
    assert worker.log_bytes - worker.lost_bytes <= 200 + 10
    assert f"rotation has thrown away {worker.lost_bytes} bytes" in "\n".join(text(outlook))


def test_a_name_that_nobody_knows_is_an_error(conf):
    with pytest.raises(BehaviourError, match="no program 'wbe'"):
        fates(conf, 1, "wbe: run")
    with pytest.raises(BehaviourError, match="nothing is said of 'cache'"):
        fates(conf, 1, "web: needs cache")


def test_down_time_counts_from_the_first_change_to_the_end():
    assert down_ns([(1, ST), (3, R), (10, B), (11, ST), (15, F)], 20) == 2 + 10
    assert down_ns([(0, R)], 20) == 0


def test_recovery_is_to_the_start_that_lasts_until_the_next_span():
    lane = ((0, ST), (1, R), (10, B), (22, R), (23, B), (27, R), (40, B), (61, R))
    spans = (("x", 10, 20), ("x", 40, 60), ("x", 70, None))
    assert [(each.after_ns, each.hit) for each in recoveries(lane, spans, 100)] == [(7, True), (1, True)]
    assert [(each.after_ns, each.hit) for each in recoveries(((0, R),), spans[:1], 100)] == [(0, False)]


def test_the_page_is_well_formed_loads_nothing_and_has_a_lane_for_each_program(conf):
    outlook, _ = fates(conf, 100, "cache: down from 20s", "web: needs cache")
    seen = []

    class Parser(html.parser.HTMLParser):
        def handle_starttag(self, tag, attributes):
            seen.append((tag, dict(attributes)))

    Parser().feed(page(outlook))
    assert sum(attributes.get("class") == "lane" for _, attributes in seen) == 3
    assert not any({"src", "href"} & set(attributes) for _, attributes in seen)
    assert page(outlook).count("cache is down, 20.000000000 to 100.000000000 s") == 3


def test_the_command_prints_the_report_and_writes_the_page(conf, tmp_path, capsys):
    argv = ["run", conf, "--for", "2m", "--behaviour", "cache: down from 10s to 90s", "--behaviour", "web: needs cache"]
    assert main([*argv, "--html", str(tmp_path / "o.html")]) == 0
    shown = capsys.readouterr().out
    assert "cache is down from 10.000s to 90.000s" in shown
    assert "web: FATAL since" in shown
    assert (tmp_path / "o.html").read_text().startswith("<!DOCTYPE html>")
    assert main(["run", conf, "--behaviour", "web: needs nothing"]) == 2
