import CUDA
import Foundation
import TestSupport
import Testing

/// Every kernel file as CUDA, by the compiler of the device.
@Suite(.serialized, .enabled(if: !CUDATestDevice.all.isEmpty, "needs clang or an NVIDIA GPU"))
struct CompileTests {
  @Test(arguments: CUDATestDevice.all)
  func everyKernelFileCompiles(device: CUDATestDevice) throws {
    let context = try device.open()
    for file in KernelText.all {
      for options in file.optionSets {
        #expect(throws: Never.self, "\(file) \(options)") { try file.program(context, options) }
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
