// The functions of libcuda, libnvrtc and libcublasLt that are called, as tables of function
// pointers that are filled at run time: no header and no library of NVIDIA is needed to build.
//
// Names, values and layouts follow cuda.h (CUDA Driver API), nvrtc.h and cublasLt.h of CUDA 12.4
// and later. A new function is one line in one of the three lists below.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef int CUresult;
typedef int CUdevice;
typedef uint64_t CUdeviceptr;
typedef struct CUctx_st *CUcontext;
typedef struct CUstream_st *CUstream;
typedef struct CUevent_st *CUevent;
typedef struct CUmod_st *CUmodule;
typedef struct CUfunc_st *CUfunction;
typedef struct CUgraph_st *CUgraph;
typedef struct CUgraphNode_st *CUgraphNode;
typedef struct CUgraphExec_st *CUgraphExec;

// X(result, name, parameters) for each function of the driver.
#define CUDA_DRIVER_FUNCTIONS(X) \
  X(CUresult, cuInit, unsigned) \
  X(CUresult, cuDriverGetVersion, int *_Nonnull) \
  X(CUresult, cuGetErrorName, CUresult, const char *_Nullable *_Nonnull) \
  X(CUresult, cuDeviceGetCount, int *_Nonnull) \
  X(CUresult, cuDeviceGet, CUdevice *_Nonnull, int) \
  X(CUresult, cuDeviceGetName, char *_Nonnull, int, CUdevice) \
  X(CUresult, cuDeviceGetUuid_v2, unsigned char *_Nonnull, CUdevice) \
  X(CUresult, cuDeviceGetAttribute, int *_Nonnull, int, CUdevice) \
  X(CUresult, cuDeviceTotalMem_v2, size_t *_Nonnull, CUdevice) \
  X(CUresult, cuDevicePrimaryCtxRetain, CUcontext _Nullable *_Nonnull, CUdevice) \
  X(CUresult, cuCtxSetCurrent, CUcontext _Nullable) \
  X(CUresult, cuStreamCreate, CUstream _Nullable *_Nonnull, unsigned) \
  X(CUresult, cuStreamDestroy_v2, CUstream _Nonnull) \
  X(CUresult, cuStreamQuery, CUstream _Nonnull) \
  X(CUresult, cuStreamSynchronize, CUstream _Nonnull) \
  X(CUresult, cuStreamBeginCapture_v2, CUstream _Nonnull, int) \
  X(CUresult, cuStreamEndCapture, CUstream _Nonnull, CUgraph _Nullable *_Nonnull) \
  X(CUresult, cuGraphGetNodes, CUgraph _Nonnull, CUgraphNode _Nullable *_Nullable, \
    size_t *_Nonnull) \
  X(CUresult, cuGraphInstantiateWithFlags, CUgraphExec _Nullable *_Nonnull, CUgraph _Nonnull, \
    unsigned long long) \
  X(CUresult, cuGraphDestroy, CUgraph _Nonnull) \
  X(CUresult, cuGraphExecDestroy, CUgraphExec _Nonnull) \
  X(CUresult, cuGraphLaunch, CUgraphExec _Nonnull, CUstream _Nonnull) \
  X(CUresult, cuEventCreate, CUevent _Nullable *_Nonnull, unsigned) \
  X(CUresult, cuEventDestroy_v2, CUevent _Nonnull) \
  X(CUresult, cuEventRecord, CUevent _Nonnull, CUstream _Nonnull) \
  X(CUresult, cuEventQuery, CUevent _Nonnull) \
  X(CUresult, cuEventSynchronize, CUevent _Nonnull) \
  X(CUresult, cuEventElapsedTime, float *_Nonnull, CUevent _Nonnull, CUevent _Nonnull) \
  X(CUresult, cuMemAlloc_v2, CUdeviceptr *_Nonnull, size_t) \
  X(CUresult, cuMemFree_v2, CUdeviceptr) \
  X(CUresult, cuMemGetInfo_v2, size_t *_Nonnull, size_t *_Nonnull) \
  X(CUresult, cuMemHostAlloc, void *_Nullable *_Nonnull, size_t, unsigned) \
  X(CUresult, cuMemFreeHost, void *_Nonnull) \
  X(CUresult, cuMemcpyHtoDAsync_v2, CUdeviceptr, const void *_Nonnull, size_t, CUstream _Nonnull) \
  X(CUresult, cuMemcpyDtoHAsync_v2, void *_Nonnull, CUdeviceptr, size_t, CUstream _Nonnull) \
  X(CUresult, cuMemcpyDtoDAsync_v2, CUdeviceptr, CUdeviceptr, size_t, CUstream _Nonnull) \
  X(CUresult, cuMemsetD8Async, CUdeviceptr, unsigned char, size_t, CUstream _Nonnull) \
  X(CUresult, cuMemsetD16Async, CUdeviceptr, unsigned short, size_t, CUstream _Nonnull) \
  X(CUresult, cuMemsetD32Async, CUdeviceptr, unsigned, size_t, CUstream _Nonnull) \
  X(CUresult, cuModuleLoadData, CUmodule _Nullable *_Nonnull, const void *_Nonnull) \
  X(CUresult, cuModuleUnload, CUmodule _Nonnull) \
  X(CUresult, cuModuleGetFunction, CUfunction _Nullable *_Nonnull, CUmodule _Nonnull, \
    const char *_Nonnull) \
  X(CUresult, cuFuncGetParamInfo, CUfunction _Nonnull, size_t, size_t *_Nonnull, size_t *_Nonnull) \
  X(CUresult, cuFuncGetAttribute, int *_Nonnull, int, CUfunction _Nonnull) \
  X(CUresult, cuLaunchKernel, CUfunction _Nonnull, unsigned, unsigned, unsigned, unsigned, \
    unsigned, unsigned, unsigned, CUstream _Nonnull, void *_Nullable *_Nullable, \
    void *_Nullable *_Nullable)

