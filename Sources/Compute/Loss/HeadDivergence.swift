extension Device {
  /// The head and the loss as one: logits, the divergence from the teacher and the gradient with respect to the
  /// hidden states, chunk of rows by chunk of rows.
  ///
  /// Where the device rounds activations, the states are rounded first, and all is that of the rounded states. The product for
  /// the gradient then rounds differences from the teacher. Where the teacher is projected, W^T q - m would be the noise of a
  /// rounded q: what rounding leaves out of a probability above 1/64 is added.
  ///
  /// - Parameters:
  ///   - hidden: [rows, E], read, and rounded where the device does so: the student's states behind the final norm.
  ///   - head: W [V, E].
  ///   - shape: what the model does to the head's product before the softmax.
  ///   - teacher: filled with the same head and shape.
  ///   - rowIndices: [rows], read: the teacher's row of each row.
  ///   - weight: what the gradient is multiplied by, such as 1 / response tokens of the batch for a mean.
  ///   - losses: [rows], written: nats, before `weight`.
  ///   - hiddenGradient: [rows, E], written: the gradient of weight * sum of losses.
  ///   - chunkBytes: the most that a chunk's logits take, or what is gathered in their place; nil takes what suits the
  ///     device. Fewer mean that the head is read more often.
  /// - Throws: `.unsupported` where projected rows are asked for another divergence than their own; what the operations
  ///   throw.
  package func headDivergence(
    _ hidden: inout DeviceBuffer<Float>, head: WeightMatrix, shape: LogitShape = .plain,
    teacher: TeacherRows, at rowIndices: borrowing DeviceBuffer<Int32>, rows: Int,
    objective: Objective, weight: Float, losses: inout DeviceBuffer<Float>,
    hiddenGradient: inout DeviceBuffer<Float>, chunkBytes: Int? = nil
  ) throws(ComputeError) {
    try teacher.check("headDivergence", head, shape, objective)
    try expect("headDivergence", "hidden", hidden.count, atLeast: rows * head.columns)
    try roundActivations(&hidden, count: rows * head.columns, for: head)
    let objective = shape.unscaled(objective)
    if teacher.kind == .projected, case .cpu(let cpu) = engine, cpu.usesTiles {
      try expect("headDivergence", "rowIndices", rowIndices.count, atLeast: rows)
      try expect("headDivergence", "losses", losses.count, atLeast: rows)
      try expect(
        "headDivergence", "hiddenGradient", hiddenGradient.count, atLeast: rows * head.columns)
      return try streamProjectedHead(
        hidden, head: head, teacher: teacher, at: rowIndices, rows: rows,
        temperature: objective.temperature, weight: weight, losses: &losses,
        hiddenGradient: &hiddenGradient, chunkBytes: chunkBytes ?? HeadChunks.byteCount, on: cpu)
    }
    let chunks = headChunks(rows: rows, vocabulary: head.rows, byteCount: chunkBytes)
    var logits = try scratch(of: Float.self, count: chunks.capacity * head.rows)
    var replay = try TeacherReplay(self, teacher, chunks)
    for chunk in chunks.ranges {
      let (first, count) = (chunk.lowerBound, chunk.count)
      try headLogits(
        hidden, head: head, shape: shape, rows: chunk, isExact: false, into: &logits)
      switch teacher.kind {
      case .logits:
        try klDivergence(
          teacher: teacher.logits, at: rowIndices, student: &logits, rows: count, width: head.rows,
          firstIndex: first, firstRow: first, objective: objective, weight: weight,
          softCap: shape.unscaledSoftCap, losses: &losses)
      case .hidden:
        try replay.run(self, teacher, head, shape, at: rowIndices, chunk: chunk)
        try klDivergence(
          teacher: replay.logits, at: teacher.identity, student: &logits, rows: count,
          width: head.rows, firstRow: first, objective: objective, weight: weight,
          softCap: shape.unscaledSoftCap, losses: &losses)
      case .projected:
        try projectedDivergence(
          projected: teacher.states, entropies: teacher.entropies, at: rowIndices, hidden: hidden,
          width: head.columns, logits: &logits, vocabulary: head.rows, rows: count,
          firstRow: first, temperature: objective.temperature, weight: weight,
          hiddenGradient: &hiddenGradient, losses: &losses)
      }
      try productBackward(
        logits, head, rows: count, isExact: teacher.kind == .projected,
        accumulating: teacher.kind == .projected, into: &hiddenGradient, outputRow: first)
    }
  }

  /// As `headDivergence`, without the gradient, and with the agreement of the two models: for evaluations, and exact also
  /// where the device rounds activations.
  ///
  /// - Parameters:
  ///   - agreements: [rows], written: 1 where the student's most likely token is the teacher's, else 0.
  package func headDivergenceLoss(
    _ hidden: borrowing DeviceBuffer<Float>, head: WeightMatrix, shape: LogitShape = .plain,
    teacher: TeacherRows, at rowIndices: borrowing DeviceBuffer<Int32>, rows: Int,
    objective: Objective, losses: inout DeviceBuffer<Float>,
    agreements: inout DeviceBuffer<Float>, chunkBytes: Int? = nil
  ) throws(ComputeError) {
    try teacher.check("headDivergenceLoss", head, shape, objective)
    try expect("headDivergenceLoss", "hidden", hidden.count, atLeast: rows * head.columns)
    let objective = shape.unscaled(objective)
    let chunks = headChunks(rows: rows, vocabulary: head.rows, byteCount: chunkBytes)
    var logits = try scratch(of: Float.self, count: chunks.capacity * head.rows)
    var replay = try TeacherReplay(self, teacher, chunks)
    for chunk in chunks.ranges {
      let (first, count) = (chunk.lowerBound, chunk.count)
      try headLogits(hidden, head: head, shape: shape, rows: chunk, into: &logits)
      switch teacher.kind {
      case .logits:
        try klDivergenceLoss(
          teacher: teacher.logits, at: rowIndices, student: logits, rows: count, width: head.rows,
          firstIndex: first, firstRow: first, objective: objective, losses: &losses)
      case .hidden:
        try replay.run(self, teacher, head, shape, at: rowIndices, chunk: chunk)
        try klDivergenceLoss(
          teacher: replay.logits, at: teacher.identity, student: logits, rows: count,
          width: head.rows, firstRow: first, objective: objective, losses: &losses)
        try argmax(replay.logits, rows: count, width: head.rows, into: &replay.chosen)
        try agreement(
          logits, with: replay.chosen, at: teacher.identity, rows: count, width: head.rows,
          firstRow: first, into: &agreements)
        continue
      case .projected:
        try projectedDivergenceLoss(
          projected: teacher.states, entropies: teacher.entropies, at: rowIndices, hidden: hidden,
          width: head.columns, logits: logits, vocabulary: head.rows, rows: count,
          firstRow: first, temperature: objective.temperature, losses: &losses)
      }
      try agreement(
        logits, with: teacher.chosen, at: rowIndices, rows: count, width: head.rows,
        firstIndex: first, firstRow: first, into: &agreements)
    }
  }
}
