// matmul.cpp - a stand-in for cuBLASLt: matrix multiplications read off the descriptors, with sums
// in double. It refuses what the library refuses: types that do not fit, shapes that do not agree,
// operands that are less aligned than the algorithm needs, and algorithms that it did not give out
// for the same multiplication, in this process or another.
//
// PITH_STANDIN_ALGORITHM=N has it choose another algorithm, which adds N + 1 partial sums in f32:
// results differ in their last digits, as those of another version of the library do.
#include <cstdlib>
#include <cstring>

#include "driver.h"
#include "matmul_algorithm.h"

using namespace standin;

namespace {

enum { ok = 0, badValue = 7, unsupported = 15 };
enum { float32 = 0, float16 = 2, bfloat16 = 14 };

struct Preference {
  uint64_t workspace = 0;
  uint32_t reductions = 7;
  uint32_t alignments[4] = {256, 256, 256, 256};
};
struct Heuristic {
  Algorithm algorithm;
  size_t workspace;
  int state;
  float waves;
  int reserved[4];
};

double element(uint64_t address, int type, int64_t index) {
  if (type == float32) return ((const float *)address)[index];
  const uint16_t half = ((const uint16_t *)address)[index];
  if (type == float16) return (double)__builtin_bit_cast(_Float16, half);
  return __builtin_bit_cast(float, (uint32_t)half << 16);
}

int check(const Description *d, const Layout *a, const Layout *b, const Layout *c,
          const Layout *to, Extent *extent) {
  if (a->type != b->type || c->type != float32 || to->type != float32) return unsupported;
  if (d->compute != 68 || d->scale != float32) return unsupported;
  if ((d->epilogue & 4) && d->biasType != float32) return unsupported;
  if (d->pointerMode != 0 && d->pointerMode != 1) return unsupported;
  const bool isTransposedA = d->transposes[0], isTransposedB = d->transposes[1];
  *extent = {isTransposedA ? a->columns : a->rows, isTransposedB ? b->rows : b->columns,
             isTransposedA ? a->rows : a->columns};
  if ((isTransposedB ? b->columns : b->rows) != extent->k) return badValue;
  for (const Layout *layout : {c, to})
    if (layout->rows != extent->m || layout->columns != extent->n) return badValue;
  for (const Layout *layout : {a, b, c, to})
    if (layout->stride < (int64_t)layout->rows) return badValue;
  return ok;
}

size_t bytes(const Layout *layout) {
  const size_t last = layout->columns ? (layout->columns - 1) * layout->stride + layout->rows : 0;
  return last * (layout->type == float32 ? 4 : 2);
}

}  // namespace

