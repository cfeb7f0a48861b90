"""Bad days: processes killed, services gone, disks full, networks half-open."""
