"""One file for each protocol: its recorder, which turns native calls into events, and its driver, which plays the server."""
