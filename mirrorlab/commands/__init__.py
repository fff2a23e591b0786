"""The `mirrorlab` command."""
