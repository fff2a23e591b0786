"""One file per exercise set: the exercises, the cases that judge them, and the wrong answers that people give.

Wrong answers are written as a learner would write them. They run as part of a kernel, where the names they use exist.
"""
