"""Estimates of what a deployment costs a month, from compiled templates and list prices."""
