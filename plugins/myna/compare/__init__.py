"""All members of a group trained alike, measured alike, and put side by side on one page."""
