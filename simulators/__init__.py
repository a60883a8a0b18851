"""Belts, residents and nights that behave and misbehave, with the truth beside them."""
