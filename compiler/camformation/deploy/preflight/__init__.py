"""Checks before a deployment, and the permissions it needs."""
