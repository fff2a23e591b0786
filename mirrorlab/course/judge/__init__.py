"""How a learner's function is judged."""
