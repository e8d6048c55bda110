"""supervisor.loggers: the levels of the main log."""

from __future__ import annotations


class LevelsByName:
    """Numbers by the names that lines of the log begin with."""

    CRIT = 50
    ERRO = 40
    WARN = 30
    INFO = 20
    DEBG = 10
    TRAC = 5
    BLAT = 3


class LevelsByDescription:
    """Numbers by the names that `loglevel` takes."""

    critical = LevelsByName.CRIT
    error = LevelsByName.ERRO
    warn = LevelsByName.WARN
    info = LevelsByName.INFO
    debug = LevelsByName.DEBG
    trace = LevelsByName.TRAC
    blather = LevelsByName.BLAT


LOG_LEVELS_BY_NUM = {number: name for name, number in vars(LevelsByName).items() if not name.startswith("_")}


def getLevelNumByDescription(description: str) -> int | None:
    """The number of a `loglevel`."""
    return getattr(LevelsByDescription, description, None)
