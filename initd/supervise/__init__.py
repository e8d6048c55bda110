"""The supervisor's decisions, pure: events and a monotonic time go in, effects come out.

Nothing here reads a clock, draws a random number or makes a system call. `supervisor.Supervisor` is the way in; the
rules of one program are the rows of `table` and the methods of `rules`.
"""
