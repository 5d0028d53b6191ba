"""The leakage audit: whether anything in the history tells the outcome before it was known."""
