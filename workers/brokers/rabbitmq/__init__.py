"""RabbitMQ through kombu and py-amqp. One connection, with one channel, a thread."""
