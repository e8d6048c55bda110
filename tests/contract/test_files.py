"""The calls on files that may wait, off the loop: appending, rotating, looking up (initd/kernel/port.py, `Files`)."""

from __future__ import annotations

import errno
import stat

from tests.contract.contracts import contract, refused
from tests.contract.world import World


@contract("append-creates", "append-returns-size")
def test_appending_creates_the_file_and_returns_its_size(world: World) -> None:
    files = world.files
    fd = files.open_append(world.path("log"), 0o640)
    assert files.append(fd, b"one\n") == 4
    assert files.append(fd, b"two\n") == 8
    files.close(fd)
    again = files.open_append(world.path("log"))
    assert files.append(again, b"three\n") == 14
    assert files.read_file(world.path("log")) == b"one\ntwo\nthree\n"
    assert world.mode(world.path("log")) == 0o640


@contract("append-follows-the-file-not-the-name")
def test_what_is_appended_goes_to_the_open_file_after_a_rename(world: World) -> None:
    files = world.files
    fd = files.open_append(world.path("log"))
    files.append(fd, b"old")
    files.rename(world.path("log"), world.path("log.1"))
    assert files.append(fd, b"er") == 5
    assert files.read_file(world.path("log.1")) == b"older"
    with refused(errno.ENOENT):
        files.size(world.path("log"))


@contract("same-file-by-identity")
def test_a_name_is_the_same_file_until_something_else_goes_by_it(world: World) -> None:
    files = world.files
    fd = files.open_append(world.path("log"))
    assert files.same_file(fd, world.path("log"))
    files.rename(world.path("log"), world.path("log.1"))
    assert not files.same_file(fd, world.path("log"))
    assert files.same_file(fd, world.path("log.1"))
    files.write_file(world.path("log"), b"")
    assert not files.same_file(fd, world.path("log"))


@contract("file-id-goes-with-the-file")
def test_a_file_is_told_from_another_whatever_their_names(world: World) -> None:
    files = world.files
    files.write_file(world.path("log"), b"old")
    first = files.file_id(world.path("log"))
    files.rename(world.path("log"), world.path("log.1"))
    files.write_file(world.path("log"), b"old")
    assert files.file_id(world.path("log.1")) == first
    assert files.file_id(world.path("log")) != first
    files.truncate(files.open_append(world.path("log.1")))
    world.link(world.path("link"), world.path("log.1"))
    assert files.file_id(world.path("link")) == first
    with refused(errno.ENOENT):
        files.file_id(world.path("gone"))


@contract("rename-replaces")
def test_renaming_replaces_what_was_there(world: World) -> None:
    files = world.files
    files.write_file(world.path("log"), b"new")
    files.write_file(world.path("log.1"), b"old")
    files.rename(world.path("log"), world.path("log.1"))
    assert files.read_file(world.path("log.1")) == b"new"
    assert files.listdir(world.directory) == ["log.1"]


@contract("rename-missing-enoent")
def test_renaming_what_is_missing_is_refused(world: World) -> None:
    with refused(errno.ENOENT):
        world.files.rename(world.path("log"), world.path("log.1"))


@contract()
def test_renaming_a_file_over_a_directory_is_refused(world: World) -> None:
    files = world.files
    files.write_file(world.path("log"), b"")
    world.make_directory(world.path("log.1"))
    with refused(errno.EISDIR):
        files.rename(world.path("log"), world.path("log.1"))


@contract("unlink-keeps-open-file")
def test_an_unlinked_file_can_still_be_appended_to(world: World) -> None:
    files = world.files
    fd = files.open_append(world.path("log"))
    files.append(fd, b"abc")
    files.unlink(world.path("log"))
    assert files.append(fd, b"d") == 4
    assert files.listdir(world.directory) == []


@contract("unlink-missing-enoent", "unlink-directory-refused")
def test_unlinking_nothing_or_a_directory_is_refused(world: World) -> None:
    with refused(errno.ENOENT):
        world.files.unlink(world.path("log"))
    world.make_directory(world.path("dir"))
    with refused(errno.EISDIR):
        world.files.unlink(world.path("dir"))


@contract("truncate-empties")
def test_truncating_empties_and_the_next_append_starts_at_0(world: World) -> None:
    files = world.files
    fd = files.open_append(world.path("log"))
    files.append(fd, b"abc")
    files.truncate(fd)
    assert files.size(world.path("log")) == 0
    assert files.append(fd, b"de") == 2


@contract("append-without-size-is-minus-one", "only-files-are-seekable")
def test_a_device_has_no_size_and_cannot_be_rotated(world: World) -> None:
    files = world.files
    null = files.open_append("/dev/null")
    assert files.append(null, b"abc") == -1
    assert not files.seekable(null)
    log = files.open_append(world.path("log"))
    assert files.seekable(log)


@contract()
def test_a_full_disk_is_an_error_of_the_append(world: World) -> None:
    fd = world.files.open_append("/dev/full")
    with refused(errno.ENOSPC):
        world.files.append(fd, b"abc")


@contract("append-open-directory-refused")
def test_a_directory_cannot_be_appended_to(world: World) -> None:
    with refused(errno.EISDIR):
        world.files.open_append(world.directory)


@contract()
def test_a_missing_directory_is_enoent_and_a_file_in_its_place_enotdir(world: World) -> None:
    files = world.files
    with refused(errno.ENOENT):
        files.open_append(world.path("no/log"))
    files.write_file(world.path("file"), b"")
    with refused(errno.ENOTDIR):
        files.open_append(world.path("file/log"))
    for call in (files.size, files.read_file, files.stat, files.listdir):
        with refused(errno.ENOENT):
            call(world.path("missing"))


