"""Computes features: one engine for a million snapshots or for the one lead in a request."""
