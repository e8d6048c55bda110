from __future__ import annotations

from initd.config import cmdline, usage


def test_every_flag_of_both_programs_is_explained() -> None:
    for switches, text in ((cmdline.DAEMON, usage.daemon_help("x")), (cmdline.CLIENT, usage.client_help("x"))):
        for letter, name, _ in switches:
            if letter not in ("", "?"):
                assert f"  -{letter}, --{name}" in text
            elif name:
                assert f"  --{name}" in text


def test_help_names_the_program_as_it_was_called() -> None:
    assert usage.daemon_help("initd").startswith("usage: initd [options] [-- CMD [ARG...]]\n")
