"""The HTTP side: data plane, management plane, health."""
