"""HTTP routes: each takes one typed input, calls one function and returns its result."""
