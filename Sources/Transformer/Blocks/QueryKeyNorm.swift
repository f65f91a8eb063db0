internal import Compute

/// The norm of queries and keys between their projection and RoPE, with its frozen weights.
final class QueryKeyNorm {
  /// The part of a projection's rows that a matrix multiplication has written.
  enum Part {
    /// Query, key and value: [rows, (H + 2G) D].
    case all
    /// [rows, H D].
    case query
    /// Key and value: [rows, 2 G D].
    case keyValue
  }

  private let configuration: DecoderConfiguration
  /// [H D] and [G D].
  private let queryWeight: DeviceBuffer<Float>
  private let keyWeight: DeviceBuffer<Float>

  /// - Parameters:
  ///   - query: [H D], a weight per element of a row's queries.
  ///   - key: [G D].
  init(
    _ device: Device, configuration: DecoderConfiguration, query: [Float], key: [Float]
  ) throws(ComputeError) {
    self.configuration = configuration
    queryWeight = try device.buffer(query)
    keyWeight = try device.buffer(key)
  }

  /// Normalises a part of `shared.projected` in place, and copies its input to `kept`.
  func forward(_ pass: DecoderLayer.Pass, _ part: Part, rows: Int) throws(ComputeError) {
    let (device, kept, shared) = (pass.device, pass.kept, pass.shared)
    if let shape = queries(in: part) {
      try device.headNorm(
        &shared.projected, shape, weight: queryWeight, rows: rows, keeping: &kept.queryInput)
    }
    if let shape = keys(in: part) {
      try device.headNorm(
        &shared.projected, shape, weight: keyWeight, rows: rows, keeping: &kept.keyInput)
    }
  }

  /// The gradient of `forward`, in place in `shared.projected`.
  func backward(_ pass: DecoderLayer.Pass, _ part: Part, rows: Int) throws(ComputeError) {
    let (device, kept, shared) = (pass.device, pass.kept, pass.shared)
    if let shape = queries(in: part) {
      try device.headNormBackward(
        &shared.projected, shape, weight: queryWeight, kept: kept.queryInput, rows: rows)
    }
    if let shape = keys(in: part) {
      try device.headNormBackward(
        &shared.projected, shape, weight: keyWeight, kept: kept.keyInput, rows: rows)
    }
  }

  private func queries(in part: Part) -> HeadNormShape? {
    let heads = configuration.heads
    switch part {
    case .all: return shape(heads.queryHeads, first: 0, stride: heads.fusedWidth)
    case .query: return shape(heads.queryHeads, first: 0, stride: heads.queryWidth)
    case .keyValue: return nil
    }
  }

  private func keys(in part: Part) -> HeadNormShape? {
    let heads = configuration.heads
    switch part {
    case .all:
      return shape(heads.keyValueHeads, first: heads.queryWidth, stride: heads.fusedWidth)
    case .query: return nil
    case .keyValue: return shape(heads.keyValueHeads, first: 0, stride: 2 * heads.keyValueWidth)
    }
  }

  private func shape(_ heads: Int, first: Int, stride: Int) -> HeadNormShape {
    let isWhole = configuration.queryKeyNorm == .wholeWidth
    let dimension = configuration.heads.headDimension
    return HeadNormShape(
      stride: stride, first: first, heads: isWhole ? 1 : heads,
      width: isWhole ? heads * dimension : dimension,
      isCentred: configuration.normalization == .layer,
      epsilon: configuration.normalizationEpsilon)
  }
}
