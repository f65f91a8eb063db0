// embedding.cl - gathers rows of a stored matrix as f32: the embeddings of token ids.
//
//     y[first + i, e] = scale * table[identifiers[i], e]
//
//     table        [V, E]  read     in the format ELEMENT; E is whole blocks
//     identifiers  [count] read     each below V
//     y            [*, E]  write    f32, rows first ..< first + count
//
// Mapping   one work-group of LANES per row; lane l handles e = l, l + LANES, ... (coalesced)
// Passes    one
// Numerics  exact, except for the decoding of blocks and the product with scale
// Needs     weight_blocks.h
// Traffic   count * E elements of the table and as many floats
// Twin      Sources/Compute/Embedding/Embedding.swift, Sources/CArithmetic/weights.c
// Build     LANES=128 ELEMENT=0,1,2,3,4,5,6,7,8,9,10

KERNEL(LANES) embedding_gather(const GLOBAL Stored *RESTRICT table,
                               const GLOBAL int *RESTRICT identifiers, GLOBAL float *RESTRICT y,
                               int width, int first, float scale) {
  const int row = GROUP_ID;
  const OFFSET from = (OFFSET)identifiers[row] * width;
  GLOBAL float *to = y + (OFFSET)(first + row) * width;
  for (int e = LOCAL_ID; e < width; e += LANES) to[e] = scale * widen(table, from + e);
}
