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
}
