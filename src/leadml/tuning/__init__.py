"""Settings of the learner, searched on later leads."""
