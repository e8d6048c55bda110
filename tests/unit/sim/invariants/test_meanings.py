"""Every check has a sentence that says what it demands."""

from __future__ import annotations

from sim.invariants.catalogue import CATALOGUE
from sim.invariants.judge import NAMES
from sim.invariants.meanings import MEANINGS, meaning


def test_every_invariant_of_the_catalogue_and_every_checker_has_one():
    assert set(CATALOGUE) | set(NAMES) <= set(MEANINGS)


def test_each_is_one_sentence_with_a_source():
    for name, (sentence, source) in MEANINGS.items():
        assert sentence and source, name
        assert "\n" not in sentence and not sentence.endswith("."), name
        assert len(sentence) <= 120, name


def test_a_reason_is_looked_up_by_its_first_word():
    assert meaning("S6 fail at 1.0 a:a: backoff 1 too short").startswith("after the k-th failure")
    assert meaning("something else") == ""
