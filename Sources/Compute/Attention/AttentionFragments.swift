/// The build of an attention kernel on tensor cores (Kernels/attention_fragments.h).
struct AttentionFragments {
  /// Own rows of a work-group.
  let tile: Int
  let lanes: Int
  let options: [KernelOption]

  /// The own matrices that a kernel multiplies, and the sums that it accumulates.
  struct Operands {
    let own: Int
    let sums: Int

    static let forward = Operands(own: 1, sums: 1)
    static let queryGradient = Operands(own: 2, sums: 1)
    static let keyValueGradient = Operands(own: 2, sums: 2)
  }

  /// The build for a head dimension: nil where rows are no whole quads, which are loaded as
  /// vectors.
  ///
  /// - Parameters:
  ///   - configuration: one of `candidates`; larger heads get smaller tiles.
  ///   - dimension: the head dimension.
  ///   - operands: of the kernel.
  init?(_ configuration: TuningCandidate, dimension: Int, _ operands: Operands) {
    guard dimension % 4 == 0 else { return nil }
    let values = configuration.values
    let pieces = values["PIECES"] ?? 3
    let steps = (dimension + 15) / 16
    // Registers of a lane: 8 per step for each accumulated matrix, shared by `split` warps.
    let split = max(values["SPLIT"] ?? 1, (8 * steps * operands.sums + 79) / 80)
    tile = max(16, min(values["TILE"] ?? 64, 128 / split) / 16 * 16)
    // Two matrices in shared memory, or one after the other where 16 rows of two are too much; the
    // next rows of both are copied there meanwhile where 16 fit beside them.
    var fitting = Self.fitting(pieces: pieces, steps: steps, prefetch: values["PREFETCH"] ?? 0)
    let prefetch = fitting > 0 ? values["PREFETCH"] ?? 0 : 0
    if fitting == 0 { fitting = Self.fitting(pieces: pieces, steps: steps, prefetch: 0) }
    let streamed = max(16, min(values["STREAMED"] ?? 32, fitting))
    // Registers of a lane: 4 per step and piece of each own matrix, beside the sums.
    let registers = 4 * operands.own * steps * pieces + 8 * steps * operands.sums / split
    let keeps = values["KEEP"] == 1 && registers <= 150
    lanes = Self.lanes(tile: tile, split: split)
    options = [
      KernelOption("TENSOR_CORES", 1), KernelOption("TILE", tile),
      KernelOption("STREAMED", streamed), KernelOption("PIECES", pieces),
      KernelOption("KEEP", keeps ? 1 : 0), KernelOption("IN_TURNS", fitting == 0 ? 1 : 0),
      KernelOption("SPLIT", split), KernelOption("PREFETCH", prefetch),
    ]
  }

  /// A warp for each 16 own rows, or `split` of them.
  private static func lanes(tile: Int, split: Int) -> Int { 32 * tile / 16 * split }

  /// Shared memory of a work-group for streamed rows: the 48 KB that need no opt-in, less a few
  /// rows of indices.
  private static let localBytes = 46 << 10

  /// Bytes of shared memory of a row of each of two matrices, and of a row in f32 that is copied
  /// ahead.
  private static func localBytes(pieces: Int, steps: Int, prefetch: Int) -> Int {
    2 * pieces * 4 * (8 * steps + 4) + 2 * prefetch * 64 * steps
  }

  /// Streamed rows that shared memory has the capacity for.
  private static func fitting(pieces: Int, steps: Int, prefetch: Int) -> Int {
    localBytes / localBytes(pieces: pieces, steps: steps, prefetch: prefetch) / 16 * 16
  }

  /// Candidates of the forward pass.
  static func forwardCandidates(_ precision: ActivationPrecision) -> [TuningCandidate] {
    [
      (64, 32, 1, 1, 0), (64, 32, 0, 1, 0), (64, 16, 1, 1, 0), (64, 16, 0, 1, 0), (64, 48, 1, 1, 0),
      (32, 32, 1, 1, 0), (128, 32, 1, 1, 0), (64, 32, 1, 2, 0), (64, 32, 1, 1, 1),
      (64, 32, 0, 1, 1), (64, 16, 1, 1, 1),
    ].map { candidate(precision, tile: $0, streamed: $1, keep: $2, split: $3, prefetch: $4) }
  }

  /// Candidates of both gradients.
  static func backwardCandidates(_ precision: ActivationPrecision) -> [TuningCandidate] {
    [
      (64, 32, 0, 1, 0), (64, 16, 0, 1, 0), (64, 32, 1, 1, 0), (64, 16, 1, 1, 0), (32, 32, 0, 1, 0),
      (64, 32, 0, 2, 0), (64, 16, 0, 2, 0), (64, 16, 1, 2, 0), (64, 32, 0, 1, 1), (64, 16, 0, 1, 1),
      (64, 32, 0, 2, 1),
    ].map { candidate(precision, tile: $0, streamed: $1, keep: $2, split: $3, prefetch: $4) }
  }

  /// Pieces of bf16 of an operand, own rows of a work-group, streamed rows at a time, whether own
  /// rows stay in registers, warps that share the columns of a sum, and whether the next streamed
  /// rows are copied ahead. Local memory is that of a head dimension of 64.
  static func candidate(
    _ precision: ActivationPrecision, tile: Int, streamed: Int, keep: Int, split: Int,
    prefetch: Int
  ) -> TuningCandidate {
    let pieces = precision == .bf16 ? 1 : 3
    return TuningCandidate(
      [
        KernelOption("TENSOR_CORES", 1), KernelOption("PIECES", pieces),
        KernelOption("TILE", tile), KernelOption("STREAMED", streamed),
        KernelOption("KEEP", keep), KernelOption("SPLIT", split),
        KernelOption("PREFETCH", prefetch),
      ], items: lanes(tile: tile, split: split),
      localBytes: streamed * (localBytes(pieces: pieces, steps: 4, prefetch: prefetch) + 16),
      needsTensorCores: true)
  }
}
