"""What each way of providing a service costs, computed before any decision is made."""
