"""How much is read of what strangers wrote: every bound on foreign bytes in one place, each with its reason."""

# Text that is parsed. The longest that Myna writes are seals of packs, about 3 kB.
LARGEST_YAML = 256 << 10  # bytes of voice.yaml, consent.yaml, an undertaking
LARGEST_JSON = 1 << 20  # bytes of seal.json, config.json of a checkpoint
LARGEST_LABEL = 16 << 10  # characters of an AIGC label; Myna's have 420
LARGEST_TABLE = 8 << 20  # bytes of tokens.txt, lexicon.txt, text.model
LARGEST_TEXT = 16 << 20  # bytes of standard input: some three hundred hours of speech
DEEPEST = 32  # levels of lists and mappings in YAML and JSON

# Weights.
LARGEST_FILE = 4 << 30  # bytes of one file of a voice
MOST_FILES = 256  # files of a voice or pack
LARGEST_HEADER = 16 << 20  # bytes of a safetensors header; a voice's has about 60 kB
MOST_PARAMETERS = 500_000_000  # of one network; the largest of Myna's has 24 million

# Graphs of an export.
LARGEST_GRAPH = 1 << 30  # bytes of one graph; the largest of an export of the default has 22 MB, of joe 36
MOST_NODES = 8_192  # operators of a graph; the largest of an export's has 1889
GRAPH_MEMORY = 4 << 30  # bytes of what all graphs compute at once; a minute in one breath takes under one
FOLDED_MEMORY = 64 << 20  # bytes of a constant that is computed when a graph is loaded

# Arguments of a network that a file names.
LARGEST_SIZE = 16_384  # widths, taps, points of a Fourier transform
MOST_LAYERS = 128  # layers, blocks, flows, stacks: each is a loop that builds
MOST_TOKENS = 65_536
LONGEST_LIST = 64
LONGEST_WORD = 64  # characters
LARGEST_SEED = 2**31
LARGEST_NUMBER = 1e4  # of a real-valued argument, either sign

# What a file of a voice may say of itself.
LONGEST_NAME = 200  # characters of a speaker's name
# What a name may hold: no control characters, no line ends, nothing that turns the direction of writing. A terminal
# would act on the first, a log would show a line that is none, and the last lets a name read as another.
ONE_LINE = r"^[^\p{Cc}\x{2028}\x{2029}\x{202A}-\x{202E}\x{2066}-\x{2069}]*$"
LARGEST_EVIDENCE = 256 << 20  # bytes of a scanned form or a spoken consent
MOST_STEPS = 100  # evaluations of a flow
LOWEST_RATE, HIGHEST_RATE = 8_000, 48_000  # Hz

# Sound is marked, encoded and searched in stretches, so that memory does not grow with the length of the text.
STRETCH_SECONDS = 30.0
LONGEST_SOUND = 12 * 3600  # seconds of a file that is verified
MOST_CHANNELS = 64  # of a file that is verified; third-order Ambisonics has 16, a scene an object a line
