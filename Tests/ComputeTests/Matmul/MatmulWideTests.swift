import TestSupport
import Testing
import Weights

@testable import Compute

extension DeviceTests {
  /// The CPU variant of matrix multiplication (matmul_wide.cl).
  @Suite(
    .enabled(if: TestDevice.openCL?.kind == .cpu, "needs an OpenCL device of CPU type: PoCL"))
  struct MatmulWideTests {
    /// Every size of the packed panel: the inner dimension is one panel but for one, one panel, and
    /// one more; columns and rows those of a register tile.
    @Test(arguments: Tunable.matmulWide.cpu)
    func everyPanelMatches(configuration: TuningCandidate) throws {
      let device = try TestDevice.opencl.open()
      guard case .gpu(let gpu) = device.engine else { return }
      gpu.configurations["matmul_wide"] = configuration
      let panel = try #require(configuration.values["PANEL_K"])
      let shapes = [
        (1, 1, 1), (5, 63, panel - 1), (6, 64, panel), (7, 65, panel + 1), (13, 130, 2 * panel + 5),
      ]
      try MatmulTests.expectReference(on: device, .f32, shapes: shapes)
    }

    /// Rows are divided over work-items where there are fewer groups of columns than cores.
    @Test(arguments: WeightFormat.plain)
    func dividedRowsMatch(precision: WeightFormat) throws {
      let device = try TestDevice.opencl.open(isProfiling: true)
      guard case .gpu(let gpu) = device.engine else { return }
      gpu.computeUnits = 16
      // Two, three and four parts of a multiple of 6 rows; the last has fewer.
      try MatmulTests.expectReference(
        on: device, precision, shapes: [(97, 70, 40), (150, 33, 65), (200, 64, 16)])
      let entries = Set(try device.takeTimings().map(\.entry))
      #expect(entries == ["matmul", "matmul_backward"])
    }
  }
}
