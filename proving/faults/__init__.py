"""What goes wrong on purpose: processes, servers, connections, disks and clocks."""
