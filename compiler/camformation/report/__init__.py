"""What people and machines are shown: each module renders one kind of thing, and prints nothing."""
