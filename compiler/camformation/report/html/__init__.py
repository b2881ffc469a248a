"""HTML pages: escaped markup, and a frame with style, script and a strict policy."""
