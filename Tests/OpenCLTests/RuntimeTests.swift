import OpenCL
import TestSupport
import Testing

@Test(.enabled(if: TestDevice.requiresOpenCL, "required by PITH_REQUIRE_OPENCL=1"))
func anOpenCLDeviceIsThere() {
  #expect(TestDevice.openCL != nil, "without one, what runs on OpenCL would not be tested")
}

/// The runtime against an OpenCL device of this machine.
@Suite(
  .serialized, .enabled(if: TestDevice.openCL != nil, "needs an OpenCL device such as PoCL"))
struct RuntimeTests {
  private let context: Context

  init() throws {
    let device = try #require(TestDevice.openCL)
    context = try TestDevice.starting { try Context(DriverContext(device), isProfiling: true) }
  }

  private func program(_ text: String) throws -> Program {
    try Program(context, source: Array(text.utf8), name: "test.cl", options: "-DSTEP=3")
  }

  @Test func runsAKernelAndTimesIt() throws {
    let program = try program(
      "__kernel void add(__global int *values) { values[get_global_id(0)] += STEP; }")
    let kernel = try Kernel(program, entry: "add", arguments: [.buffer(elements: "int")])
    let memory = try context.allocate(byteCount: 8 * 4)
    try memory.fill(Int32(4), byteCount: 8 * 4)
    try kernel.bind(memory, at: 0)
    let event = try kernel.timedRun(groups: [2], items: [4])
    #expect(try event.seconds() >= 0)
    var found = [Int32](repeating: 0, count: 8)
    try unsafe found.withUnsafeMutableBytes { bytes in
      try unsafe memory.download(into: bytes)
    }
    #expect(found == [Int32](repeating: 7, count: 8))
  }

