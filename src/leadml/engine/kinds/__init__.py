"""The kinds of feature, one file each; a file here is a kind, and its name is the kind's name."""
