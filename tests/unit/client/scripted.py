"""A session whose server is a table of answers, and the calls it got."""

from __future__ import annotations

import io
from typing import Any

from initd.config.model import ClientConfig
from initd.control.client.session import Session


class Scripted(Session):
    """`answers` maps a method to its value, to an exception to raise, or to a function of the parameters."""

    def __init__(self, interactive: bool = False, **answers: Any) -> None:
        super().__init__(ClientConfig("unix:///run/s.sock"), io.StringIO(), interactive)
        self.answers = {"getVersion": "3.0"} | answers
        self.calls: list[tuple[Any, ...]] = []

    def call(self, method: str, *params: str | int) -> Any:
        self.calls.append((method, *params))
        answer = self.answers[method]
        if isinstance(answer, Exception):
            raise answer
        return answer(*params) if callable(answer) else answer

    def said(self) -> list[str]:
        """The lines printed so far."""
        assert isinstance(self.out, io.StringIO)
        return self.out.getvalue().splitlines()


def result(name: str, status: int, description: str = "OK", group: str = "") -> dict[str, Any]:
    """What group calls answer for one process."""
    return {"name": name, "group": group or name, "status": status, "description": description}


def info(name: str, state: int, statename: str, description: str = "", group: str = "", pid: int = 0) -> dict[str, Any]:
    """What getProcessInfo answers, as far as the client looks."""
    shown = {"name": name, "group": group or name, "state": state, "statename": statename}
    return shown | {"description": description, "pid": pid}
