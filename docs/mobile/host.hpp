// What happens between the four graphs of an exported voice, in C++17 alone: the numbers of `myna/deploy/host.py`.
//
// A runtime is behind `Run`; `host.cpp` has ONNX Runtime's. Errors are std::runtime_error.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace myna {

constexpr double kPi = 3.14159265358979323846;

// Rows of numbers, one after the other.
struct Matrix {
  size_t rows = 0, columns = 0;
  std::vector<float> data;
  Matrix(size_t r = 0, size_t c = 0) : rows(r), columns(c), data(r * c) {}
  float* row(size_t r) { return data.data() + r * columns; }
  const float* row(size_t r) const { return data.data() + r * columns; }
};

// An input of a graph: numbers (1, rows, columns), or whole ones (1, L).
struct Input {
  std::string name;
  const Matrix* numbers = nullptr;
  const std::vector<int64_t>* whole = nullptr;
};

// Runs the graph `text`, `frames`, `pitch` or `spectra`; gives each output (1, rows, ...) as a matrix.
using Run = std::function<std::vector<Matrix>(const std::string& graph, const std::vector<Input>& inputs)>;

// What `engine.yaml` says.
struct Description {
  int sample_rate = 22050, hop_length = 256, n_fft = 1024, n_mels = 80;
  float noise_scale = 0.667f;
};

// Gaussian noise, torch's for the same seed: a Mersenne Twister, then Box and Muller's transform in blocks of sixteen.
inline std::vector<float> normal(uint32_t seed, size_t count) {
  std::mt19937 twister(seed);
  std::vector<float> drawn(count);
  for (auto& value : drawn) value = float(twister() & 0xFFFFFF) * 0x1p-24f;
  for (size_t block = 0; block + 16 <= count; block += 16)
    for (size_t i = block; i < block + 8; ++i) {
      const float radius = std::sqrt(-2 * std::log1p(-drawn[i])), angle = float(2 * kPi) * drawn[i + 8];
      drawn[i] = radius * std::cos(angle);
      drawn[i + 8] = radius * std::sin(angle);
    }
  return drawn;
}

// Frames of each token, at least one.
inline std::vector<int> frames_of(const Matrix& log_durations, float speed) {
  std::vector<int> found;
  for (float value : log_durations.data)
    found.push_back(std::max(1, int(std::nearbyint(std::exp(std::clamp(value, 0.0f, 5.0f)) / speed))));
  return found;
}

// Each frame gets the vector of its token, its place within the token, and the logarithm of the duration.
inline Matrix spread(const Matrix& encoded, const std::vector<int>& durations) {
  size_t total = 0, at = 0;
  for (int frames : durations) total += frames;
  Matrix out(total, encoded.columns + 2);
  for (size_t token = 0; token < durations.size(); ++token)
    for (int inside = 0; inside < durations[token]; ++inside, ++at) {
      float* row = std::copy_n(encoded.row(token), encoded.columns, out.row(at));
      row[0] = (float(inside) + 0.5f) / float(durations[token]) - 0.5f;
      row[1] = std::log(float(durations[token])) - 1.5f;
    }
  return out;
}

// F0 in Hz and the probability of voice, of logits of the bins of pitch and of voicing; in double precision.
inline Matrix pitch_of(const Matrix& logits) {
  const int bins = int(logits.columns) - 1;
  Matrix out(logits.rows, 2);
  for (size_t t = 0; t < logits.rows; ++t) {
    const float* row = logits.row(t);
    const int best = int(std::max_element(row, row + bins) - row);
    double weights = 0, sum = 0;
    for (int bin = std::max(0, best - 2); bin <= std::min(bins - 1, best + 2); ++bin) {
      const double weight = std::exp(double(row[bin]) - double(row[best]));
      weights += weight;
      sum += weight * bin;
    }
    out.row(t)[0] = float(55.0 * std::exp2(sum * 45.0 / weights / 1200));
    out.row(t)[1] = float(1 / (1 + std::exp(-double(row[bins]))));
  }
  return out;
}

// A band-limited pulse train of unit power. Single precision would lose the phase within seconds.
inline Matrix pulses(const Matrix& pitch, int hop, int rate) {
  Matrix out(pitch.rows, hop);
  double before = 0;
  for (size_t t = 0; t < pitch.rows; ++t) {
    const float here = pitch.row(t)[0], last = pitch.row(t ? t - 1 : 0)[0];
    const float next = pitch.row(std::min(t + 1, pitch.rows - 1))[0];
    double inside = 0;
    for (int i = 0; i < hop; ++i) {
      const bool early = i < hop / 2;  // linear between the centres of frames
      const float place = (float(i) + 0.5f) / float(hop), share = early ? place + 0.5f : place - 0.5f;
      // Volatile, so that no multiplication and addition become one, as on arm64: it rounds once less than numpy, and
      // the phase sums that over the whole sentence.
      const volatile float left = (early ? last : here) * (1 - share), right = (early ? here : next) * share;
      const float hertz = left + right;
      inside += double(hertz) / rate;
      const double turns = before + inside, phase = (turns - std::floor(turns)) * 2 * kPi;
      const float partials = std::floor(float(0.5 * rate) / hertz);
      const double below = std::sin(phase / 2);
      const double sum = std::abs(below) > 1e-4 ? std::sin((partials + 0.5f) * phase) / (2 * below) - 0.5 : partials;
      out.row(t)[i] = float(sum * std::sqrt(2 / partials));
    }
    before += inside;
  }
  return out;
}

