"""Every rule of the simulated kernel is shown true of Linux by a contract."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import sim.kernel
from sim.kernel.rules import RULES
from tests.contract.contracts import Contract


def claims() -> dict[str, list[Contract]]:
    """Which contracts claim which rule."""
    found: dict[str, list[Contract]] = {}
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        specification = importlib.util.spec_from_file_location(f"claims_{file.stem}", file)
        assert specification is not None and specification.loader is not None
        module = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(module)
        for member in vars(module).values():
            terms = getattr(member, "contract", None)
            if isinstance(terms, Contract):
                for name in terms.rules:
                    found.setdefault(name, []).append(terms)
    return found


def test_every_rule_is_claimed_by_a_contract_that_runs_on_linux() -> None:
    assert sim.kernel.SimKernel is not None
    held = {name for name, contracts in claims().items() if any("linux" in one.worlds for one in contracts)}
    assert sorted(set(RULES) - held) == []


def test_no_contract_claims_a_rule_that_does_not_exist() -> None:
    assert sorted(set(claims()) - set(RULES)) == []
