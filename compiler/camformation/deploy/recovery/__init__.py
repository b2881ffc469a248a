"""Recovery from every state in which a stack can be stuck."""
