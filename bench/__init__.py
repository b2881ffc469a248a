"""What a compilation costs: CPU time and memory, beside what the libraries alone cost."""
