"""The domain: money, accounts, processes, journals, facts and policy. Frozen values and rules, no I/O."""
