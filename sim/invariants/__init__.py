"""What must hold in every story, whoever tells it (simulation.md §4.5): named checkers that look at nothing but the story.

`judge` applies all of them. `catalogue` lists the 42 with where each is judged.
"""

from sim.invariants.judge import Finding, Outcome, judge

__all__ = ["Finding", "Outcome", "judge"]
