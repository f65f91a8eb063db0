import TestSupport
import Testing

@testable import Compute

extension DeviceTests {
  /// Row kernels that load 16 bytes a work-item and reduce by shuffles, and those that do not.
  @Suite struct VectorRowsTests {
    /// The devices that share a row among work-items, and those of them with shuffles.
    private static let devices = TestDevice.all.filter { $0 == .openclGPUVariant || $0 == .cuda }
    private static let shuffling = devices.filter { $0 == .cuda || hasSubGroups }
    private static let hasSubGroups = TestDevice.openCL?.subGroupSizes.isEmpty == false

    /// Widths around the lanes of row kernels: 16-byte rows and others.
    private static let widths = [1, 4, 31, 32, 100, 127, 130, 516, 1000, 1028]

    /// Shuffles add the pairs of the tree in local memory: all results have its bits.
    @Test(arguments: shuffling, [32, 64, 128, 256])
    func shufflesGiveTheBitsOfTheTree(on name: TestDevice, lanes: Int) throws {
      let (device, gpu) = try Self.open(name, lanes: lanes)
      for width in Self.widths {
        var results: [[[UInt32]]] = []
        for shuffles in [true, false] {
          gpu.usesShuffles = shuffles
          let found =
            try Self.summedRows(device, width: width) + Self.otherRows(device, width: width)
          results.append(found.map { $0.map(\.bitPattern) })
        }
        #expect(results[0] == results[1], "width \(width)")
      }
    }

    /// Four floats a work-item put other elements into its sum of a row; other rows keep their
    /// bits.
    @Test(arguments: devices, [32, 128])
    func vectorLoadsChangeTheOrderOfSumsAlone(on name: TestDevice, lanes: Int) throws {
      let (device, gpu) = try Self.open(name, lanes: lanes)
      for width in Self.widths {
        var summed: [[[Float]]] = []
        var others: [[[UInt32]]] = []
        for isVector in [true, false] {
          gpu.usesVectorLoads = isVector
          summed.append(try Self.summedRows(device, width: width))
          others.append(try Self.otherRows(device, width: width).map { $0.map(\.bitPattern) })
        }
        #expect(others[0] == others[1], "width \(width)")
        for (index, (vector, plain)) in zip(summed[0], summed[1]).enumerated() {
          let context: Comment = "result \(index) of width \(width)"
          if width % 4 == 0 {
            let error = relativeError(vector, plain.map(Double.init))
            #expect(error < Tolerance.rowArithmetic.rawValue, context)
          } else {
            #expect(vector.map(\.bitPattern) == plain.map(\.bitPattern), context)
          }
        }
      }
    }

    @Test(arguments: devices)
    func plainRowsHaveNeither(on name: TestDevice) throws {
      let (device, gpu) = try Self.open(name, lanes: 32)
      #expect(device.usesVectorRows && gpu.usesVectorLoads && gpu.usesShuffles)
      #expect(gpu.quads(8).value == 1)
      device.usesVectorRows = false
      #expect(!device.usesVectorRows && !gpu.usesVectorLoads && !gpu.usesShuffles)
      #expect(gpu.quads(8).value == 0)
    }

    /// Every size that the device lets a kernel require, with work-groups of one sub-group and
    /// more.
    @Test(
      .enabled(if: hasSubGroups, "needs an OpenCL device with sub-groups of a required size"))
    func everySizeOfSubGroupsGivesTheBitsOfTheTree() throws {
      let (device, gpu) = try Self.open(.openclGPUVariant, lanes: 32)
      #expect(gpu.properties.subGroup != nil)
      gpu.usesShuffles = false
      let sum = KernelEntry(
        .sum, "sum", as: Read<Float>.self, Write<Float>.self, Int.self, Int.self, Float.self)
      let values = Self.numbers(1000, seed: 8)
      let x = try device.buffer(values)
      let sizes = [0] + (TestDevice.openCL?.subGroupSizes.filter { $0 <= 64 } ?? [])
      for lanes in [32, 64, 256] {
        var totals = try device.buffer([Float](repeating: .nan, count: sizes.count))
        for (index, size) in sizes.enumerated() {
          try gpu.kernel(sum, [KernelOption("LANES", lanes), KernelOption("SUB_GROUP", size)]).run(
            groups: 1, lanes: lanes, x.read, totals.write, values.count, index, 1)
        }
        let found = try device.download(totals)
        #expect(found.allSatisfy { $0 == found[0] }, "\(lanes) lanes of \(sizes): \(found)")
      }
    }

