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

  /// Machine code for the architecture that the stand-in reports.
  @Test func everyKernelFileBecomesMachineCode() throws {
    let compiler = try Compiler(context)
    #expect(try context.description.compiler.get() >= Libraries.Version(12, 4))
    for file in KernelText.all {
      for options in file.optionSets {
        let binary = try compiler.compile(file.source, name: file.name, options: options)
        #expect(binary.starts(with: [0x7F, UInt8(ascii: "E"), UInt8(ascii: "L")]))
      }
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
