"""Studies and fits that anyone can rerun."""
