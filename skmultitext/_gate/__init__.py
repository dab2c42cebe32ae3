"""Where input is checked and read, and decisions are given back in its form."""
