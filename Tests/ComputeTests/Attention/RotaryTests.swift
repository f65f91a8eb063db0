import Compute
import TestSupport
import Testing

extension DeviceTests {
  @Suite struct RotaryTests {
    /// Shapes of heads with their rotary dimensions: grouped heads, one head, part of a head, none
    /// of it.
    static let shapes: [(heads: HeadShape, rotaryDimension: Int)] = [
      (HeadShape(queryHeads: 14, keyValueHeads: 2, headDimension: 64), 64),
      (HeadShape(queryHeads: 1, keyValueHeads: 1, headDimension: 2), 2),
      (HeadShape(queryHeads: 3, keyValueHeads: 1, headDimension: 10), 6),
      (HeadShape(queryHeads: 4, keyValueHeads: 4, headDimension: 16), 0),
      (HeadShape(queryHeads: 2, keyValueHeads: 1, headDimension: 128), 128),
    ]
    static let rows = 5

    static func workloads() -> [RotaryWorkload] {
      shapes.map { shape in
        var generator = SeededGenerator(seed: UInt64(shape.heads.headDimension))
        return RotaryWorkload(
          rows: rows, heads: shape.heads, rotaryDimension: shape.rotaryDimension,
          using: &generator)
      }
    }

    static func table(_ workload: RotaryWorkload, _ device: Device) throws -> RotaryTable {
      try RotaryTable(
        device, inverseFrequencies: workload.inverseFrequencies,
        attentionScaling: workload.attentionScaling, positions: RotaryWorkload.positionLimit)
    }

    /// Compares the rows at `keyRows`; the others must still be NaN.
    static func error(
      _ found: [Float]?, at workload: RotaryWorkload, _ reference: [Double]
    ) throws -> Double {
      let found = try #require(found)
      let expected = workload.placed(reference, filler: .nan)
      let untouched = zip(found, expected).allSatisfy { $0.isNaN == $1.isNaN }
      guard untouched else { return .infinity }
      return relativeError(
        zip(found, expected).map { $1.isNaN ? 0 : $0 }, expected.map { $0.isNaN ? 0 : $0 })
    }

    @Test(arguments: TestDevice.all)
    func splitsAndRotatesHeads(on name: TestDevice) throws {
      let device = try name.open()
      for workload in Self.workloads() {
        let heads = workload.heads
        let table = try Self.table(workload, device)
        let projected = try device.buffer(workload.projected)
        let positions = try device.rowIndices(workload.positions)
        let keyRows = try device.rowIndices(workload.keyRows)
        let keyCount = workload.keyCapacity * heads.keyValueWidth
        let rotated = workload.rotated(workload.projected.map(Double.init), transposed: false)
        let tolerance = Tolerance.rowArithmetic.rawValue

        var query = try Canary(device, count: Self.rows * heads.queryWidth)
        var key = try Canary(device, count: keyCount)
        var value = try Canary(device, count: keyCount)
        try device.splitHeads(
          projected, rotation: table, positions: positions, keyRows: keyRows, heads: heads,
          rows: Self.rows, query: &query.buffer, key: &key.buffer, value: &value.buffer)
        let queries = try #require(try query.result(device))
        #expect(relativeError(queries, workload.part(.query, of: rotated)) < tolerance)
        let keys = workload.part(.key, of: rotated)
        let values = workload.part(.value, of: rotated)
        #expect(try Self.error(key.result(device), at: workload, keys) < tolerance)
        #expect(try Self.error(value.result(device), at: workload, values) == 0)

        // The parts alone give the same bits.
        var alone = try Canary(device, count: Self.rows * heads.queryWidth)
        let queryPart = try device.buffer(workload.part(.query, of: workload.projected))
        try device.splitQuery(
          queryPart, rotation: table, positions: positions, heads: heads, rows: Self.rows,
          query: &alone.buffer)
        #expect(try alone.result(device) == queries)
        var keyAlone = try Canary(device, count: keyCount)
        var valueAlone = try Canary(device, count: keyCount)
        let keyPart = try device.buffer(workload.keysAndValues(of: workload.projected))
        try device.splitKeyValue(
          keyPart, rotation: table, positions: positions, keyRows: keyRows, heads: heads,
          rows: Self.rows, key: &keyAlone.buffer, value: &valueAlone.buffer)
        #expect(try Self.error(keyAlone.result(device), at: workload, keys) < tolerance)
        #expect(try Self.error(valueAlone.result(device), at: workload, values) == 0)
      }
    }

    @Test(arguments: TestDevice.all)
    func mergesByTheTransposedRotation(on name: TestDevice) throws {
      let device = try name.open()
      for workload in Self.workloads() {
        let heads = workload.heads
        let table = try Self.table(workload, device)
        let positions = try device.rowIndices(workload.positions)
        let keyRows = try device.rowIndices(workload.keyRows)
        let gradient = workload.projected
        let query = try device.buffer(workload.part(.query, of: gradient))
        let key = try device.buffer(
          workload.placed(workload.part(.key, of: gradient), filler: .nan))
        let value = try device.buffer(
          workload.placed(workload.part(.value, of: gradient), filler: .nan))
        let reference = workload.rotated(gradient.map(Double.init), transposed: true)

        var merged = try Canary(device, count: gradient.count)
        try device.mergeHeads(
          queryGradient: query, keyGradient: key, valueGradient: value, rotation: table,
          positions: positions, keyRows: keyRows, heads: heads, rows: Self.rows,
          into: &merged.buffer)
        let found = try #require(try merged.result(device))
        #expect(relativeError(found, reference) < Tolerance.rowArithmetic.rawValue)

        var queryAlone = try Canary(device, count: Self.rows * heads.queryWidth)
        try device.mergeQuery(
          query, rotation: table, positions: positions, heads: heads, rows: Self.rows,
          into: &queryAlone.buffer)
        #expect(try queryAlone.result(device) == workload.part(.query, of: found))
        var keyAlone = try Canary(device, count: 2 * Self.rows * heads.keyValueWidth)
        try device.mergeKeyValue(
          keyGradient: key, valueGradient: value, rotation: table, positions: positions,
          keyRows: keyRows, heads: heads, rows: Self.rows, into: &keyAlone.buffer)
        #expect(try keyAlone.result(device) == workload.keysAndValues(of: found))
      }
    }

    @Test func referenceGradientAgreesWithCentralDifferences() {
      let workload = Self.workloads()[2]
      var generator = SeededGenerator(seed: 3)
      let outputGradient = generator.floats(workload.projected.count)
      let numeric = centralDifferences(at: workload.projected.map(Double.init)) { x in
        zip(workload.rotated(x, transposed: false), outputGradient).reduce(0) {
          $0 + $1.0 * Double($1.1)
        }
      }
      let gradient = workload.rotated(outputGradient.map(Double.init), transposed: true)
      #expect(relativeError(gradient.map(Float.init), numeric) < 1e-6)
    }
  }
}
