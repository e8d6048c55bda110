"""Real runs as stories: what a recording (`initd --record`) or a main log tells, in the words of `sim.scenario` and `sim.trace`.

`judge` applies the checkers of `sim.invariants` to them; `initd-sim judge FILE` is the command. What a file does not tell is
unknown, which is no pass.
"""
