// docs/mobile/host.hpp as a library: the graphs run where it was loaded from.
#include "host.hpp"

using namespace myna;

extern "C" {

// Runs `graph` with one matrix or row of whole numbers an input; `output` gets what it gives by `give`.
using Call = void (*)(const char* graph, int inputs, const char** names, const float** numbers, const int64_t** whole,
                      const int64_t* rows, const int64_t* columns, void* found);

void give(void* found, const float* data, int64_t rows, int64_t columns) {
  Matrix made(rows, columns);
  std::copy_n(data, rows * columns, made.data.begin());
  static_cast<std::vector<Matrix>*>(found)->push_back(made);
}

static Matrix matrix(const float* data, int64_t rows, int64_t columns) {
  Matrix made(rows, columns);
  std::copy_n(data, rows * columns, made.data.begin());
  return made;
}

static void put(const std::vector<float>& from, float* out) { std::copy(from.begin(), from.end(), out); }

void host_normal(uint32_t seed, int64_t count, float* out) { put(normal(seed, count), out); }

int64_t host_spread(const float* encoded, const float* logs, int64_t rows, int64_t columns, float speed, float* out) {
  const Matrix made = spread(matrix(encoded, rows, columns), frames_of(matrix(logs, rows, 1), speed));
  put(made.data, out);
  return made.rows;
}

void host_pitch(const float* logits, int64_t rows, int64_t columns, float* out) {
  put(pitch_of(matrix(logits, rows, columns)).data, out);
}

void host_pulses(const float* pitch, int64_t rows, int hop, int rate, float* out) {
  put(pulses(matrix(pitch, rows, 2), hop, rate).data, out);
}

void host_analyse(const float* samples, int64_t rows, int hop, int n_fft, float* out) {
  put(analyse(matrix(samples, rows, hop), n_fft).data, out);
}

void host_synthesise(const float* spectra, int64_t rows, int hop, int n_fft, float* out) {
  put(synthesise(matrix(spectra, rows, n_fft + 2), n_fft, hop), out);
}

int64_t host_speak(Call call, const int64_t* tokens, const int64_t* languages, int64_t length, uint32_t seed, float scale,
                   float* out, int64_t room) {
  const Run run = [&](const std::string& graph, const std::vector<Input>& inputs) {
    std::vector<const char*> names;
    std::vector<const float*> numbers;
    std::vector<const int64_t*> whole;
    std::vector<int64_t> rows, columns;
    for (const Input& input : inputs) {
      names.push_back(input.name.c_str());
      numbers.push_back(input.numbers ? input.numbers->data.data() : nullptr);
      whole.push_back(input.whole ? input.whole->data() : nullptr);
      rows.push_back(input.numbers ? input.numbers->rows : input.whole->size());
      columns.push_back(input.numbers ? input.numbers->columns : 1);
    }
    std::vector<Matrix> found;
    call(graph.c_str(), int(inputs.size()), names.data(), numbers.data(), whole.data(), rows.data(), columns.data(), &found);
    return found;
  };
  Description voice;
  voice.noise_scale = scale;
  const auto wave = speak(run, voice, {tokens, tokens + length}, {languages, languages + length}, seed);
  if (int64_t(wave.size()) <= room) put(wave, out);
  return wave.size();
}
}
