"""Estimates of a deployment's monthly cost, from compiled templates and list prices."""
