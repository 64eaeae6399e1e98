// Token ids to a WAV file with an export of `myna export onnx|int8` and ONNX Runtime's C interface.
//
//   c++ -std=c++17 -O2 -I INCLUDE host.cpp -o host libonnxruntime.so
//   ./host FOLDER LANGUAGE OUT.wav ID ID ...        (numbers as docs/mobile.md tells)
//
// The sound carries no watermark, cue or label that `myna verify` knows; a note in the file says that AI made it. Check
// the folder's seal before you install it, and mark the sound before anybody hears it.
#include <onnxruntime_c_api.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>

#include "host.hpp"

using namespace myna;

const OrtApi* const ort = OrtGetApiBase()->GetApi(ORT_API_VERSION);

void must(OrtStatus* status) {
  if (!status) return;
  const std::string message = ort->GetErrorMessage(status);
  ort->ReleaseStatus(status);
  throw std::runtime_error(message);
}

// One session a graph, one thread each. It lives as long as the program.
class Sessions {
 public:
  explicit Sessions(const std::string& folder) {
    must(ort->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "myna", &env_));
    must(ort->CreateSessionOptions(&options_));
    must(ort->SetIntraOpNumThreads(options_, 1));
    must(ort->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory_));
    must(ort->GetAllocatorWithDefaultOptions(&allocator_));
    for (const char* graph : {"text", "frames", "pitch", "spectra"})
      must(ort->CreateSession(env_, (folder + "/" + graph + ".onnx").c_str(), options_, &sessions_[graph]));
  }

  std::vector<Matrix> operator()(const std::string& graph, const std::vector<Input>& inputs) {
    OrtSession* session = sessions_.at(graph);
    const auto taken = names(session, true), given = names(session, false);
    std::vector<OrtValue*> values, found(given.size(), nullptr);
    std::vector<const char*> in, out;
    for (const Input& input : inputs)  // a graph that does without noise does not take it
      if (std::find(taken.begin(), taken.end(), input.name) != taken.end()) {
        values.push_back(value(input));
        in.push_back(input.name.c_str());
      }
    for (const std::string& name : given) out.push_back(name.c_str());
    must(ort->Run(session, nullptr, in.data(), values.data(), in.size(), out.data(), out.size(), found.data()));
    std::vector<Matrix> made;
    for (OrtValue* one : found) made.push_back(matrix(one)), ort->ReleaseValue(one);
    for (OrtValue* one : values) ort->ReleaseValue(one);
    return made;
  }

 private:
  std::vector<std::string> names(OrtSession* session, bool inputs) {
    size_t count = 0;
    must(inputs ? ort->SessionGetInputCount(session, &count) : ort->SessionGetOutputCount(session, &count));
    std::vector<std::string> found;
    for (size_t i = 0; i < count; ++i) {
      char* name = nullptr;
      must(inputs ? ort->SessionGetInputName(session, i, allocator_, &name)
                  : ort->SessionGetOutputName(session, i, allocator_, &name));
      found.emplace_back(name);
      must(ort->AllocatorFree(allocator_, name));
    }
    return found;
  }

  OrtValue* value(const Input& input) {
    OrtValue* made = nullptr;
    const bool whole = input.whole;
    const auto type = whole ? ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 : ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
    std::vector<int64_t> shape{1};
    if (whole) shape.push_back(int64_t(input.whole->size()));
    else shape.insert(shape.end(), {int64_t(input.numbers->rows), int64_t(input.numbers->columns)});
    const void* data = whole ? (const void*)input.whole->data() : input.numbers->data.data();
    const size_t bytes = whole ? input.whole->size() * sizeof(int64_t) : input.numbers->data.size() * sizeof(float);
    must(ort->CreateTensorWithDataAsOrtValue(memory_, const_cast<void*>(data), bytes, shape.data(), shape.size(), type,
                                             &made));
    return made;
  }

  Matrix matrix(OrtValue* value) {
    OrtTensorTypeAndShapeInfo* info = nullptr;
    size_t count = 0, depth = 0;
    float* data = nullptr;
    must(ort->GetTensorTypeAndShape(value, &info));
    must(ort->GetTensorShapeElementCount(info, &count));
    must(ort->GetDimensionsCount(info, &depth));
    std::vector<int64_t> shape(depth);
    must(ort->GetDimensions(info, shape.data(), depth));
    ort->ReleaseTensorTypeAndShapeInfo(info);
    must(ort->GetTensorMutableData(value, (void**)&data));
    Matrix made(size_t(shape.at(1)), count / size_t(shape.at(1)));
    std::copy_n(data, count, made.data.begin());
    return made;
  }

  OrtEnv* env_ = nullptr;
  OrtSessionOptions* options_ = nullptr;
  OrtMemoryInfo* memory_ = nullptr;
  OrtAllocator* allocator_ = nullptr;
  std::map<std::string, OrtSession*> sessions_;
};

// The numbers of `engine.yaml`, each on a line of its own.
Description described(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + " cannot be read; give the folder that `myna export` wrote");
  std::map<std::string, double> found;
  for (std::string line; std::getline(file, line);)
    if (const size_t colon = line.find(": "); colon != std::string::npos && line[0] != ' ')
      found[line.substr(0, colon)] = std::strtod(line.c_str() + colon + 2, nullptr);
  return {int(found.at("sample_rate")), int(found.at("hop_length")), int(found.at("n_fft")), int(found.at("n_mels")),
          float(found.at("noise_scale"))};
}

void write_wav(const std::string& path, const std::vector<float>& wave, uint32_t rate) {
  const std::string note = "Speech made by AI (Myna)";  // of even length
  const uint32_t bytes = uint32_t(wave.size()) * 2, listed = 12 + uint32_t(note.size());
  std::ofstream file(path, std::ios::binary);
  const auto number = [&](uint32_t value, int size) { file.write((const char*)&value, size); };  // little-endian
  file << "RIFF", number(36 + bytes + 8 + listed, 4), file << "WAVEfmt ", number(16, 4), number(1, 2), number(1, 2);
  number(rate, 4), number(rate * 2, 4), number(2, 2), number(16, 2);
  file << "LIST", number(listed, 4), file << "INFOICMT", number(uint32_t(note.size()), 4), file << note;
  file << "data", number(bytes, 4);
  for (float sample : wave) number(uint16_t(int16_t(std::lrint(sample * 32767))), 2);
  if (!file) throw std::runtime_error(path + " cannot be written");
}

int main(int count, char** words) try {
  if (count < 5) throw std::runtime_error("want FOLDER LANGUAGE OUT.wav ID ID ...");
  std::vector<int64_t> tokens;
  for (int i = 4; i < count; ++i) tokens.push_back(std::stoll(words[i]));
  const std::string folder = words[1];
  const Description voice = described(folder + "/engine.yaml");
  Sessions sessions(folder);
  const Run run = [&](const std::string& graph, const std::vector<Input>& inputs) { return sessions(graph, inputs); };
  write_wav(words[3], speak(run, voice, tokens, std::vector<int64_t>(tokens.size(), std::stoll(words[2]))),
            uint32_t(voice.sample_rate));
  return 0;
} catch (const std::exception& error) {
  std::cerr << "host: " << error.what() << "\n";
  return 1;
}
