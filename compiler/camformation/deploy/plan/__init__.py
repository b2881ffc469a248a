"""Plans: the changes of a deployment to the running system, and the gate. Pure."""
