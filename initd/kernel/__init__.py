"""The kernel port and the implementations of it that touch the operating system."""