#define CUDA_SUCCESS 0
#define CUDA_ERROR_INVALID_VALUE 1
#define CUDA_ERROR_OUT_OF_MEMORY 2
#define CUDA_ERROR_NO_DEVICE 100
#define CUDA_ERROR_INVALID_DEVICE 101
#define CUDA_ERROR_NOT_READY 600
#define CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED 900
#define CUDA_ERROR_UNKNOWN 999
#define CU_STREAM_NON_BLOCKING 1
#define CU_STREAM_CAPTURE_MODE_THREAD_LOCAL 1
#define CU_EVENT_DEFAULT 0
#define CU_EVENT_DISABLE_TIMING 2
#define CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK 1
#define CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK 8
#define CU_DEVICE_ATTRIBUTE_CLOCK_RATE 13
#define CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT 16
#define CU_DEVICE_ATTRIBUTE_INTEGRATED 18
#define CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR 75
#define CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR 76
#define CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES 1
#define CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES 3
#define CU_FUNC_ATTRIBUTE_NUM_REGS 4

typedef int nvrtcResult;
typedef struct _nvrtcProgram *nvrtcProgram;

// X(result, name, parameters) for each function of the run-time compiler.
#define CUDA_COMPILER_FUNCTIONS(X) \
  X(const char *_Nonnull, nvrtcGetErrorString, nvrtcResult) \
  X(nvrtcResult, nvrtcVersion, int *_Nonnull, int *_Nonnull) \
  X(nvrtcResult, nvrtcCreateProgram, nvrtcProgram _Nullable *_Nonnull, const char *_Nonnull, \
    const char *_Nonnull, int, const char *_Nonnull const *_Nullable, \
    const char *_Nonnull const *_Nullable) \
  X(nvrtcResult, nvrtcDestroyProgram, nvrtcProgram _Nullable *_Nonnull) \
  X(nvrtcResult, nvrtcCompileProgram, nvrtcProgram _Nonnull, int, \
    const char *_Nullable const *_Nullable) \
  X(nvrtcResult, nvrtcGetProgramLogSize, nvrtcProgram _Nonnull, size_t *_Nonnull) \
  X(nvrtcResult, nvrtcGetProgramLog, nvrtcProgram _Nonnull, char *_Nonnull) \
  X(nvrtcResult, nvrtcGetCUBINSize, nvrtcProgram _Nonnull, size_t *_Nonnull) \
  X(nvrtcResult, nvrtcGetCUBIN, nvrtcProgram _Nonnull, char *_Nonnull)

