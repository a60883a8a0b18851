"""Composition root and command line: settings, wiring, run, health, embedded engines."""
