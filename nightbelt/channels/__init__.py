"""Sending: calls to people by apprise and web push, and the state of alarms to nurse-call systems."""
