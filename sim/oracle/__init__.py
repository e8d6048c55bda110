"""The real supervisor 4.3.0 as an oracle: its own loop, config parser and RPC interface, unmodified, on a virtual kernel.

`play` lets it live a scenario and tells the story; `differential` compares that with ours, and `divergences` knows which
differences are meant. Only this package may import `supervisor`, which is there for development alone.
"""
