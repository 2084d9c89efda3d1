"""The one rewrite of the user's own functions: marks are put into live functions by swapping code, and taken out again."""
