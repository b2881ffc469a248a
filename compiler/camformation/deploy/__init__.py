"""Bringing compiled templates to AWS: packaging, change sets, plans and their execution."""
