"""The interactive shell: prompt, history, completion (supervisord-4.3 §7.1)."""

from __future__ import annotations

import cmd

from initd.control.client.session import OWN, VERBS, Session
from initd.control.rpc_names import join_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TAKE_GROUPS = frozenset({"add", "remove", "update"})
_TAKE_PROCESSES = frozenset({"clear", "explain", "fg", "pid", "restart", "signal", "start", "status", "stop", "tail"})


def interact(session: Session) -> None:
    """Show the status, then run lines until the user leaves."""
    session.interactive = True
    _remember_lines(session.config.history_file)
    shell = Shell(session)
    shell.cmdqueue.append("status")
    try:
        shell.cmdloop()
    except KeyboardInterrupt:
        session.say("")


def do_quit(session: Session, argument: str) -> bool:
    """Leave."""
    session.say("")
    return True


do_exit = do_EOF = do_quit


class Shell(cmd.Cmd):
    """Reads lines and completes them; what they mean is the session's business."""

    def __init__(self, session: Session) -> None:
        super().__init__(stdout=session.out)
        self.prompt = f"{session.config.prompt}> "
        self._session = session
        self._infos: list[dict[str, Any]] | None = None  # asked once a line, however often Tab is hit

    def onecmd(self, line: str) -> bool:
        """Run one line."""
        self._infos = None
        return self._session.run(line)

    def complete(self, text: str, state: int) -> str | None:  # type: ignore[override]
        """The state-th completion of the word being typed, for readline."""
        import readline

        found = self.completions(readline.get_line_buffer(), text)
        return found[state] if state < len(found) else None

    def completions(self, line: str, text: str) -> list[str]:
        """What `text`, the last word of `line`, may become."""
        words = line.split()
        if (len(words) < 2 and not (words and line.endswith(" "))) or words[0] == "help":
            candidates = sorted(verb for verb in VERBS if verb != "EOF" and (text or verb not in OWN))
            candidates += [verb for plugin in self._session.plugins for verb in plugin.verbs()]
        elif words[0] in _TAKE_GROUPS:
            candidates = list(dict.fromkeys(info["group"] for info in self._processes()))
        elif words[0] in _TAKE_PROCESSES:
            candidates = self._process_names(text)
        else:
            candidates = []
        return [f"{word} " for word in candidates if word.startswith(text)]

    def _process_names(self, text: str) -> list[str]:
        """Short names where there are any and no colon has been typed, else full ones and whole groups."""
        found: list[str] = []
        for info in self._processes():
            group, process = info["group"], info["name"]
            if ":" in text or group != process:
                found += [f"{group}:{process}", f"{group}:*"]
            else:
                found.append(join_name(group, process))
        return list(dict.fromkeys(found))

    def _processes(self) -> list[dict[str, Any]]:
        if self._infos is None:
            try:
                self._infos = list(self._session.call("getAllProcessInfo"))
            finally:
                self._session.hang_up()  # the server may be another one by the time the line is finished
        return self._infos


def _remember_lines(history: str | None) -> None:
    """Let readline take `group:*` and `a-b` for one word, and keep the history across runs."""
    try:
        import readline
    except ImportError:  # a Python built without it still has a shell
        return
    delimiters = readline.get_completer_delims()
    readline.set_completer_delims("".join(letter for letter in delimiters if letter not in ":*-"))
    if not history:
        return
    import atexit
    import contextlib

    with contextlib.suppress(OSError):  # none yet
        readline.read_history_file(history)
    atexit.register(_save_history, history)


def _save_history(path: str) -> None:
    import contextlib
    import readline

    with contextlib.suppress(OSError):  # a history that cannot be kept is no reason to complain
        readline.write_history_file(path)
