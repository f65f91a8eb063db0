import Foundation
import TestSupport
import Testing

/// The algorithms of cuBLASLt across processes, on the stand-in for NVIDIA's libraries.
@Suite(.enabled(if: CUDATestDevice.all == [.standIn], "needs clang, and no NVIDIA GPU"))
struct CUDAAlgorithmsTests {
  /// A later run repeats to the bit, though the library would choose otherwise by then.
  @Test func aLaterRunMultipliesWithTheSameAlgorithms() throws {
    let workspace = try Workspace()
    let folder = try TemporaryFolder()
    let libraries = try CUDAStandIn.folder.get().path
    func logits(_ cache: String, _ algorithm: Int) throws -> Data {
      let output = folder.url.appending(path: UUID().uuidString)
      let result = try Program.run(
        [
          "logits", "--model", workspace.model, "--ids", "1,2,3,4,5", "--device", "cuda",
          "--output", output.path,
        ],
        environment: [
          "PITH_CUDA_LIBRARIES": libraries, "OCL_ICD_VENDORS": "/nonexistent",
          "XDG_CACHE_HOME": folder.url.appending(path: cache).path,
          "PITH_STANDIN_ALGORITHM": "\(algorithm)",
        ])
      #expect(result.code == 0, "\(result.errors)")
      #expect(!result.errors.contains("cuBLASLt"))
      return try Data(contentsOf: output)
    }
    let first = try logits("kept", 0)
    #expect(try logits("kept", 2) == first)
    #expect(try logits("other", 2) != first, "another algorithm has other last digits")
  }
}
