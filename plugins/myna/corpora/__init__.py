"""One module a corpus, each with its download and prepare steps, licence and consent basis."""
