"""The same flow the textbook way: a task per event, ORM, a transaction a task, a confirmed publish a message.

They write the product's tables and messages, and call its pure decisions, so that rows and messages are the
same; how work gets from one step to the next is each library's own.
"""
