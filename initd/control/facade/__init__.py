"""The daemon as supervisor's plugins know it: the objects their factories, methods and result handlers are given.

Only what plugins use of supervisor's own objects is there; whatever else they ask for is an AttributeError that names it.
It is loaded when a configuration has a plugin.
"""
