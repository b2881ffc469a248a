"""Reports of a plan: text, Markdown, GitHub annotations, JSON."""
