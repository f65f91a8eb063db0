import CUDA
import Foundation
import TestSupport
import Testing

@testable import Compute

extension DeviceTests {
  /// What only CUDA has: its limits, and matrix multiplications by cuBLASLt.
  @Suite(.enabled(if: TestDevice.all.contains(.cuda), "needs clang or an NVIDIA GPU"))
  struct CUDAOperationTests {
    /// A grid has at most 65,535 work-groups in its second dimension: rows stand in the first.
    @Test func moreRowsThanAGridHasInItsSecondDimension() throws {
      let device = try TestDevice.cuda.open()
      guard case .gpu(let gpu) = device.engine else { throw CancellationError() }
      for name in ["swiglu", "head_norm", "residual_add"] {
        gpu.configurations[name] = TuningCandidate(
          [KernelOption("LANES", 32), KernelOption("SPAN", 512)], items: 32)
      }
      let rows = 70_000
      let ramp = (0..<rows).map { Float($0 % 1000) }

      var hidden = try device.buffer([Float](repeating: .nan, count: rows))
      let gateUp = try device.buffer(ramp.flatMap { [1, $0] })
      try device.swiGLU(gateUp, activation: .silu, rows: rows, width: 1, into: &hidden)
      let slope = Float(1 / (1 + exp(-1.0)))
      let activated = try device.download(hidden)
      #expect(zip(activated, ramp).allSatisfy { abs($0 - slope * $1) <= 1e-6 * abs($1) })

      var y = try device.buffer([Float](repeating: 1, count: rows))
      let table = try device.buffer((0..<1000).map { Float($0) })
      let positions = try device.rowIndices(ramp.map { Int32($0) })
      try device.addPositionRows(table, positions: positions, width: 1, rows: rows, to: &y)
      #expect(try device.download(y) == ramp.map { $0 + 1 })

      let shape = HeadNormShape(
        stride: 1, first: 0, heads: 1, width: 1, isCentred: false, epsilon: 0)
      var heads = try device.buffer(ramp.map { $0 + 1 })
      let weight = try device.buffer([Float(3)])
      var kept = try device.buffer(of: Float.self, count: rows)
      try device.headNorm(&heads, shape, weight: weight, rows: rows, keeping: &kept)
      #expect(try device.download(heads).allSatisfy { abs($0 - 3) < 1e-5 })
      #expect(try device.download(kept) == ramp.map { $0 + 1 })

      let partial = try device.buffer(ramp + ramp)
      let bias = try device.buffer([Float(0)])
      let addend = try device.buffer([Float(0)])
      let sum = KernelEntry(
        .matmulSum, "matmul_sum", as: Read<Float>.self, Read<Float>.self, Read<Float>.self,
        Write<Float>.self, Int.self, Int.self, Int.self, Offset.self, Int.self, Int.self, Int.self)
      try gpu.kernel(sum, [KernelOption("LANES", 32)]).run(
        groups: [rows, 1], items: [32, 1], partial.read, bias.read, addend.read, y.write, rows, 1,
        2, Offset(0), 1, 0, 0)
      #expect(try device.download(y) == ramp.map { 2 * $0 })
    }

    /// bf16 weights: activations in two pieces are as exact as f32, in one piece rounded.
    @Test func activationsArePiecesOfBF16() throws {
      let device = try TestDevice.cuda.open()
      #expect(device.canRoundActivations)
      var generator = SeededGenerator(seed: 4)
      let workload = MatmulWorkload(
        rows: 24, outputs: 72, inputs: 264, precision: .bf16, using: &generator)
      let weight = try workload.matrix(on: device, hasBias: true)
      let x = try device.buffer(workload.x)
      let reference = workload.adding(to: workload.forward(), bias: true, residual: false)
      var errors: [Double] = []
      for precision in [ActivationPrecision.f32, .bf16] {
        var y = try device.buffer(of: Float.self, count: 24 * 72)
        let before = device.counts
        try device.matmul(x, weight, rows: 24, precision: precision, into: &y)
        // The split, and a multiplication for each piece.
        #expect((device.counts - before).launches == (precision == .f32 ? 3 : 2))
        errors.append(relativeError(try device.download(y), reference))
      }
      #expect(errors[0] < Tolerance.matmul.rawValue)
      #expect((1e-4...Tolerance.bfloat16Product.rawValue).contains(errors[1]))
    }

    /// After the first, a multiplication takes all its memory from the pool.
    @Test func repeatedMultiplicationsAllocateNothing() throws {
      let device = try TestDevice.cuda.open()
      let weight = try WeightMatrix(
        device, rows: 40, columns: 24, precision: .bf16,
        values: [Float](repeating: 0.5, count: 40 * 24))
      let x = try device.buffer([Float](repeating: 2, count: 8 * 24))
      var y = try device.buffer(of: Float.self, count: 8 * 40)
      try device.matmul(x, weight, rows: 8, into: &y)
      let (allocations, counts) = (device.allocations, device.counts)
      try device.matmul(x, weight, rows: 8, into: &y)
      #expect(device.allocations == allocations)
      #expect((device.counts - counts).hostWaits == 0)
      #expect(try device.download(y).allSatisfy { $0 == 24 })
    }

