// SHA-256 (FIPS 180-4) of whole blocks of 64 bytes by the instructions that processors have for it.

#ifndef CHASHING_SHA256_H
#define CHASHING_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Whether this processor has such instructions (x86: SHA, SSE 4.1).
bool sha256_is_accelerated(void);

// Takes `count` blocks into `state`, the eight words of the hash so far. Only where
// sha256_is_accelerated().
void sha256_blocks(uint32_t state[8], const uint8_t *blocks, ptrdiff_t count);

#ifdef __cplusplus
}
#endif

#endif
