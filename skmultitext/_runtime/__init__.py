"""Access to Python's global state, optional libraries and compiled code."""
