"""The change of one deployment: packaging, the change set, its execution and protection."""
