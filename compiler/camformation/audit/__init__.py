"""Security controls and the exposure matrix, both computed from compiled templates."""
