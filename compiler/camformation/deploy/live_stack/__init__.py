"""A deployment as it is in AWS: templates, status, drift, outputs."""
