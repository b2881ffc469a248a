"""Pages for reviews: one self-contained HTML file of a plan, or of a finished operation."""
