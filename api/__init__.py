"""People and programs: pages, JSON routes, live events, viewer rights."""
