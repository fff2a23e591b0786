"""What happened to a machine, operation by operation, and going back and forth in it."""