STANDIN_API size_t cublasLtGetVersion(void) { return version; }
STANDIN_API const char *cublasLtGetStatusName(int status) {
  switch (status) {
    case ok: return "CUBLAS_STATUS_SUCCESS";
    case badValue: return "CUBLAS_STATUS_INVALID_VALUE";
    case unsupported: return "CUBLAS_STATUS_NOT_SUPPORTED";
    default: return "CUBLAS_STATUS_INTERNAL_ERROR";
  }
}
STANDIN_API int cublasLtCreate(int **handle) {
  *handle = new int(1);
  return ok;
}
STANDIN_API int cublasLtDestroy(int *handle) {
  delete handle;
  return ok;
}
STANDIN_API int cublasLtMatrixLayoutCreate(Layout **layout, int type, uint64_t rows,
                                           uint64_t columns, int64_t stride) {
  *layout = new Layout{type, rows, columns, stride};
  return ok;
}
STANDIN_API int cublasLtMatrixLayoutDestroy(Layout *layout) {
  delete layout;
  return ok;
}
STANDIN_API int cublasLtMatmulDescCreate(Description **d, int compute, int scale) {
  *d = new Description{compute, scale};
  return ok;
}
STANDIN_API int cublasLtMatmulDescDestroy(Description *d) {
  delete d;
  return ok;
}
static int copy(void *to, const void *value, size_t size, size_t expected) {
  if (size != expected) return badValue;
  memcpy(to, value, size);
  return ok;
}
STANDIN_API int cublasLtMatmulDescSetAttribute(Description *d, int attribute, const void *value,
                                               size_t size) {
  switch (attribute) {
    case 2: return copy(&d->pointerMode, value, size, 4);
    case 3: return copy(&d->transposes[0], value, size, 4);
    case 4: return copy(&d->transposes[1], value, size, 4);
    case 7: return copy(&d->epilogue, value, size, 4);
    case 8: return copy(&d->bias, value, size, 8);
    case 26: return copy(&d->biasType, value, size, 4);
    default: return badValue;
  }
}
STANDIN_API int cublasLtMatmulPreferenceCreate(Preference **preference) {
  *preference = new Preference;
  return ok;
}
STANDIN_API int cublasLtMatmulPreferenceDestroy(Preference *preference) {
  delete preference;
  return ok;
}
STANDIN_API int cublasLtMatmulPreferenceSetAttribute(Preference *preference, int attribute,
                                                     const void *value, size_t size) {
  switch (attribute) {
    case 1: return copy(&preference->workspace, value, size, 8);
    case 3: return copy(&preference->reductions, value, size, 4);
    case 5: case 6: case 7: case 8:
      return copy(&preference->alignments[attribute - 5], value, size, 4);
    default: return badValue;
  }
}
STANDIN_API int cublasLtMatmulAlgoGetHeuristic(int *, Description *d, Layout *a, Layout *b,
                                               Layout *c, Layout *to, Preference *preference,
                                               int wanted, Heuristic *results, int *count) {
  Extent extent;
  *count = 0;
  const int status = check(d, a, b, c, to, &extent);
  if (status != ok || wanted < 1) return status == ok ? badValue : status;
  memset(results, 0, sizeof *results);
  uint64_t *words = results->algorithm.words;
  words[0] = magic;
  words[1] = fingerprint(d, extent, a, b, to);
  for (int i = 0; i < 4; i++) words[2 + i] = preference->alignments[i];
  words[6] = d->bias & -d->bias & 255;  // as aligned as the bias's address, or 0 for 256 bytes
  const char *choice = getenv("PITH_STANDIN_ALGORITHM");
  words[7] = seal(&results->algorithm, choice ? atoi(choice) & 15 : 0);
  *count = 1;
  return ok;
}
STANDIN_API int cublasLtMatmulAlgoCheck(int *, Description *d, Layout *a, Layout *b, Layout *c,
                                        Layout *to, const Algorithm *algorithm,
                                        Heuristic *result) {
  Extent extent;
  const int status = check(d, a, b, c, to, &extent);
  if (status != ok) return status;
  if (!isFor(algorithm, d, extent, a, b, to)) return unsupported;
  memset(result, 0, sizeof *result);
  result->algorithm = *algorithm;
  return ok;
}
STANDIN_API int cublasLtMatmul(int *, Description *d, const float *alpha, uint64_t aAddress,
                               Layout *a, uint64_t bAddress, Layout *b, const float *beta,
                               uint64_t cAddress, Layout *c, uint64_t toAddress, Layout *to,
                               const Algorithm *algorithm, uint64_t workspace,
                               size_t workspaceBytes, Stream *stream) {
  std::lock_guard<std::recursive_mutex> guard(lock);
  Extent extent;
  const int status = check(d, a, b, c, to, &extent);
  if (status != ok) return status;
  if (!isFor(algorithm, d, extent, a, b, to)) return badValue;
  const uint64_t addresses[4] = {aAddress, bAddress, cAddress, toAddress};
  const Layout *const layouts[4] = {a, b, c, to};
  for (int i = 0; i < 4; i++) {
    if (addresses[i] % algorithm->words[2 + i]) return badValue;
    if (!isWithinBuffer(addresses[i], bytes(layouts[i]))) return badValue;
  }
  if (d->epilogue & 4) {
    if (!isWithinBuffer(d->bias, 4 * extent.m)) return badValue;
    if (d->bias % (algorithm->words[6] ? algorithm->words[6] : 256)) return badValue;
  }
  if (workspaceBytes && !isWithinBuffer(workspace, workspaceBytes)) return badValue;
  // The operation is read at the call; factors on the device are read when it runs.
  const Description held = *d;
  const Layout la = *a, lb = *b, lc = *c, lt = *to;
  const uint64_t alphaAddress = (uint64_t)alpha, betaAddress = (uint64_t)beta;
  float factors[2] = {0, 0};
  if (d->pointerMode == 0) {
    factors[0] = *alpha;
    factors[1] = *beta;
  } else if (!isWithinBuffer(alphaAddress, 4) || !isWithinBuffer(betaAddress, 4)) {
    return badValue;
  }
  const float scale = factors[0], added = factors[1];
  const uint64_t parts = algorithm->words[7] & 255;
  const Status enqueued = enqueue(stream, [=] {
    const bool isOnDevice = held.pointerMode == 1;
    const float alphaNow = isOnDevice ? *(const float *)alphaAddress : scale;
    const float betaNow = isOnDevice ? *(const float *)betaAddress : added;
    for (uint64_t j = 0; j < extent.n; j++)
      for (uint64_t i = 0; i < extent.m; i++) {
        double sum = 0;
        float partial[16] = {};
        for (uint64_t k = 0; k < extent.k; k++) {
          const int64_t ia = held.transposes[0] ? i * la.stride + k : k * la.stride + i;
          const int64_t ib = held.transposes[1] ? k * lb.stride + j : j * lb.stride + k;
          const double product = element(aAddress, la.type, ia) * element(bAddress, lb.type, ib);
          if (parts == 0)
            sum += product;
          else
            partial[k % (parts + 1)] += (float)product;
        }
        for (uint64_t part = 0; parts != 0 && part <= parts; part++) sum += partial[part];
        double value = alphaNow * sum;
        if (betaNow != 0) value += betaNow * element(cAddress, float32, j * lc.stride + i);
        if (held.epilogue & 4) value += element(held.bias, float32, i);
        ((float *)toAddress)[j * lt.stride + i] = (float)value;
      }
    return success;
  });
  return enqueued == success ? ok : 13;
}
