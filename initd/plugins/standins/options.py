"""supervisor.options: names of processes, and the parser that plugins put program options into."""

from __future__ import annotations

_DEFAULT = "DEFAULT"


def split_namespec(namespec: str) -> tuple[str, str | None]:
    """`group:process` or `process` to (group, process); no process for `group:` and `group:*`."""
    group, colon, process = namespec.partition(":")
    if not colon:
        return namespec, namespec
    return group, None if process in ("", "*") else process


def make_namespec(group_name: str, process_name: str) -> str:
    """The shortest name of a process."""
    return process_name if group_name == process_name else f"{group_name}:{process_name}"


class UnhosedConfigParser:
    """Sections of options, as far as a plugin that makes some needs them; values are kept as they are given."""

    mysection = "supervisord"

    def __init__(self) -> None:
        self._sections: dict[str, dict[str, object]] = {}
        self.section_to_file: dict[str, str] = {}
        self.expansions: dict[str, object] = {}

    def add_section(self, section: str) -> None:
        """A new, empty section; ValueError."""
        if section == _DEFAULT:
            raise ValueError(f"Invalid section name: {section!r}")
        if section in self._sections:
            raise ValueError(f"Section {section!r} already exists")
        self._sections[section] = {}

    def set(self, section: str, option: str, value: object = None) -> None:
        """Give an option a value."""
        self._sections[section][option.lower()] = value

    def get(self, section: str, option: str) -> object:
        """The value of an option; KeyError."""
        return self._sections[section][option.lower()]

    def sections(self) -> list[str]:
        """The names of all sections."""
        return list(self._sections)

    def has_section(self, section: str) -> bool:
        """Whether there is one of that name."""
        return section in self._sections

    def options(self, section: str) -> list[str]:
        """The names of a section's options."""
        return list(self._sections[section])

    def has_option(self, section: str, option: str) -> bool:
        """Whether an option has a value."""
        return option.lower() in self._sections.get(section, {})

    def items(self, section: str) -> list[tuple[str, object]]:
        """A section's options with their values."""
        return list(self._sections[section].items())