using Complex = std::complex<double>;

// The Fourier transform of a power of two of numbers, in place; sign -1 forward, 1 back (without dividing).
inline void transform(std::vector<Complex>& x, int sign) {
  const size_t n = x.size();
  if (n < 2) return;
  if (n % 2) throw std::runtime_error("n_fft is no power of two");
  std::vector<Complex> even(n / 2), odd(n / 2);
  for (size_t i = 0; i < n / 2; ++i) even[i] = x[2 * i], odd[i] = x[2 * i + 1];
  transform(even, sign);
  transform(odd, sign);
  for (size_t i = 0; i < n / 2; ++i) {
    const Complex turned = std::polar(1.0, sign * 2 * kPi * double(i) / double(n)) * odd[i];
    x[i] = even[i] + turned;
    x[i + n / 2] = even[i] - turned;
  }
}

inline std::vector<double> window_of(int n_fft) {
  std::vector<double> found(n_fft);
  for (int i = 0; i < n_fft; ++i) found[i] = 0.5 - 0.5 * std::cos(2 * kPi * i / n_fft);
  return found;
}

// Real parts, then imaginary ones, of each frame of samples (frames, hop); zeros lie before and behind.
inline Matrix analyse(const Matrix& samples, int n_fft) {
  const int64_t hop = int64_t(samples.columns), pad = (n_fft - hop) / 2, size = int64_t(samples.data.size());
  const int bins = n_fft / 2 + 1;
  const std::vector<double> window = window_of(n_fft);
  Matrix out(samples.rows, 2 * bins);
  std::vector<Complex> frame(n_fft);
  for (size_t t = 0; t < samples.rows; ++t) {
    for (int i = 0; i < n_fft; ++i) {
      const int64_t at = int64_t(t) * hop - pad + i;
      frame[i] = at < 0 || at >= size ? 0.0 : samples.data[at] * window[i];
    }
    transform(frame, -1);
    for (int k = 0; k < bins; ++k) out.row(t)[k] = float(frame[k].real()), out.row(t)[k + bins] = float(frame[k].imag());
  }
  return out;
}

// Samples of spectra as `analyse` gives them: windows are added, and divided by what they sum to.
inline std::vector<float> synthesise(const Matrix& spectra, int n_fft, int hop) {
  const int bins = n_fft / 2 + 1, pad = (n_fft - hop) / 2;
  const std::vector<double> window = window_of(n_fft);
  std::vector<double> total(spectra.rows * hop + n_fft), weight(total.size(), 1e-16);
  std::vector<Complex> frame(n_fft);
  for (size_t t = 0; t < spectra.rows; ++t) {
    const float* row = spectra.row(t);
    for (int k = 0; k < bins; ++k) frame[k] = {row[k], row[k + bins]};
    for (int k = bins; k < n_fft; ++k) frame[k] = std::conj(frame[n_fft - k]);
    transform(frame, 1);
    for (int i = 0; i < n_fft; ++i) {
      total[t * hop + i] += frame[i].real() / n_fft * window[i];
      weight[t * hop + i] += window[i] * window[i];
    }
  }
  std::vector<float> wave(spectra.rows * hop);
  for (size_t i = 0; i < wave.size(); ++i) wave[i] = float(total[i + pad] / weight[i + pad]);
  return wave;
}

// The vocoder's noise: 256 frames that repeat.
inline Matrix hiss(size_t frames, int hop) {
  const std::vector<float> drawn = normal(0, size_t(256) * hop);
  Matrix out(frames, hop);
  for (size_t i = 0; i < out.data.size(); ++i) out.data[i] = drawn[i % drawn.size()];
  return out;
}

// Samples within ±1 of a sentence. They carry no label: mark them before anybody hears them.
inline std::vector<float> speak(const Run& run, const Description& voice, const std::vector<int64_t>& tokens,
                                const std::vector<int64_t>& languages, uint32_t seed = 0, float speed = 1) {
  const auto read = run("text", {{"tokens", nullptr, &tokens}, {"languages", nullptr, &languages}});
  const Matrix frames = spread(read.at(0), frames_of(read.at(1), speed));
  Matrix noise(frames.rows, voice.n_mels);
  noise.data = normal(seed, noise.data.size());
  for (float& value : noise.data) value *= voice.noise_scale;
  const Matrix mel = run("frames", {{"spread", &frames}, {"noise", &noise}}).at(0);
  const Matrix pitch = pitch_of(run("pitch", {{"mel", &mel}}).at(0));
  const Matrix tone = analyse(pulses(pitch, voice.hop_length, voice.sample_rate), voice.n_fft);
  const Matrix noisy = analyse(hiss(mel.rows, voice.hop_length), voice.n_fft);
  const auto spectra = run("spectra", {{"mel", &mel}, {"pitch", &pitch}, {"tone", &tone}, {"hiss", &noisy}});
  std::vector<float> wave = synthesise(spectra.at(0), voice.n_fft, voice.hop_length);
  for (float& sample : wave) sample = std::clamp(sample, -1.0f, 1.0f);
  return wave;
}

}  // namespace myna
