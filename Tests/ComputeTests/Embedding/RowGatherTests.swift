import Compute
import TestSupport
import Testing

extension DeviceTests {
  @Suite struct RowGatherTests {
    static let widths = [1, 15, 16, 17, 127, 128, 129, 896]

    @Test(arguments: TestDevice.all)
    func movesRowsExactly(on name: TestDevice) throws {
      let device = try name.open()
      for width in Self.widths {
        var generator = SeededGenerator(seed: UInt64(width))
        let workload = RowGatherWorkload(count: 6, width: width, using: &generator)
        let table = try device.buffer(workload.table)
        let source = try device.buffer(workload.source)
        let rows = try device.rowIndices(workload.rows)
        var taken = try Canary(device, count: workload.source.count)
        try device.gatherRows(
          table, at: rows, count: workload.count, width: width, into: &taken.buffer)
        #expect(try taken.result(device) == workload.gathered(), "width \(width)")
        for accumulating in [false, true] {
          var target = try Canary(device, count: workload.table.count, values: workload.table)
          try device.scatterRows(
            source, to: rows, count: workload.count, width: width, accumulating: accumulating,
            in: &target.buffer)
          #expect(
            try target.result(device) == workload.scattered(accumulating: accumulating),
            "width \(width)")
        }
      }
    }

    @Test(arguments: TestDevice.all)
    func noRowsAreNoOperation(on name: TestDevice) throws {
      let device = try name.open()
      let table = try device.buffer([1, 2] as [Float])
      let rows = try device.rowIndices([0])
      var target = try Canary(device, count: 2, values: [3, 4])
      try device.gatherRows(table, at: rows, count: 0, width: 2, into: &target.buffer)
      #expect(try target.result(device) == [3, 4])
    }

    /// No index goes to a kernel unless the operand has that row.
    @Test(arguments: TestDevice.all)
    func refusesRowsThatTheOperandLacks(on name: TestDevice) throws {
      let device = try name.open()
      let table = try device.buffer([Float](repeating: 1, count: 8))
      let source = try device.buffer([1, 2] as [Float])
      var target = try Canary(device, count: 8, values: [Float](repeating: 3, count: 8))
      var rows = try device.rowIndices([3, 4, 0])
      #expect(rows.bound == 5 && rows.count == 3)
      let beyond = ComputeError.rowIndex(
        operation: "gatherRows", operand: "rows", index: 4, rows: 4)
      #expect(throws: beyond) {
        try device.gatherRows(table, at: rows, count: 3, width: 2, into: &target.buffer)
      }
      // One row behind the end of the canary.
      let end = target.buffer.count / 2
      try device.upload([Int32(end)], into: &rows)
      #expect(
        throws: ComputeError.rowIndex(
          operation: "scatterRows", operand: "rows", index: end, rows: end)
      ) {
        try device.scatterRows(source, to: rows, count: 1, width: 2, in: &target.buffer)
      }
      #expect(try target.result(device) == [Float](repeating: 3, count: 8))
      #expect(
        throws: ComputeError.rowIndex(operation: "upload", operand: "rows", index: -1, rows: nil)
      ) { try device.upload([0, -1], into: &rows) }
      #expect(throws: ComputeError.self) { try device.upload([0, 1, 2, 3], into: &rows) }
      #expect(rows.bound == end + 1 && rows.count == 1)
    }

    @Test func refusesAnOperandThatIsTooSmall() throws {
      let device = try TestDevice.cpu.open()
      let table = try device.buffer([Float](repeating: 1, count: 8))
      let rows = try device.rowIndices([0, 1])
      var target = try device.buffer(of: Float.self, count: 7)
      #expect(
        throws: ComputeError.shape(
          operation: "gatherRows", operand: "target", expected: Shape(2, 4), found: 7)
      ) {
        try device.gatherRows(table, at: rows, count: 2, width: 4, into: &target)
      }
    }
  }
}
