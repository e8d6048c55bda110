"""initd.logs.autolog: names, creation, removal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from initd.config.model import LogConfig, ProcessConfig
from initd.kernel.linux_files import LinuxFiles
from initd.logs import autolog

FILES = LinuxFiles()


def test_every_auto_stream_gets_a_private_file_with_a_telling_name(tmp_path: Path) -> None:
    processes = (ProcessConfig("a", "a", "x"), ProcessConfig("b", "b", "x", redirect_stderr=True))
    created, warnings = autolog.create(FILES, str(tmp_path), "ident", processes)
    assert warnings == []
    paths = [created[0].stdout.file, created[0].stderr.file, created[1].stdout.file]
    for path, start in zip(paths, ("a-stdout", "a-stderr", "b-stdout")):
        assert re.fullmatch(rf"{re.escape(str(tmp_path))}/{start}---ident-\S{{8}}\.log", str(path))
        assert Path(str(path)).stat().st_mode & 0o777 == 0o600
    assert created[1].stderr.file is None
    assert len(list(tmp_path.iterdir())) == 3


def test_streams_with_a_file_of_their_own_or_none_are_left_alone(tmp_path: Path) -> None:
    process = ProcessConfig("a", "a", "x", stdout=LogConfig("/x/y", 1, 2), stderr=LogConfig(None, 3, 4))
    assert autolog.create(FILES, str(tmp_path), "ident", (process,)) == ((process,), [])


def test_a_file_that_cannot_be_created_is_a_warning_and_no_log(tmp_path: Path) -> None:
    created, warnings = autolog.create(FILES, str(tmp_path / "gone"), "i", (ProcessConfig("a", "a", "x"),))
    assert created[0].stdout.file is None
    assert len(warnings) == 2
    assert "No such file or directory" in warnings[0]


@pytest.mark.parametrize(
    ("name", "goes"),
    [
        ("a-stdout---ident-abcdefgh.log", True),
        ("a-stdout---ident-abcdefgh.log.12", True),
        ("a b-stderr---ident-x.logarithm", True),
        ("---ident-x.log", False),
        ("a---ident-.log", False),
        ("a---ident-x y.log", False),
        ("a---other-x.log", False),
        ("a---ident-x.txt", False),
        ("a---idXnt-x.log", False),
    ],
)
def test_logs_of_an_earlier_run_are_deleted_as_supervisord_recognizes_them(
    tmp_path: Path, name: str, goes: bool
) -> None:
    assert bool(re.match(r".+?---ident-\S+\.log\.{0,1}\d{0,4}", name)) is goes
    (tmp_path / name).touch()
    assert autolog.clean(FILES, str(tmp_path), "ident") == []
    assert (tmp_path / name).exists() is not goes


def test_an_identifier_is_no_pattern(tmp_path: Path) -> None:
    (tmp_path / "a---idXnt-x.log").touch()
    (tmp_path / "a---id.nt-x.log").touch()
    autolog.clean(FILES, str(tmp_path), "id.nt")
    assert [path.name for path in tmp_path.iterdir()] == ["a---idXnt-x.log"]


def test_what_cannot_be_cleaned_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "a---ident-x.log").mkdir()
    assert autolog.clean(FILES, str(tmp_path), "ident") == [f"Failed to clean up '{tmp_path}/a---ident-x.log'"]
    assert autolog.clean(FILES, str(tmp_path / "gone"), "ident") == ["Could not clear childlog dir"]
