"""Releases: the notes of a version, and checks of what is handed out."""
