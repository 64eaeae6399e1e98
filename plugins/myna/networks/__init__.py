"""Plain torch.nn.Modules, used unchanged by the ESPnet and NeMo adapters."""
