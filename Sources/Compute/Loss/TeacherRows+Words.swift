/// Rows of a teacher cache on the host, in which they go from one rank to another: for all rows
/// first the states, then the entropies, the most likely tokens and the logits, as far as the kind
/// has them.
extension TeacherRows {
  /// Number of words of 32 bits of a row.
  package var wordsPerRow: Int {
    switch kind {
    case .logits: 1 + (vocabulary + 1) / 2
    case .hidden: width
    case .projected: width + 2
    case .tokens: 0
    }
  }

  /// The words of some rows. Waits for the device.
  ///
  /// - Throws: driver errors.
  package func words(of rows: Range<Int>, _ device: Device) throws(ComputeError) -> [UInt32] {
    let (first, count) = (rows.lowerBound, rows.count)
    func floats(
      _ buffer: borrowing DeviceBuffer<Float>, _ columns: Int
    ) throws(ComputeError) -> [UInt32] {
      try device.download(buffer, from: first * columns, count: count * columns).map(\.bitPattern)
    }
    func tokens() throws(ComputeError) -> [UInt32] {
      try device.download(chosen, from: first, count: count).map(UInt32.init(bitPattern:))
    }
    switch kind {
    case .tokens: return []
    case .hidden: return try floats(states, width)
    case .projected: return try floats(states, width) + floats(entropies, 1) + tokens()
    case .logits:
      let halves = try device.download(
        logits, from: first * vocabulary, count: count * vocabulary)
      let pairs = stride(from: 0, to: halves.count, by: 2).map { index in
        UInt32(halves[index])
          | (index + 1 < halves.count ? UInt32(halves[index + 1]) << 16 : 0)
      }
      let padding = [UInt32](
        repeating: 0, count: count * ((vocabulary + 1) / 2) - pairs.count)
      return try tokens() + pairs + padding
    }
  }

  /// Stores the words of rows from row `first` on.
  ///
  /// - Parameters:
  ///   - words: of all rows.
  ///   - given: the given token of each row.
  ///   - first: the first row.
  ///   - device: where the rows are.
  /// - Throws: driver errors.
  package func store(
    _ words: [UInt32], given: [Int32], at first: Int, _ device: Device
  ) throws(ComputeError) {
    let count = given.count
    if kind == .tokens || targetShare > 0 {
      try device.upload(given, into: &targets, at: first)
    }
    guard kind != .tokens else { return }
    var rest = words[...]
    func take(_ count: Int) -> [UInt32] {
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
    if kind != .logits {
      try device.upload(
        take(count * width).map(Float.init(bitPattern:)), into: &states, at: first * width)
    }
    if kind == .projected {
      try device.upload(take(count).map(Float.init(bitPattern:)), into: &entropies, at: first)
    }
    if kind != .hidden {
      try device.upload(take(count).map(Int32.init(bitPattern:)), into: &chosen, at: first)
    }
    if kind == .logits {
      let halves = rest.flatMap { [UInt16(truncatingIfNeeded: $0), UInt16($0 >> 16)] }
      try device.upload(
        Array(halves.prefix(count * vocabulary)), into: &logits, at: first * vocabulary)
    }
  }
}
