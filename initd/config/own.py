"""[initd]: the section that only we read (DESIGN promise 4; deliberate-differences.md)."""

from __future__ import annotations

from initd.config.model import OwnConfig
from initd.config.section import Section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.config.section import Scope


def own_of(scope: Scope) -> OwnConfig:
    """Its options, or their defaults where there is no such section; ConfigError."""
    section = Section(scope, "initd", {"here": scope.here})
    return OwnConfig(**{option: section.value(option) for option in section.table})
