"""What people read of stories: a timeline, the screen of a failure, a file for CI. Nothing judges here."""

from sim.report.timeline import timeline

__all__ = ["timeline"]
