"""What estimators share that wrap other estimators or ask them."""