#define NVRTC_ERROR_COMPILATION 6

typedef int cublasStatus_t;
typedef struct cublasLtContext *cublasLtHandle_t;
// Opaque in cublasLt.h too, but of known size there; only made by its Create functions here.
typedef struct cublasLtMatmulDescOpaque *cublasLtMatmulDesc_t;
typedef struct cublasLtMatrixLayoutOpaque *cublasLtMatrixLayout_t;
typedef struct cublasLtMatmulPreferenceOpaque *cublasLtMatmulPreference_t;

// An algorithm with its tile, stages and split-K: 64 bytes that may be stored and used again with
// the same library version on the same kind of device.
typedef struct cublasLtMatmulAlgo_t {
  uint64_t data[8];
} cublasLtMatmulAlgo_t;

typedef struct cublasLtMatmulHeuristicResult_t {
  cublasLtMatmulAlgo_t algo;
  size_t workspaceSize;
  cublasStatus_t state;
  float wavesCount;
  int reserved[4];
} cublasLtMatmulHeuristicResult_t;

// X(result, name, parameters) for each function of cuBLASLt.
#define CUDA_MATMUL_FUNCTIONS(X) \
  X(size_t, cublasLtGetVersion, void) \
  X(const char *_Nonnull, cublasLtGetStatusName, cublasStatus_t) \
  X(cublasStatus_t, cublasLtCreate, cublasLtHandle_t _Nullable *_Nonnull) \
  X(cublasStatus_t, cublasLtDestroy, cublasLtHandle_t _Nonnull) \
  X(cublasStatus_t, cublasLtMatrixLayoutCreate, cublasLtMatrixLayout_t _Nullable *_Nonnull, int, \
    uint64_t, uint64_t, int64_t) \
  X(cublasStatus_t, cublasLtMatrixLayoutDestroy, cublasLtMatrixLayout_t _Nonnull) \
  X(cublasStatus_t, cublasLtMatmulDescCreate, cublasLtMatmulDesc_t _Nullable *_Nonnull, int, int) \
  X(cublasStatus_t, cublasLtMatmulDescDestroy, cublasLtMatmulDesc_t _Nonnull) \
  X(cublasStatus_t, cublasLtMatmulDescSetAttribute, cublasLtMatmulDesc_t _Nonnull, int, \
    const void *_Nonnull, size_t) \
  X(cublasStatus_t, cublasLtMatmulPreferenceCreate, \
    cublasLtMatmulPreference_t _Nullable *_Nonnull) \
  X(cublasStatus_t, cublasLtMatmulPreferenceDestroy, cublasLtMatmulPreference_t _Nonnull) \
  X(cublasStatus_t, cublasLtMatmulPreferenceSetAttribute, cublasLtMatmulPreference_t _Nonnull, \
    int, const void *_Nonnull, size_t) \
  X(cublasStatus_t, cublasLtMatmulAlgoGetHeuristic, cublasLtHandle_t _Nonnull, \
    cublasLtMatmulDesc_t _Nonnull, cublasLtMatrixLayout_t _Nonnull, \
    cublasLtMatrixLayout_t _Nonnull, cublasLtMatrixLayout_t _Nonnull, \
    cublasLtMatrixLayout_t _Nonnull, cublasLtMatmulPreference_t _Nonnull, int, \
    cublasLtMatmulHeuristicResult_t *_Nonnull, int *_Nonnull) \
  X(cublasStatus_t, cublasLtMatmulAlgoCheck, cublasLtHandle_t _Nonnull, \
    cublasLtMatmulDesc_t _Nonnull, cublasLtMatrixLayout_t _Nonnull, \
    cublasLtMatrixLayout_t _Nonnull, cublasLtMatrixLayout_t _Nonnull, \
    cublasLtMatrixLayout_t _Nonnull, const cublasLtMatmulAlgo_t *_Nonnull, \
    cublasLtMatmulHeuristicResult_t *_Nonnull) \
  X(cublasStatus_t, cublasLtMatmul, cublasLtHandle_t _Nonnull, cublasLtMatmulDesc_t _Nonnull, \
    const void *_Nonnull, CUdeviceptr, cublasLtMatrixLayout_t _Nonnull, CUdeviceptr, \
    cublasLtMatrixLayout_t _Nonnull, const void *_Nonnull, CUdeviceptr, \
    cublasLtMatrixLayout_t _Nonnull, CUdeviceptr, cublasLtMatrixLayout_t _Nonnull, \
    const cublasLtMatmulAlgo_t *_Nonnull, CUdeviceptr, size_t, CUstream _Nonnull)

