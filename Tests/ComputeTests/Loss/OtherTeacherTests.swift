import Compute
import TestSupport
import Testing
import Weights

extension DeviceTests {
  /// Head and loss against a teacher of another width and vocabulary.
  @Suite struct OtherTeacherTests {
    private struct Found {
      let losses: [Float]
      let gradient: [Float]
      let measured: [Float]
      let agreements: [Float]
    }

    private func run(
      _ workload: OtherTeacherWorkload, _ kind: TeacherCacheKind, _ objective: Objective,
      chunkBytes: Int? = nil, on device: Device
    ) throws -> Found {
      func head(_ model: OtherTeacherWorkload.Model) throws -> LogitHead {
        let whole = try WeightMatrix(
          device, rows: model.vocabulary, columns: model.width, precision: .f32, values: model.head)
        return LogitHead(WeightMatrix(first: workload.shared, rowsOf: whole), model.shape)
      }
      let (student, other) = (try head(workload.student), try head(workload.teacher))
      let teacher = try TeacherRows(
        device, kind: kind, capacity: workload.rows, vocabulary: workload.shared,
        width: workload.student.width, temperature: objective.temperature)
      try device.storeTeacher(
        try device.buffer(workload.teacher.hidden), rows: workload.rows, head: other.matrix,
        shape: other.shape, student: student, in: teacher, at: 0, chunkBytes: chunkBytes)
      var hidden = try device.buffer(workload.student.hidden)
      let rowIndices = try device.rowIndices((0..<workload.rows).map(Int32.init))
      var losses = try Canary(device, count: workload.rows)
      var gradient = try Canary(device, count: workload.student.hidden.count)
      try device.headDivergence(
        &hidden, head: student.matrix, shape: student.shape, teacher: teacher, at: rowIndices,
        rows: workload.rows, objective: objective, weight: workload.weight,
        losses: &losses.buffer, hiddenGradient: &gradient.buffer, chunkBytes: chunkBytes)
      var measured = try Canary(device, count: workload.rows)
      var agreements = try Canary(device, count: workload.rows)
      try device.headDivergenceLoss(
        hidden, head: student.matrix, shape: student.shape, teacher: teacher, at: rowIndices,
        rows: workload.rows, objective: objective, losses: &measured.buffer,
        agreements: &agreements.buffer, chunkBytes: chunkBytes)
      return Found(
        losses: try #require(try losses.result(device)),
        gradient: try #require(try gradient.result(device)),
        measured: try #require(try measured.result(device)),
        agreements: try #require(try agreements.result(device)))
    }

    private func check(
      _ workload: OtherTeacherWorkload, _ objective: Objective, chunkBytes: Int? = nil,
      on device: Device
    ) throws {
      let reference = workload.reference(objective)
      let isProjected =
        objective.form == .forwardKL && workload.student.shape.softCap == nil
      for kind in isProjected ? [TeacherCacheKind.logits, .projected] : [.logits] {
        let comment: Comment = "\(kind), \(objective)"
        let found = try run(workload, kind, objective, chunkBytes: chunkBytes, on: device)
        let temperature = Double(objective.temperature)
        let tolerance =
          kind == .logits
          ? Tolerance.halfLogits.rawValue : Tolerance.matmul.rawValue * max(1, 1 / temperature)
        let terms = kind == .projected ? workload.largestLogit / temperature : 0
        #expect(relativeError(found.losses, reference.losses, terms: terms) < tolerance, comment)
        #expect(relativeError(found.measured, reference.losses, terms: terms) < tolerance, comment)
        #expect(relativeError(found.gradient, reference.gradient) < tolerance, comment)
        #expect(found.agreements == workload.agreements(), comment)
      }
    }

    /// The teacher has more rows than the student, or fewer.
    @Test(arguments: TestDevice.all)
    func idsOfOneModelAloneHaveNoProbability(on name: TestDevice) throws {
      let device = try name.open()
      for sizes in [(student: 700, teacher: 641), (student: 515, teacher: 1024)] {
        var generator = SeededGenerator(seed: 31)
        let workload = OtherTeacherWorkload(
          rows: 5,
          student: .init(rows: 5, vocabulary: sizes.student, width: 24, using: &generator),
          teacher: .init(rows: 5, vocabulary: sizes.teacher, width: 56, using: &generator))
        for form in DivergenceForm.allCases {
          for temperature: Float in [1, 2] {
            try check(workload, Objective(form, temperature: temperature), on: device)
          }
        }
        try check(workload, .forwardKL, chunkBytes: 2 * workload.shared * 4, on: device)
      }
    }

    /// Each model has its own scale and soft cap.
    @Test(arguments: TestDevice.all)
    func logitsOfTwoShapesAreCompared(on name: TestDevice) throws {
      let device = try name.open()
      for shapes in [
        (student: LogitShape(scale: 0.25), teacher: LogitShape(scale: 2, softCap: 5)),
        (student: LogitShape(scale: 2, softCap: 8), teacher: LogitShape(scale: 0.5)),
      ] {
        var generator = SeededGenerator(seed: 32)
        let workload = OtherTeacherWorkload(
          rows: 4,
          student: .init(
            rows: 4, vocabulary: 300, width: 20, shape: shapes.student, using: &generator),
          teacher: .init(
            rows: 4, vocabulary: 320, width: 12, shape: shapes.teacher, using: &generator))
        for form in DivergenceForm.allCases {
          try check(workload, Objective(form, temperature: 2), on: device)
        }
      }
    }

    /// The first rows of a matrix live as long as the matrix that they are in.
    @Test(arguments: TestDevice.all)
    func rowsOfAMatrixKeepItsMemory(on name: TestDevice) throws {
      let device = try name.open()
      var generator = SeededGenerator(seed: 33)
      let values = generator.floats(96 * 64)
      for format in [WeightFormat.f32, .bf16, .q80] {
        var whole: WeightMatrix? = try WeightMatrix(
          device, rows: 96, columns: 64, precision: format, values: values)
        let rows = WeightMatrix(first: 70, rowsOf: try #require(whole))
        let x = try device.buffer(generator.floats(3 * 64))
        var expected = try device.buffer(of: Float.self, count: 3 * 96)
        try device.matmul(x, try #require(whole), rows: 3, into: &expected)
        let all = try device.download(expected)
        whole = nil
        // Memory that is free again would be taken here.
        _ = try WeightMatrix(
          device, rows: 96, columns: 64, precision: format,
          values: [Float](repeating: 1, count: 96 * 64))
        var found = try Canary(device, count: 3 * 70)
        try device.matmul(x, rows, rows: 3, into: &found.buffer)
        let part = try #require(try found.result(device))
        for row in 0..<3 {
          let same = all[(row * 96)..<(row * 96 + 70)].map(Double.init)
          let error = relativeError(Array(part[(row * 70)..<((row + 1) * 70)]), same)
          #expect(error < Tolerance.matmul.rawValue, "\(format)")
        }
      }
    }
  }
}
