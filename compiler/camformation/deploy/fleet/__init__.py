"""Fleets in StackSets: planned, deployed in waves, inspected, and taken apart."""
