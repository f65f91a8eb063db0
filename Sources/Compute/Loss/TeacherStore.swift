/// A model's head: the logits of its final states.
package struct LogitHead {
  /// W [V, E].
  package let matrix: WeightMatrix
  /// Scale and soft cap of the logits.
  package let shape: LogitShape

  package init(_ matrix: WeightMatrix, _ shape: LogitShape = .plain) {
    self.matrix = matrix
    self.shape = shape
  }
}

extension Device {
  /// Fills rows of the teacher from its hidden states.
  ///
  /// Where the student is another model, `logits` are stored with the student's scale, and
  /// `projected` rows are W^T p with the student's W: whatever computed p, the KL of a student with
  /// that head needs nothing else. Hidden states of the teacher would need its head in every step,
  /// so they are not kept.
  ///
  /// - Parameters:
  ///   - hidden: [*, E], read from row `inputRow`: the teacher's states after the final norm.
  ///   - inputRow: the first row that is read.
  ///   - rows: the number of rows.
  ///   - head: the teacher's head, [V, E].
  ///   - shape: scale and soft cap of the logits.
  ///   - student: the student's head, with the same V and its own E, which `teacher` has; nil where
  ///     the teacher's is meant.
  ///   - teacher: written from row `firstRow`.
  ///   - firstRow: the first row that is written.
  ///   - chunkBytes: the largest size of a chunk of logits.
  /// - Throws: `.projectedTeacher` if the teacher is projected and the head has a bias or the
  ///   logits a soft cap; errors of the operations.
  package func storeTeacher(
    _ hidden: borrowing DeviceBuffer<Float>, inputRow: Int = 0, rows: Int, head: WeightMatrix,
    shape: LogitShape = .plain, student: LogitHead? = nil, in teacher: TeacherRows,
    at firstRow: Int, chunkBytes: Int? = nil
  ) throws(ComputeError) {
    precondition(teacher.kind != .tokens, "a teacher that runs")
    precondition(student == nil || teacher.kind != .hidden, "states of the student's head")
    let trained = student ?? LogitHead(head, shape)
    try teacher.check("storeTeacher", trained.matrix, trained.shape)
    guard head.rows == teacher.vocabulary else {
      throw .teacherShape(
        operation: "storeTeacher", head: Shape(head.rows, head.columns),
        teacher: Shape(teacher.vocabulary, teacher.width))
    }
    try expect("storeTeacher", "hidden", hidden.count, Shape(inputRow + rows, head.columns))
    try expect("storeTeacher", "teacher", teacher.capacity, Shape(firstRow + rows))
    if teacher.kind == .hidden {
      return try copy(
        hidden, from: inputRow * head.columns, into: &teacher.states,
        at: firstRow * head.columns, count: rows * head.columns)
    }
    let chunks = headChunks(rows: rows, vocabulary: head.rows, byteCount: chunkBytes)
    var logits = try scratch(of: Float.self, count: chunks.capacity * head.rows)
    var chosen = try scratch(of: Int32.self, count: chunks.capacity)
    let temperature = shape.unscaled(
      Objective(.forwardKL, temperature: teacher.temperature)
    ).temperature
    if teacher.targetShare > 0 { try teacher.reserveIdentity(self, count: teacher.capacity) }
    for chunk in chunks.ranges {
      let first = firstRow + chunk.lowerBound
      let source = (inputRow + chunk.lowerBound)..<(inputRow + chunk.upperBound)
      try headLogits(hidden, head: head, shape: shape, rows: source, into: &logits)
      try argmax(logits, rows: chunk.count, width: head.rows, into: &chosen)
      try copy(chosen, into: &teacher.chosen, at: first, count: chunk.count)
      if teacher.targetShare > 0 {
        try targetMixture(
          &logits, with: teacher.targets, at: teacher.identity, rows: chunk.count,
          width: head.rows, firstIndex: first, share: teacher.targetShare,
          temperature: temperature)
      }
      if teacher.kind == .logits {
        // The loss divides by the student's scale.
        let factor = shape.scale / trained.shape.scale
        if factor != 1 { try scale(&logits, by: factor, count: chunk.count * head.rows) }
        try compressLogits(
          logits, rows: chunk.count, width: head.rows, into: &teacher.logits, firstRow: first)
      } else {
        try projectTeacher(
          &logits, rows: chunk.count, width: head.rows, temperature: temperature,
          entropies: &teacher.entropies, firstRow: first)
        try matmulBackward(
          logits, trained.matrix, rows: chunk.count, into: &teacher.states, outputRow: first)
      }
    }
  }

  /// logits / shape.scale [rows, V] of `rows` of `hidden` [*, E], which is read at
  /// `precision`.
  func headLogits(
    _ hidden: borrowing DeviceBuffer<Float>, head: WeightMatrix, shape: LogitShape,
    rows: Range<Int>, precision: ActivationPrecision = .f32, into logits: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try matmul(
      hidden, head, rows: rows.count, inputRow: rows.lowerBound, precision: precision,
      into: &logits)
    if let cap = shape.unscaledSoftCap {
      try softCap(&logits, rows: rows.count, width: head.rows, cap: cap)
    }
  }
}
