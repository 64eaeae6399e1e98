"""NeMo adapters: vocoders as HifiGanModel, .nemo save and restore."""
