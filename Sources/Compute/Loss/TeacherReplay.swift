/// The teacher's logits of a chunk, recomputed from its hidden states, and their buffers.
struct TeacherReplay: ~Copyable {
  /// [chunk, V]: the teacher's logits, in the order of the student's rows.
  var logits: DeviceBuffer<Float>
  /// [chunk]: their most likely tokens.
  var chosen: DeviceBuffer<Int32>
  private var rows: RowIndices
  private var states: DeviceBuffer<Float>

  /// Allocates the buffers; empty unless the teacher's kind is `hidden`.
  init(_ device: Device, _ teacher: TeacherRows, _ chunks: HeadChunks) throws(ComputeError) {
    let capacity = teacher.kind == .hidden ? chunks.capacity : 0
    try teacher.reserveIdentity(device, count: capacity)
    // All buffers exist before the first is assigned: a noncopyable value must not throw half
    // initialised.
    let logits = try device.scratch(of: Float.self, count: capacity * teacher.vocabulary)
    let chosen = try device.scratch(of: Int32.self, count: capacity)
    let rows = try device.rowIndices(capacity: capacity)
    let states = try device.scratch(of: Float.self, count: capacity * teacher.width)
    self.logits = logits
    self.chosen = chosen
    self.rows = rows
    self.states = states
  }

  /// Computes the logits of the teacher rows in `chunk` of `rowIndices`, with the share of given
  /// tokens that they have at a temperature.
  mutating func run(
    _ device: Device, _ teacher: TeacherRows, _ head: WeightMatrix, _ shape: LogitShape,
    at rowIndices: borrowing RowIndices, chunk: Range<Int>, temperature: Float
  ) throws(ComputeError) {
    try device.copy(rowIndices, from: chunk.lowerBound, count: chunk.count, into: &rows)
    try device.gatherRows(
      teacher.states, at: rows, count: chunk.count, width: teacher.width, into: &states)
    try device.headLogits(states, head: head, shape: shape, rows: 0..<chunk.count, into: &logits)
    if teacher.targetShare > 0 {
      try device.targetMixture(
        &logits, with: teacher.targets, at: rowIndices, rows: chunk.count, width: head.rows,
        firstIndex: chunk.lowerBound, share: teacher.targetShare, temperature: temperature)
    }
  }
}
