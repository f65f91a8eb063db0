import OpenCL
import TestSupport
import Testing

@testable import Compute

extension DeviceTests {
  /// Allocation, reuse and limits of the pool.
  @Suite struct MemoryTests {
    @Test(arguments: TestDevice.all)
    func aReleasedBufferServesTheNext(on name: TestDevice) throws {
      let device = try name.open()
      do { _ = try device.buffer([Float](repeating: 1, count: 1000)) }
      let (allocations, held) = (device.allocations, device.heldBytes)
      do { _ = try device.buffer([Float](repeating: 2, count: 990)) }
      #expect(device.allocations == allocations)
      #expect(device.heldBytes == held)
    }

    @Test(arguments: TestDevice.all)
    func saysHowMuchWasNeededAndHad(on name: TestDevice) throws {
      let device = try name.open(memoryLimit: 1 << 20)
      let error = #expect(throws: ComputeError.self) {
        _ = try device.buffer(of: Float.self, count: 1 << 20)
      }
      let text = "\(try #require(error))"
      #expect(text.contains("4 MiB needed, 1 MiB available"), "\(text)")
      #expect(!text.contains("--") && !text.contains("\n"))
    }

    /// The driver's buffer size limit has its own error.
    @Test(.enabled(if: TestDevice.openCL != nil, "needs an OpenCL device such as PoCL"))
    func aBufferThatIsTooLargeIsNotTakenForFullMemory() throws {
      let device = try TestDevice.opencl.open()
      guard case .gpu(let gpu) = device.engine else { return }
      let limit = gpu.properties.largestBuffer
      let error = #expect(throws: ComputeError.self) {
        _ = try gpu.allocate(byteCount: limit + 1, heldBytes: 0, limit: 2 * limit)
      }
      #expect(
        try #require(error)
          == .bufferTooLarge(
            device: gpu.properties.name, needed: limit + 1, limit: limit))
      let text = "\(try #require(error))"
      #expect(text.contains("in one buffer (CL_DEVICE_MAX_MEM_ALLOC_SIZE)"))
      #expect(!text.contains("--") && !text.contains("\n"))
    }

    /// A count that does not fit a kernel's `int` is rejected, not truncated.
    @Test(.enabled(if: TestDevice.openCL != nil, "needs an OpenCL device such as PoCL"))
    func aCountBeyondTheKernelsIsRefused() throws {
      let device = try TestDevice.opencl.open()
      guard case .gpu(let gpu) = device.engine else { return }
      let values = try device.buffer([Float(1)])
      var total = try device.buffer([Float(0)])
      let kernel = try gpu.kernel(
        KernelEntry(
          .sum, "sum", as: Read<Float>.self, Write<Float>.self, Int.self, Int.self, Float.self),
        [KernelOption("LANES", 1)])
      let error = #expect(throws: ComputeError.self) {
        try kernel.run(groups: 1, lanes: 1, values.read, total.write, 1 << 31, 0, 1)
      }
      #expect("\(try #require(error))".hasPrefix("sum: 2147483648 as argument 2, expected"))
    }

    /// A kernel is refused when it is created, not when it is launched.
    @Test(.enabled(if: TestDevice.openCL != nil, "needs an OpenCL device such as PoCL"))
    func argumentsUnlikeTheKernelsAreRefused() throws {
      guard case .gpu(let gpu) = try TestDevice.opencl.open().engine else { return }
      let error = #expect(throws: ComputeError.self) {
        try gpu.kernel(
          KernelEntry(
            .sum, "sum", as: Read<Float>.self, Write<Float>.self, Int.self, Int.self, Offset.self),
          [KernelOption("LANES", 1)])
      }
      // Of a program that was kept as a binary a driver may know the sizes alone.
      let text = "\(try #require(error))"
      #expect(
        ["float", "of another size"].contains {
          text.contains("parameter 4 is \($0), expected OFFSET of 8 bytes")
        }, "\(text)")
    }

    @Test(arguments: TestDevice.all)
    func partsAreCopiedFilledAndDownloaded(on name: TestDevice) throws {
      let device = try name.open()
      var buffer = try device.buffer([Float](repeating: 1, count: 10))
      let other = try device.buffer((0..<10).map { Float($0) })
      try device.copy(other, from: 4, into: &buffer, at: 1, count: 3)
      try device.fill(&buffer, with: -1, at: 7, count: 2)
      #expect(try device.download(buffer) == [1, 4, 5, 6, 1, 1, 1, -1, -1, 1])
      #expect(try device.download(buffer, from: 2, count: 2) == [5, 6])
      #expect(throws: ComputeError.self) { try device.upload([1, 2], into: &buffer, at: 9) }
    }
  }
}
