"""Speech in a place: around a head (HRTF), in Ambisonics, or as an object of the Audio Definition Model."""
