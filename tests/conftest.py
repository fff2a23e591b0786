"""What all tests share: the same examples on every run, and no deadline on a busy machine."""

from hypothesis import settings

settings.register_profile("mirrorlab", derandomize=True, deadline=None)
settings.load_profile("mirrorlab")
