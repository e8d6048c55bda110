"""From a spawn request to a running script: user, directory, program, in that order (supervisord-4.3 §3, execve(2))."""

from __future__ import annotations

import errno
import stat

from initd.kernel.linux_spawn import error_name, failure_text
from initd.kernel.port import SetupFailed, SpawnSpec
from sim.kernel.rules import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.kernel.faults import Faults
    from sim.kernel.process import Process
    from sim.kernel.tree import Tree


class Loader:
    """What may go wrong between fork and the first instruction of a program."""

    __slots__ = ("_faults", "_tree")

    def __init__(self, tree: Tree, faults: Faults) -> None:
        self._tree, self._faults = tree, faults

    @rule("setup-order", "setup-user-refused", "setup-directory-missing")
    def set_up(self, child: Process, spec: SpawnSpec) -> SetupFailed | None:
        """Turn a forked child into what the spec asks for; the first step that fails."""
        child.argv, child.env = spec.argv, spec.env
        if spec.user is not None and spec.user.uid != child.uid:
            number = self._fault("setuid", spec) or (errno.EPERM if child.uid else 0)
            if number:
                return SetupFailed("setuid", number)
            child.uid, child.gid, child.groups = spec.user.uid, spec.user.gid, spec.user.groups
        if spec.directory is not None:
            number = self._fault("chdir", spec) or self._directory(spec.directory, child.uid)
            if number:
                return SetupFailed("chdir", number)
            child.directory = spec.directory
        if spec.umask is not None:
            child.umask = spec.umask
        if spec.nofile is not None:
            child.nofile = spec.nofile
        number = self._fault("exec", spec) or self._program(spec.path, child.uid)
        return SetupFailed("exec", number) if number else None

    def _fault(self, stage: str, spec: SpawnSpec) -> int:
        return self._faults.errno_for(stage, (spec,)) if self._faults.by_call else 0

    def _directory(self, path: str, uid: int) -> int:
        try:
            node = self._tree.find(path)
        except OSError as error:
            return error.errno or errno.ENOENT
        if node.kind != stat.S_IFDIR:
            return errno.ENOTDIR
        return 0 if self._tree.allowed(node, 1, uid) else errno.EACCES

    @rule(
        "exec-missing-enoent", "exec-not-executable-eacces", "exec-no-format-enoexec", "exec-missing-interpreter-enoent"
    )
    def _program(self, path: str, uid: int) -> int:
        try:
            node = self._tree.find(path)
        except OSError as error:
            return error.errno or errno.ENOENT
        if node.kind != stat.S_IFREG or not self._tree.allowed(node, 1, uid):
            return errno.EACCES
        if node.data.startswith(b"#!"):
            words = bytes(node.data[2:]).split(b"\n", 1)[0].split()
            return self._program(words[0].decode(), uid) if words else errno.ENOEXEC
        return 0 if node.data.startswith(b"\x7fELF") else errno.ENOEXEC


@rule("setup-failure-two-lines-and-127")
def last_words(spec: SpawnSpec, failed: SetupFailed) -> bytes:
    """What a child whose setup failed leaves in its stderr."""
    why = error_name(failed.errno)
    if failed.stage == "setuid":
        return failure_text(f"setuid to {spec.user.uid if spec.user else 0}", "Can't drop privilege as nonroot user")
    return failure_text(f"chdir to {spec.directory}" if failed.stage == "chdir" else f"exec {spec.argv[0]}", why)
