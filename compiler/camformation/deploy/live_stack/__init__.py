"""A live deployment in AWS: templates, status, drift, outputs."""
