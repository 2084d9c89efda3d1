"""What to break: which calls of the user's code fail, and with what."""
