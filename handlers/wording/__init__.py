"""What people are told: letters, to-dos, and the texts of both."""
