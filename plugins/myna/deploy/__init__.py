"""Voices for other runtimes: frozen, cut into graphs, exported, examined, spoken with."""

NAME = "engine.yaml"  # describes an export; a folder that has it is one
