"""PyTorch: modules, their weights, and exported programs."""
