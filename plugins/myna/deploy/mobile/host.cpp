// Speaks with an export of `myna export onnx|int8`, from the numbers of tokens to a WAV file. It stands for the host of a
// phone app: standard C++17 and ONNX Runtime's C API, which its packages for Android and iOS hold too.
//
//     g++ -O2 -std=c++17 host.cpp -I INCLUDE -L LIB -lonnxruntime -o host
//     ./host FOLDER OUT.wav SEED < TOKENS            TOKENS: lines of "token language", as docs/mobile.md says
//
// The samples carry no mark: an app has to watermark and label them before anybody hears them (docs/safety.md). The same
// steps in Python, with the reasons for each, are myna/deploy/host.py and engine.py.
#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "onnxruntime_c_api.h"

using Floats = std::vector<float>;
using Complexes = std::vector<std::complex<double>>;
const double PI = std::acos(-1.0);
const OrtApi *ort = OrtGetApiBase()->GetApi(ORT_API_VERSION);

void check(OrtStatus *status) {
  if (status) std::fprintf(stderr, "host: %s\n", ort->GetErrorMessage(status)), std::exit(1);
}

struct Input {
  void *data;
  size_t bytes;
  int64_t width;  // 0: one number a row
  ONNXTensorElementDataType type;
};
Input floats(Floats &rows, int64_t width) { return {rows.data(), rows.size() * 4, width, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT}; }

// Runs a graph on `count` rows; a graph may do without one of the inputs.
std::vector<Floats> run(const std::string &path, int64_t count, std::map<std::string, Input> inputs, std::vector<const char *> outputs) {
  static OrtEnv *env = [] { OrtEnv *made; check(ort->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "host", &made)); return made; }();
  OrtSessionOptions *options;
  OrtSession *session;
  OrtMemoryInfo *memory;
  OrtAllocator *allocator;
  check(ort->CreateSessionOptions(&options));
  check(ort->SetIntraOpNumThreads(options, 1));
  check(ort->CreateSession(env, path.c_str(), options, &session));
  check(ort->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory));
  check(ort->GetAllocatorWithDefaultOptions(&allocator));
  size_t number;
  check(ort->SessionGetInputCount(session, &number));
  std::vector<char *> names(number);
  std::vector<const OrtValue *> values;
  for (size_t i = 0; i < number; i++) {
    check(ort->SessionGetInputName(session, i, allocator, &names[i]));
    const Input &input = inputs.at(names[i]);
    int64_t shape[] = {1, count, input.width};
    OrtValue *value;
    check(ort->CreateTensorWithDataAsOrtValue(memory, input.data, input.bytes, shape, input.width ? 3 : 2, input.type, &value));
    values.push_back(value);
  }
  std::vector<OrtValue *> made(outputs.size());
  check(ort->Run(session, nullptr, names.data(), values.data(), number, outputs.data(), outputs.size(), made.data()));
  std::vector<Floats> found;
  for (OrtValue *value : made) {
    float *data;
    size_t size;
    OrtTensorTypeAndShapeInfo *info;
    check(ort->GetTensorMutableData(value, reinterpret_cast<void **>(&data)));
    check(ort->GetTensorTypeAndShape(value, &info));
    check(ort->GetTensorShapeElementCount(info, &size));
    found.emplace_back(data, data + size);
  }
  return found;  // an app keeps sessions, and releases what is left here to the end of the program
}

// torch.randn after manual_seed: a Mersenne Twister, then Box and Muller in blocks of sixteen.
Floats normal(uint32_t seed, size_t count) {
  std::mt19937 twister(seed);
  Floats made(count);
  for (size_t block = 0; block < count; block += 16) {
    float uniform[16];
    for (float &x : uniform) x = float(twister() & 0xFFFFFF) * std::ldexp(1.0f, -24);
    for (int i = 0; i < 8; i++) {
      float radius = std::sqrt(-2 * std::log1p(-uniform[i])), angle = float(2 * PI) * uniform[i + 8];
      made[block + i] = radius * std::cos(angle), made[block + i + 8] = radius * std::sin(angle);
    }
  }
  return made;
}

