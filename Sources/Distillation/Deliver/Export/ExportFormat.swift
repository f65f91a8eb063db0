internal import Inference
import JSON
internal import Transformer

/// A form of a trained prompt that another program serves.
package enum ExportFormat: String, Sendable, CaseIterable {
  /// PEFT's PROMPT_TUNING.
  case peft
  /// PEFT's CARTRIDGE.
  case peftCartridge = "peft-cartridge"
  /// PEFT's PREFIX_TUNING.
  case peftPrefix = "peft-prefix"
  /// A prompt cache of mlx-lm.
  case mlx
  /// Prompt embeddings of vLLM.
  case vllm
  /// Rows for llama.cpp, with a program in C that reads them.
  case llamacpp

  /// The names of its files that no other format has.
  var ownFiles: [String] {
    switch self {
    case .peft, .peftCartridge, .peftPrefix: []
    case .mlx: MLXPromptCache.Layout.allCases.map(\.fileName)
    case .vllm: [Export.embedsName]
    case .llamacpp: [LlamaProgram.rowsName, LlamaProgram.name]
    }
  }

  /// Whether it holds embeddings, which keys and values cannot become.
  private var holdsEmbeddings: Bool {
    switch self {
    case .peft, .vllm, .llamacpp: true
    case .peftCartridge, .peftPrefix, .mlx: false
    }
  }

  /// Checks that a prompt of this form, for this model, can have the format.
  func check(
    _ form: PromptForm, _ configuration: DecoderConfiguration
  ) throws(DistillationError) {
    if case .keysValues = form, holdsEmbeddings {
      let possible = Self.allCases.filter { !$0.holdsEmbeddings }.map(\.rawValue)
      let reason =
        self == .llamacpp
        ? ": llama.cpp takes keys and values only in saved states, which belong to one version of "
          + "it and one setting of its cache" : ", which holds embeddings"
      throw .option(
        .format,
        expected: "\(Listed(possible)) for a prompt of keys and values", found: rawValue + reason)
    }
    if self == .mlx, configuration.windows.contains(where: { $0 != nil }) {
      throw .option(
        .format,
        expected: "another than mlx for a model with sliding windows, whose layers have caches of "
          + "another kind in mlx-lm", found: "mlx for \(configuration.family)")
    }
  }
}
