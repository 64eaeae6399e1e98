"""The top floor: commands that need the whole house. Those of one room, such as `myna say`, stand in it."""
