"""The methods by which a question may be answered, by name."""

PLAIN, DECOMPOSED = "plain", "decomposed"
METHODS = ("auto", DECOMPOSED, PLAIN)
