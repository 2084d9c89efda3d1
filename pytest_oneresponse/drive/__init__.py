"""Driving one route: what is sent to it and made to fail in it, in which order, and what that came to."""
