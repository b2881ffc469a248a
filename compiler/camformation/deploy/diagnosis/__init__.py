"""The causes of a failed operation, with evidence and advice."""
