"""Policy as versioned data: one per opco, read from TOML, stored by digest."""
