import pathlib
import runpy

from initd.supervise.rules import ACTIONS
from initd.supervise.table import STATE_OF, TABLE, Phase, Trigger


def test_every_phase_answers_every_trigger():
    assert set(TABLE) == {(phase, trigger) for phase in Phase for trigger in Trigger}


def test_every_action_exists_and_is_documented():
    assert set(ACTIONS) == set(TABLE)
    assert [action.__name__ for action in ACTIONS.values() if not action.__doc__] == []


def test_every_phase_shows_clients_a_state():
    assert set(STATE_OF) == set(Phase)


def test_a_reap_is_impossible_exactly_where_there_is_no_child():
    with_child = {Phase.STARTING, Phase.RUNNING, Phase.STOPPING, Phase.UNKNOWN}
    assert {phase for phase in Phase if TABLE[phase, Trigger.REAPED] != "impossible"} == with_child


def test_the_page_in_the_documentation_is_the_table():
    docs = pathlib.Path(__file__).parents[3] / "docs"
    generator = runpy.run_path(str(docs / "generate_state_table.py"))
    assert (docs / "state-table.md").read_text(encoding="utf-8") == generator["render"]()
