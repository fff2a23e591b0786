"""Each exercise set: the exercises and the cases that judge them, and in a .toml file the wrong answers people give.

A wrong answer is what differs from the model (changed.py), or a function as a learner would write it. Those about the
kernel run as part of one, where the names they use exist.
"""