// In place, for sizes that are powers of two.
void fourier(Complexes &x, bool inverse) {
  size_t n = x.size();
  for (size_t i = 1, j = 0; i < n; i++) {
    size_t bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    if (i < (j ^= bit)) std::swap(x[i], x[j]);
  }
  for (size_t size = 2; size <= n; size *= 2)
    for (size_t k = 0; k < size / 2; k++) {
      std::complex<double> turn = std::polar(1.0, (inverse ? 2 : -2) * PI * double(k) / double(size));
      for (size_t i = k; i < n; i += size) {
        std::complex<double> a = x[i], b = x[i + size / 2] * turn;
        x[i] = a + b, x[i + size / 2] = a - b;
      }
    }
}

struct Framing {
  int n_fft, hop;
  double window(int i) const { return 0.5 - 0.5 * std::cos(2 * PI * i / n_fft); }
  int first(int frame) const { return frame * hop - (n_fft - hop) / 2; }

  Floats analyse(const Floats &wave, int frames) const {
    int bins = n_fft / 2 + 1;
    Floats spectra(size_t(frames) * 2 * bins);
    for (int t = 0; t < frames; t++) {
      Complexes x(n_fft);
      for (int i = 0, at = first(t); i < n_fft; i++, at++) x[i] = at < 0 || at >= int(wave.size()) ? 0 : wave[at] * window(i);
      fourier(x, false);
      for (int k = 0; k < bins; k++) spectra[size_t(t) * 2 * bins + k] = float(x[k].real()), spectra[size_t(t) * 2 * bins + bins + k] = float(x[k].imag());
    }
    return spectra;
  }

  Floats synthesise(const Floats &spectra, int frames) const {
    int bins = n_fft / 2 + 1, total = frames * hop;
    std::vector<double> sum(total), weight(total, 1e-16);
    for (int t = 0; t < frames; t++) {
      Complexes x(n_fft);
      const float *row = &spectra[size_t(t) * 2 * bins];
      for (int k = 0; k < bins; k++) x[k] = {row[k], k % (n_fft / 2) ? row[bins + k] : 0}, x[(n_fft - k) % n_fft] = std::conj(x[k]);
      fourier(x, true);
      for (int i = 0, at = first(t); i < n_fft; i++, at++)
        if (at >= 0 && at < total) sum[at] += x[i].real() / n_fft * window(i), weight[at] += window(i) * window(i);
    }
    Floats wave(total);
    for (int i = 0; i < total; i++) wave[i] = float(sum[i] / weight[i]);
    return wave;
  }
};

// A band-limited pulse train of unit power: the sum of all partials below half the rate, in closed form.
Floats pulses(const Floats &pitch, int frames, int hop, int rate) {
  Floats wave(size_t(frames) * hop);
  double turns = 0;
  for (int i = 0; i < frames * hop; i++) {
    float place = (i % hop + 0.5f) / hop, share = place < 0.5f ? place + 0.5f : place - 0.5f;
    int left = std::clamp(i / hop - (place < 0.5f), 0, frames - 1), right = std::min(i / hop + (place >= 0.5f), frames - 1);
    float hertz = pitch[2 * left] * (1 - share) + pitch[2 * right] * share;
    turns += double(hertz) / rate;
    double phase = (turns - std::floor(turns)) * 2 * PI, partials = std::floor(0.5f * rate / hertz), below = std::sin(phase / 2);
    double summed = std::abs(below) > 1e-4 ? std::sin((partials + 0.5) * phase) / (2 * below) - 0.5 : partials;
    wave[i] = float(summed * std::sqrt(2 / partials));
  }
  return wave;
}

// Hz and probability of voice a frame, from the logits of 96 bins of 45 cents from 55 Hz up, and of voice.
Floats pitch_of(const Floats &logits, int frames) {
  const int bins = 96;
  Floats pitch(size_t(frames) * 2);
  for (int t = 0; t < frames; t++) {
    const float *row = &logits[size_t(t) * (bins + 1)];
    int best = int(std::max_element(row, row + bins) - row);
    double sum = 0, weight = 0;
    for (int k = std::max(best - 2, 0); k <= std::min(best + 2, bins - 1); k++) {
      double share = std::exp(double(row[k]) - row[best]);
      sum += share * k, weight += share;
    }
    pitch[2 * t] = float(55 * std::pow(2, sum / weight * 45 / 1200)), pitch[2 * t + 1] = float(1 / (1 + std::exp(-double(row[bins]))));
  }
  return pitch;
}

