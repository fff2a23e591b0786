"""One file per exercise set: the exercises, the cases that judge them, and the wrong answers that people give.

Wrong answers are written as a learner would write them, or as what differs from the model (changed.py). Those about the
kernel run as part of one, where the names they use exist.
"""
