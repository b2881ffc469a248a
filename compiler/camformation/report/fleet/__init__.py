"""Reports about fleets: plans, progress, status."""
