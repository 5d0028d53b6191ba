"""Contributions become reasons, for one lead and over many: signed effects in score points, in plain words."""
