"""Says of a test which laws it plants a violation of; `invariants/test_catalogue.py` looks for one of each."""

from __future__ import annotations


def trips(*laws):
    """The test shows that a planted violation of each of these trips its checker."""

    def mark(test):
        test.trips = laws
        return test

    return mark
