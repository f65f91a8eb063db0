/// The names of the files of a model folder or repository, and what they say where a file that
/// every model has is not among them: what is there instead, and what to do about it.
struct ModelFiles {
  /// Sorted.
  private let names: [String]

  init(_ names: some Sequence<String>) {
    self.names = names.filter { !$0.hasPrefix(".") }.sorted()
  }

  /// What was found instead of `config.json`.
  ///
  /// - Parameter adapter: what `adapter_config.json` says of itself, where that is known.
  func insteadOfConfiguration(adapter: AdapterDescription? = nil) -> String {
    if names.isEmpty { return "an empty folder" }
    if let adapter = adapter ?? (hasAdapter ? AdapterDescription() : nil) {
      return adapter.description
    }
    if names.contains("model_index.json") {
      return "model_index.json, a pipeline of diffusers; only language models are read"
    }
    if let other = originalWeights ?? pickledWeights ?? gguf ?? otherWeights {
      return other
    }
    if names.contains(where: { $0.hasSuffix(".safetensors") }) {
      return "weights alone; fetch config.json and tokenizer.json too"
    }
    return "no such file"
  }

  /// What was found instead of `model.safetensors` or its index.
  func insteadOfWeights() -> String {
    if let shard = first(where: { $0.hasPrefix("model-00001-of-") && $0.hasSuffix(".safetensors") })
    {
      return "\(shard) without the index; fetch \(Checkpoint.indexName) too"
    }
    if let variant { return variant }
    if let original = originalWeights { return original }
    if let adapter = first(where: { $0.hasPrefix("adapter_model.") }) {
      return "\(adapter), an adapter without its model; the weights of the model are needed too"
    }
    let others = names.filter { $0.hasSuffix(".safetensors") }
    if others.count == 1 { return "\(others[0]); rename it to \(Checkpoint.singleName)" }
    if let other = others.first {
      return "\(other) and \(others.count - 1) more; an index has to say what is in each"
    }
    return pickledWeights ?? gguf ?? unfinished ?? otherWeights ?? "neither"
  }

  /// What was found instead of `tokenizer.json`.
  func insteadOfTokenizer() -> String {
    let conversion =
      "; AutoTokenizer.from_pretrained and save_pretrained of transformers write tokenizer.json"
    for name in Self.slowTokenizers where names.contains(name) {
      return "\(name), a SentencePiece model\(conversion)"
    }
    if names.contains("vocab.json") && names.contains("merges.txt") {
      return "vocab.json and merges.txt\(conversion)"
    }
    if let name = first(where: { $0.hasSuffix(".tiktoken") }) {
      return "\(name), ranks of tiktoken\(conversion)"
    }
    if names.contains("tekken.json") { return "tekken.json of Mistral's own format\(conversion)" }
    for name in ["vocab.txt", "vocab.json"] where names.contains(name) {
      return "\(name)\(conversion)"
    }
    return gguf ?? "no such file"
  }

  /// The names of safetensors files that are none of these.
  func otherSafetensors(than listed: Set<String>) -> [String] {
    names.filter { $0.hasSuffix(".safetensors") && !listed.contains($0) }
  }

  private static let slowTokenizers = [
    "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "spm.model",
  ]

  private func first(where matches: (String) -> Bool) -> String? { names.first(where: matches) }

  private var hasAdapter: Bool {
    names.contains("adapter_config.json") || names.contains("soft_prompt.safetensors")
  }

  /// Weights of another precision beside the usual ones, which transformers loads by `variant`:
  /// `model.fp16.safetensors`, `model.fp16-00001-of-00002.safetensors`.
  private var variant: String? {
    for name in names where name.hasPrefix("model.") && name.hasSuffix(".safetensors") {
      let middle = name.dropFirst("model.".count).dropLast(".safetensors".count)
      guard let word = middle.split(separator: "-").first else { continue }
      return word.count == middle.count
        ? "\(name), the variant \(word); rename it to \(Checkpoint.singleName)"
        : "\(name), the variant \(word) in shards; load it in transformers with "
          + "variant=\"\(word)\" and save it with save_pretrained"
    }
    return nil
  }

  /// The formats in which Meta and Mistral publish beside that of transformers.
  private var originalWeights: String? {
    let name = first {
      $0.hasPrefix("consolidated")
        && ($0.hasSuffix(".safetensors") || $0.hasSuffix(".pth") || $0.hasSuffix(".pt"))
    }
    return name.map {
      "\($0), weights in the publisher's own format; fetch the files in that of transformers, "
        + "config.json and \(Checkpoint.singleName) or shards"
    }
  }

  private var pickledWeights: String? {
    let name = first { name in
      name.hasPrefix("pytorch_model") && name.hasSuffix(".bin")
    }
    return name.map {
      "\($0), pickles of PyTorch; only the safetensors format is read, so load the model in "
        + "transformers and save it with save_pretrained"
    }
  }

  private var gguf: String? {
    first { $0.lowercased().hasSuffix(".gguf") }.map {
      "\($0), a GGUF file of llama.cpp; name the file itself"
    }
  }

  private var unfinished: String? {
    first { name in
      [".incomplete", ".part", ".crdownload", ".aria2"].contains { name.hasSuffix($0) }
    }.map { "\($0), an unfinished download; fetch it again" }
  }

  /// Weights in a format that is not read; what a training leaves beside them is none.
  private var otherWeights: String? {
    let endings = [
      ".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack", ".onnx", ".npz", ".ot", ".nemo", ".tflite",
    ]
    let beside = ["training_args", "optimizer", "scheduler", "scaler", "rng_state"]
    return first { name in
      endings.contains { name.hasSuffix($0) } && !beside.contains { name.hasPrefix($0) }
    }.map {
      "\($0); only the safetensors format is read, so convert the model or fetch its "
        + "safetensors files"
    }
  }
}
