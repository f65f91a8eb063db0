import Foundation
import TestSupport
import Testing

@testable import CUDA

/// NVIDIA's own compiler without a GPU: the stand-in of the driver, with the libraries that
/// `PITH_CUDA_LIBRARIES` names.
@Suite(
  .serialized,
  .enabled(
    if: CUDATestDevice.namedFolders != nil && CUDATestDevice.all.contains(.standIn),
    "needs NVRTC in PITH_CUDA_LIBRARIES (pip install nvidia-cuda-nvrtc) and clang"))
struct CompilerLibraryTests {
  private let context: Context
  private let driver: TemporaryFolder

  init() throws {
    driver = try TemporaryFolder()
    try FileManager.default.createSymbolicLink(
      at: driver.url.appending(path: "libcuda.so.1"),
      withDestinationURL: try CUDAStandIn.folder.get().appending(path: "libcuda.so.1"))
    let search = LibrarySearch(
      folders: [driver.url.path] + (CUDATestDevice.namedFolders ?? []), usesLoaderPath: false,
      usual: [])
    context = try Context(try Libraries(search), device: 0)
  }

  /// Machine code for the architectures of A100, H100 and B200, without a warning. What ptxas says
  /// of each file's heaviest kernel goes to standard output.
  @Test(arguments: [80, 90, 100])
  func everyKernelFileBecomesMachineCode(architecture: Int) throws {
    let compiler = try Compiler(context, architecture: architecture)
    for file in KernelText.all {
      var usage = PTXUsage()
      for options in file.optionSets {
        let output = try compiler.compile(
          file.source, name: file.name, options: options + ["--ptxas-options=-v"])
        #expect(output.binary.starts(with: [0x7F, UInt8(ascii: "E"), UInt8(ascii: "L")]))
        #expect(!output.log.contains("warning"), "\(file) \(options)\n\(output.log)")
        usage.include(output.log)
      }
      // That file has a CPU variant only: its program is empty.
      #expect((usage.registers > 0) == (file.name != "matmul_wide.cl"), "\(file)")
      #expect(usage.localBytes <= 48 << 10, "\(file)")
      print("cuda: sm_\(architecture) \(file): \(usage)")
    }
  }

  @Test func aFailedBuildShowsItsLog() throws {
    let error = #expect(throws: CUDAError.self) {
      try Compiler(context).compile(
        Array("extern \"C\" __global__ void f(int *p) { p[0] = nowhere; }".utf8), name: "test.cu",
        options: ["-DSTEP=3"])
    }
    let text = "\(try #require(error))"
    #expect(text.hasPrefix("nvrtcCompileProgram: NVRTC_ERROR_COMPILATION: test.cu -DSTEP=3"))
    #expect(text.contains("nowhere"))
  }
}

/// The most of what the kernels of some programs take, from the lines of `ptxas -v`.
private struct PTXUsage: CustomStringConvertible {
  private(set) var registers = 0
  private(set) var spilledBytes = 0
  private(set) var localBytes = 0

  var description: String {
    "\(registers) registers, \(spilledBytes) bytes spilled, \(localBytes) bytes of shared memory"
  }

  /// Reads a log.
  mutating func include(_ log: String) {
    for match in log.matches(of: #/(\d+) bytes spill stores/#) {
      spilledBytes = max(spilledBytes, Int(match.1) ?? 0)
    }
    for match in log.matches(of: #/Used (\d+) registers/#) {
      registers = max(registers, Int(match.1) ?? 0)
    }
    for match in log.matches(of: #/(\d+) bytes smem/#) {
      localBytes = max(localBytes, Int(match.1) ?? 0)
    }
  }
}
