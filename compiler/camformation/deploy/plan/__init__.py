"""Planning: what deploying would do to the running system, and whether it may."""
