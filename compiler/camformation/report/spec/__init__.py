"""Reports about a spec: diagnostics, explanations, the complete spec."""
