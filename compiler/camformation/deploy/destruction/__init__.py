"""The destruction of one deployment: what it takes and leaves, its preparation and execution."""
