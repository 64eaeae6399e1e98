"""Text to tokens: espeak-ng phonemes, token lists, pronunciation overrides."""
