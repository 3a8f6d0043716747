"""Installing and running the product: images, one server, cluster, gateway, monitoring."""
