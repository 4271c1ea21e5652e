"""Redis (or Valkey) as a broker, in the layout of kombu's Redis transport, for the embedded mode.

Queues are lists, bindings are sets, a message is kombu's JSON envelope: whatever publishes or consumes with
kombu is understood and understands. kombu makes the connection and reads the bindings.

Consuming differs in one place. kombu pops a message and records it as handed out in a second command, so
that a crash in between loses it, and so does one while a `BRPOP` waits. Here a script does both at once, for
a whole set. What is left of the loss window is Redis's own: with `appendfsync everysec` it answers before
it writes, and a Redis that is killed has lost up to two seconds. The embedded one runs with `always`.
"""
