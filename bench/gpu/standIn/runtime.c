/* A stand-in for the CUDA runtime: what onnxruntime asks and what has to be true for it to go on. Copies are made and
   their bytes counted by direction; launches are counted, nothing is computed. What is missing here, build.py adds as
   functions that are counted and return success. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "driver_types.h"

void standin_add(const char* name, long long amount);
void standin_count(const char* name);
void* standin_take(size_t bytes);
void standin_drop(void* at);
int standin_free(size_t* free, size_t* total);

/* Memory */
int cudaMalloc(void** at, size_t bytes) { standin_count("cudaMalloc"); return (*at = standin_take(bytes)) ? 0 : 2; }
int cudaMallocFromPoolAsync(void** at, size_t bytes, void* pool, void* stream) { return cudaMalloc(at, bytes); }
int cudaFree(void* at) { standin_drop(at); return 0; }
int cudaFreeAsync(void* at, void* stream) { standin_drop(at); return 0; }
int cudaMallocHost(void** at, size_t bytes) { return (*at = calloc(1, bytes)) ? 0 : 2; }
int cudaHostAlloc(void** at, size_t bytes, unsigned flags) { return cudaMallocHost(at, bytes); }
int cudaFreeHost(void* at) { free(at); return 0; }
int cudaMemGetInfo(size_t* free, size_t* total) { return standin_free(free, total); }
int cudaMemPoolGetAttribute(void* pool, int attribute, void* value) { *(long long*)value = 0; return 0; }
int cudaPointerGetAttributes(struct cudaPointerAttributes* found, const void* at) {
  memset(found, 0, sizeof *found);
  found->type = cudaMemoryTypeDevice;
  return 0;
}

/* Copies. Within the device nothing reads what large ones move, and they would fill the host's memory. */
enum { SMALL = 1 << 20 };
static const char* const BYTES[] = {"bytesHostToHost", "bytesToDevice", "bytesToHost", "bytesWithin", "bytesDefault"};
static const char* const COPIES[] = {"copiesHostToHost", "copiesToDevice", "copiesToHost", "copiesWithin", "copiesDefault"};
static void counted(size_t bytes, int kind) { standin_add(BYTES[kind], bytes); standin_count(COPIES[kind]); }
int cudaMemcpy(void* to, const void* from, size_t bytes, int kind) {
  counted(bytes, kind);
  if (kind != cudaMemcpyDeviceToDevice || bytes <= SMALL) memmove(to, from, bytes);
  return 0;
}
int cudaMemcpyAsync(void* to, const void* from, size_t bytes, int kind, void* stream) {
  return cudaMemcpy(to, from, bytes, kind);
}
int cudaMemcpy2DAsync(char* to, size_t toPitch, const char* from, size_t fromPitch, size_t width, size_t height, int kind,
                      void* stream) {
  counted(width * height, kind);
  if (kind == cudaMemcpyDeviceToDevice && width * height > SMALL) return 0;
  for (size_t i = 0; i < height; i++) memmove(to + i * toPitch, from + i * fromPitch, width);
  return 0;
}
int cudaMemcpyFromSymbol(void* to, const void* symbol, size_t bytes, size_t offset, int kind) {
  memset(to, 0, bytes);
  return 0;
}
int cudaMemset(void* at, int value, size_t bytes) {
  standin_count("memsets");
  if (bytes <= SMALL) memset(at, value, bytes);
  return 0;
}
int cudaMemsetAsync(void* at, int value, size_t bytes, void* stream) { return cudaMemset(at, value, bytes); }

