import CKernels
import TestSupport

@testable import CUDA

/// A kernel file that the tests compile, as its own header comment says: the headers that it needs,
/// and the values of its `-D` constants.
@safe struct KernelText: Sendable, CustomStringConvertible {
  let name: String
  let text: String

  var description: String { name }

  private init(_ source: KernelSource) {
    name = unsafe String(cString: source.file)
    let bytes = unsafe UnsafeRawBufferPointer(start: source.text, count: source.length)
    text = unsafe String(decoding: bytes, as: UTF8.self)
  }

  /// Dialect, headers and this file, each with its own name and line numbers.
  var source: [UInt8] {
    let files = [Self.dialect] + lines("Needs").joined().compactMap { Self.headers[$0] } + [self]
    return files.flatMap { Array("#line 1 \"\($0.name)\"\n\($0.text)".utf8) }
  }

  /// Sets of `-D` options in which every value of every constant stands at least once; each line of
  /// constants is a variant of its own.
  var optionSets: [[String]] {
    let variants = lines("Build").map { words in
      words.map { word in
        let parts = word.split(separator: "=")
        return (name: parts[0], values: parts[1].split(separator: ","))
      }
    }
    let sets = variants.flatMap { constants in
      (0..<(constants.map(\.values.count).max() ?? 1)).map { index in
        constants.map { "-D\($0.name)=\($0.values[index % $0.values.count])" }
      }
    }
    return sets.isEmpty ? [[]] : sets
  }

  /// The words of the lines "// WORD ..." of the header comment.
  private func lines(_ word: String) -> [[String]] {
    text.split(separator: "\n").filter { $0.hasPrefix("// \(word) ") }
      .map { $0.split(separator: " ").dropFirst(2).map(String.init) }
  }

  /// Compiles the file for a device.
  func program(_ context: Context, _ options: [String]) throws(CUDAError) -> Program {
    try Program(context, source: source, name: name, options: options)
  }

  /// The file of a name, which is there.
  static func named(_ name: String) -> KernelText {
    guard let file = all.first(where: { $0.name == "\(name).cl" }) else {
      preconditionFailure("no kernel file \(name).cl")
    }
    return file
  }

  static let dialect = unsafe KernelText(kernel_dialect)
  static let headers = unsafe Dictionary(
    uniqueKeysWithValues: [
      kernel_activations, kernel_attention_forward_fragments, kernel_attention_fragments,
      kernel_attention_key_value_gradient_fragments, kernel_attention_query_gradient_fragments,
      kernel_attention_staging, kernel_attention_tiles, kernel_attention_tiles_wide,
      kernel_bf16_pieces, kernel_divergence_terms, kernel_lanes, kernel_row_reductions,
      kernel_tensor_cores, kernel_vocabulary_row, kernel_weight_blocks,
    ].map { source in
      let file = unsafe KernelText(source)
      return (file.name, file)
    })

  /// Every file with kernels.
  static let all = unsafe [
    kernel_activation, kernel_adamw, kernel_agreement, kernel_argmax, kernel_attention_delta,
    kernel_attention_forward,
    kernel_attention_key_value_gradient, kernel_attention_query_gradient,
    kernel_attention_sum_slots, kernel_compress_logits, kernel_cross_entropy,
    kernel_dequantise,
    kernel_embedding, kernel_gradient_norm, kernel_head_norm, kernel_kl_divergence,
    kernel_layer_norm, kernel_matmul, kernel_matmul_sum, kernel_matmul_wide,
    kernel_projected_divergence,
    kernel_residual_add, kernel_rms_norm, kernel_rotary, kernel_row_gather, kernel_sampling,
    kernel_sgd, kernel_soft_cap, kernel_softmax, kernel_split_bf16, kernel_split_f16, kernel_sum,
    kernel_swiglu, kernel_target_mixture,
  ].map { unsafe KernelText($0) }
}
