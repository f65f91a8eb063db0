import TestSupport
import Testing

@testable import CUDA

/// What a kernel must not do, on the stand-in: on a GPU each of these ends the process's context.
@Suite(
  .serialized, .enabled(if: CUDATestDevice.all.contains(.standIn), "needs clang for the stand-in"))
struct FaultTests {
  private func failure(_ body: String, items: Int = 32) throws -> String {
    let context = try CUDATestDevice.standIn.open()
    let text = "extern \"C\" __global__ void fault(float *values, int count) { \(body) }"
    let program = try Program(context, source: Array(text.utf8), name: "fault.cu", options: [])
    let kernel = try Kernel(program, entry: "fault")
    let memory = try context.allocate(byteCount: 4096)
    try kernel.bind(memory, at: 0)
    try kernel.bind(Int32(1024), at: 1)
    try kernel.run(groups: [1], items: [items])
    let error = #expect(throws: CUDAError.self) { try context.finish() }
    // Everything after a fault fails too.
    #expect(throws: CUDAError.self) { try memory.fill(UInt8(0), byteCount: 16) }
    return "\(try #require(error))"
  }

  @Test func aWritePastABufferIsAnIllegalAddress() throws {
    #expect(
      try failure("values[count + threadIdx.x] = 1;")
        == "cuStreamSynchronize: CUDA_ERROR_ILLEGAL_ADDRESS")
  }

  @Test func aReadBeforeABufferIsAnIllegalAddress() throws {
    #expect(
      try failure("values[threadIdx.x] = values[-1 - (int)threadIdx.x];")
        == "cuStreamSynchronize: CUDA_ERROR_ILLEGAL_ADDRESS")
  }

  @Test func aVectorBesideItsAlignmentIsAMisalignedAddress() throws {
    for access in [
      "*(float4 *)(values + 2) = make_float4(1, 2, 3, 4);",
      "const ushort4 halves = *(const ushort4 *)(values + 1); values[0] = halves.w;",
      "__shared__ float4 quad; standin_copy(&quad, values + 1, 0);",
      "standin_copy((float4 *)(values + 2), values, 0);",
      "unsigned registers[4]; standin_load(values + 1, registers, 0);",
    ] {
      #expect(
        try failure(access) == "cuStreamSynchronize: CUDA_ERROR_MISALIGNED_ADDRESS", "\(access)")
    }
  }

  /// What a compiler leaves where a program must not come is no fault of an address.
  @Test func aTrapIsAnIllegalInstruction() throws {
    for trap in ["__builtin_trap();", "__builtin_debugtrap(); values[0] = 1;"] {
      #expect(
        try failure(trap) == "cuStreamSynchronize: CUDA_ERROR_ILLEGAL_INSTRUCTION", "\(trap)")
    }
  }

  @Test func aBarrierThatNotAllReachFails() throws {
    #expect(
      try failure("if (threadIdx.x < 7) return; __syncthreads(); values[threadIdx.x] = 1;")
        == "cuStreamSynchronize: CUDA_ERROR_LAUNCH_FAILED")
  }

  /// A sum over a work-group with one of its barriers removed gives another result: the order of
  /// the work-items changes.
  @Test func aMissingBarrierIsSeen() throws {
    func sum(barrier: String) throws -> Float {
      let context = try CUDATestDevice.standIn.open()
      let text = """
        extern "C" __global__ void sum(float *values) {
          __shared__ float partial[64];
          partial[threadIdx.x] = (float)threadIdx.x;
          __syncthreads();
          for (int offset = 32; offset > 0; offset /= 2) {
            if (threadIdx.x < offset) partial[threadIdx.x] += partial[threadIdx.x + offset];
            \(barrier)
          }
          if (threadIdx.x == 0) values[0] = partial[0];
        }
        """
      let program = try Program(context, source: Array(text.utf8), name: "sum.cu", options: [])
      let kernel = try Kernel(program, entry: "sum")
      let memory = try context.allocate(byteCount: 4)
      try kernel.bind(memory, at: 0)
      try kernel.run(groups: [1], items: [64])
      var found: [Float] = [0]
      try unsafe found.withUnsafeMutableBytes { try unsafe memory.download(into: $0) }
      return found[0]
    }
    #expect(try sum(barrier: "__syncthreads();") == 2016)
    #expect(try sum(barrier: "") != 2016)
  }

  /// What a lane has copied asynchronously is there for it behind its wait, and for other lanes
  /// behind a barrier after that.
  @Test func aMissingWaitForCopiesIsSeen() throws {
    func exchanged(_ synchronisation: String) throws -> [Float] {
      let context = try CUDATestDevice.standIn.open()
      let words = try [KernelText.dialect, #require(KernelText.headers["tensor_cores.h"])]
      let text = """
        KERNEL(64) exchange(const GLOBAL float *source, GLOBAL float *target) {
          LOCAL float4 copied[64];
          copy_async(copied + LOCAL_ID, source + 4 * LOCAL_ID, LOCAL_ID == 5);
          \(synchronisation)
          target[63 - LOCAL_ID] = copied[63 - LOCAL_ID].w;
        }
        """
      let program = try Program(
        context, source: Array((words.map(\.text) + [text]).joined(separator: "\n").utf8),
        name: "exchange.cu", options: ["-DTENSOR_CORES=1"])
      let kernel = try Kernel(program, entry: "exchange")
      let source = try context.allocate(byteCount: 4 * 256)
      try unsafe (1...256).map(Float.init).withUnsafeBytes { try unsafe source.upload($0) }
      let target = try context.allocate(byteCount: 4 * 64)
      try kernel.bind(source, at: 0)
      try kernel.bind(target, at: 1)
      try kernel.run(groups: [1], items: [64])
      var found = [Float](repeating: 0, count: 64)
      try unsafe found.withUnsafeMutableBytes { try unsafe target.download(into: $0) }
      return found
    }
    let copied = (0..<64).map { $0 == 5 ? 0 : Float(4 * $0 + 4) }
    #expect(try exchanged("wait_for_copies(); BARRIER();") == copied)
    #expect(try exchanged("BARRIER();") != copied)
    #expect(try exchanged("wait_for_copies();") != copied)
    #expect(try exchanged("BARRIER(); wait_for_copies();") != copied)
  }
}
