"""A run of pytest with the flag on: its items, the tests that are judged, what is told at the end, the fixture."""
