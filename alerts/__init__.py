"""Readings to alarms to people: conditions over all beds at once, the life cycle, the watch that joins them."""
