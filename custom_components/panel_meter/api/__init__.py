"""HTTP in and out: what devices post, and what programs read."""
