"""Sentences that every report carries."""

#: What no run of this rig can tell.
NOT_SHOWN = (
    "A power cut. Processes are killed, disks are filled, but no disk forgets what it said it had written.",
    "Clusters. One PostgreSQL, one RabbitMQ node, one Redis: no failover, no partition between their nodes.",
    "Machines. Everything runs on one, so clocks differ only where the rig skews them.",
    "Years. What takes longer than the run, such as retention by month, is tried by other tests.",
    "Whether a policy is right. Figures are foreseen for simple debts; the rules' own tests do the rest.",
    (
        "What is rare. No failure in n trials excludes no rate below 3/n (95 % confidence), and the trials "
        "of one run share its faults: they count for less than as many independent ones."
    ),
)
#: How a message is lost where the broker is Redis, and what is done about it.
MAY_LOSE = (
    "A Redis of somebody's own may lose what it has taken, where it answers before its file is on the disk "
    "(appendfsync everysec). What it lost is counted, said once more by upstream, and is then no failure. "
    "One that is started here writes first, and may lose nothing."
)
