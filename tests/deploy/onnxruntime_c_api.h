// What plugins/myna/deploy/mobile/host.cpp uses of ONNX Runtime's C API, for a machine that has the library of the Python
// package and no headers. The table of functions only ever grows at its end, so a place in it is part of the interface.
#pragma once
#include <cstddef>
#include <cstdint>

#define ORT_API_VERSION 14
struct OrtStatus;
struct OrtEnv;
struct OrtSession;
struct OrtSessionOptions;
struct OrtRunOptions;
struct OrtMemoryInfo;
struct OrtAllocator;
struct OrtValue;
struct OrtTensorTypeAndShapeInfo;
enum OrtLoggingLevel { ORT_LOGGING_LEVEL_ERROR = 3 };
enum OrtAllocatorType { OrtArenaAllocator = 1 };
enum OrtMemType { OrtMemTypeDefault = 0 };
enum ONNXTensorElementDataType { ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT = 1, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 = 7 };

struct OrtApi {
  void *_0[2];
  const char *(*GetErrorMessage)(const OrtStatus *);  // 2
  OrtStatus *(*CreateEnv)(OrtLoggingLevel, const char *, OrtEnv **);
  void *_4[3];
  OrtStatus *(*CreateSession)(const OrtEnv *, const char *, const OrtSessionOptions *, OrtSession **);  // 7
  void *_8[1];
  OrtStatus *(*Run)(OrtSession *, const OrtRunOptions *, const char *const *, const OrtValue *const *, size_t,
                    const char *const *, size_t, OrtValue **);  // 9
  OrtStatus *(*CreateSessionOptions)(OrtSessionOptions **);
  void *_11[13];
  OrtStatus *(*SetIntraOpNumThreads)(OrtSessionOptions *, int);  // 24
  void *_25[5];
  OrtStatus *(*SessionGetInputCount)(const OrtSession *, size_t *);  // 30
  void *_31[5];
  OrtStatus *(*SessionGetInputName)(const OrtSession *, size_t, OrtAllocator *, char **);  // 36
  void *_37[12];
  OrtStatus *(*CreateTensorWithDataAsOrtValue)(const OrtMemoryInfo *, void *, size_t, const int64_t *, size_t,
                                               ONNXTensorElementDataType, OrtValue **);  // 49
  void *_50[1];
  OrtStatus *(*GetTensorMutableData)(OrtValue *, void **);  // 51
  void *_52[12];
  OrtStatus *(*GetTensorShapeElementCount)(const OrtTensorTypeAndShapeInfo *, size_t *);  // 64
  OrtStatus *(*GetTensorTypeAndShape)(const OrtValue *, OrtTensorTypeAndShapeInfo **);
  void *_66[3];
  OrtStatus *(*CreateCpuMemoryInfo)(OrtAllocatorType, OrtMemType, OrtMemoryInfo **);  // 69
  void *_70[8];
  OrtStatus *(*GetAllocatorWithDefaultOptions)(OrtAllocator **);  // 78
};

struct OrtApiBase {
  const OrtApi *(*GetApi)(uint32_t);
  const char *(*GetVersionString)();
};
extern "C" const OrtApiBase *OrtGetApiBase();
