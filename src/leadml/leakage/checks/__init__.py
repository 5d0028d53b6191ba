"""What the audit looks for, one question a file: each a function from the evidence to findings."""
