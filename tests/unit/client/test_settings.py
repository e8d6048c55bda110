from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from initd.control.client.settings import UsageError, read_settings


def test_the_file_is_found_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WHERE", "box")
    (tmp_path / "supervisord.conf").write_text("[supervisorctl]\nserverurl = http://%(ENV_WHERE)s:9\npassword = p\n")
    asked = read_settings(["initctl", "-u", "user", "status", "-x", "all"])
    assert (asked.config.serverurl, asked.config.username, asked.config.password) == ("http://box:9", "user", "p")
    assert (asked.action, asked.interactive) == (("status", "-x", "all"), False)


def test_without_an_action_somebody_is_there_to_be_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_settings(["initctl", "-s", "unix:///s"]).interactive
    assert read_settings(["initctl", "-s", "unix:///s", "-i", "pid"]).interactive


@pytest.mark.parametrize("home", ["~", f"~{pwd.getpwuid(os.getuid()).pw_name}"])
def test_a_history_file_may_be_in_somebodys_home(home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME", raising=False)
    conf = tmp_path / "s.conf"
    conf.write_text(f"[supervisorctl]\nhistory_file = {home}/.history\n")
    expected = os.path.join(pwd.getpwuid(os.getuid()).pw_dir, ".history")
    assert read_settings(["initctl", "-c", str(conf)]).config.history_file == expected


def test_a_home_nobody_has_stays_as_it_is_written(tmp_path: Path) -> None:
    conf = tmp_path / "s.conf"
    conf.write_text("[supervisorctl]\nhistory_file = ~no_such_user/.history\n")
    assert str(read_settings(["initctl", "-c", str(conf)]).config.history_file).endswith("/~no_such_user/.history")



@pytest.mark.parametrize(
    ("text", "error"),
    [
        (None, "could not find config file"),
        ("[supervisord]\n", ".ini file does not include supervisorctl section"),
        ("[supervisorctl]\nprompt = %(nope)s\n", "Format string '%(nope)s' for 'supervisorctl.prompt'"),
    ],
)
def test_a_file_that_cannot_be_used_is_a_usage_error(text: str | None, error: str, tmp_path: Path) -> None:
    conf = tmp_path / "s.conf"
    if text is not None:
        conf.write_text(text)
    with pytest.raises(UsageError) as raised:
        read_settings(["initctl", "-c", str(conf), "status"])
    assert str(raised.value).startswith(f"Error: {error}")
    assert raised.value.code == 2