    private static func open(
      _ name: TestDevice, lanes: Int
    ) throws -> (device: Device, gpu: GPUEngine) {
      let device = try name.open()
      guard case .gpu(let gpu) = device.engine else { throw CancellationError() }
      for kernel in [
        "rms_norm", "layer_norm", "head_norm", "softmax", "sum", "gradient_norm", "residual_add",
      ] {
        gpu.configurations[kernel] = TuningCandidate([KernelOption("LANES", lanes)], items: lanes)
      }
      for kernel in ["swiglu", "activation"] {
        gpu.configurations[kernel] = TuningCandidate(
          [KernelOption("LANES", lanes), KernelOption("SPAN", 512)], items: lanes)
      }
      return (device, gpu)
    }

    private static func numbers(_ count: Int, seed: Int) -> [Float] {
      var generator = SeededGenerator(seed: UInt64(seed))
      return generator.floats(count, in: -4...4)
    }

    /// What kernels that sum rows make of random ones.
    private static func summedRows(_ device: Device, width: Int) throws -> [[Float]] {
      let (rows, count) = (3, 3 * width)
      let x = try device.buffer(numbers(count, seed: width))
      let gradient = try device.buffer(numbers(count, seed: width + 1))
      let weight = try device.buffer(numbers(width, seed: width + 2))
      let bias = try device.buffer(numbers(width, seed: width + 3))
      var y = try device.buffer(numbers(count, seed: width + 4))
      var mean = try device.buffer(of: Float.self, count: rows)
      var scale = try device.buffer(of: Float.self, count: rows)
      var found: [[Float]] = []
      try device.rmsNorm(x, weight: weight, epsilon: 1e-5, rows: rows, into: &y, scale: &scale)
      found += try [device.download(y), device.download(scale)]
      try device.rmsNormBackward(
        gradient, x: x, weight: weight, scale: scale, rows: rows, accumulating: true, into: &y)
      found.append(try device.download(y))
      try device.layerNorm(
        x, weight: weight, bias: bias, epsilon: 1e-5, rows: rows, into: &y, mean: &mean,
        scale: &scale)
      found += try [device.download(y), device.download(mean), device.download(scale)]
      try device.layerNormBackward(
        gradient, x: x, weight: weight, mean: mean, scale: scale, rows: rows, accumulating: false,
        into: &y)
      found.append(try device.download(y))
      let shape = HeadNormShape(
        stride: width, first: 0, heads: 1, width: width, isCentred: true, epsilon: 1e-5)
      var heads = try device.buffer(numbers(count, seed: width + 5))
      try device.headNorm(&heads, shape, weight: weight, rows: rows, keeping: &y)
      found.append(try device.download(heads))
      try device.headNormBackward(&heads, shape, weight: weight, kept: y, rows: rows)
      found.append(try device.download(heads))
      try device.softmax(&heads, rows: rows, width: width)
      found.append(try device.download(heads))
      return found
    }

    /// What other row kernels make of random rows.
    private static func otherRows(_ device: Device, width: Int) throws -> [[Float]] {
      let (rows, count) = (3, 3 * width)
      let x = try device.buffer(numbers(count, seed: width))
      let gradient = try device.buffer(numbers(count, seed: width + 1))
      var y = try device.buffer(numbers(count, seed: width + 4))
      var mean = try device.buffer([Float](repeating: 0, count: rows))
      var scale = try device.buffer([Float](repeating: 0, count: rows))
      try device.sum(y, count: count, into: &mean)
      try device.gradientNorm(x, count: count, norm: &scale, clipFactor: &mean)
      var found = try [device.download(mean), device.download(scale)]

      var gateUp = try device.buffer(numbers(2 * count, seed: width + 6))
      try device.swiGLU(gateUp, activation: .silu, rows: rows, width: width, into: &y)
      found.append(try device.download(y))
      try device.swiGLUBackward(gradient, activation: .gelu, rows: rows, width: width, in: &gateUp)
      found.append(try device.download(gateUp))
      try device.activate(x, activation: .geluTanh, count: count, into: &y)
      found.append(try device.download(y))
      try device.activateBackward(gradient, activation: .relu, count: count, in: &gateUp)
      try device.add(x, to: &y, count: count)
      try device.scale(&y, by: 0.3, count: count)
      return try found + [device.download(y), device.download(gateUp)]
    }
  }
}
