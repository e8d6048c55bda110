"""The simulator: the shipped supervisor on a simulated kernel with a virtual clock (simulation.md §4).

`sim` imports `initd`; never the reverse.
"""
