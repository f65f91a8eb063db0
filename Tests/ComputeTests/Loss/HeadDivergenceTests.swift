import Compute
import TestSupport
import Testing
import Weights

extension DeviceTests {
  @Suite struct HeadDivergenceTests {
    static let objectives = DivergenceForm.allCases.flatMap { form in
      [0.5, 1, 2].map { Objective(form, temperature: $0) }
    }

    /// What one call gives, with the gradient and without.
    struct Found {
      let losses: [Float]
      let gradient: [Float]
      let measured: [Float]
      let agreements: [Float]
    }

    func run(
      _ workload: HeadDivergenceWorkload, _ kind: TeacherCacheKind, _ objective: Objective,
      hidden: [Float]? = nil, precision: WeightFormat = .f32,
      activations: ActivationPrecision = .f32, chunkBytes: Int? = nil, on device: Device
    ) throws -> Found {
      let head = try WeightMatrix(
        device, rows: workload.vocabulary, columns: workload.width, precision: precision,
        values: workload.head)
      let teacher = try TeacherRows(
        device, kind: kind, capacity: workload.rows + 2, vocabulary: workload.vocabulary,
        width: workload.width, temperature: objective.temperature, targets: workload.targets,
        targetShare: kind == .tokens ? 0 : workload.targetShare)
      let teacherHidden = try device.buffer(workload.teacherHidden)
      // In two parts, the later rows first.
      for (first, rows) in [(2, workload.rows), (0, 2)] where kind != .tokens {
        try device.storeTeacher(
          teacherHidden, inputRow: first, rows: rows, head: head, shape: workload.shape,
          in: teacher, at: first, chunkBytes: chunkBytes)
      }
      var hidden = try device.buffer(hidden ?? workload.hidden)
      let rowIndices = try device.rowIndices(workload.rowIndices)
      var losses = try Canary(device, count: workload.rows)
      var gradient = try Canary(device, count: workload.hidden.count)
      try device.headDivergence(
        &hidden, head: head, shape: workload.shape, teacher: teacher, at: rowIndices,
        rows: workload.rows, objective: objective, weight: workload.weight,
        precision: activations, losses: &losses.buffer, hiddenGradient: &gradient.buffer,
        chunkBytes: chunkBytes)
      var measured = try Canary(device, count: workload.rows)
      var agreements = try Canary(device, count: workload.rows)
      try device.headDivergenceLoss(
        hidden, head: head, shape: workload.shape, teacher: teacher, at: rowIndices,
        rows: workload.rows, objective: objective, losses: &measured.buffer,
        agreements: &agreements.buffer, chunkBytes: chunkBytes)
      return Found(
        losses: try #require(try losses.result(device)),
        gradient: try #require(try gradient.result(device)),
        measured: try #require(try measured.result(device)),
        agreements: try #require(try agreements.result(device)))
    }

    private func check(
      _ workload: HeadDivergenceWorkload, _ kinds: [TeacherCacheKind], _ objective: Objective,
      on device: Device
    ) throws {
      let losses = workload.losses(objective)
      let gradient = workload.gradient(objective)
      // 16-bit logits with one form on kernels: the form does not depend on how they are stored.
      let formsAreTested = device.isCPU || objective.form == .forwardKL
      for kind in kinds where kind != .logits || formsAreTested {
        let comment: Comment = "\(kind), \(objective), \(workload.shape)"
        let found = try run(workload, kind, objective, on: device)
        let temperature = Double(objective.temperature)
        // The softmax divides the error of a logit by the temperature.
        let tolerance =
          kind == .logits
          ? Tolerance.halfLogits.rawValue : Tolerance.matmul.rawValue * max(1, 1 / temperature)
        let terms = kind == .projected ? workload.largestLogit / temperature : 0
        #expect(relativeError(found.losses, losses, terms: terms) < tolerance, comment)
        #expect(relativeError(found.gradient, gradient) < tolerance, comment)
        #expect(relativeError(found.measured, losses, terms: terms) < tolerance, comment)
        #expect(found.agreements == workload.agreements(), comment)
      }
    }

    @Test(arguments: TestDevice.all)
    func matchesTheDoubleReference(on name: TestDevice) throws {
      try expectReference(on: try name.open())
    }

    @Test(arguments: CPUVariant.supported)
    func everyCPUVariantMatches(variant: CPUVariant) throws {
      try expectReference(on: try Device(cpuThreads: 2, variant: variant))
    }

    private func expectReference(on device: Device) throws {
      var generator = SeededGenerator(seed: 1)
      let workload = HeadDivergenceWorkload(
        rows: 5, vocabulary: 700, width: 40, using: &generator)
      for objective in Self.objectives {
        let kinds: [TeacherCacheKind] =
          objective.form == .forwardKL ? TeacherCacheKind.ofModels : [.logits, .hidden]
        try check(workload, kinds, objective, on: device)
      }
    }

    @Test(arguments: TestDevice.all)
    func scalesAndCapsLogits(on name: TestDevice) throws {
      let device = try name.open()
      var generator = SeededGenerator(seed: 2)
      for shape in [LogitShape(scale: 0.25), LogitShape(scale: 2, softCap: 5)] {
        let workload = HeadDivergenceWorkload(
          rows: 4, vocabulary: 300, width: 20, shape: shape, using: &generator)
        let kinds: [TeacherCacheKind] =
          shape.softCap == nil ? TeacherCacheKind.ofModels : [.logits, .hidden]
        try check(workload, kinds, Objective(.forwardKL, temperature: 2), on: device)
        try check(workload, [.logits, .hidden], Objective(.jensenShannon), on: device)
      }
    }

    /// A vocabulary of many parts with several tiles each, where the CPU path goes through it so;
    /// few rows, and many.
    @Test(arguments: [3, 70])
    func matchesTheDoubleReferenceOverManyTiles(rows: Int) throws {
      let device = try TestDevice.cpu.open()
      var generator = SeededGenerator(seed: 9)
      let workload = HeadDivergenceWorkload(
        rows: rows, vocabulary: 20_011, width: 17, using: &generator)
      try check(workload, [.projected], Objective(.forwardKL, temperature: 2), on: device)
    }

    @Test(arguments: TestDevice.all)
    func chunksGiveTheSameAsTheWhole(on name: TestDevice) throws {
      let device = try name.open()
      var generator = SeededGenerator(seed: 3)
      let workload = HeadDivergenceWorkload(
        rows: 9, vocabulary: 500, width: 30, using: &generator)
      for kind in TeacherCacheKind.ofModels {
        let whole = try run(workload, kind, .forwardKL, on: device)
        let again = try run(workload, kind, .forwardKL, on: device)
        let chunked = try run(workload, kind, .forwardKL, chunkBytes: 4 * 500 * 4, on: device)
        #expect(whole.losses == again.losses)
        #expect(whole.gradient == again.gradient)
        #expect(whole.agreements == chunked.agreements)
        let error = relativeError(chunked.gradient, whole.gradient.map(Double.init))
        #expect(error < Tolerance.rowArithmetic.rawValue, "\(kind)")
        for (a, b) in [(chunked.losses, whole.losses), (chunked.measured, whole.losses)] {
          let error = relativeError(a, b.map(Double.init), terms: workload.largestLogit)
          #expect(error < Tolerance.rowArithmetic.rawValue, "\(kind)")
        }
      }
    }

    /// A projected teacher's loss is off by some 1e-6 of the largest logit however small it is; the
    /// others keep digits.
    @Test(arguments: TestDevice.all)
    func staysAccurateNearZero(on name: TestDevice) throws {
      let device = try name.open()
      var generator = SeededGenerator(seed: 4)
      let workload = HeadDivergenceWorkload(
        rows: 3, vocabulary: 2000, width: 64, closeness: 0.02, using: &generator)
      let losses = workload.losses(.forwardKL)
      let gradient = workload.gradient(.forwardKL)
      #expect(losses.allSatisfy { $0 < 0.01 })
      let hidden = try run(workload, .hidden, .forwardKL, on: device)
      #expect(relativeError(hidden.losses, losses) < Tolerance.model.rawValue)
      let projected = try run(workload, .projected, .forwardKL, on: device)
      let error = relativeError(projected.losses, losses, terms: workload.largestLogit)
      #expect(error < Tolerance.rowArithmetic.rawValue)
      for found in [hidden, projected] {
        #expect(relativeError(found.gradient, gradient) < Tolerance.model.rawValue)
      }
    }

    /// Where activations are rounded to bf16, losses are those of the rounded states, and the
    /// gradient is theirs as far as rounded products go, also close to the teacher, where W^T q - m
    /// is a small difference.
    @Test(arguments: TestDevice.all, TeacherCacheKind.ofModels)
    func roundsStatesWhereActivationsAre(on name: TestDevice, kind: TeacherCacheKind) throws {
      let device = try name.open()
      var generator = SeededGenerator(seed: 8)
      let workload = HeadDivergenceWorkload(
        rows: 3, vocabulary: 1000, width: 64, closeness: 0.02, using: &generator)
      let objective = Objective(.forwardKL)
      let states = device.canRoundActivations ? workload.hidden.map(\.roundedToBFloat16) : nil
      let exact = try run(
        workload, kind, objective, hidden: states, precision: .bf16, on: device)
      let found = try run(
        workload, kind, objective, precision: .bf16, activations: .bf16, on: device)
      let losses = exact.losses.map(Double.init)
      let error = relativeError(found.losses, losses, terms: workload.largestLogit)
      #expect(error < Tolerance.rowArithmetic.rawValue)
      #expect(found.measured == exact.measured)
      let gradient = exact.gradient.map(Double.init)
      let gradientError = relativeError(found.gradient, gradient)
      #expect(gradientError < Tolerance.bfloat16Product.rawValue)
    }

    @Test func referenceGradientAgreesWithCentralDifferences() {
      var generator = SeededGenerator(seed: 5)
      for (shape, share) in [
        (LogitShape.plain, 0), (LogitShape(scale: 2, softCap: 5), 0), (.plain, 0.25),
        (LogitShape(scale: 2, softCap: 5), 1),
      ] as [(LogitShape, Float)] {
        let workload = HeadDivergenceWorkload(
          rows: 2, vocabulary: 12, width: 5, shape: shape, targetShare: share, using: &generator)
        for objective in share == 0 ? Self.objectives : [.forwardKL] {
          let numeric = centralDifferences(at: workload.hidden.map(Double.init)) { hidden in
            workload.losses(objective, hidden).reduce(0, +) * Double(workload.weight)
          }
          #expect(
            relativeError(workload.gradient(objective).map(Float.init), numeric) < 1e-6,
            "\(objective), \(shape)")
        }
      }
    }

    @Test func refusesWhatAProjectedTeacherCannotServe() throws {
      let device = try TestDevice.cpu.open()
      var generator = SeededGenerator(seed: 6)
      let softCapped = HeadDivergenceWorkload(
        rows: 1, vocabulary: 8, width: 4, shape: LogitShape(softCap: 30), using: &generator)
      let plain = HeadDivergenceWorkload(rows: 1, vocabulary: 8, width: 4, using: &generator)
      #expect(throws: ComputeError.projectedTeacher(operation: "storeTeacher", .softCap)) {
        try run(softCapped, .projected, .forwardKL, on: device)
      }
      #expect(
        throws: ComputeError.projectedTeacher(
          operation: "headDivergence", .objective(temperature: 1))
      ) {
        try run(plain, .projected, Objective(.reverseKL), on: device)
      }
    }
  }
}
