"""Facts: tables in our words, read from files or requests, each fact with when it happened and became known."""
