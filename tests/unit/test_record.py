"""The base of events, effects and configuration: values with named fields."""

from __future__ import annotations

import copy
import pickle

import pytest

from initd.record import Record, quicken


class Point(Record):
    """Two numbers, one with a default."""

    x: int
    y: int = 2


class Place(Point):
    """A point with a name."""

    name: str = "here"


class Twin(Record):
    """The same fields as a point."""

    x: int
    y: int = 2


def test_fields_are_given_by_position_or_name_and_defaults_fill_the_rest():
    assert [Point(1).values(), Point(1, 3).values(), Point(y=5, x=4).values()] == [(1, 2), (1, 3), (4, 5)]


def test_a_subclass_has_the_fields_of_its_base_first():
    assert Place(1, 5, "there").values() == (1, 5, "there")
    assert Place(x=1) == Place(1, 2, "here")


@pytest.mark.parametrize(
    ("args", "kwargs", "text"),
    [
        ((), {}, "Point needs a value for x"),
        ((), {"y": 1}, "Point needs a value for x"),
        ((1, 2, 3), {}, "Point takes 2 arguments, 3 given"),
        ((1,), {"z": 1}, "Point has no field or repeats z"),
        ((1, 2), {"x": 1}, "Point has no field or repeats x"),
    ],
)
def test_missing_repeated_and_unknown_arguments_are_refused(args, kwargs, text):
    with pytest.raises(TypeError, match=text):
        Point(*args, **kwargs)


def test_a_record_cannot_be_changed():
    point = Point(1)
    with pytest.raises(AttributeError, match="Point.x cannot be assigned"):
        point.x = 5
    with pytest.raises(AttributeError):
        del point.x
    with pytest.raises(AttributeError):
        point.other = 1
    assert point == Point(1)


def test_replace_gives_a_changed_copy_and_knows_its_fields():
    point = Point(1)
    assert point.replace(y=9) == Point(1, 9)
    assert point == Point(1, 2)
    with pytest.raises(TypeError):
        point.replace(z=1)


def test_records_are_equal_and_hash_alike_by_type_and_values():
    assert Point(1) == Point(1, 2)
    assert len({Point(1), Point(1, 2), Point(2)}) == 2
    assert Point(1) != Twin(1)
    assert Point(1) != (1, 2)
    assert Point(1) != Place(1)


def test_a_record_shows_its_fields():
    assert repr(Place(1)) == "Place(x=1, y=2, name='here')"


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda record: pickle.loads(pickle.dumps(record))])
def test_a_record_can_be_copied_and_pickled(copied):
    assert copied(Place(1, 2, "x")) == Place(1, 2, "x")


def test_a_record_has_no_room_for_more():
    assert not hasattr(Place(1), "__dict__")


class Quick(Record):
    """One of a kind of its own, to be quickened."""

    first: int
    second: str = "two"


def test_a_quickened_record_is_made_as_before():
    slow = [Quick(1), Quick(1, "x"), Quick(second="y", first=2), Quick(1).replace(first=3)]
    quicken(Quick)
    assert [Quick(1), Quick(1, "x"), Quick(second="y", first=2), Quick(1).replace(first=3)] == slow
    assert Quick.__init__ is not Record.__init__
    for wrong in (lambda: Quick(), lambda: Quick(1, "x", 3), lambda: Quick(1, third=3), lambda: Quick(1, first=1)):
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(AttributeError):
        Quick(1).first = 2
    assert type(Quick(1)) is Quick


def test_what_comes_of_a_quickened_record_takes_its_own_fields():
    class More(Quick):
        third: int = 3

    quicken(Quick)
    assert More(1, third=4).values() == (1, "two", 4)
    assert More(1) != Quick(1)
