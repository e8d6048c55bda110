"""The reference model: what supervision must do with a scenario, told a second time from the specification alone.

It shares nothing with the supervisor but the vocabulary, and nothing of its style: no table of states and events, but the
lives of each program one after another, their deadlines as sums, and the smaller of two times comes first. Sources are
supervisord-4.3 §2 (with §12), the deliberate differences D1 to D33, and simulation.md §2; how their open sentences were
read, and where they say nothing, is in docs/reference-model.md.
"""

from __future__ import annotations

from sim.model.silence import Silence
from sim.model.story import Story, tell

__all__ = ["Silence", "Story", "tell"]
