import CUDA
import Compute
import Foundation
import TestSupport
import Testing

/// Fails with the reason where a GPU or one of its libraries does not respond.
@Test(.enabled(if: CUDATestDevice.requiresGPU, "required by PITH_REQUIRE_CUDA=1"))
func aGPUIsThereWithItsLibraries() throws {
  let device = try #require(try DeviceDescription.all(try CUDATestDevice.gpu.libraries()).first)
  #expect(throws: Never.self) { try device.compiler.get() }
  #expect(throws: Never.self) { try device.matmul.get() }
}

/// Matrix multiplications at the sizes of a Qwen2.5-0.5B step, and what the report of a GPU says.
/// The lines go to standard output.
@Suite(.serialized, .enabled(if: CUDATestDevice.hasGPU, "needs an NVIDIA GPU"))
struct CUDADeviceTests {
  private func report(_ line: String) { print("cuda: \(line)") }

  @Test func describesTheGPU() throws {
    let device = try #require(try DeviceDescription.all(try CUDATestDevice.gpu.libraries()).first)
    report(
      "\(device.name), sm_\(device.architecture), \(device.computeUnits) multiprocessors, "
        + "\(device.memory >> 20) MiB, \(device.clock) MHz, driver \(device.driver), "
        + "NVRTC \(try device.compiler.get()), cuBLASLt \(try device.matmul.get())")
    let measurement = try DeviceMeasurement(.gpu)
    report(try measurement.copies(byteCount: 1 << 30, repeats: 20))
    let launches = try measurement.launches(1000)
    report(launches)
    // Ten launches before those that are measured.
    #expect(launches.hasPrefix("1000 small kernels (sum 1010.0): "))
  }

  @Test(arguments: [[2304, 9728, 896], [2304, 896, 4864], [32, 151_936, 896]])
  func matmulAtTheSizesOfAStep(size: [Int]) throws {
    let measurement = try DeviceMeasurement(.gpu)
    // The root mean square that rounding to 1 piece of 8 bits leaves, or to more; and tensor cores
    // may truncate the f32 sum after every 16 terms.
    for (pieces, rounding) in [(1, 5e-3), (2, 1e-5)] {
      for isBackward in [false, true] {
        let result = try measurement.matmul(
          rows: size[0], outputs: size[1], inputs: size[2], isBackward: isBackward, pieces: pieces,
          repeats: 50)
        report(result.line)
        #expect(result.error < rounding + Double(result.shape.inner) / 16 * 0x1p-24)
      }
    }
    report(
      try measurement.ownMatmul(rows: size[0], outputs: size[1], inputs: size[2], repeats: 20))
  }

  /// Qwen2.5-0.5B, batch 16 of 128 tokens with 32 pseudo-tokens.
  @Test func kernelsAtTheSizesOfAStep() throws {
    let measurement = try DeviceMeasurement(.gpu)
    let heads = HeadShape(queryHeads: 14, keyValueHeads: 2, headDimension: 64)
    let lengths = [Int](repeating: 128, count: 16)
    for tile in [32, 64] {
      let attention = try measurement.attention(
        prefix: 32, lengths: lengths, heads: heads, tile: tile, repeats: 50)
      report(attention)
      #expect(
        attention.hasPrefix("attention_forward, tile \(tile), 2080 rows, 14/2 heads of 64: "))
    }
    let rmsNorm = try measurement.rmsNorm(rows: 2080, width: 896, repeats: 50)
    report(rmsNorm)
    #expect(rmsNorm.hasPrefix("rms_norm_forward, 2080 rows of 896: "))
    let klDivergence = try measurement.klDivergence(rows: 256, width: 151_936, repeats: 50)
    report(klDivergence)
    #expect(klDivergence.hasPrefix("kl_divergence_loss, 256 rows of 151936: "))
  }

  @Test func compilesEveryKernelFile() throws {
    let lines = try DeviceMeasurement(.gpu).compilation()
    for line in lines { report(line) }
    // One for each file, and the sum.
    #expect(lines.count == KernelText.all.count + 1)
  }
}

/// The measurements themselves, at small sizes on the stand-in.
@Suite(
  .serialized, .enabled(if: CUDATestDevice.all.contains(.standIn), "needs clang for the stand-in"))
struct DeviceMeasurementTests {
  @Test func measuresMatmulsOfEachCountOfPieces() throws {
    let measurement = try DeviceMeasurement(.standIn)
    var errors: [Double] = []
    for pieces in 1...2 {
      let result = try measurement.matmul(
        rows: 16, outputs: 40, inputs: 64, isBackward: pieces == 2, pieces: pieces, repeats: 2)
      #expect(result.seconds > 0 && result.splitSeconds > 0)
      #expect(result.line.contains("\(pieces) piece(s)"))
      errors.append(result.error)
    }
    #expect(errors[0] < 5e-3 && errors[0] > 1e-4)
    #expect(errors[1] < 1e-5 && errors[1] > 1e-7)
    #expect(
      try measurement.ownMatmul(rows: 130, outputs: 132, inputs: 64, repeats: 1)
        .hasPrefix("own kernel, forward bf16 T 130 N 132 K 64: "))
  }

  @Test func measuresKernels() throws {
    let measurement = try DeviceMeasurement(.standIn)
    let heads = HeadShape(queryHeads: 4, keyValueHeads: 2, headDimension: 16)
    #expect(
      try measurement.attention(prefix: 3, lengths: [5, 9], heads: heads, tile: 32, repeats: 1)
        .hasPrefix("attention_forward, tile 32, 17 rows, 4/2 heads of 16: "))
    #expect(
      try measurement.rmsNorm(rows: 2, width: 64, repeats: 1)
        .hasPrefix("rms_norm_forward, 2 rows of 64: "))
    #expect(
      try measurement.klDivergence(rows: 2, width: 300, repeats: 1)
        .hasPrefix("kl_divergence_loss, 2 rows of 300: "))
  }

  @Test func measuresLaunchesAndCopies() throws {
    let measurement = try DeviceMeasurement(.standIn)
    #expect(try measurement.launches(20).hasPrefix("20 small kernels (sum 30.0): "))
    #expect(try measurement.copies(byteCount: 1 << 20, repeats: 2).hasPrefix("1 MiB: copied"))
  }
}
