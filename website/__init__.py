"""The site: the pages, a generated reference, and search that works from disk."""
