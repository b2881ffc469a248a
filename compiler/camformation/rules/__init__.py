"""The semantic rules, CAM1xx: what JSON Schema cannot say about a deployment."""