/* The card, like an H100 */
enum { PROCESSORS = 132, SHARED = 49152, SHARED_ASKED = 232448, THREADS = 1024, THREADS_PROCESSOR = 2048, WARP = 32 };
int cudaGetDeviceCount(int* count) { *count = 1; return 0; }
int cudaGetDevice(int* device) { *device = 0; return 0; }
int cudaDriverGetVersion(int* version) { *version = 13000; return 0; }
int cudaRuntimeGetVersion(int* version) { *version = 13000; return 0; }
int cudaDeviceGetAttribute(int* value, int attribute, int device) {
  switch (attribute) {
    case cudaDevAttrMultiProcessorCount: *value = PROCESSORS; break;
    case cudaDevAttrComputeCapabilityMajor: *value = 9; break;
    case cudaDevAttrComputeCapabilityMinor: *value = 0; break;
    case cudaDevAttrMaxThreadsPerBlock: *value = THREADS; break;
    case cudaDevAttrMaxThreadsPerMultiProcessor: *value = THREADS_PROCESSOR; break;
    case cudaDevAttrWarpSize: *value = WARP; break;
    case cudaDevAttrMaxSharedMemoryPerBlock: *value = SHARED; break;
    case cudaDevAttrMaxSharedMemoryPerMultiprocessor:
    case cudaDevAttrMaxSharedMemoryPerBlockOptin: *value = SHARED_ASKED; break;
    default: *value = 1;
  }
  return 0;
}
int cudaGetDeviceProperties(struct cudaDeviceProp* p, int device) {
  size_t free;
  memset(p, 0, sizeof *p);
  strcpy(p->name, "stand-in");
  p->major = 9;
  p->multiProcessorCount = PROCESSORS;
  standin_free(&free, &p->totalGlobalMem);
  p->sharedMemPerBlock = SHARED;
  p->sharedMemPerBlockOptin = p->sharedMemPerMultiprocessor = SHARED_ASKED;
  p->regsPerBlock = 65536;
  p->warpSize = WARP;
  p->maxThreadsPerBlock = p->maxThreadsDim[0] = p->maxThreadsDim[1] = THREADS;
  p->maxThreadsDim[2] = 64;
  p->maxThreadsPerMultiProcessor = THREADS_PROCESSOR;
  p->maxGridSize[0] = 2147483647;
  p->maxGridSize[1] = p->maxGridSize[2] = 65535;
  p->l2CacheSize = 50 << 20;
  p->maxBlocksPerMultiProcessor = 32;
  return 0;
}

/* Streams and events, which are always done */
int cudaStreamCreate(void** stream) { *stream = (void*)1; return 0; }
int cudaStreamCreateWithFlags(void** stream, unsigned flags) { return cudaStreamCreate(stream); }
int cudaStreamIsCapturing(void* stream, int* status) { *status = 0; return 0; }
int cudaEventCreate(void** event) { *event = (void*)1; return 0; }
int cudaEventCreateWithFlags(void** event, unsigned flags) { return cudaEventCreate(event); }
int cudaEventElapsedTime(float* ms, void* from, void* to) { *ms = 1; return 0; }
int cudaLaunchHostFunc(void* stream, void (*work)(void*), void* with) { work(with); return 0; }

/* Kernels */
void** __cudaRegisterFatBinary(void* binary) { static void* handle; return &handle; }
int __cudaPopCallConfiguration(unsigned* grid, unsigned* block, size_t* shared, void** stream) {
  for (int i = 0; i < 3; i++) grid[i] = block[i] = 1;
  *shared = 0;
  *stream = NULL;
  return 0;
}
int __cudaPushCallConfiguration(void) { return 0; }
void __cudaRegisterFunction(void) {}
void __cudaRegisterVar(void) {}
int __cudaGetKernel(void** kernel, const void* function) { *kernel = (void*)function; return 0; }
int cudaFuncGetAttributes(struct cudaFuncAttributes* a, const void* function) {
  memset(a, 0, sizeof *a);
  a->maxThreadsPerBlock = THREADS;
  a->numRegs = 32;
  a->binaryVersion = a->ptxVersion = 90;
  return 0;
}
int cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, const void* function, int size, size_t shared,
                                                           unsigned flags) {
  *blocks = 2;
  return 0;
}
int __cudaLaunchKernel(void) { standin_count("launches"); return 0; }
int cudaLaunchKernel(void) { standin_count("launches"); return 0; }
int cudaLaunchKernelExC(void) { standin_count("launches"); return 0; }
int cudaLaunchCooperativeKernel(void) { standin_count("launches"); return 0; }

/* Errors, of which there are none */
const char* cudaGetErrorName(int code) { return "none"; }
const char* cudaGetErrorString(int code) { return "a stand-in for CUDA makes no errors"; }
