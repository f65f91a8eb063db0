import CUDA
import TestSupport
import Testing

/// The runtime against the stand-in and against an NVIDIA GPU.
@Suite(.serialized, .enabled(if: !CUDATestDevice.all.isEmpty, "needs clang or an NVIDIA GPU"))
struct RuntimeTests {
  private func program(_ context: Context, _ text: String) throws -> Program {
    try Program(context, source: Array(text.utf8), name: "test.cu", options: ["-DSTEP=3"])
  }

  private func ints(_ memory: Memory, _ count: Int) throws -> [Int32] {
    var found = [Int32](repeating: 0, count: count)
    try unsafe found.withUnsafeMutableBytes { try unsafe memory.download(into: $0) }
    return found
  }

  private let add = """
    extern "C" __global__ void __launch_bounds__(4) add(int *values, int by, long long more) {
      values[4 * blockIdx.x + threadIdx.x] += STEP * by + (int)more;
    }
    """

  @Test(arguments: CUDATestDevice.all)
  func describesTheDevice(device: CUDATestDevice) throws {
    let devices = try DeviceDescription.all(try device.libraries())
    let first = try #require(devices.first)
    #expect(first.index == 0 && !first.name.isEmpty)
    #expect(first.architecture >= 50 && first.computeUnits > 0)
    #expect(first.memory > 1 << 28 && first.localMemory >= 48 << 10)
    #expect(first.workGroupSize == 1024)
    #expect(first.driver >= Libraries.Version(12, 4))
    #expect(try first.compiler.get() >= Libraries.Version(12, 0))
    #expect(try first.matmul.get() >= Libraries.Version(12, 0))
  }

  @Test(arguments: CUDATestDevice.all)
  func runsAKernelAndTimesIt(device: CUDATestDevice) throws {
    let context = try device.open()
    let kernel = try Kernel(try program(context, add), entry: "add")
    #expect(kernel.argumentCount == 3)
    let memory = try context.allocate(byteCount: 8 * 4)
    try memory.fill(Int32(4), byteCount: 8 * 4)
    try kernel.bind(memory, at: 0)
    try kernel.bind(Int32(2), at: 1)
    try kernel.bind(Int64(10), at: 2)
    let run = try kernel.timedRun(groups: [2], items: [4])
    #expect(try run.seconds() >= 0)
    #expect(try ints(memory, 8) == [Int32](repeating: 20, count: 8))
  }

