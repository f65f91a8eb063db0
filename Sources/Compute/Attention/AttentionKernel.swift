/// The build of one attention kernel for a device: the tuned variant, on tensor cores where there
/// are any, as far as it supports the heads.
struct AttentionKernel {
  /// Rows of a tile of queries and of a tile of keys.
  let tile: Int
  let lanes: Int
  let options: [KernelOption]

  /// Rows per work-group of `attention_delta`: 16 lanes per row, or one work-item per row on a
  /// device of CPU type.
  var rowsOfDelta: Int { max(1, lanes / 16) }

  init(
    _ tunable: Tunable, _ gpu: GPUEngine, heads: HeadShape, softCap: Float?,
    precision: ActivationPrecision
  ) {
    let dimension = heads.headDimension
    let shape = [
      KernelOption("HEAD_DIMENSION", dimension), KernelOption("SOFT_CAP", softCap == nil ? 0 : 1),
    ]
    var configuration = gpu.configuration(tunable)
    if configuration.needsTensorCores {
      let operands: AttentionFragments.Operands =
        switch tunable.name {
        case Tunable.attentionForward.name: .forward
        case Tunable.attentionQueryGradient.name: .queryGradient
        default: .keyValueGradient
        }
      if let fragments = AttentionFragments(
        configuration, dimension: dimension, operands, precision: precision)
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

extension [TuningCandidate] {
  /// Tiles of attention by f32 units of GPUs. On an H200 the first is 23 to 26 % faster than 64 rows
  /// and chunks of 16 in a training step, and 9 % slower in a prefill of 4,096 keys.
  fileprivate static let attentionTiles = [(32, 32), (64, 16), (64, 8), (32, 16), (16, 16)].map {
    AttentionKernel.candidate(tile: $0.0, chunk: $0.1)
  }
  /// Tiles in private memory, one work-item per tile.
  fileprivate static let attentionTilesOfCPUs = [64, 32].map {
    TuningCandidate([KernelOption("TILE", $0)], items: 1)
  }
}

extension Tunable {
  static let attentionForward = attention(
    "attention_forward", .attentionForward, AttentionFragments.forwardCandidates
  ) { trial throws(ComputeError) in
    let step = try AttentionTrial(trial)
    let output = try trial.zeros(step.outputCount)
    let logSumExp = try trial.zeros(step.rowCount)
    trial.run { () throws(ComputeError) in
      try step.forward(trial.device, into: &output.buffer, logSumExp: &logSumExp.buffer)
    }
  }
  static let attentionQueryGradient = attention(
    "attention_query_gradient", .attentionQueryGradient, AttentionFragments.backwardCandidates
  ) { trial throws(ComputeError) in
    try AttentionTrial(trial).runBackward(trial, timing: ["attention_query_gradient"])
  }
  /// `attention_sum_slots` counts too: tiles determine the number of slots.
  static let attentionKeyValueGradient = attention(
    "attention_key_value_gradient", .attentionKeyValueGradient,
    AttentionFragments.backwardCandidates
  ) { trial throws(ComputeError) in
    try AttentionTrial(trial).runBackward(
      trial, timing: ["attention_key_value_gradient", "attention_sum_slots"])
  }

  private static func attention(
    _ name: String, _ file: KernelFile, _ fragments: [TuningCandidate],
    prepare: @escaping @Sendable (Trial) throws(ComputeError) -> Void
  ) -> Tunable {
    Tunable(
      name, file, gpu: fragments + .attentionTiles, cpu: .attentionTilesOfCPUs, prepare: prepare)
  }
}

/// Attention of a training step: the prefix's own queries, and the examples after it.
private final class AttentionTrial {
  private let heads: HeadShape
  private let layout: AttentionLayout
  private let query, key, value: Trial.Operand<Float>

  let rowCount: Int
  let outputCount: Int
  private let keyCount: Int

  init(_ trial: Trial) throws(ComputeError) {
    let (sizes, rows) = (trial.sizes, trial.sizes.rows)
    heads = sizes.heads
    rowCount = rows * heads.queryHeads
    outputCount = rows * heads.queryWidth
    keyCount = rows * heads.keyValueWidth
    var start = sizes.prefix
    var sequences = [
      AttentionSequence(
        queryStart: 0, queryCount: start, keyStart: 0, keyCount: start, attendsPrefix: false)
    ]
    for count in sizes.examples {
      sequences.append(
        AttentionSequence(
          queryStart: start, queryCount: count, keyStart: start, keyCount: count,
          attendsPrefix: true))
      start += count
    }
    layout = try AttentionLayout(trial.device, prefixCount: sizes.prefix, sequences: sequences)
    query = try trial.floats(outputCount)
    key = try trial.floats(keyCount)
    value = try trial.floats(keyCount)
  }

  private var scale: Float { 1 / Float(heads.headDimension).squareRoot() }

  func forward(
    _ device: Device, into output: inout DeviceBuffer<Float>,
    logSumExp: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try device.attention(
      query: query.buffer, key: key.buffer, value: value.buffer, layout: layout, heads: heads,
      scale: scale, into: &output, logSumExp: &logSumExp)
  }

  /// The backward pass after one forward pass; only the time of `entries` counts.
  func runBackward(_ trial: Trial, timing entries: Set<String>) throws(ComputeError) {
    let device = trial.device
    var made = try device.buffer(of: Float.self, count: outputCount)
    var sums = try device.buffer(of: Float.self, count: rowCount)
    try forward(device, into: &made, logSumExp: &sums)
    let output = try trial.operand(try device.download(made))
    let logSumExp = try trial.operand(try device.download(sums))
    let outputGradient = try trial.floats(outputCount)
    let queryGradient = try trial.zeros(outputCount)
    let (keyGradient, valueGradient) = (try trial.zeros(keyCount), try trial.zeros(keyCount))
    trial.run(timing: entries) { [self] () throws(ComputeError) in
      try device.attentionBackward(
        outputGradient: outputGradient.buffer, query: query.buffer, key: key.buffer,
        value: value.buffer, output: output.buffer, logSumExp: logSumExp.buffer, layout: layout,
        heads: heads, scale: scale, queryGradient: &queryGradient.buffer,
        keyGradient: &keyGradient.buffer, valueGradient: &valueGradient.buffer)
    }
  }
}
