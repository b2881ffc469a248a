"""The pictures of the documentation, made by the command itself."""
