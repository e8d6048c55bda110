from __future__ import annotations

from initd.config.model import Origin
from tests.unit.config.memory import MAIN, config, error

HEAD = "[supervisord]\n[program:a]\ncommand=x\n[program:b]\ncommand=y\npriority=3\n"


def _groups(text: str) -> list[tuple[str, int, list[str]]]:
    found = config(text).groups
    return [(group.name, group.priority, [process.name for process in group.processes]) for group in found]


def test_programs_are_groups_in_order_of_priority_and_name() -> None:
    assert _groups("[supervisord]\n[program:c]\ncommand=x\n" + HEAD[14:]) == [
        ("b", 3, ["b"]),
        ("a", 999, ["a"]),
        ("c", 999, ["c"]),
    ]


def test_a_group_takes_its_programs_over_in_the_order_it_names_them() -> None:
    assert _groups(HEAD + "[group:g]\nprograms=a,b\npriority=1\n") == [("g", 1, ["a", "b"])]


def test_a_program_may_be_in_several_groups() -> None:
    assert _groups(HEAD + "[group:g]\nprograms=a\n[group:h]\nprograms=a\n") == [
        ("b", 3, ["b"]),
        ("g", 999, ["a"]),
        ("h", 999, ["a"]),
    ]


def test_a_group_without_programs_is_empty() -> None:
    assert ("g", 999, []) in _groups(HEAD + "[group:g]\n")


def test_a_group_knows_where_it_was_written() -> None:
    assert config(HEAD).groups[0].origin == Origin(MAIN, 4)


def test_an_unknown_member_is_told_with_the_nearest_name_at_the_line_of_the_list() -> None:
    refused = error(HEAD.replace("program:a", "program:worker") + "[group:g]\nprograms=b,wroker\n")
    assert refused.text == "[program:b] names unknown program or fcgi-program wroker"
    assert refused.where() == f"{MAIN}:8: programs"
    assert refused.hint == "the nearest program is worker"


def test_a_comma_too_many_is_told_as_such() -> None:
    assert error(HEAD + "[group:g]\nprograms=a,\n").hint == "there is a comma too many"


def test_a_listener_is_no_member_of_a_group() -> None:
    refused = error(HEAD + "[eventlistener:e]\ncommand=x\n[group:g]\nprograms=e\n")
    assert refused.text == "[group:g] names unknown program or fcgi-program e"


def test_an_ambiguous_member_is_refused() -> None:
    refused = error(HEAD + "[fcgi-program:a]\ncommand=x\n[group:g]\nprograms=a\n")
    assert refused.text == "[group:g] name a is ambiguous (exists as program and fcgi-program)"


def test_mistakes_are_told_before_what_is_not_supported() -> None:
    assert error("[eventlistener:e]\n" + HEAD + "startsecs=x\n").key == "startsecs"
