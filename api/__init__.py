"""People and programs: the board on the ward's wall, the residents' nights, the JSON interface, live events.

Fails towards telling a person: an alarm whose names cannot be looked up is shown with its ids, a value that is not
known to be fresh is not shown, and a board that has lost its link says so.
"""