  @Test(arguments: CUDATestDevice.all)
  func aFailedBuildShowsTheCompilersLog(device: CUDATestDevice) throws {
    let context = try device.open()
    let error = #expect(throws: CUDAError.self) {
      try program(context, "extern \"C\" __global__ void f(int *p) { p[0] = nowhere; }")
    }
    let text = "\(try #require(error))"
    #expect(text.hasPrefix("nvrtcCompileProgram: NVRTC_ERROR_COMPILATION: test.cu -DSTEP=3"))
    #expect(text.contains("nowhere"))
  }

  @Test(arguments: CUDATestDevice.all)
  func aBinaryRunsAsItsSourceDoes(device: CUDATestDevice) throws {
    let context = try device.open()
    let binary = try program(context, add).binary
    #expect(!binary.isEmpty)
    let again = try Program(context, binary: binary, name: "test.cu")
    #expect(try Kernel(again, entry: "add").argumentCount == 3)
    #expect(throws: CUDAError.self) {
      try Program(context, binary: Array("not a program".utf8) + [0, 0, 0, 0], name: "test.cu")
    }
  }

  @Test(arguments: CUDATestDevice.all)
  func namesTheStatusOfAFailedCall(device: CUDATestDevice) throws {
    let context = try device.open()
    let program = try program(context, add)
    let error = #expect(throws: CUDAError.self) { try Kernel(program, entry: "absent") }
    let text = "\(try #require(error))"
    #expect(text == "cuModuleGetFunction: CUDA_ERROR_NOT_FOUND: absent in test.cu")
    let noDevice = #expect(throws: CUDAError.self) {
      try Context(try device.libraries(), device: 99)
    }
    #expect("\(try #require(noDevice))".contains("no device 99; there are"))
  }

  @Test(arguments: CUDATestDevice.all)
  func wrongArgumentsAreRefused(device: CUDATestDevice) throws {
    let context = try device.open()
    let kernel = try Kernel(try program(context, add), entry: "add")
    let memory = try context.allocate(byteCount: 32)
    func message(_ body: () throws -> Void) throws -> String {
      "\(try #require(#expect(throws: CUDAError.self, performing: body)))"
    }
    #expect(
      try message { try kernel.bind(Int64(1), at: 1) }
        == "cuLaunchKernel: CUDA_ERROR_INVALID_VALUE: "
        + "argument 1 of add is 8 bytes of Int64, expected 4 bytes")
    #expect(
      try message { try kernel.bind(Int32(1), at: 3) }.hasSuffix(
        "argument 3 of add, which takes 3 arguments"))
    try kernel.bind(memory, at: 0)
    try kernel.bind(Int32(1), at: 1)
    #expect(
      try message { try kernel.run(groups: [1], items: [4]) }.hasSuffix(
        "argument 2 of the 3 of add is not bound"))
    try kernel.bind(Int64(1), at: 2)
    #expect(
      try message { try kernel.run(groups: [1, 70_000], items: [4]) }.hasSuffix(
        "add with 70000 work-groups in dimension 1, expected 1 to 65535"))
    #expect(
      try message { try kernel.run(groups: [0], items: [4]) }.hasSuffix(
        "add with 0 work-groups in dimension 0, expected 1 to 2147483647"))
    #expect(
      try message { try kernel.run(groups: [1], items: [2048]) }.hasSuffix(
        "add with 2048 work-items a group, expected 1 to 1024"))
    // More items than the kernel was compiled for: the driver's own refusal.
    #expect(
      try message { try kernel.run(groups: [1], items: [64]) }.contains(
        "add with [1] work-groups of [64] work-items"))
    // The arguments of the refused launch are not used again.
    #expect(try message { try kernel.run(groups: [1], items: [4]) }.contains("is not bound"))
  }

  @Test(arguments: CUDATestDevice.all)
  func copiesPastABufferAreRefused(device: CUDATestDevice) throws {
    let context = try device.open()
    let memory = try context.allocate(byteCount: 16)
    let other = try context.allocate(byteCount: 8)
    var bytes = [UInt8](repeating: 1, count: 12)
    let upload = #expect(throws: CUDAError.self) {
      try unsafe bytes.withUnsafeBytes { try unsafe memory.upload($0, at: 8) }
    }
    #expect(
      upload?.description == "cuMemcpyHtoDAsync: CUDA_ERROR_INVALID_VALUE: 12 bytes at 8, "
        + "expected a range within 16 bytes")
    #expect(throws: CUDAError.self) {
      try unsafe bytes.withUnsafeMutableBytes { try unsafe memory.download(into: $0, from: 5) }
    }
    #expect(throws: CUDAError.self) { try memory.copy(from: other, byteCount: 9) }
    #expect(throws: CUDAError.self) { try other.copy(from: memory, offset: 4, byteCount: 5) }
    #expect(throws: CUDAError.self) { try memory.fill(UInt8(0), offset: 10, byteCount: 7) }
    let fill = #expect(throws: CUDAError.self) { try memory.fill(Int32(0), byteCount: 6) }
    #expect(fill?.detail.contains("multiples of the pattern's 4 bytes") == true)
  }

  @Test(arguments: CUDATestDevice.all)
  func anAllocationThatDoesNotFitIsOutOfMemory(device: CUDATestDevice) throws {
    let context = try device.open()
    let error = #expect(throws: CUDAError.self) {
      _ = try context.allocate(byteCount: context.description.memory + 1 << 30)
    }
    #expect(error?.isOutOfMemory == true)
    #expect(error?.description.hasPrefix("cuMemAlloc: CUDA_ERROR_OUT_OF_MEMORY") == true)
    #expect(try context.freeMemory() > 0)
  }

  @Test(arguments: CUDATestDevice.all)
  func fillsAndCopiesOnTheDevice(device: CUDATestDevice) throws {
    let context = try device.open()
    let memory = try context.allocate(byteCount: 24)
    let other = try context.allocate(byteCount: 24)
    try memory.fill(UInt8(1), byteCount: 8)
    try memory.fill(UInt16(0x0203), offset: 8, byteCount: 8)
    try memory.fill(UInt32(0x0405_0607), offset: 16, byteCount: 8)
    try other.fill(UInt8(0), byteCount: 24)
    try other.copy(from: memory, sourceOffset: 8, offset: 4, byteCount: 16)
    #expect(
      try ints(memory, 6) == [
        0x0101_0101, 0x0101_0101, 0x0203_0203, 0x0203_0203, 0x0405_0607, 0x0405_0607,
      ])
    #expect(
      try ints(other, 6) == [0, 0x0203_0203, 0x0203_0203, 0x0405_0607, 0x0405_0607, 0])
    #expect(context.traffic.copies == 5)
  }

  /// More small uploads than the ring of pinned memory holds at once, of sizes that do not divide
  /// it: each arrives as it was, and none but the large one waits unless the ring is full.
  @Test(arguments: CUDATestDevice.all)
  func uploadsArriveInTheirOrder(device: CUDATestDevice) throws {
    let context = try device.open()
    let sizes = [1, 63, 64, 1000, 200_000, 262_144]
    let memory = try context.allocate(byteCount: 1 << 20)
    var expected = [UInt8](repeating: 0, count: 1 << 20)
    try memory.fill(UInt8(0), byteCount: expected.count)
    for round in 0..<60 {
      let size = sizes[round % sizes.count]
      let offset = (round * 37_123) % (expected.count - size)
      var bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: round + 1), count: size)
      try unsafe bytes.withUnsafeBytes { try unsafe memory.upload($0, at: offset) }
      expected.replaceSubrange(offset..<(offset + size), with: bytes)
      // The bytes may be reused at once.
      for index in bytes.indices { bytes[index] = 0xEE }
    }
    #expect(context.traffic.uploadedBytes == 10 * sizes.reduce(0, +))
    var found = [UInt8](repeating: 0, count: expected.count)
    try unsafe found.withUnsafeMutableBytes { try unsafe memory.download(into: $0) }
    #expect(found == expected)
    #expect(context.traffic.downloadedBytes == expected.count)

    let waits = context.traffic.hostWaits
    try unsafe [UInt8](repeating: 5, count: 100).withUnsafeBytes {
      try unsafe memory.upload($0, at: 7)
    }
    #expect(context.traffic.hostWaits == waits)
    try unsafe expected.withUnsafeBytes { try unsafe memory.upload($0) }
    #expect(context.traffic.hostWaits == waits + 1)
  }

  @Test(arguments: CUDATestDevice.all)
  func eventsAreReachedInOrder(device: CUDATestDevice) throws {
    let context = try device.open()
    let memory = try context.allocate(byteCount: 1 << 20)
    let start = try context.record()
    for _ in 0..<10 { try memory.fill(UInt8(1), byteCount: 1 << 20) }
    let end = try context.record()
    try context.flush()
    try end.wait()
    #expect(try start.isDone() && end.isDone())
    #expect(try end.seconds(since: start) >= 0)
  }
}
