import Compute
import Foundation
import TestSupport
import Testing

extension DeviceTests {
  @Suite struct KLDivergenceTests {
    static let widths = [1, 15, 16, 17, 63, 64, 65, 255, 256, 257, 2047, 2048, 2049, 151_936]
    static let objectives = DivergenceForm.allCases.flatMap { form in
      [0.5, 1, 2].map { Objective(form, temperature: $0) }
    }

    @Test(arguments: TestDevice.all)
    func matchesTheDoubleReference(on name: TestDevice) throws {
      let device = try name.open()
      for width in Self.widths {
        var generator = SeededGenerator(seed: UInt64(width))
        let isLarge = width > 3000
        let workload = KLDivergenceWorkload(
          rows: isLarge ? 1 : 3, width: width, using: &generator)
        // The Double reference takes its time: one temperature a form where rows are long.
        let objectives =
          isLarge
          ? zip(DivergenceForm.allCases, [0.5, 1, 2]).map { Objective($0, temperature: $1) }
          : Self.objectives
        for objective in objectives { try check(workload, objective, on: device) }
      }
    }

    @Test(arguments: TestDevice.all)
    func theGradientGoesThroughASoftCap(on name: TestDevice) throws {
      let device = try name.open()
      var generator = SeededGenerator(seed: 3)
      let workload = KLDivergenceWorkload(rows: 3, width: 300, using: &generator)
      for objective in Self.objectives {
        try check(workload, objective, softCap: 30, on: device)
      }
    }

    private func check(
      _ workload: KLDivergenceWorkload, _ objective: Objective, softCap: Float? = nil,
      on device: Device
    ) throws {
      let losses = workload.losses(objective)
      let gradient = workload.gradient(objective, softCap: softCap)
      let term = workload.largestGradientTerm(objective)
      func expect(_ teacher: [some TeacherLogit]) throws {
        let comment: Comment = "width \(workload.width), \(objective), \(type(of: teacher))"
        let found = try run(workload, objective, teacher: teacher, softCap: softCap, on: device)
        for list in [found.measured, found.losses] {
          #expect(
            relativeError(list, losses, terms: 1e-3) < Tolerance.transcendental.rawValue, comment)
        }
        #expect(
          relativeError(found.gradient, gradient, terms: term) < Tolerance.transcendental.rawValue,
          comment)
      }
      try expect(workload.teacher)
      // For kernels with one form: the form does not depend on how the teacher is stored, and PoCL
      // compiles each pair anew.
      if device.isCPU || objective.form == .forwardKL { try expect(workload.halfTeacher) }
    }

    /// Losses without gradient, losses with it, and the gradient.
    private func run(
      _ workload: KLDivergenceWorkload, _ objective: Objective, teacher: [some TeacherLogit],
      softCap: Float?, on device: Device
    ) throws -> (measured: [Float], losses: [Float], gradient: [Float]) {
      let teacher = try device.buffer(teacher)
      let rowIndices = try device.rowIndices(workload.rowIndices)
      var student = try Canary(device, count: workload.student.count, values: workload.student)
      var losses = try Canary(device, count: workload.rows)
      try device.klDivergenceLoss(
        teacher: teacher, at: rowIndices, student: student.buffer, rows: workload.rows,
        width: workload.width, objective: objective, losses: &losses.buffer)
      let measured = try #require(try losses.result(device))
      #expect(try student.result(device) == workload.student)
      try device.klDivergence(
        teacher: teacher, at: rowIndices, student: &student.buffer, rows: workload.rows,
        width: workload.width, objective: objective, weight: workload.weight, softCap: softCap,
        losses: &losses.buffer)
      return (
        measured, try #require(try losses.result(device)), try #require(try student.result(device))
      )
    }

    @Test(arguments: TestDevice.all)
    func staysAccurateNearZero(on name: TestDevice) throws {
      let device = try name.open()
      for closeness: Float in [0.1, 0.01] {
        var generator = SeededGenerator(seed: 11)
        let workload = KLDivergenceWorkload(
          rows: 2, width: 32_000, closeness: closeness, using: &generator)
        let teacher = try device.buffer(workload.teacher)
        let rowIndices = try device.rowIndices(workload.rowIndices)
        for objective in Self.objectives {
          let student = try device.buffer(workload.student)
          var losses = try device.buffer(of: Float.self, count: workload.rows)
          try device.klDivergenceLoss(
            teacher: teacher, at: rowIndices, student: student, rows: workload.rows,
            width: workload.width, objective: objective, losses: &losses)
          let error = relativeError(try device.download(losses), workload.losses(objective))
          #expect(error < Tolerance.transcendental.rawValue, "\(objective), \(closeness)")
        }
      }
    }

    @Test(arguments: TestDevice.all)
    func chunksAndRepetitionsGiveTheSameBits(on name: TestDevice) throws {
      let device = try name.open()
      var generator = SeededGenerator(seed: 5)
      let workload = KLDivergenceWorkload(rows: 4, width: 5000, using: &generator)
      let teacher = try device.buffer(workload.teacher)
      let rowIndices = try device.rowIndices(workload.rowIndices)
      for objective in Self.objectives {
        var whole = try device.buffer(workload.student)
        var losses = try device.buffer(of: Float.self, count: 4)
        try device.klDivergence(
          teacher: teacher, at: rowIndices, student: &whole, rows: 4, width: 5000,
          objective: objective, weight: 1, losses: &losses)
        let (gradient, loss) = (try device.download(whole), try device.download(losses))
        for first in [0, 2] {
          var chunk = try device.buffer(
            Array(workload.student[(first * 5000)..<(first * 5000 + 10000)]))
          try device.klDivergence(
            teacher: teacher, at: rowIndices, student: &chunk, rows: 2, width: 5000,
            firstIndex: first, firstRow: first,
            objective: objective, weight: 1, losses: &losses)
          #expect(
            try device.download(chunk) == Array(gradient[(first * 5000)..<(first * 5000 + 10000)]))
        }
        #expect(try device.download(losses) == loss)
      }
    }

    @Test func referenceGradientsAgreeWithCentralDifferences() {
      var generator = SeededGenerator(seed: 7)
      let workload = KLDivergenceWorkload(rows: 2, width: 9, using: &generator)
      for objective in Self.objectives {
        let point = workload.student.map(Double.init)
        let numeric = centralDifferences(at: point) { student in
          workload.losses(objective, student).reduce(0, +) * Double(workload.weight)
        }
        #expect(
          relativeError(workload.gradient(objective).map(Float.init), numeric) < 1e-6,
          "\(objective)")
        let cap = 30.0
        let raw = point.map { cap * atanh($0 / cap) }
        let capped = centralDifferences(at: raw) { raw in
          workload.losses(objective, raw.map { cap * tanh($0 / cap) }).reduce(0, +)
            * Double(workload.weight)
        }
        #expect(
          relativeError(workload.gradient(objective, softCap: 30).map(Float.init), capped) < 1e-6,
          "\(objective)")
      }
    }
  }
}
