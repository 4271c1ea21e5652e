"""What every set needs before and after it decides: context, cases, and the one way from facts to effects."""