@contract("read-at-end-is-empty")
def test_a_piece_of_a_file_is_read_from_an_offset_to_its_end(world: World) -> None:
    files = world.files
    files.write_file(world.path("log"), b"0123456789")
    assert files.read_at(world.path("log"), 3, 4) == b"3456"
    assert files.read_at(world.path("log"), 8, 100) == b"89"
    assert files.read_at(world.path("log"), 10, 1) == b""
    assert files.read_at(world.path("log"), 50, 1) == b""


@contract("read-at-device-espipe")
def test_a_piece_of_a_device_cannot_be_read(world: World) -> None:
    with refused(errno.ESPIPE):
        world.files.read_at("/dev/null", 0, 1)
    with refused(errno.EISDIR):
        world.files.read_at(world.directory, 0, 1)


@contract("temp-name-shape")
def test_a_temporary_file_has_a_fresh_name_and_is_ours_alone(world: World) -> None:
    files = world.files
    paths = {files.make_temp(world.directory, "web-stdout---sup-", ".log") for _ in range(5)}
    assert len(paths) == 5
    for path in paths:
        name = path.removeprefix(world.directory + "/")
        assert (
            name.startswith("web-stdout---sup-")
            and name.endswith(".log")
            and len(name) == len("web-stdout---sup-.log") + 8
        )
        assert world.mode(path) == 0o600 and files.size(path) == 0
    with refused(errno.ENOENT):
        files.make_temp(world.path("missing"), "a", "b")


@contract("random-bytes-differ")
def test_random_bytes_are_as_many_as_asked_for_and_never_the_same(world: World) -> None:
    drawn = {world.files.random_bytes(16) for _ in range(20)}
    assert len(drawn) == 20 and {len(data) for data in drawn} == {16}


@contract()
def test_writing_a_file_replaces_its_content(world: World) -> None:
    files = world.files
    files.write_file(world.path("pid"), b"12345\n")
    files.write_file(world.path("pid"), b"7\n")
    assert files.read_file(world.path("pid")) == b"7\n"


@contract("glob-sorted-and-skips-hidden")
def test_a_pattern_finds_paths_sorted_and_passes_over_hidden_ones(world: World) -> None:
    files = world.files
    for name in ("b.conf", "a.conf", ".c.conf", "d.txt"):
        files.write_file(world.path(name), b"")
    assert files.glob(world.path("*.conf")) == [world.path("a.conf"), world.path("b.conf")]
    assert files.glob(world.path("d.txt")) == [world.path("d.txt")]
    assert files.glob(world.path("no*")) == []


@contract("stat-follows-links")
def test_links_are_followed_to_what_they_name(world: World) -> None:
    files = world.files
    world.put_file(world.path("prog"), b"", 0o750)
    world.link(world.path("link"), world.path("prog"))
    world.link(world.path("relative"), "prog")
    world.link(world.path("broken"), world.path("missing"))
    world.link(world.path("circle"), world.path("circle"))
    for name in ("link", "relative"):
        mode, uid = files.stat(world.path(name))
        assert stat.S_ISREG(mode) and stat.S_IMODE(mode) == 0o750 and uid == 0
    with refused(errno.ENOENT):
        files.stat(world.path("broken"))
    with refused(errno.ELOOP):
        files.stat(world.path("circle"))


@contract()
def test_only_what_has_an_execute_bit_is_executable_even_for_root(world: World) -> None:
    world.put_file(world.path("plain"), b"", 0o644)
    world.put_file(world.path("prog"), b"", 0o755)
    assert world.files.executable(world.path("prog"))
    assert not world.files.executable(world.path("plain"))
    assert not world.files.executable(world.path("missing"))


@contract()
def test_a_user_is_refused_what_the_modes_refuse(world: World) -> None:
    files = world.files
    world.put_file(world.path("secret"), b"", 0o600)
    world.make_directory(world.path("theirs"), 0o755)
    world.make_directory(world.path("closed"), 0o700)
    world.become_user(65534)
    with refused(errno.EACCES):
        files.read_file(world.path("secret"))
    with refused(errno.EACCES):
        files.open_append(world.path("secret"))
    with refused(errno.EACCES):
        files.open_append(world.path("theirs/log"))
    with refused(errno.EACCES):
        files.stat(world.path("closed/log"))
    assert files.append(files.open_append(world.path("mine")), b"x") == 1


@contract("user-by-name-or-number")
def test_users_and_groups_are_found_by_name_or_number(world: World) -> None:
    files = world.files
    assert files.user("root") == files.user("0") == ("root", 0, 0, "/root")
    assert (files.user("65534") or ("",))[0] == "nobody"
    assert files.user("no-such-user") is None
    assert files.user("4000000") is None
    assert files.group("root") == files.group("0") == ("root", 0)
    assert files.group("no-such-group") is None
    assert files.groups_of("root", 0)[0] == 0


@contract("own-stream-has-one-name")
def test_a_stream_we_were_given_has_one_name_and_other_paths_have_none(world: World) -> None:
    files = world.files
    world.link(world.path("link"), "/dev/stdout")
    names = ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", world.path("link"))
    assert {files.own_stream(name) for name in names} == {"/dev/stdout"}
    assert files.own_stream("/dev/stderr") == files.own_stream("/proc/self/fd/2") != ""
    files.write_file(world.path("log"), b"")
    for name in (world.path("log"), world.path("missing"), world.directory, "/dev/null", ""):
        assert files.own_stream(name) == ""
    assert files.append(files.open_append("/dev/fd/1"), b"") == files.append(files.open_append("/dev/stdout"), b"")
