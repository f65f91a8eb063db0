import Foundation
import TestSupport
import Testing

@Suite struct DevicesTests {
  @Test func theCPUIsAlwaysThere() throws {
    let result = try Program.run(["devices"])
    #expect(result.code == 0)
    #expect(result.output.contains("\ncpu "))
  }

  @Test func theEnvironmentSelectsTheInstructionsOfTheCPU() throws {
    let result = try Program.run(
      ["devices", "--threads", "1"], environment: ["PITH_CPU": "generic"])
    #expect(result.code == 0)
    #expect(result.output.contains("CPU, 1 thread, OpenBLAS"))
    let help = try Program.run(["devices", "--help"])
    #expect(help.output.contains("PITH_CPU"))
  }

  @Test func instructionsThatAreNotKnownAreRefused() throws {
    let result = try Program.run(["devices"], environment: ["PITH_CPU": "mmx"])
    #expect(result.code == 2)
    #expect(result.output.isEmpty)
    #expect(
      result.errorLines.count == 1
        && result.errors.hasPrefix("train-gpu: PITH_CPU is 'mmx': expected one of these"))
  }

  /// On the stand-in for NVIDIA's libraries: the version of each, or what is missing and how to get
  /// it.
  @Test(.enabled(if: CUDATestDevice.all == [.standIn], "needs clang, and no NVIDIA GPU"))
  func theLibrariesOfCUDAAreListed() throws {
    let folder = try CUDAStandIn.folder.get()
    let all = try Program.run(["devices"], environment: ["PITH_CUDA_LIBRARIES": folder.path])
    #expect(all.code == 0)
    #expect(
      all.output.contains(
        "CUDA stand-in (CUDA: driver 13.0, NVRTC 13.0, cuBLASLt 13.0.2)"))
    #expect(!all.errors.contains("missing library"))

    let driver = try TemporaryFolder()
    try FileManager.default.createSymbolicLink(
      at: driver.url.appending(path: "libcuda.so.1"),
      withDestinationURL: folder.appending(path: "libcuda.so.1"))
    let alone = try Program.run(
      ["devices"], environment: ["PITH_CUDA_LIBRARIES": driver.url.path])
    #expect(alone.code == 0)
    #expect(alone.output.contains("NVRTC missing, cuBLASLt missing"))
    for wheel in ["nvidia-cuda-nvrtc", "nvidia-cublas"] {
      #expect(
        alone.errors.contains(
          "to get it: pip install \(wheel) and name its site-packages in PITH_CUDA_LIBRARIES"))
    }
  }

  /// `auto` takes CUDA. Without NVRTC it goes on without it, and says once what is missing.
  @Test(.enabled(if: CUDATestDevice.all == [.standIn], "needs clang, and no NVIDIA GPU"))
  func autoTakesCUDAWhereNVRTCIs() throws {
    let workspace = try Workspace()
    let standIn = try CUDAStandIn.folder.get()
    func run(_ libraries: [String]) throws -> Program.Result {
      let folder = try TemporaryFolder()
      defer { withExtendedLifetime(folder) {} }
      for name in libraries {
        try FileManager.default.createSymbolicLink(
          at: folder.url.appending(path: name),
          withDestinationURL: standIn.appending(path: name))
      }
      return try Program.run(
        [
          "logits", "--model", workspace.model, "--ids", "1,2,3", "--verbose", "--output",
          folder.url.appending(path: "logits.safetensors").path,
        ],
        environment: [
          "PITH_CUDA_LIBRARIES": folder.url.path, "XDG_CACHE_HOME": folder.url.path,
          "OCL_ICD_VENDORS": "/nonexistent",
        ])
    }
    let all = try run(CUDAStandIn.names)
    #expect(all.code == 0, "\(all.errors)")
    #expect(all.errors.contains("device cuda:0: CUDA stand-in"))
    #expect(!all.errors.contains("missing library"))
    let without = try run(["libcuda.so.1"])
    #expect(without.code == 0, "\(without.errors)")
    #expect(without.errors.contains("device cpu: "))
    for wheel in ["nvidia-cuda-nvrtc", "nvidia-cublas"] {
      #expect(without.errors.components(separatedBy: "pip install \(wheel) ").count == 2)
    }
  }

  @Test func asJSONEveryDeviceIsAnObject() throws {
    struct Listing: Decodable {
      let name: String
      let kind: String
      let memoryBytes: Int
      let instructions: String?
      let supportedInstructions: [String]?
    }
    let result = try Program.run(["devices", "--json", "--threads", "1"])
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let devices = try decoder.decode([Listing].self, from: Data(result.output.utf8))
    #expect(devices.first?.name == "cpu")
    #expect(devices.first?.supportedInstructions?.last == "generic")
    #expect(devices.first?.instructions == devices.first?.supportedInstructions?.first)
    #expect(
      devices.dropFirst().allSatisfy {
        $0.name.hasPrefix("cuda:") || $0.name.hasPrefix("opencl:")
      })
    #expect(devices.allSatisfy { $0.memoryBytes > 0 })
  }
}
