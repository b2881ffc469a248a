"""A run through a real account, for whoever has one: `make aws-smoke`."""
