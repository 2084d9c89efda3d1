"""What to send: values that a declared type lets through, and those next to them."""
