// attention_sum_slots.cl - the gradients of keys and values from the partial sums of
// attention_key_value_gradient.cl.
//
// Per element i of the rows that have slots:
//     d_key[i]    = sum over slots of key_partial[slot, i]
//     d_value[i]  = sum over slots of value_partial[slot, i]
//
//     key_partial, value_partial  [slots, stride]  read
//     d_key, d_value              [*]              write   elements first ... first + count
//
// Mapping   one lane per element; slots are added in order
// Passes    one
// Numerics  f32, no atomics: the order of every sum is fixed
// Traffic   the partial sums and the gradients once
// Build     LANES=256
// Twin      Sources/CArithmetic/attention.c

KERNEL(LANES) attention_sum_slots(const GLOBAL float *RESTRICT key_partial,
                                  const GLOBAL float *RESTRICT value_partial,
                                  GLOBAL float *RESTRICT d_key, GLOBAL float *RESTRICT d_value,
                                  OFFSET first, OFFSET stride, int count, int slots) {
  const OFFSET element = (OFFSET)GROUP_ID * LANES + LOCAL_ID;
  if (element >= count) return;
  const OFFSET index = first + element;
  float key_sum = 0.0f, value_sum = 0.0f;
  for (int slot = 0; slot < slots; slot++) {
    key_sum += key_partial[slot * stride + index];
    value_sum += value_partial[slot * stride + index];
  }
  d_key[index] = key_sum;
  d_value[index] = value_sum;
}
