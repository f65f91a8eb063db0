/// The build of one attention kernel for a device: the tuned variant, as far as it supports the
/// heads.
struct AttentionKernel {
  /// Rows of a tile of queries and of a tile of keys.
  let tile: Int
  let lanes: Int
  let options: [KernelOption]

  /// Rows per work-group of `attention_delta`: 16 lanes per row, or one work-item per row on a
  /// device of CPU type.
  var rowsOfDelta: Int { max(1, lanes / 16) }

  /// - Parameters:
  ///   - pass: of attention.
  ///   - gpu: the device.
  ///   - heads: the numbers of heads and their dimension.
  ///   - softCap: whether scores are bounded.
  ///   - precision: of the operands of products on tensor cores.
  init(
    _ pass: AttentionPass, _ gpu: GPUEngine, heads: HeadShape, softCap: Float?,
    precision: ActivationPrecision
  ) {
    let dimension = heads.headDimension
    let shape = [
      KernelOption("HEAD_DIMENSION", dimension), KernelOption("SOFT_CAP", softCap == nil ? 0 : 1),
    ]
    var configuration = gpu.configuration(pass, precision: precision)
    if configuration.needsTensorCores {
      if let fragments = AttentionFragments(
        configuration, dimension: dimension, pass.operands)
      {
        tile = fragments.tile
        lanes = fragments.lanes
        options = fragments.options + shape
        return
      }
      configuration = Self.candidate(tile: 32, chunk: 32)
    }
    // Configurations are for head dimensions up to 128. Larger heads need smaller tiles, so that
    // local memory and registers suffice.
    if !gpu.isCPUType && dimension > 128 { configuration = Self.candidate(tile: 32, chunk: 16) }
    tile = configuration.values["TILE"] ?? 32
    lanes = configuration.items
    options = configuration.constants + shape
  }

  /// The division of keys; on a GPU it gives two work-groups per compute unit.
  func keyDivision(_ heads: HeadShape, on gpu: GPUEngine) -> AttentionKeyDivision {
    AttentionKeyDivision(
      rows: tile, wanted: gpu.isCPUType ? 0 : 2 * gpu.computeUnits / heads.keyValueHeads,
      leastQueries: (tile + heads.groupSize - 1) / heads.groupSize)
  }

  /// GPU tiles. Local memory holds a tile of weights, two staged chunks and a few vectors of TILE
  /// elements (Kernels/attention_tiles.h), for head dimensions up to 128.
  static func candidate(tile: Int, chunk: Int) -> TuningCandidate {
    let pitch = tile + 4
    let staging = max(2 * chunk * pitch, chunk * 128 + 16)
    return TuningCandidate(
      [KernelOption("TILE", tile), KernelOption("CHUNK", chunk)], items: 256,
      localBytes: 4 * (tile * pitch + staging + 5 * tile + 256))
  }
}
