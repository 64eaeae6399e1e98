// espeak-ng as a program of its own, in a worker of its own: lines of text go in, lines of IPA come out. It lies in the
// folder espeak/ under its own licence (GPL-3.0-or-later); no other file of the page needs it to be there.

const FOLDER = new URL("espeak/", self.location);
let program, compiled;

self.onmessage = async ({ data: { id, bytes, text, voice } }) => {
  try {
    if (bytes) {
      program = (await import(new URL("espeak-ng.js", FOLDER))).default;
      compiled = await WebAssembly.compile(bytes);
      self.postMessage({ id });
    } else {
      self.postMessage({ id, found: await ipaOf(text, voice) });
    }
  } catch (error) {
    self.postMessage({ id, error: String(error?.message ?? error) });
  }
};

/** Run the program once, as on a command line. */
async function ipaOf(text, voice) {
  const run = await program({
    arguments: ["-q", "--ipa", "-b", "1", "-v", voice, "-f", "text", "--phonout", "ipa"],
    preRun: [(module) => module.FS.writeFile("text", text)],
    print: () => {},
    printErr: () => {},
    instantiateWasm: (imports, done) => {
      WebAssembly.instantiate(compiled, imports).then((instance) => done(instance, compiled));
      return {};
    },
  });
  return run.FS.readFile("ipa", { encoding: "utf8" });
}
