"""Pictures of an architecture: SVG, laid out by Graphviz; Mermaid; DOT."""
