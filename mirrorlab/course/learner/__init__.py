"""What a learner calls: checks, predictions, hints, progress."""
