"""Fleets: StackSets planned, deployed in waves, looked at, and taken apart again."""
