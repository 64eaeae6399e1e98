"""The driver around a system's stages: configuration, `.complete` markers, time and memory. Imports no toolkit."""