    @Test func timingsNameTheDirection() throws {
      let device = try TestDevice.cuda.open(isProfiling: true)
      let weight = try WeightMatrix(
        device, rows: 16, columns: 16, precision: .bf16,
        values: [Float](repeating: 1, count: 256))
      let x = try device.buffer([Float](repeating: 1, count: 64))
      var y = try device.buffer(of: Float.self, count: 64)
      try device.matmul(x, weight, rows: 4, precision: .bf16, into: &y)
      try device.matmulBackward(x, weight, rows: 4, precision: .bf16, into: &y)
      let timings = try device.takeTimings()
      #expect(
        timings.map(\.entry) == ["split_bf16", "matmul", "split_bf16", "matmul_backward"])
      #expect(timings.allSatisfy { $0.seconds >= 0 })
    }

    /// Constants are tuned as on OpenCL, for the versions of driver and compiler.
    @Test func constantsAreTuned() throws {
      let device = try TestDevice.cuda.open(isProfiling: true)
      let tuner = try Tuner(device, sizes: .small, runs: 1)
      let found = try tuner.search("adamw")
      #expect(found.candidates == 3 && found.refused.isEmpty)
      let record = tuner.record([found], keeping: nil)
      #expect(record.platform == "CUDA" && record.variant == "gpu")
      #expect(record.driver.hasPrefix("CUDA ") && record.driver.contains(", NVRTC "))
    }

    /// A kernel whose parameters are not the arguments of its launches is refused at its creation.
    @Test func otherParametersAreRefused() throws {
      let device = try TestDevice.cuda.open()
      guard case .gpu(let gpu) = device.engine else { throw CancellationError() }
      let error = #expect(throws: ComputeError.self) {
        try gpu.kernel(
          KernelEntry(.sum, "sum", as: Read<Float>.self, Write<Float>.self, Offset.self),
          [KernelOption("LANES", 32)])
      }
      #expect(
        error?.description == "cuFuncGetParamInfo: CUDA_ERROR_INVALID_VALUE: sum in sum.cl: "
          + "parameters of [8, 8, 4, 4, 4] bytes, expected [8, 8, 8]")
    }
  }

  /// A machine on which some of NVIDIA's libraries are not installed.
  @Suite(
    .enabled(if: CUDATestDevice.all.contains(.standIn), "needs clang for the stand-in of CUDA"))
  struct MissingCUDALibrariesTests {
    /// A survey that finds only these libraries of the stand-in.
    private func survey(_ names: [String]) throws -> CUDASurvey {
      let folder = try TemporaryFolder()
      defer { withExtendedLifetime(folder) {} }
      let standIn = try CUDAStandIn.folder.get()
      for name in names {
        try FileManager.default.createSymbolicLink(
          at: folder.url.appending(path: name), withDestinationURL: standIn.appending(path: name))
      }
      return CUDASurvey(
        LibrarySearch(folders: [folder.url.path], usesLoaderPath: false, usual: []))
    }

    @Test func withoutCuBLASLtOurTilesMultiply() throws {
      let survey = try survey(["libcuda.so.1", "libnvrtc.so.13"])
      #expect(survey.isUsable && survey.missing.count == 1)
      #expect(survey.missing.first?.detail.contains("pip install nvidia-cublas") == true)
      let device = try Device(
        cuda: try #require(survey.libraries), tunings: .none, programs: CUDAStandIn.programs())
      #expect(device.isCUDA && !device.canRoundActivations)
      var generator = SeededGenerator(seed: 5)
      let workload = MatmulWorkload(
        rows: 5, outputs: 24, inputs: 40, precision: .bf16, using: &generator)
      let weight = try workload.matrix(on: device, hasBias: false)
      let x = try device.buffer(workload.x)
      var y = try device.buffer(of: Float.self, count: 5 * 24)
      try device.matmul(x, weight, rows: 5, into: &y)
      let error = relativeError(try device.download(y), workload.forward())
      #expect(error < Tolerance.matmul.rawValue)
      // What only the library does is not tuned: it would be stored though it never ran.
      let tuner = try Tuner(device, sizes: .small, runs: 1)
      let name = Tunable.dequantisedMatmul.name
      #expect(tuner.names.contains("matmul_large") && !tuner.names.contains(name))
      #expect(throws: ComputeError.unknownKernel(name)) { try tuner.search(name) }
    }

    @Test func withoutNVRTCItSaysHowToGetIt() throws {
      let survey = try survey(["libcuda.so.1", "libcublasLt.so.13"])
      #expect(!survey.devices.isEmpty && !survey.isUsable)
      let error = #expect(throws: ComputeError.self) {
        try survey.open(0, isProfiling: false, tunings: .none)
      }
      #expect(error?.description.contains("pip install nvidia-cuda-nvrtc") == true)
    }

    @Test func withoutADriverThereIsNoDevice() throws {
      let survey = try survey([])
      #expect(survey.devices.isEmpty && !survey.isUsable && survey.missing.isEmpty)
      let error = #expect(throws: ComputeError.self) {
        try survey.open(0, isProfiling: false, tunings: .none)
      }
      #expect(error?.description.contains("libcuda.so.1") == true)
    }

    @Test func anIndexBeyondTheDevicesNamesThem() throws {
      let survey = try survey(CUDAStandIn.names)
      #expect(throws: ComputeError.unknownDevice(asked: "cuda:9", found: ["cuda", "cuda:0"])) {
        try survey.open(9, isProfiling: false, tunings: .none)
      }
    }
  }
}