void write_wav(const char *path, const Floats &wave, uint32_t rate) {
  std::ofstream out(path, std::ios::binary);
  auto put = [&](uint32_t value, int bytes) { for (; bytes--; value >>= 8) out.put(char(value & 255)); };
  uint32_t size = uint32_t(wave.size() * 4);
  out << "RIFF", put(36 + size, 4), out << "WAVEfmt ", put(16, 4), put(3, 2), put(1, 2);  // 3: 32-bit floats
  put(rate, 4), put(rate * 4, 4), put(4, 2), put(32, 2), out << "data", put(size, 4);
  out.write(reinterpret_cast<const char *>(wave.data()), size);
}

int main(int, char **arguments) {
  std::string folder = std::string(arguments[1]) + "/", line;
  std::map<std::string, std::string> told;  // the numbers at the top of engine.yaml
  for (std::ifstream file(folder + "engine.yaml"); std::getline(file, line);)
    if (size_t colon = line.find(": "); colon != std::string::npos) told[line.substr(0, colon)] = line.substr(colon + 2);
  const int rate = std::stoi(told["sample_rate"]), hop = std::stoi(told["hop_length"]), mels = std::stoi(told["n_mels"]);
  const Framing framing{std::stoi(told["n_fft"]), hop};
  const int wide = framing.n_fft + 2;

  std::vector<int64_t> tokens, languages;
  for (int64_t token, language; std::cin >> token >> language;) tokens.push_back(token), languages.push_back(language);
  int64_t count = int64_t(tokens.size());
  auto whole = [&](std::vector<int64_t> &v) { return Input{v.data(), v.size() * 8, 0, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64}; };
  auto text = run(folder + "text.onnx", count, {{"tokens", whole(tokens)}, {"languages", whole(languages)}}, {"encoded", "log_durations"});

  // Each frame gets the vector of its token, its place within the token, and the logarithm of the duration.
  const size_t channels = text[0].size() / tokens.size();
  Floats spread;
  for (size_t i = 0; i < tokens.size(); i++) {
    int duration = std::max(int(std::nearbyint(std::exp(std::clamp(text[1][i], 0.0f, 5.0f)))), 1);
    for (int k = 0; k < duration; k++) {
      spread.insert(spread.end(), &text[0][i * channels], &text[0][i * channels] + channels);
      spread.push_back((k + 0.5f) / duration - 0.5f), spread.push_back(std::log(float(duration)) - 1.5f);
    }
  }
  const int frames = int(spread.size() / (channels + 2));
  Floats noise = normal(uint32_t(std::stoul(arguments[3])), size_t(frames) * mels);
  for (float &x : noise) x *= std::stof(told["noise_scale"]);
  Floats mel = run(folder + "frames.onnx", frames, {{"spread", floats(spread, channels + 2)}, {"noise", floats(noise, mels)}}, {"mel"})[0];

  Floats pitch = pitch_of(run(folder + "pitch.onnx", frames, {{"mel", floats(mel, mels)}}, {"logits"})[0], frames);
  Floats tone = framing.analyse(pulses(pitch, frames, hop, rate), frames);
  Floats repeated = normal(0, size_t(256) * hop), hissing(size_t(frames) * hop);
  for (size_t i = 0; i < hissing.size(); i++) hissing[i] = repeated[i % repeated.size()];
  Floats hiss = framing.analyse(hissing, frames);
  std::map<std::string, Input> inputs{{"mel", floats(mel, mels)}, {"pitch", floats(pitch, 2)}, {"tone", floats(tone, wide)}, {"hiss", floats(hiss, wide)}};
  write_wav(arguments[2], framing.synthesise(run(folder + "spectra.onnx", frames, inputs, {"spectrum"})[0], frames), rate);
}
