"""Estimates of how long CloudFormation takes. Pure."""
