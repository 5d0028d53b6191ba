"""The agreement at work: the scale of the score, the place of a lead, and the deadlines."""
