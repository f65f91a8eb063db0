import Weights

/// The sizes at which candidates are measured.
package struct TrialSizes: Sendable {
  /// Rows of the prefix, rows of each example, and response rows.
  var prefix: Int
  var examples: [Int]
  var responses: Int
  /// E, F and V.
  var hidden: Int
  var feedForward: Int
  var vocabulary: Int
  var heads: HeadShape
  /// Further heads at which attention must be right: their kernels are other builds.
  var otherHeads: [AttentionTrialShape]

  /// T: rows of prefix and examples.
  var rows: Int { prefix + examples.reduce(0, +) }

  /// A training step on Qwen2.5-0.5B: 4 examples of 64 tokens after 32 pseudo-tokens.
  package static let step = TrialSizes(
    prefix: 32, examples: [64, 64, 64, 64], responses: 32, hidden: 896, feedForward: 4864,
    vocabulary: 151_936, heads: HeadShape(queryHeads: 14, keyValueHeads: 2, headDimension: 64),
    otherHeads: others((120, 6), (128, 4), (256, 2)))
  /// A step whose time is that of its launches.
  package static let launches = TrialSizes(
    prefix: 8, examples: [8, 8], responses: 8, hidden: 128, feedForward: 256, vocabulary: 512,
    heads: HeadShape(queryHeads: 2, keyValueHeads: 1, headDimension: 64), otherHeads: [])
  /// For tests: all edge cases with little work.
  package static let small = TrialSizes(
    prefix: 5, examples: [67, 9], responses: 6, hidden: 96, feedForward: 200, vocabulary: 1050,
    heads: HeadShape(queryHeads: 4, keyValueHeads: 2, headDimension: 24),
    otherHeads: others((20, 4), (136, 2)))

  /// Heads of these dimensions and numbers of query heads on two of keys, the first with a window
  /// and a soft cap.
  private static func others(_ heads: (dimension: Int, count: Int)...) -> [AttentionTrialShape] {
    heads.enumerated().map { index, heads in
      AttentionTrialShape(
        heads: HeadShape(
          queryHeads: heads.count, keyValueHeads: 2, headDimension: heads.dimension),
        window: index == 0 ? 40 : nil, softCap: index == 0 ? 2 : nil)
    }
  }
}

/// An element that a trial compares.
protocol TrialElement: BitwiseCopyable {
  /// Its value.
  var number: Double { get }
  /// Whether its value does not depend on the order of sums.
  static var isExact: Bool { get }
}

extension Float: TrialElement {
  var number: Double { Double(self) }
  static var isExact: Bool { false }
}

extension Int32: TrialElement {
  var number: Double { Double(self) }
  static var isExact: Bool { true }
}

/// The bits of a binary16.
extension UInt16: TrialElement {
  var number: Double { Double(Float16(bitPattern: self)) }
  static var isExact: Bool { false }
}

/// An operand of any element type.
private protocol AnyTrialOperand: AnyObject {
  /// Restores the initial contents.
  func reset(_ device: Device) throws(ComputeError)
  /// Downloads the contents.
  func found(_ device: Device) throws(ComputeError) -> Trial.Found
}

/// The operands of a tunable on the device, and the operations that it times.
final class Trial {
  /// An operand with its initial contents.
  final class Operand<Element: TrialElement>: AnyTrialOperand {
    let initial: [Element]
    var buffer: DeviceBuffer<Element>

    fileprivate init(_ device: Device, _ initial: [Element]) throws(ComputeError) {
      self.initial = initial
      buffer = try device.buffer(initial)
    }

    fileprivate func reset(_ device: Device) throws(ComputeError) {
      try device.upload(initial, into: &buffer)
    }

    fileprivate func found(_ device: Device) throws(ComputeError) -> Found {
      let elements = try device.download(buffer)
      return Found(values: elements.map { $0.number }, isExact: Element.isExact)
    }
  }

  let device: Device
  let sizes: TrialSizes
  private var operands: [any AnyTrialOperand] = []
  private var runs: [() throws(ComputeError) -> Void] = []
  private var random = SplitMix64(seed: 0)
  /// The kernels whose time counts; nil for all kernels.
  private var timed: Set<String>?

  init(_ device: Device, sizes: TrialSizes) {
    self.device = device
    self.sizes = sizes
  }

  /// An operand that holds these elements.
  func operand<Element: TrialElement>(
    _ elements: [Element]
  ) throws(ComputeError) -> Operand<Element> {
    let operand = try Operand(device, elements)
    operands.append(operand)
    return operand
  }

  /// Uniform numbers between -1 and 1, times `scale`, the same in every run.
  func numbers(_ count: Int, scale: Float = 1) -> [Float] {
    random.symmetric(count, bound: scale)
  }

  /// An operand of such numbers.
  func floats(_ count: Int, scale: Float = 1) throws(ComputeError) -> Operand<Float> {
    try operand(numbers(count, scale: scale))
  }

  /// An operand of zeros, for results.
  func zeros(_ count: Int) throws(ComputeError) -> Operand<Float> {
    try operand([Float](repeating: 0, count: count))
  }

  /// Row indices, which no operation writes.
  final class Rows {
    let indices: RowIndices

    fileprivate init(_ device: Device, _ indices: [Int32]) throws(ComputeError) {
      self.indices = try device.rowIndices(indices)
    }
  }

  /// The indices 0 ..< limit from the last to the first, each once if there are `limit`.
  func rowIndices(_ count: Int, below limit: Int) throws(ComputeError) -> Rows {
    try Rows(device, tokens(count, below: limit))
  }

  /// Token ids below `limit`.
  func tokens(_ count: Int, below limit: Int) -> [Int32] {
    (0..<count).map { Int32(limit - 1 - $0 % limit) }
  }

  /// Frozen weights [rows, columns].
  func matrix(
    rows: Int, columns: Int, format: WeightFormat = .f32
  ) throws(ComputeError) -> WeightMatrix {
    try WeightMatrix(
      device, rows: rows, columns: columns, precision: format, values: numbers(rows * columns))
  }

  /// Adds an operation to the trial. Several run in order.
  func run(
    timing entries: Set<String>? = nil, _ body: @escaping () throws(ComputeError) -> Void
  ) {
    timed = entries
    runs.append(body)
  }

  /// The contents of an operand after a run.
  struct Found {
    let values: [Double]
    let isExact: Bool

    /// The largest difference over the largest magnitude; infinite if a value is not finite, or an
    /// exact value differs.
    func error(against expected: Found) -> Double {
      var (worst, largest) = (0.0, 0.0)
      for (value, other) in zip(values, expected.values) {
        guard value.isFinite || value == other else { return .infinity }
        worst = max(worst, abs(value - other))
        largest = max(largest, abs(other))
      }
      if isExact { return worst == 0 ? 0 : .infinity }
      return largest > 0 ? worst / largest : worst
    }
  }

  /// The contents of all operands after one run from the initial contents.
  func results() throws(ComputeError) -> [Found] {
    for operand in operands { try operand.reset(device) }
    for run in runs { try run() }
    var found: [Found] = []
    for operand in operands { found.append(try operand.found(device)) }
    return found
  }

  /// Seconds of one run on the device.
  func seconds() throws(ComputeError) -> Double {
    _ = try device.takeTimings()
    for run in runs { try run() }
    return try device.takeTimings().reduce(0) {
      timed?.contains($1.entry) ?? true ? $0 + $1.seconds : $0
    }
  }
}
