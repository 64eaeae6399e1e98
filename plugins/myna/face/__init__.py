"""A face that speaks: times of sounds to visemes, to curves of a face over time, and to the files that carry them."""
