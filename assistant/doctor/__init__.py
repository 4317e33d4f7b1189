"""The settings go in; what is right and wrong with the program on this computer comes out, and what to type.

look.py gathers facts at the edge (probe.py those of libraries that may hang or crash, in a process of its own);
computer.py, models.py, sound.py and running.py judge them, pure; examine.py does both, side by side; bundle.py makes
a zip for a bug report of it, out of which scrub.py keeps whatever people said and are called.
"""
