"""What is said in the AN4 recordings that the tests use."""

TEXTS = {
    "cen8-fcaw-b": "eleven twenty seven fifty seven",
    "cen8-mmxg-b": "october twenty four nineteen seventy",
    "cen8-fbbh-b": "march third nineteen twenty eight",
    "cen8-mwhw-b": "eleven seventeen fifty one",
}
