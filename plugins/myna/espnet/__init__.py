"""ESPnet3 adapters: system, dataset, models with named losses."""
