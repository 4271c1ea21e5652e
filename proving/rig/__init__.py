"""The rig: an installation of real processes on private servers, made to be broken."""
