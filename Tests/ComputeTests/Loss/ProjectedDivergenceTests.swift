import Compute
import TestSupport
import Testing

extension DeviceTests {
  @Suite struct ProjectedDivergenceTests {
    static let sizes = [
      (1, 1), (15, 17), (16, 16), (17, 15), (255, 64), (256, 257), (256, 64), (257, 896), (2049, 3),
      (151_936, 896),
    ]

    @Test(arguments: TestDevice.all)
    func matchesTheDoubleReference(on name: TestDevice) throws {
      let device = try name.open()
      for (vocabulary, width) in Self.sizes {
        for temperature: Float in [0.5, 1, 2] {
          var generator = SeededGenerator(seed: UInt64(vocabulary))
          let workload = ProjectedDivergenceWorkload(
            rows: 3, vocabulary: vocabulary, width: width, temperature: temperature,
            using: &generator)
          try checkStudent(workload, on: device)
          try checkTeacher(workload, on: device)
        }
      }
    }

    private func checkStudent(
      _ workload: ProjectedDivergenceWorkload, on device: Device
    ) throws {
      let comment: Comment = "vocabulary \(workload.vocabulary), T \(workload.temperature)"
      let projected = try device.buffer(workload.projected)
      let entropies = try device.buffer(workload.entropies)
      let rowIndices = try device.rowIndices(workload.rowIndices)
      let hidden = try device.buffer(workload.hidden)
      var logits = try Canary(device, count: workload.logits.count, values: workload.logits)
      var gradient = try Canary(device, count: workload.hidden.count)
      var losses = try Canary(device, count: workload.rows)
      let references = workload.losses()

      try device.projectedDivergenceLoss(
        projected: projected, entropies: entropies, at: rowIndices, hidden: hidden,
        width: workload.width, logits: logits.buffer, vocabulary: workload.vocabulary,
        rows: workload.rows, temperature: workload.temperature, losses: &losses.buffer)
      let measured = try #require(try losses.result(device))
      #expect(try logits.result(device) == workload.logits, comment)

      try device.projectedDivergence(
        projected: projected, entropies: entropies, at: rowIndices, hidden: hidden,
        width: workload.width, logits: &logits.buffer, vocabulary: workload.vocabulary,
        rows: workload.rows, temperature: workload.temperature, weight: workload.weight,
        hiddenGradient: &gradient.buffer, losses: &losses.buffer)
      let found = try #require(try losses.result(device))
      for list in [measured, found] {
        #expect(
          relativeError(list, references, terms: workload.largestTerm)
            < Tolerance.transcendental.rawValue, comment)
      }
      #expect(
        relativeError(
          try #require(try logits.result(device)), workload.weightedProbabilities())
          < Tolerance.transcendental.rawValue, comment)
      #expect(
        relativeError(try #require(try gradient.result(device)), workload.hiddenGradient())
          < Tolerance.rowArithmetic.rawValue, comment)
    }

    private func checkTeacher(
      _ workload: ProjectedDivergenceWorkload, on device: Device
    ) throws {
      let comment: Comment = "vocabulary \(workload.vocabulary), T \(workload.temperature)"
      var logits = try Canary(device, count: workload.logits.count, values: workload.logits)
      var entropies = try Canary(device, count: workload.rows + 2)
      try device.projectTeacher(
        &logits.buffer, rows: workload.rows, width: workload.vocabulary,
        temperature: workload.temperature, entropies: &entropies.buffer, firstRow: 2)
      let reference = workload.teacher()
      let found = Array(try #require(try entropies.result(device))[2...])
      // An entropy is a term of the loss: what counts is its error in nats.
      #expect(
        relativeError(found, reference.entropies, terms: 1)
          < Tolerance.transcendental.rawValue, comment)
      #expect(
        relativeError(try #require(try logits.result(device)), reference.probabilities)
          < Tolerance.transcendental.rawValue, comment)
    }
  }
}
