// reductions.h - sums and maxima over what one work-group (GPU) or one wide vector (CPU) holds.
//
// Stands before the files that name it under "Needs". On a GPU all LANES lanes of a work-group (a power of two) call a
// reduction together with the same LOCAL array of LANES floats, and every lane gets the result; the tree's order is
// fixed, so runs repeat bit for bit.

#ifdef CPU_DEVICE

DEVICE float sum16(float16 v) {
  const float8 a = v.lo + v.hi;
  const float4 b = a.lo + a.hi;
  return (b.x + b.y) + (b.z + b.w);
}

DEVICE float max16(float16 v) {
  const float8 a = fmax(v.lo, v.hi);
  const float4 b = fmax(a.lo, a.hi);
  return fmax(fmax(b.x, b.y), fmax(b.z, b.w));
}

#else

DEVICE float sum_over_lanes(float value, LOCAL_ARG float *partial) {
  const int lane = LOCAL_ID;
  partial[lane] = value;
  BARRIER();
  for (int reach = LANES / 2; reach > 0; reach /= 2) {
    if (lane < reach) partial[lane] += partial[lane + reach];
    BARRIER();
  }
  const float sum = partial[0];
  BARRIER();
  return sum;
}

DEVICE float max_over_lanes(float value, LOCAL_ARG float *partial) {
  const int lane = LOCAL_ID;
  partial[lane] = value;
  BARRIER();
  for (int reach = LANES / 2; reach > 0; reach /= 2) {
    if (lane < reach) partial[lane] = MAX(partial[lane], partial[lane + reach]);
    BARRIER();
  }
  const float largest = partial[0];
  BARRIER();
  return largest;
}

#endif
