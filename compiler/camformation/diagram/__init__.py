"""The architecture of a deployment as boxes and arrows, from its flat template. Pure."""
