"""Reports for people and machines: each module renders one kind of thing, and prints nothing."""
