/// What the teacher cache stores per response token. E is the hidden size, V the vocabulary.
package enum TeacherCacheKind: String, Sendable, CaseIterable, Codable {
  /// The logits in 16 bits: 2 V bytes. Every divergence at every temperature.
  case logits
  /// The hidden state, from which the head recomputes logits on every use: 4 E bytes. Every
  /// divergence at every temperature.
  case hidden
  /// W^T p and the entropy of p, where W is the head: 4 E + 4 bytes. Forward KL at one temperature.
  case projected
  /// The given token: 4 bytes. A teacher that is certain of it, so that forward KL is the
  /// cross-entropy; it runs no model.
  case tokens

  /// The kinds that hold a model's distributions.
  package static let ofModels: [TeacherCacheKind] = [.logits, .hidden, .projected]
}

/// The teacher cache, one row per response token, on the device for the whole run.
/// `Device.storeTeacher` fills it, except for `tokens`; `Device.headDivergence` reads it.
package final class TeacherRows {
  package let kind: TeacherCacheKind
  /// The number of rows that it can hold.
  package let capacity: Int
  package let vocabulary: Int
  /// E, the hidden size.
  package let width: Int
  /// The temperature of the loss for `projected` rows; other kinds support every temperature.
  package let temperature: Float

  /// The share of the given token in the teacher's distribution (`Device.targetMixture`); 0 leaves
  /// it as it is.
  package let targetShare: Float

  /// [capacity, V] binary16, each row shifted by its maximum, for kind `logits`.
  var logits: DeviceBuffer<UInt16>
  /// [capacity, E]: hidden states, or W^T p for kind `projected`.
  package internal(set) var states: DeviceBuffer<Float>
  /// [capacity] nats, for kind `projected`.
  var entropies: DeviceBuffer<Float>
  /// [capacity]: the most likely token; computed on demand for kind `hidden`, `targets` for
  /// `tokens`.
  var chosen: DeviceBuffer<Int32>
  /// [capacity]: the given tokens, where `targetShare` mixes them in or the kind is `tokens`.
  var targets: DeviceBuffer<Int32>
  /// 0, 1, ... as row indices of a recomputed chunk; grows to the largest chunk and is kept.
  private(set) var identity: RowIndices

  /// Allocates `capacity` rows.
  ///
  /// - Parameters:
  ///   - device: where they are.
  ///   - kind: what is stored of a row.
  ///   - capacity: the number of rows.
  ///   - vocabulary: V.
  ///   - width: E.
  ///   - temperature: of the loss.
  ///   - targets: the given token of each row, below V, where the kind or `targetShare` needs them.
  ///   - targetShare: their share in the teacher's distribution, below 1.
  /// - Throws: allocation and driver errors.
  package init(
    _ device: Device, kind: TeacherCacheKind, capacity: Int, vocabulary: Int, width: Int,
    temperature: Float = 1, targets: [Int32] = [], targetShare: Float = 0
  ) throws(ComputeError) {
    precondition(targets.allSatisfy { $0 >= 0 && $0 < vocabulary }, "tokens of the vocabulary")
    precondition(
      targets.count == capacity || kind != .tokens && targetShare == 0, "a token for each row")
    self.targets = try device.buffer(targets)
    self.targetShare = targetShare
    self.kind = kind
    self.capacity = capacity
    self.vocabulary = vocabulary
    self.width = width
    self.temperature = temperature
    logits = try device.buffer(count: kind == .logits ? capacity * vocabulary : 0)
    let hasStates = kind == .hidden || kind == .projected
    states = try device.buffer(count: hasStates ? capacity * width : 0)
    entropies = try device.buffer(count: kind == .projected ? capacity : 0)
    let hasChosen = kind == .logits || kind == .projected
    chosen = try device.buffer(count: hasChosen ? capacity : 0)
    identity = try device.rowIndices(capacity: 0)
  }

  /// Makes `identity` the indices of a chunk of `count` rows.
  func reserveIdentity(_ device: Device, count: Int) throws(ComputeError) {
    try device.countUp(to: count, in: &identity)
  }

  /// Throws if these rows do not fit a head, or a given objective.
  func check(
    _ operation: StaticString, _ head: WeightMatrix, _ shape: LogitShape,
    _ objective: Objective? = nil
  ) throws(ComputeError) {
    guard head.rows == vocabulary, head.columns == width else {
      throw .teacherShape(
        operation: "\(operation)", head: Shape(head.rows, head.columns),
        teacher: Shape(vocabulary, width))
    }
    precondition(
      objective == nil || kind != .tokens && targetShare == 0 || objective?.form == .forwardKL,
      "forward KL, of which given tokens are a teacher")
    guard kind == .projected else { return }
    var limit: ProjectedTeacherLimit?
    if head.hasBias { limit = .bias }
    if shape.softCap != nil { limit = .softCap }
    if let objective, objective != Objective(.forwardKL, temperature: temperature) {
      limit = .objective(temperature: temperature)
    }
    if let limit { throw .projectedTeacher(operation: "\(operation)", limit) }
  }

  /// Bytes of device memory that `rows` rows take.
  package static func byteCount(
    _ kind: TeacherCacheKind, rows: Int, vocabulary: Int, width: Int
  ) -> Int {
    switch kind {
    case .logits: rows * (2 * vocabulary + 4)
    case .hidden: rows * 4 * width
    case .projected: rows * (4 * width + 8)
    case .tokens: rows * 4
    }
  }

  /// Bytes of device memory in use.
  package var byteCount: Int {
    Self.byteCount(kind, rows: capacity, vocabulary: vocabulary, width: width)
  }
}
