"""Everything that changes the forum. Views call these functions; each checks who may."""