#define CUBLAS_STATUS_ALLOC_FAILED 3
#define CUBLAS_STATUS_NOT_SUPPORTED 15
#define CUBLAS_COMPUTE_32F 68
#define CUDA_R_32F 0
#define CUDA_R_16F 2
#define CUDA_R_16BF 14
#define CUBLAS_OP_N 0
#define CUBLAS_OP_T 1
#define CUBLASLT_MATMUL_DESC_POINTER_MODE 2
#define CUBLASLT_MATMUL_DESC_TRANSA 3
#define CUBLASLT_MATMUL_DESC_TRANSB 4
#define CUBLASLT_MATMUL_DESC_EPILOGUE 7
#define CUBLASLT_MATMUL_DESC_BIAS_POINTER 8
#define CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE 26
#define CUBLASLT_POINTER_MODE_DEVICE 1
#define CUBLASLT_EPILOGUE_BIAS 4
#define CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES 1
#define CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK 3
#define CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES 5
#define CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES 6
#define CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES 7
#define CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES 8
#define CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE 2

#define CUDA_FIELD(RESULT, NAME, ...) RESULT (*_Nonnull NAME)(__VA_ARGS__);
typedef struct CUDADriver { CUDA_DRIVER_FUNCTIONS(CUDA_FIELD) } CUDADriver;
typedef struct CUDACompiler { CUDA_COMPILER_FUNCTIONS(CUDA_FIELD) } CUDACompiler;
typedef struct CUDAMatmul { CUDA_MATMUL_FUNCTIONS(CUDA_FIELD) } CUDAMatmul;
#undef CUDA_FIELD

// Opens a shared library, by path or by name on the loader's path; it stays loaded with the
// process. On failure NULL; `reason` then holds the loader's message.
void *_Nullable cuda_open(const char *_Nonnull library, char *_Nonnull reason, size_t capacity);

// Fills a table from an opened library. Returns NULL, or the name of the first function that the
// library lacks.
const char *_Nullable cuda_find_driver(void *_Nonnull library, CUDADriver *_Nonnull table);
const char *_Nullable cuda_find_compiler(void *_Nonnull library, CUDACompiler *_Nonnull table);
const char *_Nullable cuda_find_matmul(void *_Nonnull library, CUDAMatmul *_Nonnull table);

// The path of the library that was opened, from one of its functions; empty where it is unknown.
void cuda_library_path(void *_Nonnull library, const char *_Nonnull function,
                       char *_Nonnull path, size_t capacity);

// Counts by dimension.
typedef struct CUDAExtent {
  unsigned x, y, z;
} CUDAExtent;

#define CUDA_FUNCTION(RESULT, NAME, ...) typedef RESULT NAME##_function(__VA_ARGS__);
CUDA_DRIVER_FUNCTIONS(CUDA_FUNCTION)
#undef CUDA_FUNCTION

// Calls cuLaunchKernel with all arguments in one buffer, laid out as the kernel's parameters.
CUresult cuda_launch(cuLaunchKernel_function *_Nonnull launch, CUfunction _Nonnull function,
                     CUDAExtent groups, CUDAExtent items, CUstream _Nonnull stream,
                     const void *_Nullable arguments, size_t size);
