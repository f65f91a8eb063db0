import CArithmetic
import Foundation

/// The instructions with which the CPU path multiplies matrices, fastest first. Loops over rows are
/// compiled for several processors too, but always run as the processor allows.
package enum CPUVariant: String, Sendable, CaseIterable {
  /// Register tiles of AVX-512.
  case avx512
  /// Register tiles of AVX2 with FMA and F16C.
  case avx2
  /// OpenBLAS, on every processor.
  case generic

  /// The environment variable that names a variant; empty or missing for the fastest.
  package static let variable = "PITH_CPU"

  /// The variants that this processor supports, fastest first.
  package static let supported = allCases.filter { processor_supports($0.instructions) }

  /// The variant that the environment names, else the fastest.
  ///
  /// - Throws: `.cpuVariant` if it names no variant that this processor supports.
  package static func selected(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(ComputeError) -> CPUVariant {
    guard let name = environment[variable], !name.isEmpty else { return supported[0] }
    guard let variant = CPUVariant(rawValue: name), supported.contains(variant) else {
      throw .cpuVariant(asked: name, supported: supported)
    }
    return variant
  }

  /// The number of the instruction set in C.
  var instructions: Int32 {
    switch self {
    case .avx512: Int32(INSTRUCTIONS_AVX512)
    case .avx2: Int32(INSTRUCTIONS_AVX2)
    case .generic: Int32(INSTRUCTIONS_GENERIC)
    }
  }

  /// What multiplies, in words.
  package var title: String {
    switch self {
    case .avx512: "AVX-512"
    case .avx2: "AVX2"
    case .generic: "OpenBLAS"
    }
  }
}
