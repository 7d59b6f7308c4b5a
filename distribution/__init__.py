"""What goes with a release beside the package itself."""