  @Test func aFailedBuildShowsTheCompilersLog() throws {
    let error = #expect(throws: OpenCLError.self) {
      try program("__kernel void broken(__global int *values) { values[0] = nowhere; }")
    }
    let text = "\(try #require(error))"
    #expect(text.hasPrefix("clBuildProgram: CL_BUILD_PROGRAM_FAILURE: test.cl -DSTEP=3"))
    #expect(text.contains("nowhere"))
  }

  @Test func aBinaryRunsAsItsSourceDoes() throws {
    let source = try program(
      "__kernel void set(__global int *values) { values[get_global_id(0)] = STEP; }")
    let binary = try source.binary()
    #expect(!binary.isEmpty)
    let again = try Program(context, binary: binary, name: "test.cl", options: "-DSTEP=3")
    #expect(try Kernel(again, entry: "set", arguments: [.buffer(elements: "int")]).name == "set")
    #expect(throws: OpenCLError.self) { try Kernel(again, entry: "set", arguments: []) }
  }

  @Test func namesTheStatusOfAFailedCall() throws {
    let program = try program("__kernel void empty(__global int *values) {}")
    let error = #expect(throws: OpenCLError.self) {
      try Kernel(program, entry: "absent", arguments: [])
    }
    #expect("\(try #require(error))".contains("CL_INVALID_KERNEL_NAME: absent in test.cl"))
  }

  /// A kernel with other parameters than its launches pass arguments for is refused when it is
  /// created, with one line that names both.
  @Test func parametersUnlikeTheArgumentsAreRefused() throws {
    let program = try program(
      """
      typedef long OFFSET;
      typedef ushort Stored;
      __kernel void blend(const __global Stored *restrict weight, __global float *y, int count,
                          OFFSET first, float factor) {}
      """)
    let right: [KernelArgumentType] = [
      .buffer(elements: nil), .buffer(elements: "float"), .scalar(["int"], byteCount: 4),
      .scalar(["OFFSET", "long"], byteCount: 8), .scalar(["float"], byteCount: 4),
    ]
    #expect(try Kernel(program, entry: "blend", arguments: right).name == "blend")
    func refusal(_ change: (inout [KernelArgumentType]) -> Void) throws -> String {
      var wrong = right
      change(&wrong)
      let error = #expect(throws: OpenCLError.self) {
        try Kernel(program, entry: "blend", arguments: wrong)
      }
      let text = "\(try #require(error))"
      let start = "clGetKernelArgInfo: CL_INVALID_KERNEL_ARGS: blend in test.cl: "
      #expect(text.hasPrefix(start) && !text.contains("\n"))
      return String(text.dropFirst(start.count))
    }
    #expect(try refusal { $0.removeLast() } == "5 parameters, 4 arguments expected")
    #expect(
      try refusal { $0[1] = .buffer(elements: "int") }
        == "parameter 1 is a buffer of float, expected a buffer of int")
    #expect(
      try refusal { $0[2] = .buffer(elements: "int") }
        == "parameter 2 is int, expected a buffer of int")
    #expect(
      try refusal { $0[0] = .scalar(["int"], byteCount: 4) }
        == "parameter 0 is a buffer of Stored, expected int of 4 bytes")
    #expect(
      try refusal { $0[2] = .scalar(["long"], byteCount: 8) }
        == "parameter 2 is int, expected long of 8 bytes")
    #expect(
      try refusal { $0[3] = .scalar(["int"], byteCount: 4) }
        == "parameter 3 is OFFSET, expected int of 4 bytes")
    #expect(
      try refusal { $0[4] = .scalar(["int"], byteCount: 4) }
        == "parameter 4 is float, expected int of 4 bytes")
  }

  /// A work-group of a multiple of the size has full sub-groups alone, whose lanes are numbered
  /// from 0 and shuffle.
  @Test(
    .enabled(
      if: TestDevice.openCL?.subGroupSizes.isEmpty == false,
      "needs an OpenCL device with sub-groups of a required size"))
  func subGroupsHaveTheSizeThatAKernelRequires() throws {
    for size in try #require(TestDevice.openCL).subGroupSizes {
      let program = try program(
        """
        #ifdef cl_intel_subgroups
        #define SHUFFLE_XOR intel_sub_group_shuffle_xor
        #else
        #define SHUFFLE_XOR sub_group_shuffle_xor
        #endif
        __kernel __attribute__((intel_reqd_sub_group_size(\(size))))
        void place(__global int *found) {
          __global int *own = found + 3 * get_local_id(0);
          const int lane = get_sub_group_local_id();
          own[0] = get_sub_group_size();
          own[1] = get_sub_group_id() * \(size) + lane;
          own[2] = SHUFFLE_XOR(lane, 1u) ^ lane;
        }
        """)
      let kernel = try Kernel(program, entry: "place", arguments: [.buffer(elements: "int")])
      let memory = try context.allocate(byteCount: 128 * 12)
      try kernel.bind(memory, at: 0)
      try kernel.run(groups: [1], items: [128])
      var found = [Int32](repeating: 0, count: 128 * 3)
      try unsafe found.withUnsafeMutableBytes { try unsafe memory.download(into: $0) }
      let places = (0..<128).map { Array(found[(3 * $0)..<(3 * $0 + 3)]) }
      #expect(places.allSatisfy { $0[0] == size && $0[2] == 1 }, "sub-groups of \(size)")
      #expect(Set(places.map { $0[1] }) == Set(0..<128), "sub-groups of \(size)")
    }
  }

  /// More small uploads than the ring of host memory holds at once, of sizes that do not divide it:
  /// each arrives as it was, and none but the large one waits unless the ring is full.
  @Test func uploadsArriveInTheirOrder() throws {
    let sizes = [1, 63, 64, 1000, 200_000, 262_144]
    let memory = try context.allocate(byteCount: 1 << 20)
    var expected = [UInt8](repeating: 0, count: 1 << 20)
    try memory.fill(UInt8(0), byteCount: expected.count)
    for round in 0..<60 {
      let size = sizes[round % sizes.count]
      let offset = (round * 37_123) % (expected.count - size)
      let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: round + 1), count: size)
      try unsafe bytes.withUnsafeBytes { try unsafe memory.upload($0, at: offset) }
      expected.replaceSubrange(offset..<(offset + size), with: bytes)
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
}
