"""The vocabulary of the ward: readings, beds, residents, nights, alarms, and the ports between the parts.

Pure: no I/O, no logging, no threads; the only clock is the one handed in (`domain.clock`).
"""
