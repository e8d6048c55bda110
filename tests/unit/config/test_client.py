from __future__ import annotations

import pytest

from initd.config.client import ClientArguments
from initd.config.load import load_client
from initd.config.model import ClientConfig, PluginConfig
from initd.errors import ConfigError
from tests.unit.config.memory import host

FILE = "[supervisorctl]\nserverurl=unix://%(here)s/../x\nusername=u\npassword=p\nhistory_file=~/h\n"


def _asked(*argv: str, text: str = FILE) -> ClientArguments:
    return load_client(argv, host({"/etc/supervisord.conf": text}))


def test_the_file_says_which_server() -> None:
    asked = _asked("status", "all")
    assert asked.config == ClientConfig("unix:///x", "u", "p", "supervisor", "/root/h")
    assert (asked.action, asked.interactive, asked.path) == (("status", "all"), False, "/etc/supervisord.conf")


def test_without_a_file_there_are_defaults_and_without_an_action_a_prompt() -> None:
    asked = load_client([], host())
    assert (asked.config, asked.interactive, asked.path) == (ClientConfig(), True, None)


def test_the_command_line_goes_before_the_file_and_the_history_option_does_nothing() -> None:
    asked = _asked("-i", "-s", "http://h", "-u", "me", "-p", "you", "-r", "x", "stop")
    assert asked.config == ClientConfig("http://h", "me", "you", "supervisor", "/root/h")
    assert asked.interactive


def test_help_is_told() -> None:
    assert _asked("--help").wants == "help"


@pytest.mark.parametrize(
    ("argv", "text", "complaint"),
    [
        (("-s", "nope"), FILE, "invalid value for -s 'nope': value 'nope' is not a URL"),
        (("-c", "no.conf"), FILE, "could not find config file no.conf"),
        ((), "[supervisord]\n", ".ini file does not include supervisorctl section"),
        (
            (),
            "[supervisorctl]\nprompt\n",
            "Source contains parsing errors: '/etc/supervisord.conf'\n\t[line  2]: 'prompt\\n'",
        ),
        ((), FILE + "[ctlplugin:x]\n", "section [ctlplugin:x] does not specify a supervisor.ctl_factory"),
        (
            (),
            FILE + "[ctlplugin:x]\nsupervisor.ctl_factory=json:no_such\n",
            "json:no_such cannot be resolved within [ctlplugin:x]",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(argv: tuple[str, ...], text: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as refused:
        _asked(*argv, text=text)
    assert refused.value.text == complaint


def test_plugins_come_in_the_order_of_the_file_with_the_other_keys_of_their_sections() -> None:
    text = FILE + "[ctlplugin:y]\nsupervisor.ctl_factory=json:dumps\nb=2\n[ctlplugin:x]\nsupervisor.ctl_factory=json:loads\n"
    assert _asked(text=text).plugins == (PluginConfig("y", "json:dumps", {"b": "2"}), PluginConfig("x", "json:loads", {}))
