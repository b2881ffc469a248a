"""The destruction of one deployment: its plan, preparation and execution."""
