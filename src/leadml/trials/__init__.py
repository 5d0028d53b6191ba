"""A changed agreement tried on the past, and thresholds that fit what sales can take."""
