extension Device {
  /// Head and loss in one operation: logits, the divergence from the teacher and the gradient with
  /// respect to the hidden states, one chunk of rows at a time.
  ///
  /// At precision bf16, the hidden states are rounded first, and all results are
  /// those of the rounded states. The GEMM of the gradient then rounds its input, differences from
  /// the teacher. For a projected teacher, W^T q - m of a rounded q would be mostly rounding error:
  /// the rounding errors of probabilities above 1/64 are added back.
  ///
  /// - Parameters:
  ///   - hidden: [rows, E], read, and rounded to `precision`: the student's states after the final
  ///     norm.
  ///   - head: W [V, E].
  ///   - shape: scale and soft cap of the logits.
  ///   - teacher: filled with the same head and shape, or given tokens.
  ///   - rowIndices: [rows], read: the teacher row of each row.
  ///   - rows: number of rows.
  ///   - objective: the objective and its temperature; forward KL for given tokens.
  ///   - weight: multiplies the gradient, such as 1 / response tokens of the batch for a mean.
  ///   - precision: of the hidden states and of the gradient of the logits.
  ///   - losses: [rows], written: nats, before `weight`.
  ///   - hiddenGradient: [rows, E], written: the gradient of weight * sum of losses.
  ///   - chunkBytes: maximum bytes of a chunk's logits, or of the accumulated rows in their place;
  ///     nil for the device's default. With fewer bytes the head is read more often.
  /// - Throws: `.projectedTeacher` if a projected teacher does not serve the objective; errors of
  ///   the operations.
  package func headDivergence(
    _ hidden: inout DeviceBuffer<Float>, head: WeightMatrix, shape: LogitShape = .plain,
    teacher: TeacherRows, at rowIndices: borrowing RowIndices, rows: Int,
    objective: Objective, weight: Float, precision: ActivationPrecision = .f32,
    losses: inout DeviceBuffer<Float>,
    hiddenGradient: inout DeviceBuffer<Float>, chunkBytes: Int? = nil
  ) throws(ComputeError) {
    try teacher.check("headDivergence", head, shape, objective)
    try expect("headDivergence", "hidden", hidden.count, Shape(rows, head.columns))
    try roundActivations(&hidden, count: rows * head.columns, to: precision, for: head)
    let objective = shape.unscaled(objective)
    if teacher.kind == .projected, case .cpu(let cpu) = engine, cpu.usesTiles {
      try expect(
        "headDivergence", "rowIndices", rowIndices, count: rows, below: teacher.capacity)
      try expect("headDivergence", "losses", losses.count, Shape(rows))
      try expect(
        "headDivergence", "hiddenGradient", hiddenGradient.count, Shape(rows, head.columns))
      return try streamProjectedHead(
        hidden, head: head, teacher: teacher, at: rowIndices, rows: rows,
        temperature: objective.temperature, weight: weight, precision: precision, losses: &losses,
        hiddenGradient: &hiddenGradient, chunkBytes: chunkBytes ?? HeadChunks.byteCount, on: cpu)
    }
    let chunks = headChunks(rows: rows, vocabulary: head.rows, byteCount: chunkBytes)
    var logits = try scratch(of: Float.self, count: chunks.capacity * head.rows)
    var replay = try TeacherReplay(self, teacher, chunks)
    for chunk in chunks.ranges {
      let (first, count) = (chunk.lowerBound, chunk.count)
      try headLogits(
        hidden, head: head, shape: shape, rows: chunk, precision: precision, into: &logits)
      switch teacher.kind {
      case .logits:
        try klDivergence(
          teacher: teacher.logits, at: rowIndices, student: &logits, rows: count, width: head.rows,
          firstIndex: first, firstRow: first, objective: objective, weight: weight,
          softCap: shape.unscaledSoftCap, losses: &losses)
      case .hidden:
        try replay.run(
          self, teacher, head, shape, at: rowIndices, chunk: chunk,
          temperature: objective.temperature)
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
      case .tokens:
        try crossEntropy(
          of: teacher.targets, at: rowIndices, logits: &logits, rows: count, width: head.rows,
          firstIndex: first, firstRow: first, temperature: objective.temperature, weight: weight,
          softCap: shape.unscaledSoftCap, losses: &losses)
      }
      try matmulBackward(
        logits, head, rows: count, precision: teacher.kind == .projected ? .f32 : precision,
        accumulating: teacher.kind == .projected, into: &hiddenGradient, outputRow: first)
    }
  }

  /// As `headDivergence`, for evaluation: without the gradient, with the agreement of the two
  /// models.
  ///
  /// - Parameters:
  ///   - hidden: [rows, E], read.
  ///   - head: the head, [V, E].
  ///   - shape: scale and soft cap of the logits.
  ///   - teacher: the teacher's rows.
  ///   - rowIndices: the rows of the teacher.
  ///   - rows: number of rows.
  ///   - objective: the objective and its temperature.
  ///   - losses: [rows], written.
  ///   - agreements: [rows], written: 1 if the student's most likely token is the teacher's, else
  ///     0.
  ///   - chunkBytes: the largest size of a chunk of logits.
  /// - Throws: `.shape` if an operand is too small; allocation and driver errors.
  package func headDivergenceLoss(
    _ hidden: borrowing DeviceBuffer<Float>, head: WeightMatrix, shape: LogitShape = .plain,
    teacher: TeacherRows, at rowIndices: borrowing RowIndices, rows: Int,
    objective: Objective, losses: inout DeviceBuffer<Float>,
    agreements: inout DeviceBuffer<Float>, chunkBytes: Int? = nil
  ) throws(ComputeError) {
    try teacher.check("headDivergenceLoss", head, shape, objective)
    try expect("headDivergenceLoss", "hidden", hidden.count, Shape(rows, head.columns))
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
        try replay.run(
          self, teacher, head, shape, at: rowIndices, chunk: chunk,
          temperature: objective.temperature)
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
      case .tokens:
        try crossEntropyLoss(
          of: teacher.targets, at: rowIndices, logits: logits, rows: count, width: head.rows,
          firstIndex: first, firstRow: first, temperature: objective.temperature, losses: &losses)
        try agreement(
          logits, with: teacher.targets, at: rowIndices, rows: count, width: head.rows,
          firstIndex: first, firstRow: first, into: &agreements)
        continue
      }
      try agreement(
        logits, with: teacher.chosen, at: rowIndices, rows: count, width: head.rows,
        firstIndex: first, firstRow: first, into: &agreements)
    }
  }
}
