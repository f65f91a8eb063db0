import TestSupport
import Testing

@testable import Compute

@Suite struct CPUVariantTests {
  @Test func theFastestIsTakenWithoutAName() throws {
    #expect(CPUVariant.supported.last == .generic)
    #expect(try CPUVariant.selected(environment: [:]) == CPUVariant.supported[0])
    #expect(try CPUVariant.selected(environment: ["PITH_CPU": ""]) == CPUVariant.supported[0])
  }

  @Test(arguments: CPUVariant.supported)
  func anySupportedOneCanBeNamed(variant: CPUVariant) throws {
    #expect(try CPUVariant.selected(environment: ["PITH_CPU": variant.rawValue]) == variant)
    let device = try Device(cpuThreads: 1, variant: variant)
    #expect(device.cpuVariant == variant)
    #expect(device.title == "CPU, 1 thread, \(variant.title)")
  }

  /// Names of nothing, and of instructions that the processor does not have.
  @Test(
    arguments: ["AVX2", "sse", " avx2"]
      + CPUVariant.allCases.filter { !CPUVariant.supported.contains($0) }.map(\.rawValue))
  func anythingElseIsRefused(name: String) throws {
    let error = ComputeError.cpuVariant(asked: name, supported: CPUVariant.supported)
    #expect(throws: error) { try CPUVariant.selected(environment: ["PITH_CPU": name]) }
    #expect("\(error)".hasPrefix("PITH_CPU is '\(name)': expected one of these"))
    #expect("\(error)".hasSuffix("generic"))
  }
}
