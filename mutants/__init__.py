"""Mutation tests of what decides about changes and data: `make mutants`."""
