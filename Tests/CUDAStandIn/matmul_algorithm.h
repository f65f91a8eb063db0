// matmul_algorithm.h - the algorithms of the stand-in for cuBLASLt.
#pragma once
#include <cstddef>
#include <cstdint>

namespace standin {

struct Layout {
  int type;
  uint64_t rows, columns;
  int64_t stride;
};
struct Description {
  int compute, scale;
  int transposes[2] = {0, 0};
  int epilogue = 1, biasType = -1, pointerMode = 0;
  uint64_t bias = 0;
};
struct Algorithm {
  uint64_t words[8];
};
inline const uint64_t magic = 0x70697468;
inline const size_t version = 130002;

struct Extent {
  uint64_t m, n, k;
};

// The words of an algorithm: a mark, which multiplication it is for, the alignments of A, B, C, D
// and the bias, and the number of partial sums with a hash of all other words.
inline uint64_t add(uint64_t hash, uint64_t part) {
  for (int i = 0; i < 8; i++) hash = (hash ^ (part >> 8 * i & 255)) * 0x100000001b3;
  return hash;
}

inline uint64_t fingerprint(const Description *d, Extent extent, const Layout *a, const Layout *b,
                            const Layout *to) {
  uint64_t hash = 0xcbf29ce484222325;
  for (uint64_t part : {(uint64_t)version, extent.m, extent.n, extent.k, (uint64_t)a->type,
                        (uint64_t)d->epilogue, (uint64_t)d->transposes[0],
                        (uint64_t)d->transposes[1], (uint64_t)d->pointerMode, (uint64_t)a->stride,
                        (uint64_t)b->stride, (uint64_t)to->stride})
    hash = add(hash, part);
  return hash;
}

inline uint64_t seal(const Algorithm *algorithm, uint64_t parts) {
  uint64_t hash = add(0xcbf29ce484222325, parts);
  for (int i = 0; i < 7; i++) hash = add(hash, algorithm->words[i]);
  return (hash << 8) | parts;
}

inline bool isFor(const Algorithm *algorithm, const Description *d, Extent extent,
                  const Layout *a, const Layout *b, const Layout *to) {
  return algorithm->words[0] == magic &&
         algorithm->words[1] == fingerprint(d, extent, a, b, to) &&
         algorithm->words[7] == seal(algorithm, algorithm->words[7] & 255);
}

}  // namespace standin
