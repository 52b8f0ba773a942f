/* A stand-in for NVIDIA's driver (libcuda.so.1): memory is the host's, kernels are counted and not run. Its counters and
   its memory serve the stand-ins of the other libraries too. It has the functions that our engine calls by name (koffi
   says which is missing) and the one that onnxruntime's provider links. At the end of the process the counts go to the file that
   STANDIN_LOG names, one `name value` a line. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { KINDS = 512, HEADER = 4096 };
static const size_t CARD = 80ull << 30;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct { const char* name; long long sum; } counts[KINDS];
static int kinds;
static size_t held, peak;

void standin_add(const char* name, long long amount) {
  pthread_mutex_lock(&lock);
  int i = 0;
  while (i < kinds && strcmp(counts[i].name, name)) i++;
  if (i == kinds && kinds < KINDS) counts[kinds++].name = name;
  if (i < KINDS) counts[i].sum += amount;
  pthread_mutex_unlock(&lock);
}

void standin_count(const char* name) { standin_add(name, 1); }

__attribute__((destructor)) static void report(void) {
  const char* path = getenv("STANDIN_LOG");
  FILE* file = path ? fopen(path, "w") : NULL;
  if (!file) return;
  for (int i = 0; i < kinds; i++) fprintf(file, "%s %lld\n", counts[i].name, counts[i].sum);
  fprintf(file, "held %zu\npeak %zu\n", held, peak);
  fclose(file);
}

/* Zeros that take no room before they are written. A page in front of them says how many they are. */
void* standin_take(size_t bytes) {
  size_t* start = mmap(NULL, bytes + HEADER, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start == MAP_FAILED) return NULL;
  pthread_mutex_lock(&lock);
  held += bytes;
  if (held > peak) peak = held;
  pthread_mutex_unlock(&lock);
  *start = bytes;
  return (char*)start + HEADER;
}

void standin_drop(void* at) {
  if (!at) return;
  size_t* start = (size_t*)((char*)at - HEADER);
  pthread_mutex_lock(&lock);
  held -= *start;
  pthread_mutex_unlock(&lock);
  munmap(start, *start + HEADER);
}

int standin_free(size_t* free, size_t* total) {
  *free = CARD - held;
  *total = CARD;
  return 0;
}

int cuInit(unsigned flags) { return 0; }
int cuDriverGetVersion(int* version) { *version = 13000; return 0; }
int cuDeviceTotalMem_v2(size_t* bytes, int device) { size_t free; return standin_free(&free, bytes); }
int cuDeviceGetCount(int* count) { *count = 1; return 0; }
int cuDeviceGet(int* device, int i) { *device = 0; return 0; }
int cuDeviceGetName(char* name, int size, int device) { snprintf(name, size, "stand-in"); return 0; }
/* 75 and 76: the compute capability, here 9.0. */
int cuDeviceGetAttribute(int* value, int attribute, int device) { *value = attribute == 75 ? 9 : 0; return 0; }
int cuDevicePrimaryCtxRetain(void** context, int device) { *context = (void*)1; return 0; }
int cuDevicePrimaryCtxRelease_v2(int device) { return 0; }
int cuCtxPushCurrent_v2(void* context) { return 0; }
int cuCtxPopCurrent_v2(void** context) { return 0; }
int cuMemGetInfo_v2(size_t* free, size_t* total) { return standin_free(free, total); }
int cuModuleLoadData(void** module, const void* image) { *module = (void*)1; return 0; }
int cuModuleGetFunction(void** function, void* module, const char* name) { *function = (void*)1; return 0; }
int cuFuncSetAttribute(void* function, int attribute, int value) { return 0; }
int cuFuncSetCacheConfig(void* function, int config) { return 0; }
int cuTensorMapEncodeTiled(void) { return 0; }
int cuLaunchKernel(void) { standin_count("cuLaunchKernel"); return 0; }
