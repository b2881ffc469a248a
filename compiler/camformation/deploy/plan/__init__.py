"""Plans: what deploying would change in the running system, and the gate. Pure."""
