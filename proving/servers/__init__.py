"""Private PostgreSQL, RabbitMQ and Valkey servers that are started, killed and restarted at will.

Each server has a folder and loopback ports of its own and ends with its owner. No system service is touched.

    with PostgreSQL.temporary() as server:
        url = server.create_database("ledger")
        server.kill()
        server.start()
"""
