"""What to train from a few minutes of speech: policies and schedules."""
