"""A night of readings to figures (pure)."""
