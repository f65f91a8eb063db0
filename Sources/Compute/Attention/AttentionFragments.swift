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
    // Two matrices in shared memory, or one after the other where 16 rows of two are too much.
    let fitting = Self.localBytes / Self.localBytes(pieces: pieces, steps: steps) / 16 * 16
    let streamed = max(16, min(values["STREAMED"] ?? 32, fitting))
    // Registers of a lane: 4 per step and piece of each own matrix, beside the sums.
    let registers = 4 * operands.own * steps * pieces + 8 * steps * operands.sums / split
    let keeps = values["KEEP"] == 1 && registers <= 150
    lanes = Self.lanes(tile: tile, split: split)
    options = [
      KernelOption("TENSOR_CORES", 1), KernelOption("TILE", tile),
      KernelOption("STREAMED", streamed), KernelOption("PIECES", pieces),
      KernelOption("KEEP", keeps ? 1 : 0), KernelOption("IN_TURNS", fitting == 0 ? 1 : 0),
      KernelOption("SPLIT", split),
    ]
  }

  /// A warp for each 16 own rows, or `split` of them.
  private static func lanes(tile: Int, split: Int) -> Int { 32 * tile / 16 * split }

  /// Shared memory of a work-group for streamed rows: the 48 KB that need no opt-in, less a few
  /// rows of indices.
  private static let localBytes = 46 << 10

  /// Bytes of shared memory of a row of each of two matrices.
  private static func localBytes(pieces: Int, steps: Int) -> Int {
    2 * pieces * 4 * (8 * steps + 4)
  }

  /// Candidates of the forward pass.
  static func forwardCandidates(_ precision: ActivationPrecision) -> [TuningCandidate] {
    [
      (64, 32, 1, 1), (64, 32, 0, 1), (64, 16, 1, 1), (64, 16, 0, 1), (64, 48, 1, 1),
      (32, 32, 1, 1), (128, 32, 1, 1), (64, 32, 1, 2),
    ].map { candidate(precision, tile: $0.0, streamed: $0.1, keep: $0.2, split: $0.3) }
  }

  /// Candidates of both gradients.
  static func backwardCandidates(_ precision: ActivationPrecision) -> [TuningCandidate] {
    [
      (64, 32, 0, 1), (64, 16, 0, 1), (64, 32, 1, 1), (64, 16, 1, 1), (32, 32, 0, 1),
      (64, 32, 0, 2), (64, 16, 0, 2), (64, 16, 1, 2),
    ].map { candidate(precision, tile: $0.0, streamed: $0.1, keep: $0.2, split: $0.3) }
  }

  /// Pieces of bf16 of an operand, own rows of a work-group, streamed rows at a time, whether own
  /// rows stay in registers, and warps that share the columns of a sum. Local memory is that of a
  /// head dimension of 64.
  static func candidate(
    _ precision: ActivationPrecision, tile: Int, streamed: Int, keep: Int, split: Int
  ) -> TuningCandidate {
    let pieces = precision == .bf16 ? 1 : 3
    return TuningCandidate(
      [
        KernelOption("TENSOR_CORES", 1), KernelOption("PIECES", pieces),
        KernelOption("TILE", tile), KernelOption("STREAMED", streamed),
        KernelOption("KEEP", keep), KernelOption("SPLIT", split),
      ], items: lanes(tile: tile, split: split),
      localBytes: streamed * (localBytes(pieces: pieces, steps: 4) + 16), needsTensorCores: true)
  }
}
