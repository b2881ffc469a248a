"""The semantic rules, CAM1xx and some of CAM2xx: what JSON Schema cannot say about a deployment."""
