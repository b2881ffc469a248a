"""One CloudFormation operation followed to its end, as events."""
