"""From the wire and the policy into domain values."""
