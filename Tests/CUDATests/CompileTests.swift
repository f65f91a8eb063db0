import CUDA
import Foundation
import TestSupport
import Testing

/// Every kernel file as CUDA, by the compiler of the device.
@Suite(.serialized, .enabled(if: !CUDATestDevice.all.isEmpty, "needs clang or an NVIDIA GPU"))
struct CompileTests {
  /// On the stand-in without optimisation: the programs do not run.
  @Test(arguments: CUDATestDevice.all)
  func everyKernelFileCompiles(device: CUDATestDevice) throws {
    let context = try device.open()
    let more = device == .standIn ? ["--device-debug"] : []
    for file in KernelText.all {
      for options in file.optionSets {
        #expect(throws: Never.self, "\(file) \(options)") {
          try file.program(context, options + more)
        }
      }
    }
  }

  @Test func everyKernelFileIsListed() throws {
    let folder = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Kernels")
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
      return
    }
    #expect(names.filter { $0.hasSuffix(".cl") }.sorted() == KernelText.all.map(\.name).sorted())
  }
}
