"""One plan for many possible worlds: worlds, criteria, the search for the plan, and what is told of it."""
