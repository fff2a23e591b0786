"""One file per exercise set: the exercises, the cases that judge them, and the wrong answers that people give.

Wrong answers are written as a learner would write them. Those about the kernel run as part of one, where the names they
use exist.
"""
