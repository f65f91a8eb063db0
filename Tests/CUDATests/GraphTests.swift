import TestSupport
import Testing

@testable import CUDA

/// Captured commands against the stand-in and against an NVIDIA GPU.
@Suite(.serialized, .enabled(if: !CUDATestDevice.all.isEmpty, "needs clang or an NVIDIA GPU"))
struct GraphTests {
  private let add = """
    extern "C" __global__ void add(int *values, int by) { values[threadIdx.x] += by; }
    """

  private func adder(_ context: Context) throws -> Kernel {
    try Kernel(
      try Program(context, source: Array(add.utf8), name: "add.cu", options: []), entry: "add")
  }

  private func ints(_ memory: Memory, _ count: Int) throws -> [Int32] {
    var found = [Int32](repeating: 0, count: count)
    try unsafe found.withUnsafeMutableBytes { try unsafe memory.download(into: $0) }
    return found
  }

  private func upload(_ values: [Int32], to memory: Memory) throws {
    try unsafe values.withUnsafeBytes { try unsafe memory.upload($0) }
  }

  private func expectRefusal(_ call: String, _ body: () throws -> Void) throws {
    var message = "nothing"
    do { try body() } catch { message = "\(error)" }
    #expect(
      message == "\(call): CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED: while commands are captured")
  }

  @Test(arguments: CUDATestDevice.all)
  func replaysCommandsOverTheBuffersOfThatTime(device: CUDATestDevice) throws {
    let context = try device.open()
    let kernel = try adder(context)
    let (memory, sum) = (try context.allocate(byteCount: 16), try context.allocate(byteCount: 16))
    try upload([1, 2, 3, 4], to: memory)
    let before = context.traffic
    try context.beginCapture()
    try kernel.bind(memory, at: 0)
    try kernel.bind(Int32(10), at: 1)
    try kernel.run(groups: [1], items: [4])
    try sum.fill(Int32(7), byteCount: 8)
    try sum.copy(from: memory, offset: 8, byteCount: 8)
    let graph = try context.endCapture()
    #expect(graph.nodeCount == 3)
    #expect(context.traffic == before)
    // Captured commands have not run, and arguments bound later are not theirs.
    #expect(try ints(memory, 4) == [1, 2, 3, 4])
    try kernel.bind(sum, at: 0)
    try graph.launch()
    #expect(try ints(memory, 4) == [11, 12, 13, 14])
    #expect(try ints(sum, 4) == [7, 7, 11, 12])
    try upload([0, 1, 0, 1], to: memory)
    try graph.launch()
    try graph.launch()
    #expect(try ints(memory, 4) == [20, 21, 20, 21])
    #expect(try ints(sum, 4) == [7, 7, 20, 21])
  }

  /// What would break a capture, or copy from host memory at every launch, is refused before the
  /// driver sees it, and the capture goes on.
  @Test(arguments: CUDATestDevice.all)
  func refusesWhatCannotBeCaptured(device: CUDATestDevice) throws {
    let context = try device.open()
    let kernel = try adder(context)
    let memory = try context.allocate(byteCount: 16)
    let event = try context.record()
    try upload([1, 2, 3, 4], to: memory)
    try context.beginCapture()
    try expectRefusal("cuMemAlloc") { _ = try context.allocate(byteCount: 16) }
    try expectRefusal("cuMemcpyHtoDAsync") { try upload([1], to: memory) }
    try expectRefusal("cuMemcpyDtoHAsync") { _ = try ints(memory, 1) }
    try expectRefusal("cuStreamSynchronize") { try context.finish() }
    try expectRefusal("cuStreamQuery") { try context.flush() }
    try expectRefusal("cuStreamBeginCapture") { try context.beginCapture() }
    try expectRefusal("cuEventRecord") { _ = try context.record() }
    try expectRefusal("cuEventQuery") { _ = try event.isDone() }
    try expectRefusal("cuEventSynchronize") { try event.wait() }
    try expectRefusal("cuModuleLoadData") { _ = try adder(context) }
    try kernel.bind(memory, at: 0)
    try kernel.bind(Int32(1), at: 1)
    try kernel.run(groups: [1], items: [4])
    let graph = try context.endCapture()
    try graph.launch()
    #expect(try ints(memory, 4) == [2, 3, 4, 5])
  }

  /// The driver's own refusal, of what is not refused before: the capture fails as a whole, and the
  /// stream goes on.
  @Test(arguments: CUDATestDevice.all)
  func aBrokenCaptureLeavesTheStreamAsItWas(device: CUDATestDevice) throws {
    let context = try device.open()
    let kernel = try adder(context)
    let memory = try context.allocate(byteCount: 16)
    try upload([1, 2, 3, 4], to: memory)
    func run() throws {
      try kernel.bind(memory, at: 0)
      try kernel.bind(Int32(1), at: 1)
      try kernel.run(groups: [1], items: [4])
    }
    var released: Memory? = try context.allocate(byteCount: 16)
    #expect(released?.byteCount == 16)
    try context.beginCapture()
    try run()
    // It waits for the commands that may use its memory.
    released = nil
    let late = #expect(throws: CUDAError.self) { try run() }
    #expect(late?.name == "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED")
    let error = #expect(throws: CUDAError.self) { _ = try context.endCapture() }
    #expect(
      error?.description == "cuStreamEndCapture: CUDA_ERROR_STREAM_CAPTURE_INVALIDATED")
    try run()
    #expect(try ints(memory, 4) == [2, 3, 4, 5])
  }

  /// On the stand-in: on a GPU the memory of a freed buffer is written without a word.
  @Test(.enabled(if: CUDATestDevice.all.contains(.standIn)))
  func aGraphOverFreedMemoryFails() throws {
    let context = try CUDATestDevice.standIn.open()
    let other = try context.allocate(byteCount: 16)
    func graph() throws -> Graph {
      let memory = try context.allocate(byteCount: 16)
      try context.beginCapture()
      try other.copy(from: memory, byteCount: 16)
      return try withExtendedLifetime(memory) { try context.endCapture() }
    }
    try graph().launch()
    let error = #expect(throws: CUDAError.self) { try context.finish() }
    #expect(error?.name == "CUDA_ERROR_ILLEGAL_ADDRESS")
  }
}
